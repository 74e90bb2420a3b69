/// How long to wait before the next attempt.
///
/// The first failure in a row costs the reconnection time, each further one twice as much, up to half a minute; by
/// chance up to half as much again, so that the clients of a server that failed do not come back all at once. Never
/// less than the server asked for.
struct Backoff {
    /// The most that failures alone make it.
    private static let most = Duration.seconds(30)
    /// What a server may ask for; beyond, it is taken to ask for the nearest of these. With no pause at all a server
    /// that ends every stream at once would be asked again and again.
    private static let reconnectionTimes = Duration.milliseconds(100)...Duration.seconds(3_600)

    /// The reconnection time (WHATWG HTML, section 9.2.3); default 1 s, until a server names another.
    private(set) var reconnectionTime = Duration.seconds(1)
    private var failures = 0
    /// A number from 0 up to 1.
    private let random: @Sendable () -> Double

    init(random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }) {
        self.random = random
    }

    /// A stream named another reconnection time.
    mutating func setReconnectionTime(milliseconds: Int) {
        self.reconnectionTime = .milliseconds(milliseconds).clamped(to: Self.reconnectionTimes)
    }

    /// An attempt succeeded.
    mutating func succeeded() {
        self.failures = 0
    }

    /// An attempt failed.
    ///
    /// - Parameter seconds: The least that the server asked for, as ``ServerProblem`` bounds it.
    /// - Returns: How long to wait before the next.
    mutating func failed(retryAfter seconds: Int? = nil) -> Duration {
        let grown = min(self.reconnectionTime * (1 << min(self.failures, 5)), Self.most)
        self.failures += 1
        let delay = max(grown, self.reconnectionTime, .seconds(seconds ?? 0))
        return delay + delay / 2 * self.random()
    }
}

extension Duration {
    fileprivate func clamped(to range: ClosedRange<Duration>) -> Duration {
        min(max(self, range.lowerBound), range.upperBound)
    }
}
