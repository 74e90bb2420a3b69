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
    func requireThere() throws(LedgerError) {
        guard FileKind(at: self.path) != .nothing else { throw LedgerError(.wrongFile, "\(self.path) is not there") }
        try self.files.requireRegular()
    }

    /// Makes the folder of the file, where it is missing.
    func makeFolder() throws(LedgerError) {
        let folder = URL(fileURLWithPath: self.path).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw LedgerError(
                .unavailable, "\(self.path): the folder \(folder) cannot be made; make it, or choose another file")
        }
    }

    /// Opens a connection that writes, and brings the schema up to date. A file that is not ours stays as it is.
    ///
    /// - Parameters:
    ///   - isNew: Whether there is nothing in the file yet.
    ///   - logSize: To how many bytes the write-ahead log is cut when it begins anew.
    func openForWriting(isNew: Bool, logSize: Int) throws(LedgerError) -> DatabaseQueue {
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
    func openForReading() throws(LedgerError) -> DatabaseQueue {
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
    func openForCheckpoints() throws(LedgerError) -> DatabaseQueue {
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
    private func checkUntouched() throws(LedgerError) {
        let log = self.path + "-wal"
        let hadLog = FileKind(at: log) != .nothing
        do throws(LedgerError) {
            let queue = try self.openForReading()
            try? queue.close()
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
            throw LedgerError(.wrongFile, "\(self.path) is a database of another application; choose another file")
        }
        guard try !Schema.migrator.hasBeenSuperseded(database) else {
            throw LedgerError(
                .wrongFile, "\(self.path) was written by a newer Pollux; use that one, or restore a backup of this one")
        }
    }
}
