import Synchronization

/// Tokens that were verified, by a keyed hash of their text: the same one again costs no signature.
///
/// One for each set of issuers, so that new keys begin with an empty one. All loops share it: a token is verified once, and the lock is
/// held for a look into a table. It keeps two generations; when the younger is full the older is let go, so that what is used
/// stays.
public final class TokenCache: Sendable {
    /// 128 bits of the text, keyed with a secret of the process: nobody can make two texts that are taken for one.
    private struct Key: Hashable {
        let one: Int
        let other: Int

        init(_ text: [UInt8], _ secret: (UInt64, UInt64)) {
            self.one = Self.hash(text, secret.0)
            self.other = Self.hash(text, secret.1)
        }

        private static func hash(_ text: [UInt8], _ secret: UInt64) -> Int {
            var hasher = Hasher()
            hasher.combine(secret)
            text.withUnsafeBytes { hasher.combine(bytes: $0) }
            return hasher.finalize()
        }
    }

    private struct State {
        var young: [Key: VerifiedToken] = [:]
        var old: [Key: VerifiedToken] = [:]
    }

    private let secret = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: The most tokens; default 10,000. A token's claims take about as much memory as its text.
    public init(limit: Int = 10_000) {
        self.limit = max(2, limit)
    }

    /// A token that was verified; `nil` if it was not, or has ended, or its key was taken back.
    func token(_ text: [UInt8], at now: Int64) -> VerifiedToken? {
        let key = Key(text, self.secret)
        return self.state.withLock { state in
            guard let token = state.young[key] ?? state.old[key], now < token.end ?? .max, token.key?.isRetired != true
            else { return nil }
            if state.young[key] == nil { self.keep(token, key, &state) }
            return token
        }
    }

    func keep(_ token: VerifiedToken, _ text: [UInt8]) {
        let key = Key(text, self.secret)
        self.state.withLock { self.keep(token, key, &$0) }
    }

    private func keep(_ token: VerifiedToken, _ key: Key, _ state: inout State) {
        if state.young.count >= self.limit / 2 { state = State(old: state.young) }
        state.young[key] = token
    }
}
