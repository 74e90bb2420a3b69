/// Tokens that something takes from a bucket.
struct TokenDemand: Sendable {
    private let buckets: TokenBuckets
    private let fingerprint: UInt64
    private let count: Int
    private let scope: ExceededLimit.Scope
    private let quota: ExceededLimit.Quota

    init(
        _ count: Int, of key: some Hashable, in buckets: TokenBuckets, _ scope: ExceededLimit.Scope,
        _ quota: ExceededLimit.Quota
    ) {
        self.buckets = buckets
        self.fingerprint = buckets.fingerprint(of: key)
        self.count = count
        self.scope = scope
        self.quota = quota
    }

    /// Takes the tokens of all demands, or of none: who is refused by one bucket does not pay at the others.
    ///
    /// Only where another thread takes the last token between the look and the taking, some are lost.
    ///
    /// - Throws: The limit that must be waited for the longest.
    static func meet(_ demands: [TokenDemand], at now: UInt64) throws(ExceededLimit) {
        let waits = demands.compactMap { demand in
            demand.buckets.wait(ofFingerprint: demand.fingerprint, at: now).map { (demand, $0) }
        }
        if let (demand, wait) = waits.max(by: { $0.1 < $1.1 }) { throw demand.exceeded(wait) }
        for demand in demands {
            let wait = demand.buckets.take(demand.count, ofFingerprint: demand.fingerprint, at: now)
            if let wait { throw demand.exceeded(wait) }
        }
    }

    private func exceeded(_ wait: UInt64) -> ExceededLimit { ExceededLimit(self.scope, self.quota, wait: wait) }
}
