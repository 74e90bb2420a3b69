/// Events that a reader asked for and that are no longer kept.
public struct Gap: Equatable, Sendable {
    public enum Reason: String, Error, Sendable {
        /// Dropped, or deleted.
        case trimmed
        /// The cursor is of a ledger that this one does not descend from.
        case epoch
        /// The life that the cursor is of has ended, and what came behind the last event that is known of it is lost.
        case lost
        /// The cursor cannot be read, or is beyond the head.
        case unknown
    }

    public let reason: Reason
    /// The cursor that was asked for, as the client sent it.
    public let after: [UInt8]
    /// The id of the first event that follows; `nil` if there is none yet.
    public let resumedAt: EventID?

    public init(reason: Reason, after: [UInt8], resumedAt: EventID?) {
        self.reason = reason
        self.after = after
        self.resumedAt = resumedAt
    }
}
