public import Channels
public import Logging
import Dispatch
import Synchronization

/// The ledger that keeps events in an SQLite database: they survive the process, and, where asked for, the machine.
///
/// One thread writes, and commits together what waits; others read, from snapshots that do not hold it up. Completions are
/// called on these threads.
public final class SQLiteLedger: Ledger {
    /// Where a ledger is, and what is so of a file alone.
    public struct Configuration: Sendable {
        /// The database's file; default `data/pollux.db`. Beside it lie `-wal`, `-shm` and `.mark`.
        public var path: String
        /// What an answer promises; default `process`.
        public var durability: Durability
        /// The most bytes of the file that are used; default 10 GiB. Beyond it the oldest events of all are dropped.
        public var maxSize: Int

        public init(
            path: String = "data/pollux.db", durability: Durability = .process, maxSize: Int = 10 << 30
        ) {
            self.path = path
            self.durability = durability
            self.maxSize = maxSize
        }

        /// After how many pages in the write-ahead log a checkpoint is begun; it may grow to four times that. Small beside
        /// the bound on the file; and where each commit waits for the disk, since a file that does not grow is synced in
        /// half the time.
        var logStep: Int {
            let most = self.durability == .power ? 500 : 2_000
            return max(100, min(most, self.maxSize / 4_096 / 8))
        }

        /// How many bytes the write-ahead log keeps on the disk: what it grows to anyway, so that it need not grow again.
        var logSize: Int { 5 * self.logStep * 4_096 }
    }

    public let settings: LedgerSettings
    private let configuration: Configuration
    private let clock: WallClock
    private let logger: Logger
    private let engine = Mutex<Engine?>(nil)

    public init(
        _ configuration: Configuration = Configuration(), settings: LedgerSettings = LedgerSettings(),
        clock: WallClock = .system, logger: Logger = Logger(label: "pollux")
    ) {
        self.configuration = configuration
        self.settings = settings
        self.clock = clock
        self.logger = logger
    }

    /// Opens the database, or makes it.
    ///
    /// - Throws: ``LedgerError`` that names the file and what would do: it is in use, damaged, of another application, of
    ///   a newer version, cannot be written.
    public func open(_ observer: any LedgerObserver) async throws(LedgerError) {
        let engine = try await self.onThread { () throws(LedgerError) in
            try Engine(self.configuration, self.settings, clock: self.clock, logger: self.logger, observer)
        }
        self.engine.withLock { $0 = engine }
    }

    public func append(
        _ publications: [Publication],
        completion: @escaping @Sendable ([Result<PublishOutcome, LedgerError>]) -> Void
    ) {
        self.put(.append(publications, completion))
    }

    public func drop(_ channel: ChannelName, completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
        self.put(.drop(channel, completion))
    }

    public func write(
        _ changes: [RecordChange], completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void
    ) {
        self.put(.write(changes, completion))
    }

    public func records(
        _ query: RecordQuery, completion: @escaping @Sendable (Result<[SmallRecord], LedgerError>) -> Void
    ) {
        guard let engine = self.engine.withLock({ $0 }) else { return completion(.failure(.closed)) }
        engine.records(query, completion: completion)
    }

    public func probe(completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
        self.put(.probe(completion))
    }

    public func sweep() {
        self.engine.withLock { $0 }?.sweep()
    }

    public func read(_ query: ReadQuery, completion: @escaping @Sendable (Result<Page, LedgerError>) -> Void) {
        guard let engine = self.engine.withLock({ $0 }) else { return completion(.failure(.closed)) }
        engine.read(query, completion: completion)
    }

    public func close() async {
        let engine = self.engine.withLock { engine in
            defer { engine = nil }
            return engine
        }
        engine?.close()
        await engine?.ended()
    }

    deinit {
        self.engine.withLock { $0 }?.close()
    }

    /// Does what may block, on a thread where it may.
    private func onThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws(LedgerError) -> Value
    ) async throws(LedgerError) -> Value {
        let result = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: Result(catching: body)) }
        }
        return try result.get()
    }

    private func put(_ work: Work) {
        guard let engine = self.engine.withLock({ $0 }) else { return work.fail(.closed) }
        engine.put(work)
    }
}
