/// Why a ledger could not do what it was asked. Nothing of it was done.
public struct LedgerError: Error, Equatable {
    /// What is wrong, as far as it makes a difference to who counts it or does something about it.
    public enum Kind: String, Sendable, CaseIterable {
        /// There is no room left.
        case full
        /// The store cannot be opened, read or written.
        case unavailable
        /// The store is too slow, or somebody else keeps it busy.
        case busy
        /// What is kept cannot be as it is. Nothing more is written then.
        case damaged
        /// Another server has it.
        case inUse
        /// It is not open, or not any more.
        case closed
        /// In the place of the store is nothing, or something that is none.
        case wrongFile
        /// Where a copy was to be made something is already.
        case targetExists
        /// The system gives the process no more files, or no more threads.
        case exhausted
        /// More idempotency keys would have to be remembered than the limit allows.
        case tooManyKeys
        /// More records would have to be kept than the limit allows.
        case tooManyRecords
    }

    public let kind: Kind
    /// What is wrong, in words: names the file, and what would do where that is known.
    public let reason: String
    /// What the store or the system itself has said, with its code.
    public let cause: String?

    public init(_ kind: Kind, _ reason: String, cause: String? = nil) {
        self.kind = kind
        self.reason = reason
        self.cause = cause
    }

    /// Whether the ledger goes on by itself once the cause is gone.
    public var passes: Bool { self.kind != .damaged && self.kind != .closed }
}

extension LedgerError {
    public static let closed = LedgerError(.closed, "the ledger is closed")

    public static func tooManyRecords(limit: Int) -> LedgerError {
        LedgerError(.tooManyRecords, "\(limit) records are kept, which is the limit")
    }

    public static func tooManyKeys(limit: Int) -> LedgerError {
        LedgerError(
            .tooManyKeys,
            "\(limit) idempotency keys are remembered, which is the limit; wait until the oldest lapse, or publish without"
        )
    }
}

extension LedgerError: CustomStringConvertible {
    public var description: String { self.described() }

    /// The reason, what would do as the caller knows it, and the cause.
    ///
    /// - Parameter remedy: Begins with the punctuation that parts it from the reason.
    public func described(remedy: String = "") -> String {
        self.reason + remedy + (self.cause.map { " (\($0))" } ?? "")
    }
}
