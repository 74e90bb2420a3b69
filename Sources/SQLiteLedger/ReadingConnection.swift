import Channels
import GRDB

/// A connection that reads pages, one after another.
final class ReadingConnection: @unchecked Sendable {
    private let file: DatabaseFile
    private let queue: DatabaseQueue
    /// Touched on the queue only.
    private var reader: PageReader?
    private var transaction: Transaction?

    init(_ file: DatabaseFile) throws {
        self.file = file
        self.queue = try file.openForReading()
        try file.explained { [queue] in
            try queue.unsafeRead { database in
                self.reader = try PageReader(database)
                self.transaction = try Transaction(database, "DEFERRED")
            }
        }
    }

    /// Reads a page.
    ///
    /// - Parameter head: Called before the snapshot is taken; nothing beyond is shown.
    func read(
        _ query: ReadQuery, head: @escaping @Sendable () -> Position,
        completion: @escaping @Sendable (Result<Page, LedgerError>) -> Void
    ) {
        self.queue.asyncWriteWithoutTransaction { _ in
            completion(self.page(query, head: head()))
        }
    }

    private func page(_ query: ReadQuery, head: Position) -> Result<Page, LedgerError> {
        guard let reader = self.reader, let transaction = self.transaction else {
            return .failure(.unavailable("the ledger is closed"))
        }
        do {
            return .success(try transaction.run { try reader.page(query, head: head) })
        } catch {
            return .failure(.unavailable(self.file.explanation(of: error)))
        }
    }

    func close() {
        self.queue.writeWithoutTransaction { _ in
            self.reader = nil
            self.transaction = nil
        }
        try? self.queue.close()
    }
}
