import JSON
public import Outbound
import Synchronization

/// The keys of an issuer as a document (JWK set) at an URL: fetched, kept, and renewed before they are stale.
///
/// They are kept for a day when the issuer is down. All loops share it; its lock is held for a look, or for the exchange of a few values.
public final class KeyDocument: Sendable {
    /// Something that an operator wants to know, told once.
    public enum News: Equatable, Sendable {
        /// The issuer does not give its keys, and why; those that were given before are kept.
        case unavailable(String)
        /// It gives them again.
        case available
        /// It has not given them for so long that they are not trusted any longer.
        case tooOld
        /// It has taken some back: what they have signed is no longer good.
        case retired(Int)
    }

    /// By which it reaches the world.
    public struct Surroundings: Sendable {
        let ask: @Sendable (OutboundRequest, @escaping Outbound.Completion) -> Void
        let now: @Sendable () -> ContinuousClock.Instant
        let tell: @Sendable (KeyDocument, News) -> Void

        /// - Parameter tell: Told of what has happened, by any thread.
        public init(
            now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
            ask: @escaping @Sendable (OutboundRequest, @escaping Outbound.Completion) -> Void,
            tell: @escaping @Sendable (KeyDocument, News) -> Void
        ) {
            self.ask = ask
            self.now = now
            self.tell = tell
        }
    }

    private struct State {
        var surroundings: Surroundings?
        var renewal: KeyRenewal
        var sought = SoughtKeys()
        var keys = DocumentKeys.none
        var current: KeySet
        var waiters: [@Sendable () -> Void] = []
    }

    /// The most bytes of a document.
    private static let mostBytes = 512 << 10

    public let url: OutboundURL
    /// For the keys in it. None is a secret: the document is public.
    private let allowed: [SignatureAlgorithm]
    /// Keys that hold besides.
    private let fixed: [VerificationKey]
    private let state: Mutex<State>
    private let retirements = Atomic<Int>(0)

    /// One that asks nobody before ``begin(in:)``.
    ///
    /// - Parameters:
    ///   - allowed: The algorithms that the issuer uses.
    ///   - fixed: Keys that it has besides those of the document.
    public init(_ url: OutboundURL, allowed: [SignatureAlgorithm], besides fixed: [VerificationKey] = []) {
        self.url = url
        self.allowed = allowed.filter { !$0.isSymmetric }
        self.fixed = fixed
        self.state = Mutex(State(renewal: KeyRenewal(at: .now), current: KeySet(fixed)))
    }

    /// Whether another one is about the same keys.
    func isLike(_ other: KeyDocument) -> Bool {
        self.url == other.url && self.allowed == other.allowed && self.fixed.isEmpty && other.fixed.isEmpty
    }

    /// Fetches the document, and keeps it fresh as long as ``tick()`` is called.
    public func begin(in surroundings: Surroundings) {
        self.state.withLock { state in
            state.surroundings = surroundings
            state.renewal = KeyRenewal(at: surroundings.now())
        }
        self.tick()
    }

    /// The keys that hold now.
    public var current: KeySet { self.state.withLock { $0.current } }

    /// How many keys were taken back since it was begun.
    public var retirementCount: Int { self.retirements.load(ordering: .relaxed) }

    /// Time has gone on; to be called about once a second.
    public func tick() {
        let (actions, surroundings, retired) = self.state.withLock { state in
            guard let surroundings = state.surroundings else { return ([KeyRenewal.Action](), Surroundings?.none, 0) }
            let actions = state.renewal.tick(at: surroundings.now())
            return (actions, surroundings, actions.contains(.drop) ? self.adopt(.none, &state) : 0)
        }
        guard let surroundings else { return }
        if actions.contains(.drop) { surroundings.tell(self, .tooOld) }
        if retired > 0 { surroundings.tell(self, .retired(retired)) }
        if actions.contains(.ask) { self.ask(surroundings) }
    }

    // MARK: Keys that are missing

    /// What becomes of a token whose key is not there: perhaps the issuer is asked for it.
    ///
    /// - Parameter name: How the token names the key; `nil` if it does not.
    func seek(_ name: String?) -> TokenError {
        let (search, surroundings) = self.state.withLock { state in
            guard let surroundings = state.surroundings else {
                return (KeyRenewal.Search.unavailable, Surroundings?.none)
            }
            let now = surroundings.now()
            let search = state.renewal.seek(isKnownMissing: state.sought.contains(name, at: now), at: now)
            if search == .wait || search == .ask { state.sought.note(name) }
            return (search, surroundings)
        }
        switch search {
        case .unknown: return .unknownKey
        case .unavailable: return .keysUnavailable
        case .wait: return .keysAwaited(self)
        case .ask:
            if let surroundings { self.ask(surroundings) }
            return .keysAwaited(self)
        }
    }

    /// Calls something when the request that is under way has ended, or at once where none is.
    ///
    /// - Parameter body: Called once, by any thread.
    public func whenAnswered(_ body: @escaping @Sendable () -> Void) {
        let isOver = self.state.withLock { state in
            guard state.renewal.request == .underWay else { return true }
            state.waiters.append(body)
            return false
        }
        if isOver { body() }
    }

    // MARK: Asking

    private func ask(_ surroundings: Surroundings) {
        var request = OutboundRequest(.get, self.url)
        request.contentSize = Self.mostBytes
        surroundings.ask(request) { [weak self] result in self?.take(result, surroundings) }
    }

    private func take(_ result: Result<OutboundResponse, OutboundError>, _ surroundings: Surroundings) {
        let older = self.state.withLock { $0.keys }
        let document = self.document(result, after: older)
        let now = surroundings.now()
        let (news, waiters) = self.state.withLock { state in
            defer { state.waiters = [] }
            var news: [News] = []
            switch document {
            case .success(let document):
                let retired = self.adopt(document.keys, &state)
                if retired > 0 { news.append(.retired(retired)) }
                if state.renewal.succeed(lifetime: document.lifetime, at: now) { news.append(.available) }
                state.sought.answered(at: now)
            case .failure(let error):
                if state.renewal.fail(at: now) { news.append(.unavailable(error.description)) }
                state.sought.failed()
            }
            return (news, state.waiters)
        }
        for one in news { surroundings.tell(self, one) }
        for waiter in waiters { waiter() }
    }

    /// Returns how many keys were there before and are no longer.
    private func adopt(_ keys: DocumentKeys, _ state: inout State) -> Int {
        let retired = state.keys.keys(notIn: keys)
        for key in retired { key.retire() }
        self.retirements.add(retired.count, ordering: .relaxed)
        state.keys = keys
        state.current = KeySet(self.fixed + keys.keys)
        return retired.count
    }

    private struct Document {
        let keys: DocumentKeys
        let lifetime: Duration?
    }

    private func document(
        _ result: Result<OutboundResponse, OutboundError>, after older: DocumentKeys
    ) -> Result<Document, UnusableKey> {
        let response: OutboundResponse
        switch result {
        case .failure(let error): return .failure(UnusableKey("\(error)"))
        case .success(let answer): response = answer
        }
        guard response.status == 200 else {
            return .failure(UnusableKey("the answer has the status \(response.status)"))
        }
        do throws(JSONError) {
            let value = try JSONValue(parsing: response.content, maximumDepth: 16)
            do throws(UnusableKey) {
                let keys = try DocumentKeys(value, allowed: self.allowed, after: older)
                return .success(Document(keys: keys, lifetime: response.freshness.map { .seconds($0) }))
            } catch { return .failure(error) }
        } catch {
            return .failure(UnusableKey("the answer is no JSON: \(error)"))
        }
    }
}

extension KeyDocument: Equatable {
    public static func == (one: KeyDocument, other: KeyDocument) -> Bool { one === other }
}
