/// How much may come from one address, from one principal, or to one channel. What is `nil`, as all is by default, has no limit.
public struct UsageLimits: Hashable, Sendable {
    /// How many readers there may be at a time: streams, and polls as long as they are held.
    public var readers: Int?
    /// How many events may be published; each of a batch counts.
    public var publishRate: Rate?
    /// How many of them may come at once; default 100.
    public var publishBurst = 100
    /// How many bytes of types and data may be published in a second, and at once.
    public var byteRate: Int?

    public init() {}

    var publishBucket: TokenBucket? { self.publishRate.map { TokenBucket($0, burst: self.publishBurst) } }

    var byteBucket: TokenBucket? {
        self.byteRate.flatMap { size in Rate(size, per: .second).map { TokenBucket($0, burst: size) } }
    }
}

/// How many connections may come from one address.
public struct ConnectionLimits: Hashable, Sendable {
    /// How many new ones may come in a time.
    public enum Arrivals: Hashable, Sendable {
        /// 50 in a second. Any number from the loopback: what comes from there is this machine's own, or has come through a proxy
        /// on it that does not say for whom it asks.
        case standard
        /// The same for every address; any number if it is `nil`.
        case most(Rate?)
    }

    /// How many there may be at a time; default: any number.
    public var connections: Int?
    public var arrivals = Arrivals.standard
    /// How many new ones may come at once; default 500, as when all of an office come back.
    public var burst = 500

    public init() {}

    var arrivalBucket: TokenBucket? {
        switch self.arrivals {
        case .standard: TokenBucket(.connections, burst: self.burst)
        case .most(let rate): rate.map { TokenBucket($0, burst: self.burst) }
        }
    }
}
