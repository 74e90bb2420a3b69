import Synchronization

/// A token bucket for each key, in memory that is fixed whatever keys come: about 3 MB. May be used from any thread.
///
/// A table has those that are not full. Where it has no room, the one that is full soonest goes into a sketch: some rows of
/// times, of which each key has one place in each row. A place has the latest time of all that share it, so a key that
/// comes back has at most as many tokens as it had left; it may have fewer if all its places are shared with emptier
/// buckets. So no flood of keys gives anybody a fresh bucket.
public final class TokenBuckets: Sendable {
    /// Keys spread over these so that loops seldom wait for each other.
    private static let shardCount = 16

    public let bucket: TokenBucket
    private let fingerprints: Fingerprints
    private let shards: [Shard]

    private final class Shard: Sendable {
        let state = Mutex(ArrivalTable())
    }

    public init(_ bucket: TokenBucket, fingerprints: Fingerprints = Fingerprints()) {
        self.bucket = bucket
        self.fingerprints = fingerprints
        self.shards = (0..<Self.shardCount).map { _ in Shard() }
    }

    /// Takes tokens from the bucket of a key, if there is one.
    ///
    /// - Returns: In how many nanoseconds there is one; `nil` if they were taken.
    public func take(_ count: Int = 1, of key: some Hashable, at now: UInt64) -> UInt64? {
        self.take(count, ofFingerprint: self.fingerprint(of: key), at: now)
    }

    /// In how many nanoseconds there is a token for a key; `nil` if there is one. Takes nothing.
    public func wait(of key: some Hashable, at now: UInt64) -> UInt64? {
        self.wait(ofFingerprint: self.fingerprint(of: key), at: now)
    }

    /// By what a key may be named in several calls, so that it is hashed once.
    func fingerprint(of key: some Hashable) -> UInt64 { self.fingerprints.of(key) }

    /// See ``take(_:of:at:)``.
    func take(_ count: Int, ofFingerprint fingerprint: UInt64, at now: UInt64) -> UInt64? {
        self.withTable(of: fingerprint) { table in
            switch self.bucket.take(count, arrival: table.arrival(of: fingerprint), at: now) {
            case .taken(let arrival):
                table.set(arrival, of: fingerprint, at: now)
                return nil
            case .empty(let wait): return wait
            }
        }
    }

    /// See ``wait(of:at:)``.
    func wait(ofFingerprint fingerprint: UInt64, at now: UInt64) -> UInt64? {
        let wait = self.withTable(of: fingerprint) {
            self.bucket.wait(arrival: $0.arrival(of: fingerprint), at: now)
        }
        return wait == 0 ? nil : wait
    }

    private func withTable<Result: Sendable>(
        of fingerprint: UInt64, _ body: (inout ArrivalTable) -> Result
    ) -> Result {
        // The table goes by the lower bits.
        let shard = self.shards[Int(fingerprint >> 60) % Self.shardCount]
        return shard.state.withLock { body(&$0) }
    }
}

/// What keys are known by: 64 bits of SipHash with a secret, so that nobody can choose keys that share a place.
public struct Fingerprints: Sendable {
    private let secret: (UInt64, UInt64)

    public init() {
        self.secret = (.random(in: 0...UInt64.max), .random(in: 0...UInt64.max))
    }

    func of(_ key: some Hashable) -> UInt64 {
        // The standard library's hash is SipHash with a secret of the process, unless its environment takes that away.
        var hasher = Hasher()
        hasher.combine(self.secret.0)
        hasher.combine(self.secret.1)
        hasher.combine(key)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
