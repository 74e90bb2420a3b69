import Channels
import GRDB

#if canImport(Glibc)
    import FoundationEssentials
    import Glibc
#else
    import Foundation
#endif

/// The database of a ledger as a file: how connections to it are made, and whether it is one of ours.
struct DatabaseFile: Sendable {
    /// Without symbolic links, where the file is there.
    let path: String

    init(path: String) {
        let resolved = realpath(path, nil)
        defer { free(resolved) }
        self.path = resolved.map { String(cString: $0) } ?? path
    }

    /// How long a connection waits for the lock of another process before its work is refused.
    private static let busyTimeout = 2.0

    /// The database and what lies beside it.
    var files: LedgerFiles { LedgerFiles(self.path) }

    /// - Throws: ``LedgerError`` when there is no file, or something else in its place or beside it.
    func requireThere() throws {
        guard FileKind(at: self.path) != .nothing else { throw LedgerError.unavailable("\(self.path) is not there") }
        try self.files.requireRegular()
    }

    /// Makes the folder of the file, where it is missing.
    func makeFolder() throws {
        let folder = URL(fileURLWithPath: self.path).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw LedgerError.unavailable(
                "\(self.path): the folder \(folder) cannot be made; make it, or choose another file")
        }
    }

    /// Opens a connection that writes, and brings the schema up to date. A file that is not ours stays as it is.
    ///
    /// - Parameters:
    ///   - isNew: Whether there is nothing in the file yet.
    ///   - logSize: To how many bytes the write-ahead log is cut when it begins anew.
    func openForWriting(isNew: Bool, logSize: Int) throws -> DatabaseQueue {
        if !isNew { try self.checkUntouched() }
        return try self.explained {
            var configuration = self.configuration("writer", cacheKilobytes: 16_384)
            configuration.journalMode = .wal
            // Only kept by a database that has no table yet: lets space be given back in small steps.
            configuration.prepareDatabase { database in
                if isNew { try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL") }
                try database.execute(sql: "PRAGMA synchronous = FULL")
                try database.execute(sql: "PRAGMA journal_size_limit = \(logSize)")
                try database.execute(sql: "PRAGMA wal_autocheckpoint = 0")
            }
            let queue = try DatabaseQueue(path: self.path, configuration: configuration)
            try queue.writeWithoutTransaction { database in
                guard try Self.isBlank(database) else { return }
                try database.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
            }
            try Schema.migrator.migrate(queue)
            return queue
        }
    }

    /// Opens a connection that only reads.
    func openForReading() throws -> DatabaseQueue {
        try self.requireThere()
        return try self.explained {
            var configuration = self.configuration("reader", cacheKilobytes: 4_096)
            configuration.readonly = true
            let queue = try DatabaseQueue(path: self.path, configuration: configuration)
            try queue.read { try self.check($0) }
            return queue
        }
    }

    /// Opens a connection that moves what was committed from the write-ahead log into the database.
    func openForCheckpoints() throws -> DatabaseQueue {
        try self.explained {
            var configuration = self.configuration("checkpoint", cacheKilobytes: 1_024)
            configuration.journalMode = .wal
            return try DatabaseQueue(path: self.path, configuration: configuration)
        }
    }

    private func configuration(_ label: String, cacheKilobytes: Int) -> GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.label = "pollux.ledger.\(label)"
        configuration.busyMode = .timeout(Self.busyTimeout)
        configuration.foreignKeysEnabled = false
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cache_size = -\(cacheKilobytes)") }
        return configuration
    }

    /// Checks a file before anything is written to it; nothing is left beside one that is refused.
    private func checkUntouched() throws {
        let log = self.path + "-wal"
        let hadLog = FileKind(at: log) != .nothing
        do {
            try self.openForReading().close()
        } catch {
            if !hadLog { for file in [log, self.path + "-shm"] { unlink(file) } }
            throw error
        }
    }

    /// Whether nothing was ever kept in a database: it is new, or its write-ahead log is lost before its first checkpoint.
    private static func isBlank(_ database: Database) throws -> Bool {
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        return try tables == 0 && Int.fetchOne(database, sql: "PRAGMA application_id") == 0
    }

    /// - Throws: ``LedgerError`` when the database is not of Pollux, or of a newer one.
    func check(_ database: Database) throws {
        if try Self.isBlank(database) { return }
        guard try Int.fetchOne(database, sql: "PRAGMA application_id") == Schema.applicationID else {
            throw LedgerError.unavailable("\(self.path) is a database of another application; choose another file")
        }
        guard try !Schema.migrator.hasBeenSuperseded(database) else {
            throw LedgerError.unavailable(
                "\(self.path) was written by a newer Pollux; use that one, or restore a backup of this one")
        }
    }

    /// Does something with the file, and says in words what goes wrong with it.
    func explained<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw LedgerError.unavailable(self.explanation(of: error))
        }
    }

    /// Whether the process, or the system, has as many files open as it may: SQLite does not say why it could not open one.
    private static var mayOpenNoFile: Bool {
        let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard file < 0 else {
            close(file)
            return false
        }
        return errno == EMFILE || errno == ENFILE
    }

    /// What an error of SQLite means for who runs the server.
    func explanation(of error: any Error) -> String {
        guard let error = error as? DatabaseError else { return "\(self.path): \(error)" }
        let cause =
            switch error.resultCode {
            case .SQLITE_FULL: "there is no space left on its disk; make room, and it goes on by itself"
            case .SQLITE_READONLY: "it cannot be written; check its permissions and its folder's, and how it is mounted"
            case .SQLITE_BUSY, .SQLITE_LOCKED: "another process holds its lock; end that one's transaction"
            case .SQLITE_CANTOPEN where Self.mayOpenNoFile: "too many files are open; raise the limit (ulimit -n)"
            case .SQLITE_CANTOPEN: "it cannot be opened; check that its folder is there and may be written"
            case .SQLITE_NOTADB: "it is not an SQLite database; choose another file, or restore a backup"
            case .SQLITE_CORRUPT:
                "it is damaged; see how far with `pollux inspect --check`, then restore a backup with `pollux restore`"
            case .SQLITE_IOERR: "its disk fails to read or write"
            default: "SQLite refuses"
            }
        return "\(self.path): \(cause) (\(error.message ?? "no message"), SQLite \(error.extendedResultCode.rawValue))"
    }
}
