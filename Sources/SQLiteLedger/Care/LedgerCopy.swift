public import Channels
import GRDB

#if canImport(Glibc)
    import FoundationEssentials
    import Glibc
#else
    import Foundation
#endif

/// Copies of a ledger: backups, and restoring one.
public enum LedgerCopy {
    /// How far a copy has come, from 0 to 1.
    public typealias Progress = (Double) -> Void

    private static let pagesPerStep: CInt = 2_000
    /// What SQLite reads into the database that it finds beside it.
    private static let logSuffixes = ["-wal", "-journal"]

    /// Copies a ledger, as it is at one moment, into one file. It may be in use meanwhile.
    ///
    /// - Parameters:
    ///   - target: Is there as a whole or not at all.
    ///   - replaces: Whether a file that is there may be replaced. Never are links, devices, files of the ledger, and
    ///     ledgers that are in use or have something beside them.
    /// - Throws: ``LedgerError`` when there is no ledger, or the target is there or cannot be written.
    public static func backUp(
        _ path: String, to target: String, replacing replaces: Bool = false, progress: @escaping Progress = { _ in }
    ) throws(LedgerError) {
        let source = DatabaseFile(path: path)
        try source.requireThere()
        try DatabaseFile(path: target).makeFolder()
        try source.files.requireTarget(target, replacing: replaces)
        let replaced = FileKind(at: target) == .nothing ? nil : try FileLock(target, .replaced)
        try LedgerFiles(target).requireNoneBeside()
        let partial = try PartialFile(beside: target, from: source.files)
        try Self.copy(source, to: partial, progress) { _ in }
        try LedgerFiles(target).requireNoneBeside()
        try partial.move(to: target, replacing: replaced)
    }

    /// Puts a backup in the place of a ledger. It begins a new epoch there: events after it may have been given out before.
    ///
    /// - Returns: Where the ledger lies now that was there; `nil` if there was none.
    /// - Throws: ``LedgerError`` when the ledger is in use, or the backup is damaged or none.
    @discardableResult
    public static func restore(
        _ backup: String, to path: String, progress: @escaping Progress = { _ in }
    ) throws(LedgerError) -> String? {
        try DatabaseFile(path: path).makeFolder()
        let lock = try FileLock(path, .ledger)
        defer { withExtendedLifetime(lock) {} }
        let file = DatabaseFile(path: path)
        let path = file.path
        try file.files.requireRegular()
        let source = DatabaseFile(path: backup)
        guard !file.files.owns(source.path) else {
            throw LedgerError(.wrongFile, "\(backup) belongs to the ledger \(path) itself; name a backup of it")
        }
        let mark = try Mark(of: path)
        let partial = try PartialFile(beside: path, from: source.files)
        let epoch = Epoch.random()
        var head = Position.zero
        try Self.copy(source, to: partial, progress) { queue in
            try Schema.migrator.migrate(queue)
            try queue.write { database in
                try Identity.setEpoch(epoch, in: database)
                head = try LedgerState(of: database).head
            }
        }
        let replaced = try Self.setAside(path, isEmpty: lock.isEmpty)
        try partial.move(to: path, replacing: lock)
        try Self.syncFolder(of: path)
        try mark.write(Mark.Content(epoch: epoch, head: head, boot: Boot.name, isSafe: true))
        return replaced
    }

    /// Keeps a database under another name, also where it is damaged. There is a file under its own name at any time.
    ///
    /// - Returns: The name; `nil` if there was nothing to keep.
    private static func setAside(_ path: String, isEmpty: Bool) throws(LedgerError) -> String? {
        // Moves what is in the write-ahead log, where that can be done.
        if !isEmpty, let queue = try? DatabaseQueue(path: path) {
            _ = try? queue.writeWithoutTransaction { try $0.checkpoint(.truncate) }
            try? queue.close()
        }
        let name = Self.freeName(path)
        if !isEmpty, link(path, name) != 0 {
            throw LedgerError(.unavailable, "\(path) cannot be kept as \(name): \(SystemError.text)")
        }
        for suffix in Self.logSuffixes where FileKind(at: path + suffix) != .nothing {
            try Self.move(path + suffix, to: name + suffix)
        }
        unlink(path + "-shm")
        return isEmpty ? nil : name
    }

    private static func freeName(_ path: String) -> String {
        var (name, number) = (path + ".replaced", 1)
        while ([""] + Self.logSuffixes).contains(where: { FileKind(at: name + $0) != .nothing }) {
            number += 1
            name = "\(path).replaced-\(number)"
        }
        return name
    }

    private static func syncFolder(of path: String) throws(LedgerError) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let file = open(folder, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SystemError.failure(folder) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw SystemError.failure(folder) }
    }

    /// Copies, checks and prepares a database; leaves one closed file.
    private static func copy(
        _ source: DatabaseFile, to partial: PartialFile, _ progress: @escaping Progress,
        prepare: (DatabaseQueue) throws -> Void
    ) throws(LedgerError) {
        let target = DatabaseFile(path: partial.path)
        let from = try source.openForReading()
        defer { try? from.close() }
        try target.explained {
            let to = try DatabaseQueue(path: target.path)
            try from.read { database in
                // The moment that is copied, whatever is committed meanwhile: without a read before it, each step of the copy
                // would see another one, and begin anew.
                _ = try Int64.fetchOne(database, sql: "SELECT head FROM ledger")
                try to.writeWithoutTransaction { copy in
                    try database.backup(to: copy, pagesPerStep: Self.pagesPerStep) { step in
                        progress(Double(step.completedPageCount) / Double(max(1, step.totalPageCount)))
                    }
                }
            }
            try to.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA journal_mode = DELETE")
                try Self.requireSound(database, copyOf: source.path)
            }
            try prepare(to)
            try to.close()
        }
    }

    private static func requireSound(_ database: Database, copyOf path: String) throws {
        let finding = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? ""
        guard finding == "ok" else { throw LedgerError(.damaged, "\(path) is damaged: \(finding)") }
    }

    private static func move(_ path: String, to target: String) throws(LedgerError) {
        guard rename(path, target) == 0 else {
            throw LedgerError(.unavailable, "\(path) cannot be moved to \(target): \(SystemError.text)")
        }
    }
}
