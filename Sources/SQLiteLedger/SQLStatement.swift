import Channels
import GRDB
import GRDBSQLite

/// A prepared statement of one connection, whose values go in and out as bytes and numbers: an event's data is never made a
/// string. Owner: the connection's queue.
struct SQLStatement {
    /// A value of a parameter.
    enum Value {
        case integer(Int64)
        case text([UInt8])

        static func position(_ position: Position) -> Value { .integer(Int64(clamping: position.rawValue)) }
        static func count(_ count: Int) -> Value { .integer(Int64(count)) }
    }

    /// The columns of the row at which a statement stands.
    struct Row {
        fileprivate let statement: OpaquePointer

        func integer(_ column: CInt) -> Int64 { sqlite3_column_int64(self.statement, column) }

        func position(_ column: CInt) -> Position { Position(rawValue: UInt64(clamping: self.integer(column))) }

        func bytes(_ column: CInt) -> [UInt8] {
            let count = Int(sqlite3_column_bytes(self.statement, column))
            guard count > 0, let start = sqlite3_column_blob(self.statement, column) else { return [] }
            return Array(UnsafeRawBufferPointer(start: start, count: count))
        }
    }

    private let database: Database
    private let statement: Statement

    init(_ database: Database, _ sql: String) throws {
        self.database = database
        self.statement = try database.makeStatement(sql: sql)
    }

    /// Runs it to its end.
    func run(_ values: Value...) throws {
        try self.each(values) { _ in true }
    }

    /// The first row, as `body` sees it; `nil` if there is none.
    func first<Result>(_ values: Value..., body: (Row) -> Result) throws -> Result? {
        var result: Result?
        try self.each(values) { row in
            result = body(row)
            return false
        }
        return result
    }

    /// Goes through the rows for as long as `body` returns `true`.
    func forEach(_ values: Value..., body: (Row) -> Bool) throws {
        try self.each(values, body)
    }

    private func each(_ values: [Value], _ body: (Row) -> Bool) throws {
        let statement = self.statement.sqliteStatement
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        for (index, value) in values.enumerated() { try self.bind(value, to: CInt(index + 1)) }
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: guard body(Row(statement: statement)) else { return }
            case SQLITE_DONE: return
            default: throw self.error
            }
        }
    }

    private func bind(_ value: Value, to index: CInt) throws {
        let statement = self.statement.sqliteStatement
        let code =
            switch value {
            case .integer(let number): sqlite3_bind_int64(statement, index, number)
            case .text(let bytes): Self.bind(bytes, statement, index)
            }
        guard code == SQLITE_OK else { throw self.error }
    }

    private static func bind(_ bytes: [UInt8], _ statement: OpaquePointer, _ index: CInt) -> CInt {
        // SQLite takes a copy: so says this constant, which Swift cannot import.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        return bytes.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return sqlite3_bind_text(statement, index, "", 0, nil) }
            return start.withMemoryRebound(to: CChar.self, capacity: buffer.count) {
                sqlite3_bind_text(statement, index, $0, CInt(buffer.count), transient)
            }
        }
    }

    private var error: DatabaseError {
        let connection = self.database.sqliteConnection
        let message = connection.map { String(cString: sqlite3_errmsg($0)) }
        return DatabaseError(
            resultCode: ResultCode(rawValue: connection.map { sqlite3_extended_errcode($0) } ?? SQLITE_MISUSE),
            message: message, sql: self.statement.sql)
    }
}
