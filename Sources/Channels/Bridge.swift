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

    private let ledger: any Ledger
    private let configuration: Configuration
    private let clock: WallClock
    private let lives: Lives

    /// Opens a ledger.
    ///
    /// - Throws: ``LedgerError`` when it cannot be used.
    public static func open(
        _ ledger: any Ledger, configuration: Configuration = Configuration(), clock: WallClock = .system
    ) async throws(LedgerError) -> Bridge {
        let bridge = Bridge(unopened: ledger, configuration: configuration, clock: clock)
        try await ledger.open(bridge.observer)
        return bridge
    }

    /// - Parameter ledger: To be opened with ``observer`` before anything else.
    package init(unopened ledger: any Ledger, configuration: Configuration, clock: WallClock) {
        let perChannel = Retention(events: configuration.logEvents, bytes: configuration.logBytes)
        let limits = LogTable.Limits(perChannel: perChannel, totalBytes: configuration.totalLogBytes)
        self.ledger = ledger
        self.configuration = configuration
        self.clock = clock
        self.lives = Lives(ledger.settings.retention, limits)
    }

    /// What the ledger tells.
    package var observer: any LedgerObserver { self.lives }

    /// The life that the ledger is in.
    public var life: Life { self.lives.current }

    /// Appends events; the completion is called once they are kept and their readers woken, or once they are refused.
    public func publish(
        _ publication: Publication, completion: @escaping @Sendable (Result<PublishOutcome, LedgerError>) -> Void
    ) {
        self.publish([publication]) { results, _ in results.first.map(completion) }
    }

    /// Appends some publications in their order, each as a whole or not at all; the completion is given a result for each, and the life
    /// that their positions are of.
    public func publish(
        _ publications: [Publication],
        completion: @escaping @Sendable ([Result<PublishOutcome, LedgerError>], Life) -> Void
    ) {
        self.ledger.append(publications) { [lives] results in
            let life = lives.current
            lives.wake()
            completion(results, life)
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

    /// Changes records, all or none.
    public func write(
        _ changes: [RecordChange], completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void
    ) {
        self.ledger.write(changes, completion: completion)
    }

    /// Reads records that are not over.
    public func records(
        _ query: RecordQuery, completion: @escaping @Sendable (Result<[SmallRecord], LedgerError>) -> Void
    ) {
        self.ledger.records(query, completion: completion)
    }

    /// Tries whether events can be published now. While the ledger looks for its store, that is known without a try.
    public func probe(completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
        if let loss = self.lives.loss { return completion(.failure(loss)) }
        self.ledger.probe(completion: completion)
    }

    /// No longer wakes a loop for a log. See ``Life/attach(_:to:)``.
    public func detach(_ wakeup: Wakeup, from log: ChannelLog) {
        log.detach(wakeup, at: self.clock.steadyMilliseconds())
    }

    /// Finishes what is under way and closes the ledger.
    public func close() async {
        await self.ledger.close()
    }

    /// Lets go of what is too old or no longer used; to be called about once a second.
    public func sweep() {
        self.ledger.sweep()
        let now = self.clock.steadyMilliseconds()
        self.life.sweep(at: now, idle: now - self.configuration.logIdleTime.milliseconds)
    }
}
