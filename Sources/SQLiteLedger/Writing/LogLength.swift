import GRDB
import GRDBSQLite

/// How long the write-ahead log is, as SQLite tells at each commit of one connection. Owner: the connection's thread.
final class LogLength {
    private(set) var pages = 0

    init(of database: Database) {
        // Held by the one that the connection is held by, and not called after the connection's last commit.
        let this = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_wal_hook(
            database.sqliteConnection,
            { this, _, _, pages in
                if let this { Unmanaged<LogLength>.fromOpaque(this).takeUnretainedValue().pages = Int(pages) }
                return SQLITE_OK
            }, this)
    }
}
