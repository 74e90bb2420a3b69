import Synchronization

/// The ledger that keeps events in memory and forgets them with the process: each start is a new epoch.
///
/// One lock guards everything; nothing in it takes long. Completions are called on the caller's thread, before the
/// function returns, without the lock.
public final class MemoryLedger: Ledger {
    /// The limits of a memory ledger.
    public struct Configuration: Sendable {
        /// What is kept of each channel.
        public var retention: RetentionRules
        /// The most bytes that all events may take together, with about 200 for each event; default 256 MiB. Beyond it
        /// the oldest of all are dropped.
        public var totalBytes: Int
        /// How long an idempotency key is remembered; default 10 minutes.
        public var idempotencyWindow: Duration
        /// The most idempotency keys that are remembered at a time; default 1,000,000.
        public var idempotencyKeys: Int

        public init(
            retention: RetentionRules = RetentionRules(), totalBytes: Int = 256 << 20,
            idempotencyWindow: Duration = .seconds(600), idempotencyKeys: Int = 1_000_000
        ) {
            self.retention = retention
            self.totalBytes = totalBytes
            self.idempotencyWindow = idempotencyWindow
            self.idempotencyKeys = idempotencyKeys
        }
    }

    /// What an event takes besides its type and data: the object, two arrays' heads, its places in two queues.
    static let overhead = 200

    /// How many channels one sweep looks at.
    static let sweepStep = 10_000

    private struct State {
        var head = Position.zero
        var channels: KeptChannels
        var keys: IdempotencyKeys
        var committed: @Sendable (Commit) -> Void = { _ in }

        mutating func append(_ publication: Publication, at now: Moment) -> Result<PublishOutcome, LedgerError> {
            if let key = publication.key {
                self.keys.expire(at: now.steadyMilliseconds)
                if let outcome = self.keys.outcome(of: publication, key: key) { return .success(outcome) }
                guard self.keys.hasRoom else { return .failure(.tooManyKeys(limit: self.keys.limit)) }
            }
            let receipt = Receipt(
                first: self.head.advanced(by: 1), count: publication.drafts.count, time: now.milliseconds)
            if let key = publication.key {
                self.keys.remember(key, of: publication, receipt: receipt, at: now.steadyMilliseconds)
            }
            let events = publication.events(receipt, instant: now.steadyMilliseconds)
            self.head = receipt.last
            self.channels.append(events, at: now.steadyMilliseconds)
            self.committed(.appended(events))
            return .success(.appended(receipt))
        }
    }

    private let epoch: Epoch
    private let clock: WallClock
    private let state: Mutex<State>

    public init(_ configuration: Configuration = Configuration(), epoch: Epoch = .random(), clock: WallClock = .system)
    {
        self.epoch = epoch
        self.clock = clock
        let keys = IdempotencyKeys.Limits(
            windowMilliseconds: configuration.idempotencyWindow.milliseconds, count: configuration.idempotencyKeys)
        self.state = Mutex(
            State(
                channels: KeptChannels(rules: configuration.retention, totalBytes: configuration.totalBytes),
                keys: IdempotencyKeys(limits: keys)))
    }

    public func open(committed: @escaping @Sendable (Commit) -> Void) -> LedgerState {
        self.state.withLock { state in
            state.committed = committed
            return LedgerState(epoch: self.epoch, head: state.head)
        }
    }

    public func append(
        _ publications: [Publication],
        completion: @escaping @Sendable ([Result<PublishOutcome, LedgerError>]) -> Void
    ) {
        let now = self.clock.now()
        completion(self.state.withLock { state in publications.map { state.append($0, at: now) } })
    }

    public func read(_ query: ReadQuery, completion: @escaping @Sendable (Result<Page, LedgerError>) -> Void) {
        completion(.success(self.state.withLock { $0.channels.read(query, head: $0.head) }))
    }

    public func drop(_ channel: ChannelName, completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
        self.state.withLock { state in
            guard let last = state.channels.drop(channel) else { return }
            state.committed(.dropped(channel, through: last))
        }
        completion(.success(()))
    }

    public func probe(completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
        completion(.success(()))
    }

    public func close() {}

    public func sweep() {
        let now = self.clock.steadyMilliseconds()
        self.state.withLock { state in
            state.keys.expire(at: now)
            state.channels.sweep(Self.sweepStep, at: now)
        }
    }
}

extension Publication {
    /// The events that the drafts become.
    ///
    /// - Parameter instant: When, by the steady clock.
    public func events(_ receipt: Receipt, instant: Int64) -> [Event] {
        self.drafts.enumerated().map { index, draft in
            Event(
                position: receipt.first.advanced(by: index), time: receipt.time, instant: instant,
                channel: self.channel, type: draft.type, data: draft.data)
        }
    }
}
