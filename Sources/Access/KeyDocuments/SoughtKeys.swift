/// The names of keys that an issuer was asked for in vain, in bounded memory: for some minutes it is not asked for them again.
///
/// Of a name, which comes from outside and may be long, a hash is kept.
struct SoughtKeys: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// How many are remembered.
    static let most = 128
    /// For how long.
    static let memory = Duration.seconds(300)

    /// Those for which the request under way was made.
    private var pending: Set<Int> = []
    /// The oldest first.
    private var inVain: [(hash: Int, until: Instant)] = []

    init() {}

    /// The request under way was made for this one, too.
    mutating func note(_ name: String?) {
        if self.pending.count < Self.most { self.pending.insert(name.hashValue) }
    }

    /// The issuer has answered; whoever still needs a key then does so in vain.
    mutating func answered(at now: Instant) {
        self.inVain.removeAll { $0.until <= now || self.pending.contains($0.hash) }
        self.inVain += self.pending.map { ($0, now + Self.memory) }
        self.inVain.removeFirst(max(0, self.inVain.count - Self.most))
        self.pending = []
    }

    /// It has not.
    mutating func failed() {
        self.pending = []
    }

    /// Whether the issuer was asked for it in vain.
    func contains(_ name: String?, at now: Instant) -> Bool {
        let hash = name.hashValue
        return self.inVain.contains { $0.hash == hash && $0.until > now }
    }
}
