import GRDB

/// Transactions of one connection, whose statements are prepared once. Owner: the connection's thread.
struct Transaction {
    private let database: Database
    private let begin: SQLStatement
    private let commit: SQLStatement
    private let rollback: SQLStatement

    /// - Parameter kind: `IMMEDIATE`, which takes the write lock at once, or `DEFERRED`.
    init(_ database: Database, _ kind: String) throws {
        self.database = database
        self.begin = try SQLStatement(database, "BEGIN \(kind)")
        self.commit = try SQLStatement(database, "COMMIT")
        self.rollback = try SQLStatement(database, "ROLLBACK")
    }

    /// Does it all, or, if it fails, nothing.
    func run<Result>(_ body: () throws -> Result) throws -> Result {
        try self.begin.run()
        do {
            let result = try body()
            try self.commit.run()
            return result
        } catch {
            // SQLite has gone back by itself after some errors.
            if self.database.isInsideTransaction { try? self.rollback.run() }
            throw error
        }
    }
}
