import Channels
import GRDB

/// A connection that reads pages, one after another.
final class ReadingConnection: @unchecked Sendable {
    private let file: DatabaseFile
    private let queue: DatabaseQueue
    /// Touched on the queue only.
    private var reader: PageReader?

    init(_ file: DatabaseFile) throws {
        self.file = file
        self.queue = try file.openForReading()
        self.reader = try file.explained { [queue] in try queue.unsafeRead { try PageReader($0) } }
    }

    /// Reads a page.
    ///
    /// - Parameter head: Called before the snapshot is taken; nothing beyond is shown.
    func read(
        _ query: ReadQuery, head: @escaping @Sendable () -> Position,
        completion: @escaping @Sendable (Result<Page, LedgerError>) -> Void
    ) {
        self.queue.asyncWriteWithoutTransaction { database in
            completion(self.page(query, head: head(), in: database))
        }
    }

    private func page(_ query: ReadQuery, head: Position, in database: Database) -> Result<Page, LedgerError> {
        guard let reader = self.reader else { return .failure(.unavailable("the ledger is closed")) }
        do {
            var page: Page?
            try database.inTransaction(.deferred) {
                page = try reader.page(query, head: head)
                return .commit
            }
            guard let page else { return .failure(.unavailable("\(self.file.path) gave no page")) }
            return .success(page)
        } catch {
            return .failure(.unavailable(self.file.explanation(of: error)))
        }
    }

    func close() {
        self.queue.writeWithoutTransaction { _ in self.reader = nil }
        try? self.queue.close()
    }
}
