import Channels
import DequeModule
import Dispatch
import GRDB
import Logging
import Synchronization

/// Threads that read pages, each with a connection of its own. Whoever is free takes what came first.
final class ReadingThreads: Sendable {
    private struct Job: Sendable {
        let query: ReadQuery
        let completion: @Sendable (Result<Page, LedgerError>) -> Void
    }

    private typealias Prepared = (PageReader, Transaction)

    private struct State {
        var jobs: Deque<Job> = []
        var isClosed = false
    }

    /// How many reasons are logged: a reader that fails comes again and again.
    private static let mostReasons = 20

    private let file: DatabaseFile
    private let logger: Logger
    private let reasons = Mutex<Set<String>>([])
    private let head: @Sendable () -> Position
    private let count: Int
    private let state = Mutex(State())
    private let available = DispatchSemaphore(value: 0)
    private let threads = Mutex<[ConnectionThread]>([])

    /// - Parameter head: Asked before a snapshot is taken; nothing beyond is shown.
    init(_ count: Int, _ file: DatabaseFile, logger: Logger, head: @escaping @Sendable () -> Position)
        throws(LedgerError)
    {
        self.count = count
        self.file = file
        self.logger = logger
        self.head = head
        let queues = try (0..<count).map { _ throws(LedgerError) in try file.openForReading() }
        do throws(LedgerError) {
            for queue in queues {
                let thread = try ConnectionThread("pollux-read", queue) { [self] database in self.run(database) }
                self.threads.withLock { $0.append(thread) }
            }
        } catch {
            self.close()
            throw error
        }
    }

    func read(_ query: ReadQuery, completion: @escaping @Sendable (Result<Page, LedgerError>) -> Void) {
        let isTaken = self.state.withLock { state in
            if !state.isClosed { state.jobs.append(Job(query: query, completion: completion)) }
            return !state.isClosed
        }
        if isTaken { self.available.signal() } else { completion(.failure(.closed)) }
    }

    /// Lets the threads finish what waits, and end.
    func close() {
        self.state.withLock { $0.isClosed = true }
        for _ in 0..<self.count { self.available.signal() }
    }

    func join() {
        for thread in self.threads.withLock({ $0 }) { thread.join() }
    }

    private func next() -> Job? {
        self.available.wait()
        return self.state.withLock { $0.jobs.popFirst() }
    }

    private func run(_ database: Database) {
        var prepared: Prepared?
        while let job = self.next() { job.completion(self.page(job.query, &prepared, database)) }
    }

    private func page(
        _ query: ReadQuery, _ prepared: inout Prepared?, _ database: Database
    ) -> Result<Page, LedgerError> {
        do {
            let (reader, transaction) = try prepared ?? (PageReader(database), Transaction(database, "DEFERRED"))
            prepared = (reader, transaction)
            let head = self.head()
            return .success(try transaction.run { try reader.page(query, head: head) })
        } catch {
            let error = self.file.ledgerError(error)
            self.tell("\(error)")
            return .failure(error)
        }
    }

    /// Logs a reason once.
    private func tell(_ reason: String) {
        let isNew = self.reasons.withLock { $0.count < Self.mostReasons && $0.insert(reason).inserted }
        if isNew { self.logger.error("the ledger cannot be read", metadata: ["reason": "\(reason)"]) }
    }
}
