/// When an issuer is asked for its keys, and for how long those are good that it has given: a value, without clock or network.
///
/// Time comes in with each event, and what is to be done goes out. One request at most is under way.
struct KeyRenewal: Equatable, Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Keys: Equatable {
        /// None were given yet, or those that were are too old.
        case none
        /// Good until then, whatever becomes of the issuer.
        case held(until: Instant)
    }

    enum Issuer: Equatable {
        case untried
        case up
        /// It has failed so many times in a row, and somebody was told.
        case down(failures: Int)
    }

    enum Request: Equatable {
        case underWay
        /// It is made by then; before, but not before `earliest`, if a key is missing.
        case planned(Instant, earliest: Instant)
    }

    /// What becomes of somebody who needs a key that is not there.
    enum Search: Equatable {
        /// The issuer is being asked.
        case wait
        /// The issuer is to be asked now, and he waits.
        case ask
        /// The issuer was asked not long ago, and has no such key.
        case unknown
        /// Nobody knows: the issuer does not answer.
        case unavailable
    }

    enum Action: Equatable {
        case ask
        /// The keys are too old to be trusted any longer.
        case drop
    }

    /// How long after a request a missing key may cause another.
    static let cooldown = Duration.seconds(30)
    /// For how long a document is fresh that does not say.
    static let usualLifetime = Duration.seconds(3_600)
    /// The bounds of what one may say.
    static let lifetimes = Duration.seconds(60)...Duration.seconds(86_400)
    /// How long keys are good after they are stale.
    static let patience = Duration.seconds(86_400)

    private(set) var keys = Keys.none
    private(set) var issuer = Issuer.untried
    private(set) var request: Request

    init(at now: Instant) {
        self.request = .planned(now, earliest: now)
    }

    /// Time has gone on.
    mutating func tick(at now: Instant) -> [Action] {
        var actions: [Action] = []
        if case .held(let end) = self.keys, end <= now {
            self.keys = .none
            actions.append(.drop)
        }
        if case .planned(let time, _) = self.request, time <= now {
            self.request = .underWay
            actions.append(.ask)
        }
        return actions
    }

    /// A token needs a key that is not there.
    ///
    /// - Parameter isKnownMissing: Whether the issuer was asked for just this one not long ago.
    mutating func seek(isKnownMissing: Bool, at now: Instant) -> Search {
        if isKnownMissing, self.keys != .none { return .unknown }
        guard case .planned(_, let earliest) = self.request else { return .wait }
        switch (self.issuer, self.keys) {
        case (.down, _): return .unavailable
        case (.untried, _), (.up, _):
            if earliest <= now {
                self.request = .underWay
                return .ask
            }
            return self.keys == .none ? .unavailable : .unknown
        }
    }

    /// The issuer has given its keys. Returns whether that is news: it was down.
    ///
    /// - Parameter lifetime: For how long the document says that it is fresh; `nil` if it does not say.
    mutating func succeed(lifetime: Duration?, at now: Instant) -> Bool {
        guard self.request == .underWay else { return false }
        let lifetime = min(
            max(lifetime ?? Self.usualLifetime, Self.lifetimes.lowerBound), Self.lifetimes.upperBound)
        let wasDown = if case .down = self.issuer { true } else { false }
        self.keys = .held(until: now + lifetime + Self.patience)
        self.issuer = .up
        // A tenth before it is stale, so that a key that replaces another is there in time.
        self.request = .planned(now + lifetime * 9 / 10, earliest: now + Self.cooldown)
        return wasDown
    }

    /// The issuer has not given its keys. Returns whether that is news: it was not down.
    mutating func fail(at now: Instant) -> Bool {
        guard self.request == .underWay else { return false }
        let failures = if case .down(let failures) = self.issuer { failures + 1 } else { 1 }
        // After 1, 2, 4, 8, 16 seconds, then every 30: at first it may only be slower to start than this server.
        let pause = failures > 5 ? Self.cooldown : .seconds(1 << (failures - 1))
        self.issuer = .down(failures: failures)
        self.request = .planned(now + pause, earliest: now + pause)
        return failures == 1
    }
}
