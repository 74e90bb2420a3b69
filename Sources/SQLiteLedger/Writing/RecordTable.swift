import Channels
import GRDB

/// The records of the database. Owner: the writer.
final class RecordTable {
    private static let sweepStep = 1_000

    private let database: Database
    let limit: Int
    /// How many there are, those included that are over and still in the table.
    private(set) var count: Int

    private let put: SQLStatement
    private let delete: SQLStatement
    private let deleteOver: SQLStatement

    init(_ database: Database, limit: Int) throws {
        self.database = database
        self.limit = limit
        self.count = try Int.fetchOne(database, sql: "SELECT count(*) FROM record") ?? 0
        self.put = try SQLStatement(database, "INSERT INTO record (name, bytes, ends) VALUES (?, ?, ?)")
        self.delete = try SQLStatement(database, "DELETE FROM record WHERE name = ?")
        self.deleteOver = try SQLStatement(
            database, "DELETE FROM record WHERE name IN (SELECT name FROM record WHERE ends <= ? ORDER BY ends LIMIT ?)"
        )
    }

    /// Makes some changes, all or none.
    ///
    /// - Returns: Whether there was room for them.
    func apply(_ changes: [RecordChange], at now: Int64) throws -> Bool {
        guard try self.hasRoom(for: changes, at: now) else { return false }
        for change in changes {
            try self.delete.run(Array(change.name.text.utf8))
            self.count -= self.database.changesCount
            guard case .put(let record) = change else { continue }
            try self.put.run(Array(record.name.text.utf8), Blob(bytes: record.bytes), record.end)
            self.count += 1
        }
        return true
    }

    /// Looks at names only where the limit is near.
    private func hasRoom(for changes: [RecordChange], at now: Int64) throws -> Bool {
        guard self.count + changes.count > self.limit else { return true }
        while try self.sweep(at: now) {}
        var names: Set<RecordName> = []
        var isThere: Set<RecordName> = []
        for change in changes {
            let name = change.name
            let found = try Int.fetchOne(
                self.database, sql: "SELECT 1 FROM record WHERE name = ?", arguments: [name.text])
            if found != nil { isThere.insert(name) }
            if case .put = change { names.insert(name) } else { names.remove(name) }
        }
        return self.count - isThere.count + names.count <= self.limit
    }

    /// Forgets some of those that are over. Returns whether there may be more.
    @discardableResult
    func sweep(at now: Int64) throws -> Bool {
        try self.deleteOver.run(now, Self.sweepStep)
        let changes = self.database.changesCount
        self.count -= changes
        return changes == Self.sweepStep
    }

    /// The database has gone back to where it had so many.
    func reset(to count: Int) {
        self.count = count
    }
}
