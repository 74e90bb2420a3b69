import Synchronization

/// The heart: one ledger, the logs of the channels in use, and the event loops that wait for them.
///
/// A publication goes to the ledger; what the ledger has kept goes to the logs, and only then are the loops woken and
/// the publisher answered. Locks are taken in this order: the ledger's, the table of logs, a log, a wakeup; none is
/// held while a loop is woken or a completion runs.
public final class Bridge: Sendable {
    /// The limits of what is held in memory for readers.
    public struct Configuration: Sendable {
        /// The most events of one channel's log; default 1,000.
        public var logEvents: Int
        /// The most bytes of one channel's log; default 1 MiB.
        public var logBytes: Int
        /// The most bytes of all logs together; default 64 MiB.
        public var totalLogBytes: Int
        /// How long a log is held that nobody reads any more; default 60 s.
        public var logIdleTime: Duration

        public init(
            logEvents: Int = 1_000, logBytes: Int = 1 << 20, totalLogBytes: Int = 64 << 20,
            logIdleTime: Duration = .seconds(60)
        ) {
            self.logEvents = logEvents
            self.logBytes = logBytes
            self.totalLogBytes = totalLogBytes
            self.logIdleTime = logIdleTime
        }
    }

    public let epoch: Epoch
    private let ledger: any Ledger
    private let configuration: Configuration
    private let clock: WallClock
    private let shared: Shared

    /// What the ledger's commits change: apart from the bridge, so that the ledger need not hold the bridge.
    private final class Shared: Sendable {
        let head = Atomic<UInt64>(0)
        let logs: Mutex<LogTable>
        let toWake = Mutex<[Wakeup]>([])

        init(_ limits: LogTable.Limits) {
            self.logs = Mutex(LogTable(limits: limits))
        }

        func take(_ commit: Commit) {
            let wakeups = self.logs.withLock { logs in
                switch commit {
                case .appended(let events):
                    let log = logs.append(events)
                    if let last = events.last { self.head.store(last.position.rawValue, ordering: .releasing) }
                    // Marked only now: a loop that is awake takes the mark at once, and nobody wakes it for the head.
                    return log?.mark() ?? []
                case .dropped(let channel, let position):
                    logs.clear(channel, through: position)
                    return []
                }
            }
            if !wakeups.isEmpty { self.toWake.withLock { $0.append(contentsOf: wakeups) } }
        }

        func wake() {
            let wakeups = self.toWake.withLock { wakeups in
                defer { wakeups = [] }
                return wakeups
            }
            for wakeup in wakeups { wakeup.ring() }
        }
    }

    /// Opens the ledger.
    ///
    /// - Throws: ``LedgerError`` when it cannot be used.
    public init(
        ledger: any Ledger, configuration: Configuration = Configuration(), clock: WallClock = .system
    ) throws(LedgerError) {
        let perChannel = Retention(events: configuration.logEvents, bytes: configuration.logBytes)
        let shared = Shared(LogTable.Limits(perChannel: perChannel, totalBytes: configuration.totalLogBytes))
        let state = try ledger.open { shared.take($0) }
        shared.head.store(state.head.rawValue, ordering: .releasing)
        self.epoch = state.epoch
        self.ledger = ledger
        self.configuration = configuration
        self.clock = clock
        self.shared = shared
    }

    /// The position of the newest event. All events up to it are in the logs.
    public var head: Position { Position(rawValue: self.shared.head.load(ordering: .acquiring)) }

    public func id(_ position: Position) -> EventID { EventID(epoch: self.epoch, position: position) }

    /// Appends events; the completion is called once they are kept and their readers woken, or once they are refused.
    public func publish(
        _ publication: Publication, completion: @escaping @Sendable (Result<PublishOutcome, LedgerError>) -> Void
    ) {
        self.publish([publication]) { results in results.first.map(completion) }
    }

    /// Appends some publications in their order, each as a whole or not at all; the completion is given a result for each.
    public func publish(
        _ publications: [Publication],
        completion: @escaping @Sendable ([Result<PublishOutcome, LedgerError>]) -> Void
    ) {
        self.ledger.append(publications) { [shared] results in
            shared.wake()
            completion(results)
        }
    }

    /// Drops a channel's events. Readers with an older cursor are told of a gap.
    public func drop(_ channel: ChannelName, completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
        self.ledger.drop(channel, completion: completion)
    }

    /// Reads what is kept, beyond what the logs hold.
    public func read(_ query: ReadQuery, completion: @escaping @Sendable (Result<Page, LedgerError>) -> Void) {
        self.ledger.read(query, completion: completion)
    }

    /// Tries whether events can be published now.
    public func probe(completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
        self.ledger.probe(completion: completion)
    }

    /// The log of a channel, which from now on wakes a loop when it grows, until ``detach(_:from:)``.
    public func attach(_ wakeup: Wakeup, to channel: ChannelName) -> ChannelLog {
        self.shared.logs.withLock { logs in
            let retention = self.ledger.settings.retention.retention(of: channel)
            let log = logs.log(of: channel, head: self.head, retention: retention)
            log.attach(wakeup)
            return log
        }
    }

    public func detach(_ wakeup: Wakeup, from log: ChannelLog) {
        log.detach(wakeup, at: self.clock.steadyMilliseconds())
    }

    /// Finishes what is under way and closes the ledger; may block.
    public func close() {
        self.ledger.close()
    }

    /// Lets go of what is too old or no longer used; to be called about once a second.
    public func sweep() {
        self.ledger.sweep()
        let now = self.clock.steadyMilliseconds()
        let idle = now - self.configuration.logIdleTime.milliseconds
        for log in self.shared.logs.withLock({ $0.all }) {
            self.shared.logs.withLock { $0.sweep(log, at: now, idle: idle) }
        }
    }
}
