import Channels
import GRDB
import GRDBSQLite

/// A prepared statement of one connection, whose values go in and out as bytes and numbers: an event's data is never made a
/// string. Owner: the connection's thread.
struct SQLStatement {
    /// The columns of the row at which a statement stands.
    struct Row {
        fileprivate let statement: OpaquePointer

        func integer(_ column: CInt) -> Int64 { sqlite3_column_int64(self.statement, column) }

        /// - Throws: `DatabaseError` for what is none, or so great that there could be none behind it.
        func position(_ column: CInt) throws -> Position {
            Position(rawValue: UInt64(try self.integer(column, within: 0...Self.greatest, "a position")))
        }

        /// Milliseconds since 1970, no more than a date of JavaScript holds.
        func time(_ column: CInt) throws -> Int64 {
            try self.integer(column, within: 0...8_640_000_000_000_000, "a time")
        }

        /// A number and, in the next column, an offset.
        func tally(_ column: CInt) throws -> Tally {
            Tally(
                number: try self.integer(column, within: 0...Self.greatest, "a number"),
                offset: try self.integer(column + 1, within: 0...Self.greatest, "an offset"))
        }

        func integer(_ column: CInt, within range: ClosedRange<Int64>, _ noun: String) throws -> Int64 {
            let value = self.integer(column)
            guard range.contains(value) else { throw DatabaseError.damage("\(value) cannot be \(noun)") }
            return value
        }

        /// Some sums of what is no greater do not overflow.
        private static let greatest: Int64 = 1 << 60

        func optionalInteger(_ column: CInt) -> Int64? {
            sqlite3_column_type(self.statement, column) == SQLITE_NULL ? nil : self.integer(column)
        }

        /// - Throws: `DatabaseError` for what could not have been written.
        func attributes(_ column: CInt) throws -> Attributes {
            let bytes = self.bytes(column)
            guard let attributes = Attributes(parsing: bytes) else {
                throw DatabaseError.damage("the attributes of an event cannot be read")
            }
            return attributes
        }

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
    func run<each Value: SQLValue>(_ values: repeat each Value) throws {
        try self.bind(repeat each values)
        try self.step { _ in true }
    }

    /// The first row, as `body` sees it; `nil` if there is none.
    func first<each Value: SQLValue, Result>(
        _ values: repeat each Value, body: (Row) throws -> Result
    ) throws -> Result? {
        var result: Result?
        try self.bind(repeat each values)
        try self.step { row in
            result = try body(row)
            return false
        }
        return result
    }

    /// Goes through the rows for as long as `body` returns `true`.
    func forEach<each Value: SQLValue>(_ values: repeat each Value, body: (Row) throws -> Bool) throws {
        try self.bind(repeat each values)
        try self.step(body)
    }

    private func bind<each Value: SQLValue>(_ values: repeat each Value) throws {
        var index: CInt = 0
        var code = SQLITE_OK
        for value in repeat each values {
            index += 1
            code = max(code, value.bind(to: self.statement.sqliteStatement, at: index))
        }
        guard code == SQLITE_OK else { throw self.error }
    }

    private func step(_ body: (Row) throws -> Bool) throws {
        let statement = self.statement.sqliteStatement
        defer { sqlite3_reset(statement) }
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: guard try body(Row(statement: statement)) else { return }
            case SQLITE_DONE: return
            default: throw self.error
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

/// What a parameter of a statement can be.
protocol SQLValue {
    /// Returns SQLite's result code.
    func bind(to statement: OpaquePointer, at index: CInt) -> CInt
}

extension Int64: SQLValue {
    func bind(to statement: OpaquePointer, at index: CInt) -> CInt { sqlite3_bind_int64(statement, index, self) }
}

extension Int: SQLValue {
    func bind(to statement: OpaquePointer, at index: CInt) -> CInt { sqlite3_bind_int64(statement, index, Int64(self)) }
}

extension Position: SQLValue {
    func bind(to statement: OpaquePointer, at index: CInt) -> CInt {
        sqlite3_bind_int64(statement, index, Int64(clamping: self.rawValue))
    }
}

extension Int64?: SQLValue {
    func bind(to statement: OpaquePointer, at index: CInt) -> CInt {
        self?.bind(to: statement, at: index) ?? sqlite3_bind_null(statement, index)
    }
}

/// Bytes that are no text.
struct Blob: SQLValue {
    let bytes: [UInt8]

    func bind(to statement: OpaquePointer, at index: CInt) -> CInt {
        self.bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress else { return sqlite3_bind_zeroblob(statement, index, 0) }
            return sqlite3_bind_blob(statement, index, start, CInt(buffer.count), [UInt8].transient)
        }
    }
}

/// None are NULL.
extension Attributes: SQLValue {
    func bind(to statement: OpaquePointer, at index: CInt) -> CInt {
        self.isEmpty ? sqlite3_bind_null(statement, index) : Blob(bytes: self.bytes).bind(to: statement, at: index)
    }
}

/// Bytes are text in UTF-8, of which SQLite takes a copy.
extension [UInt8]: SQLValue {
    // So says this constant, which Swift cannot import.
    fileprivate static var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    func bind(to statement: OpaquePointer, at index: CInt) -> CInt {
        self.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return sqlite3_bind_text(statement, index, "", 0, nil) }
            return start.withMemoryRebound(to: CChar.self, capacity: buffer.count) {
                sqlite3_bind_text(statement, index, $0, CInt(buffer.count), Self.transient)
            }
        }
    }
}
