/// Holds those of one kind to their limits: addresses, principals or channels. May be used from any thread.
struct UsageLimiter<Key: Hashable & Sendable>: Sendable {
    private let scope: ExceededLimit.Scope
    private let limits: UsageLimits
    private let readers: OpenCounts<Key>
    private let publishes: TokenBuckets?
    private let bytes: TokenBuckets?

    /// - Parameter last: What held before: its readers still count, and so do its buckets that stay as they were.
    init(_ scope: ExceededLimit.Scope, _ limits: UsageLimits, after last: UsageLimiter?) {
        self.scope = scope
        self.limits = limits
        self.readers = last?.readers ?? OpenCounts()
        self.publishes = .following(last?.publishes, limits.publishBucket)
        self.bytes = .following(last?.bytes, limits.byteBucket)
    }

    var limitsReaders: Bool { self.limits.readers != nil }
    var limitsPublishing: Bool { self.publishes != nil || self.bytes != nil }

    /// How many keys have readers.
    var readingKeyCount: Int { self.readers.keyCount }

    /// Counts a reader, until its place is let go of.
    ///
    /// - Parameter key: Looked at only if there is a limit; `nil` for who is not limited.
    /// - Returns: `nil` for who is not limited.
    func openReader(_ key: @autoclosure () -> Key?) throws(ExceededLimit) -> OpenPlace<Key>? {
        guard let most = self.limits.readers, let key = key() else { return nil }
        guard let place = self.readers.open(key, most: most) else { throw ExceededLimit(self.scope, .readers(most)) }
        return place
    }

    /// What a publication takes.
    ///
    /// - Parameters:
    ///   - count: How many events it has.
    ///   - size: How many bytes these have.
    ///   - key: As of ``openReader(_:)``.
    func demands(_ count: Int, size: Int, of key: @autoclosure () -> Key?) -> [TokenDemand] {
        guard self.limitsPublishing, let key = key() else { return [] }
        var demands: [TokenDemand] = []
        if let buckets = self.publishes {
            demands.append(TokenDemand(count, of: key, in: buckets, self.scope, .publishRate(buckets.bucket.rate)))
        }
        if let buckets = self.bytes {
            demands.append(TokenDemand(size, of: key, in: buckets, self.scope, .byteRate(buckets.bucket.burst)))
        }
        return demands
    }
}

extension TokenBuckets? {
    /// What takes the place of others: those themselves, where nothing changes.
    static func following(_ last: TokenBuckets?, _ bucket: TokenBucket?) -> TokenBuckets? {
        bucket.map { bucket in last.flatMap { $0.bucket == bucket ? $0 : nil } ?? TokenBuckets(bucket) }
    }
}
