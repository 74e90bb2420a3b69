import Channels
import DequeModule
import Dispatch
import GRDB
import Logging
import Synchronization

/// Threads that read pages, each with a connection of its own. Whoever is free takes what came first.
final class ReadingThreads: Sendable {
    /// What is to be read, from one snapshot.
    private enum Job: Sendable {
        case page(ReadQuery, @Sendable (Result<Page, LedgerError>) -> Void)
        case records(RecordQuery, now: Int64, @Sendable (Result<[SmallRecord], LedgerError>) -> Void)

        func fail(_ error: LedgerError) {
            switch self {
            case .page(_, let completion): completion(.failure(error))
            case .records(_, _, let completion): completion(.failure(error))
            }
        }
    }

    private struct Prepared {
        let pages: PageReader
        let records: RecordReader
        let transaction: Transaction

        init(_ database: Database) throws {
            self.pages = try PageReader(database)
            self.records = try RecordReader(database)
            self.transaction = try Transaction(database, "DEFERRED")
        }
    }

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
        self.put(.page(query, completion))
    }

    /// - Parameter now: In milliseconds since 1970.
    func records(
        _ query: RecordQuery, at now: Int64,
        completion: @escaping @Sendable (Result<[SmallRecord], LedgerError>) -> Void
    ) {
        self.put(.records(query, now: now, completion))
    }

    private func put(_ job: Job) {
        let isTaken = self.state.withLock { state in
            if !state.isClosed { state.jobs.append(job) }
            return !state.isClosed
        }
        if isTaken { self.available.signal() } else { job.fail(.closed) }
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
        while let job = self.next() {
            switch job {
            case .page(let query, let completion):
                completion(
                    self.result(&prepared, database) { prepared in
                        let head = self.head()
                        return try prepared.transaction.run { try prepared.pages.page(query, head: head) }
                    })
            case .records(let query, let now, let completion):
                completion(self.result(&prepared, database) { try $0.records.records(query, at: now) })
            }
        }
    }

    private func result<Value>(
        _ prepared: inout Prepared?, _ database: Database, _ body: (Prepared) throws -> Value
    ) -> Result<Value, LedgerError> {
        do {
            let statements = try prepared ?? Prepared(database)
            prepared = statements
            return .success(try body(statements))
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
