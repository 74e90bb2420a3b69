import Synchronization

/// The ledger that keeps events in memory and forgets them with the process: each start is a new epoch.
///
/// One lock guards everything; nothing in it takes long. Completions are called on the caller's thread, before the
/// function returns, without the lock.
public final class MemoryLedger: Ledger {
    /// What an event takes besides its type and data: the object, two arrays' heads, its places in two queues.
    static let overhead = 200

    /// How many channels one sweep looks at.
    static let sweepStep = 10_000

    private struct State {
        var head = Position.zero
        var channels: KeptChannels
        var keys: IdempotencyKeys
        var records: MemoryRecords
        var observer: (any LedgerObserver)?

        mutating func append(_ publication: Publication, at now: Moment) -> Result<PublishOutcome, LedgerError> {
            if let key = publication.key {
                self.keys.expire(at: now.steadyMilliseconds)
                if let outcome = self.keys.outcome(of: publication, key: key) { return .success(outcome) }
                guard self.keys.hasRoom else { return .failure(.tooManyKeys(limit: self.keys.limit)) }
            }
            guard self.records.hasRoom(for: publication.records, at: now.milliseconds) else {
                return .failure(.tooManyRecords(limit: self.records.limit))
            }
            let receipt = Receipt(
                first: self.head.advanced(by: 1), count: publication.drafts.count, time: now.milliseconds)
            if let key = publication.key {
                self.keys.remember(key, of: publication, receipt: receipt, at: now.steadyMilliseconds)
            }
            self.records.apply(publication.records)
            let instant = now.steadyMilliseconds
            let events = publication.events(receipt, instant: instant, in: publication.channel)
            let others = publication.others.map { publication.events(receipt, instant: instant, in: $0) }
            self.head = receipt.last
            self.channels.append(events, at: instant)
            for others in others { self.channels.append(others, at: instant) }
            self.observer?.committed(.appended(events, others: others))
            return .success(.appended(receipt))
        }
    }

    public let settings: LedgerSettings
    private let epoch: Epoch
    private let clock: WallClock
    private let state: Mutex<State>

    /// - Parameter totalBytes: The most bytes that all events may take together, with about 200 for each event; default
    ///   256 MiB. Beyond it the oldest of all are dropped.
    public init(
        _ settings: LedgerSettings = LedgerSettings(), totalBytes: Int = 256 << 20, epoch: Epoch = .random(),
        clock: WallClock = .system
    ) {
        self.settings = settings
        self.epoch = epoch
        self.clock = clock
        let keys = IdempotencyKeys.Limits(
            windowMilliseconds: settings.idempotencyWindow.milliseconds, count: settings.idempotencyKeys)
        self.state = Mutex(
            State(
                channels: KeptChannels(rules: settings.retention, totalBytes: totalBytes),
                keys: IdempotencyKeys(limits: keys), records: MemoryRecords(limit: settings.records)))
    }

    public func open(_ observer: any LedgerObserver) {
        self.state.withLock { state in
            state.observer = observer
            observer.began(LedgerState(epoch: self.epoch, head: state.head))
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
            state.observer?.committed(.dropped(channel, through: last))
        }
        completion(.success(()))
    }

    public func write(
        _ changes: [RecordChange], completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void
    ) {
        let now = self.clock.milliseconds()
        completion(
            self.state.withLock { state in
                guard state.records.hasRoom(for: changes, at: now) else {
                    return .failure(.tooManyRecords(limit: state.records.limit))
                }
                state.records.apply(changes)
                return .success(())
            })
    }

    public func records(
        _ query: RecordQuery, completion: @escaping @Sendable (Result<[SmallRecord], LedgerError>) -> Void
    ) {
        let now = self.clock.milliseconds()
        completion(.success(self.state.withLock { $0.records.records(query, at: now) }))
    }

    public func probe(completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
        completion(.success(()))
    }

    public func close() {}

    public func sweep() {
        let now = self.clock.now()
        self.state.withLock { state in
            state.keys.expire(at: now.steadyMilliseconds)
            state.channels.sweep(Self.sweepStep, at: now.steadyMilliseconds)
            state.records.sweep(at: now.milliseconds)
        }
    }
}
