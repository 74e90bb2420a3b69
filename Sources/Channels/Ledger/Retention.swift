/// How much of a channel is kept: what exceeds any of the three limits is dropped, oldest first.
public struct Retention: Hashable, Sendable {
    /// The most events; default 1,000.
    public var events: Int
    /// The longest time; default one hour.
    public var age: Duration
    /// The most bytes of types and data; default 4 MiB.
    public var bytes: Int

    public init(events: Int = 1_000, age: Duration = .seconds(3_600), bytes: Int = 4 << 20) {
        self.events = events
        self.age = age
        self.bytes = bytes
    }
}

/// Which retention holds for which channel: of the patterns that fit a name, the most literal one decides.
public struct RetentionRules: Sendable, Equatable {
    /// A pattern and what holds where it fits.
    public struct Rule: Sendable, Equatable {
        let pattern: NamePattern
        let retention: Retention

        public init(pattern: NamePattern, retention: Retention) {
            self.pattern = pattern
            self.retention = retention
        }
    }

    private let rules: [Rule]
    private let fallback: Retention

    /// - Parameters:
    ///   - rules: In any order: the pattern with the most literal bytes is tried first.
    ///   - fallback: What holds for a name that no pattern fits.
    public init(_ rules: [Rule] = [], fallback: Retention = Retention()) {
        self.rules = rules.sorted { $0.pattern.literalCount > $1.pattern.literalCount }
        self.fallback = fallback
    }

    public func retention(of channel: ChannelName) -> Retention {
        self.rules.first { $0.pattern.matches(channel) }?.retention ?? self.fallback
    }
}
