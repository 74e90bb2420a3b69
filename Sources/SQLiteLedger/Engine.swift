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

    let state: LedgerState
    private let file: DatabaseFile
    private let clock: WallClock
    private let inbox = Inbox()
    private let isSweeping = Atomic<Bool>(false)
    private let writerQueue: DatabaseQueue
    private let committer: Committer
    private let readers: [ReadingConnection]
    private let nextReader = Atomic<Int>(0)
    private let checkpointer: Checkpointer

    init(
        _ configuration: SQLiteLedger.Configuration, clock: WallClock, logger: Logger,
        committed: @escaping @Sendable (Commit) -> Void
    ) throws {
        let file = DatabaseFile(path: configuration.path, durability: configuration.durability)
        try file.makeFolder()
        let mark = try Mark(of: file.path)
        let isNew = !file.exists
        let queue = try file.openForWriting()
        let identity = try Identity(of: queue, file, mark, isNew: isNew, logger)
        let readers = try (0..<Self.readerCount).map { _ in try ReadingConnection(file) }
        let checkpointer = try Checkpointer(file)
        self.committer = try file.explained {
            try queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = \(configuration.durability.synchronous)")
                return Committer(
                    try Writer(database, configuration, head: identity.state.head),
                    LogLength(of: database), file: file, mark: mark, checkpointer: checkpointer, logger: logger,
                    committed: committed)
            }
        }
        self.state = identity.state
        self.file = file
        self.clock = clock
        self.writerQueue = queue
        self.readers = readers
        self.checkpointer = checkpointer
    }

    // MARK: Writing

    func put(_ work: Work) {
        switch self.inbox.put(work) {
        case .none: break
        case .wake: self.writerQueue.asyncWriteWithoutTransaction { self.commitAll($0) }
        case .refuse(let error): work.fail(error)
        }
    }

    func sweep() {
        guard !self.isSweeping.exchange(true, ordering: .acquiringAndReleasing) else { return }
        self.put(.sweep(moreSteps: Self.sweepSteps))
    }

    private func commitAll(_ database: Database) {
        while true {
            let works = self.inbox.take()
            guard !works.isEmpty else { return }
            let stepsLeft = self.committer.commit(works, in: database, at: self.clock.milliseconds())
            self.sweepOn(works, stepsLeft)
        }
    }

    /// A sweep that is not done comes again behind what waits by now.
    private func sweepOn(_ works: [Work], _ stepsLeft: Int) {
        guard works.contains(where: { if case .sweep = $0 { true } else { false } }) else { return }
        if stepsLeft > 0 {
            self.put(.sweep(moreSteps: stepsLeft - 1))
        } else {
            self.isSweeping.store(false, ordering: .releasing)
        }
    }

    // MARK: Reading

    func read(_ query: ReadQuery, completion: @escaping @Sendable (Result<Page, LedgerError>) -> Void) {
        let index = self.nextReader.add(1, ordering: .relaxed).oldValue
        let reader = self.readers[Int(UInt(bitPattern: index) % UInt(self.readers.count))]
        // Before the snapshot is taken: what was told of by now is in it.
        reader.read(query, head: { self.committer.told }, completion: completion)
    }

    // MARK: Closing

    /// Finishes what waits, and leaves one whole file behind.
    func close() {
        self.inbox.close()
        for reader in self.readers { reader.close() }
        self.checkpointer.close()
        self.writerQueue.writeWithoutTransaction { database in
            self.commitAll(database)
            self.committer.close(database)
        }
        try? self.writerQueue.close()
    }
}
