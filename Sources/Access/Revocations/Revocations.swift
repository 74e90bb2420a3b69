public import Channels
import Synchronization

/// All that was taken back and has not ended by itself. The ledger's records have it too, so that it is known after a restart. May be used
/// from any thread.
public final class Revocations: Sendable {
    private struct Key: Hashable {
        let target: Revocation.Target
        let issuer: String?
    }

    private let byTarget = Mutex<[Key: Revocation]>([:])
    private let additions = Atomic<Int>(0)

    public init() {}

    /// How often something was taken back. What was found good before the last time may be good no longer.
    public var generation: Int { self.additions.load(ordering: .acquiring) }

    /// Something is taken back from now on.
    public func add(_ revocation: Revocation) {
        self.byTarget.withLock { $0[Key(target: revocation.target, issuer: revocation.issuer)] = revocation }
        self.additions.add(1, ordering: .releasing)
    }

    /// Forgets what is over; to be called now and then.
    ///
    /// - Parameter now: Milliseconds since 1970.
    public func sweep(at now: Int64) {
        guard self.generation > 0 else { return }
        self.byTarget.withLock { all in all = all.filter { $0.value.end.map { now < $0 } ?? true } }
    }

    /// Whether a token was taken back.
    func cover(_ token: VerifiedToken) -> Bool {
        guard self.generation > 0 else { return false }
        return self.byTarget.withLock { all in
            guard !all.isEmpty else { return false }
            for issuer in token.issuer.map({ [nil, $0] }) ?? [nil] {
                if let id = token.id, all[Key(target: .token(id), issuer: issuer)] != nil { return true }
                guard let subject = token.subject else { continue }
                guard let revocation = all[Key(target: .subject(subject), issuer: issuer)] else { continue }
                if (token.issuedAt ?? .min) <= revocation.time { return true }
            }
            return false
        }
    }

    /// Whether a key was taken back.
    func cover(_ key: AccessKeyHash) -> Bool {
        guard self.generation > 0 else { return false }
        return self.byTarget.withLock { $0[Key(target: .key(key), issuer: nil)] != nil }
    }
}

extension Revocations {
    private static let pageSize = 1_000

    /// Takes what the ledger's records have.
    ///
    /// - Throws: ``LedgerError`` when they cannot be read.
    public func load(from bridge: Bridge) async throws(LedgerError) {
        var last: RecordName?
        repeat {
            let records = try await bridge.records(
                .prefix(Revocation.prefix, after: last, limit: Self.pageSize))
            for record in records { Revocation(record).map(self.add) }
            last = records.count < Self.pageSize ? nil : records.last?.name
        } while last != nil
    }
}
