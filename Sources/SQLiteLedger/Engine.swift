import Channels
import GRDB
import Logging
import Synchronization

/// An open database: the connection that writes, those that read, and what waits for them.
final class Engine: Sendable {
    /// How many connections read.
    private static let readerCount = 2
    /// How many steps a sweep may take, other work in between.
    private static let sweepSteps = 8

    private let clock: WallClock
    private let inbox = Inbox()
    private let isSweeping = Atomic<Bool>(false)
    private let committer: Committer
    private let readers: ReadingThreads
    private let writer = Mutex<ConnectionThread?>(nil)

    init(
        _ configuration: SQLiteLedger.Configuration, _ settings: LedgerSettings, clock: WallClock, logger: Logger,
        _ observer: any LedgerObserver
    ) throws(LedgerError) {
        try DatabaseFile(path: configuration.path).makeFolder()
        let lock = try FileLock(configuration.path, .ledger)
        let file = DatabaseFile(path: configuration.path)
        try file.files.requireRegular()
        let queue = try file.openForWriting(isNew: lock.isEmpty, logSize: configuration.logSize)
        let mark = try Mark(of: file.path)
        let identity = try Identity(
            of: queue, file, configuration.durability, mark, isNew: lock.isEmpty, logger)
        let checkpointer = try Checkpointer(file, step: configuration.logStep)
        let committer = try file.explained {
            try queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = \(configuration.durability.synchronous)")
                return Committer(
                    try Writer(
                        database, settings, maxSize: configuration.maxSize, head: identity.state.head, at: clock.now()),
                    LogLength(of: database), file: file, mark: mark, checkpointer: checkpointer, logger: logger,
                    observer: observer)
            }
        }
        self.clock = clock
        self.committer = committer
        self.readers = try ReadingThreads(Self.readerCount, file, logger: logger) { committer.told }
        do throws(LedgerError) {
            let writer = try ConnectionThread("pollux-write", queue) { [self] database in
                self.run(database)
            } end: {
                lock.release()
            }
            self.writer.withLock { $0 = writer }
        } catch {
            self.readers.close()
            throw error
        }
        observer.began(identity.state)
    }

    // MARK: Writing

    func put(_ work: Work) {
        self.inbox.put(work)
    }

    func sweep() {
        guard !self.isSweeping.exchange(true, ordering: .acquiringAndReleasing) else { return }
        self.put(.sweep(moreSteps: Self.sweepSteps))
    }

    private func run(_ database: Database) {
        while true {
            let works = self.inbox.take()
            guard !works.isEmpty else { break }
            self.committer.commit(works, in: database, at: self.clock.now()) { self.sweepOn($0) }
        }
        self.readers.join()
        self.committer.close(database)
    }

    /// A sweep that is not done comes again behind what waits by now.
    private func sweepOn(_ stepsLeft: Int) {
        if stepsLeft > 0 {
            self.put(.sweep(moreSteps: stepsLeft - 1))
        } else {
            self.isSweeping.store(false, ordering: .releasing)
        }
    }

    // MARK: Reading

    func read(_ query: ReadQuery, completion: @escaping @Sendable (Result<Page, LedgerError>) -> Void) {
        self.readers.read(query, completion: completion)
    }

    func records(
        _ query: RecordQuery, completion: @escaping @Sendable (Result<[SmallRecord], LedgerError>) -> Void
    ) {
        self.readers.records(query, at: self.clock.milliseconds(), completion: completion)
    }

    // MARK: Closing

    /// Lets the threads finish what waits and end, leaving one whole file behind.
    func close() {
        self.readers.close()
        self.inbox.close()
    }

    /// Waits until they have.
    func ended() async {
        await self.writer.withLock { $0 }?.ended()
    }
}
