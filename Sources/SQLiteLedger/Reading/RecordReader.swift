import Channels
import GRDB

/// Reads records on one connection. Owner: the connection's thread.
final class RecordReader {
    private let named: SQLStatement
    private let range: SQLStatement

    init(_ database: Database) throws {
        self.named = try SQLStatement(
            database, "SELECT name, bytes, ends FROM record WHERE name = ? AND (ends IS NULL OR ends > ?)")
        self.range = try SQLStatement(
            database,
            """
            SELECT name, bytes, ends FROM record WHERE name >= ? AND name > ? AND name < ? AND (ends IS NULL OR ends > ?)
            ORDER BY name LIMIT ?
            """)
    }

    /// - Parameter now: In milliseconds since 1970; what is over then is not shown.
    func records(_ query: RecordQuery, at now: Int64) throws -> [SmallRecord] {
        var records: [SmallRecord] = []
        func take(_ row: SQLStatement.Row) throws -> Bool {
            records.append(try Self.record(row))
            return true
        }
        switch query {
        case .named(let name):
            try self.named.forEach(Array(name.text.utf8), now, body: take)
        case .prefix(let prefix, let after, let limit):
            // DEL is behind every character that a name may have.
            let prefix = Array(prefix.utf8)
            try self.range.forEach(
                prefix, Array((after?.text ?? "").utf8), prefix + [0x7F], now, max(0, limit), body: take)
        }
        return records
    }

    private static func record(_ row: SQLStatement.Row) throws -> SmallRecord {
        guard let name = RecordName(String(decoding: row.bytes(0), as: UTF8.self)),
            let record = SmallRecord(name, row.bytes(1), end: row.optionalInteger(2))
        else { throw DatabaseError.damage("a record has an impossible name or is too large") }
        return record
    }
}
