import Channels
import FoundationEssentials
import TestSupport
import Testing

@testable import SQLiteLedger

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Which files are written and replaced, and which are left alone.
@Suite struct LedgerFilesTests {
    private let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
    }

    private var path: String { self.folder.file("ledger.db") }

    private func text(_ name: String) throws -> String {
        try String(contentsOf: URL(filePath: self.folder.file(name)), encoding: .utf8)
    }

    private func write(_ text: String, _ name: String) throws {
        try text.write(to: URL(filePath: self.folder.file(name)), atomically: false, encoding: .utf8)
    }

    private func error(_ body: () throws -> Void) throws -> LedgerError {
        try #require(#expect(throws: LedgerError.self) { try body() })
    }

    @Test(arguments: [
        "ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.mark", "ledger.db-journal", "ledger.db.partial",
        "ledger.db.replaced", "new/../ledger.db-wal", "./ledger.db.mark", "link/ledger.db-wal", "hard",
    ])
    func `A backup replaces no file of the ledger, by whatever name, also while it is not there`(
        target: String
    ) async throws {
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("link"), withDestinationPath: self.folder.path)
        let ledger = try await folder.open()
        try await ledger.publish("a")
        #expect(link(folder.file("ledger.db-wal"), folder.file("hard")) == 0)
        for replaces in [false, true] {
            let error = try error { try LedgerCopy.backUp(path, to: folder.file(target), replacing: replaces) }
            #expect(error.kind == .wrongFile, "not one that is there and might be replaced")
        }
        try await ledger.publish("b")
        await ledger.close()
        try? folder.remove("hard")
        if target != "ledger.db", target != "hard" {
            try? folder.remove(target)
            #expect(throws: LedgerError.self) {
                try LedgerCopy.backUp(path, to: folder.file(target), replacing: true)
            }
        }
        #expect(try Inspection(of: path).eventCount == 2)
    }

    @Test func `A backup replaces no link, no folder and no FIFO`() async throws {
        let ledger = try await folder.open()
        try await ledger.publish("a")
        try write("precious", "file")
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("link"), withDestinationPath: folder.file("file"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("dangling"), withDestinationPath: folder.file("none"))
        try FileManager.default.createDirectory(atPath: folder.file("folder"), withIntermediateDirectories: true)
        #expect(mkfifo(folder.file("fifo"), 0o600) == 0)
        for target in ["link", "dangling", "folder", "fifo"] {
            for replaces in [false, true] {
                let error = try error { try LedgerCopy.backUp(path, to: folder.file(target), replacing: replaces) }
                #expect(error.kind == .wrongFile && error.reason.contains("not a regular file"))
            }
        }
        #expect(try text("file") == "precious")
        #expect(FileKind(at: folder.file("fifo")) == .special)
    }

    @Test(arguments: ["link", "hard link", "folder", "FIFO", "the ledger itself"])
    func `What a backup is first written to is no file of somebody else`(kind: String) async throws {
        let target = kind == "the ledger itself" ? "x" : "backup.db"
        let ledger = try await folder.open {
            $0.path = folder.file(kind == "the ledger itself" ? "x.partial" : "ledger.db")
        }
        let path = folder.file(kind == "the ledger itself" ? "x.partial" : "ledger.db")
        try await ledger.publish("a")
        let partial = folder.file("\(target).partial")
        switch kind {
        case "link": try FileManager.default.createSymbolicLink(atPath: partial, withDestinationPath: path)
        case "hard link": #expect(link(path, partial) == 0)
        case "folder":
            try FileManager.default.createDirectory(atPath: partial + "/inner", withIntermediateDirectories: true)
        case "FIFO": #expect(mkfifo(partial, 0o600) == 0)
        default: break
        }
        #expect(throws: LedgerError.self) { try LedgerCopy.backUp(path, to: folder.file(target), replacing: true) }
        try await ledger.publish("b")
        await ledger.close()
        #expect(try Inspection(of: path, checks: true).eventCount == 2)
        if kind == "folder" { #expect(FileKind(at: partial + "/inner") == .folder) }
    }

    @Test(arguments: ["-wal", "-shm", "-journal", ".mark"])
    func `A backup comes to no place where something of another ledger is left`(suffix: String) async throws {
        let ledger = try await folder.open()
        try await ledger.publish("a")
        try LedgerCopy.backUp(path, to: folder.file("old.db"))
        for target in ["old.db", "new.db"] {
            try write("precious", target + suffix)
            for replaces in [false, true] where replaces || target == "new.db" {
                let error = try error { try LedgerCopy.backUp(path, to: folder.file(target), replacing: replaces) }
                #expect(error.kind == .wrongFile && error.reason.contains(target + suffix))
            }
            #expect(try text(target + suffix) == "precious")
            try folder.remove(target + suffix)
        }
        #expect(FileKind(at: folder.file("new.db")) == .nothing)
        #expect(FileKind(at: folder.file("old.db.partial")) == .nothing)
        try LedgerCopy.backUp(path, to: folder.file("old.db"), replacing: true)
    }

    @Test func `The log of a backup that was served and crashed is not read into the next one`() async throws {
        let served = try await folder.open { $0.path = folder.file("other.db") }
        try await served.publish("foreign")
        for suffix in ["", "-wal"] { try folder.copy("other.db" + suffix, to: "backup.db" + suffix) }
        await served.close()
        let ledger = try await folder.open()
        try await ledger.publish("a", "b")
        for isCleared in [false, true] {
            if isCleared { try folder.remove("backup.db-wal") }
            let isMade = (try? LedgerCopy.backUp(path, to: folder.file("backup.db"), replacing: true)) != nil
            #expect(isMade == isCleared)
        }
        #expect(try await folder.open { $0.path = folder.file("backup.db") }.read().texts == ["a", "b"])
    }

    @Test func `A backup does not replace the ledger of another server`() async throws {
        let other = try await folder.open { $0.path = folder.file("other.db") }
        try await other.publish("x")
        // As where it keeps nothing beside its file at the moment.
        for suffix in ["-wal", "-shm", ".mark"] { try folder.remove("other.db" + suffix) }
        let ledger = try await folder.open()
        try await ledger.publish("a")
        let before = FileIdentity(of: folder.file("other.db"))
        let error = try error { try LedgerCopy.backUp(path, to: folder.file("other.db"), replacing: true) }
        #expect(error.kind == .inUse)
        #expect(FileIdentity(of: folder.file("other.db")) == before)
    }

    @Test func `A file that comes to the place of a backup while it is made is not replaced`() async throws {
        let ledger = try await folder.open()
        try await ledger.publish("a")
        let target = folder.file("backup.db")
        let partial = try PartialFile(beside: target, from: LedgerFiles(path))
        try write("precious", "backup.db")
        #expect(try error { try partial.move(to: target, replacing: nil) }.kind == .targetExists)
        #expect(try text("backup.db") == "precious")
    }

    @Test(arguments: ["link", "FIFO"])
    func `What is locked to be written is no link and no FIFO, also where it came after the check`(kind: String) throws
    {
        try write("precious", "file")
        let name = folder.file("x.partial")
        switch kind {
        case "link": try FileManager.default.createSymbolicLink(atPath: name, withDestinationPath: folder.file("file"))
        default: #expect(mkfifo(name, 0o600) == 0)
        }
        #expect(try error { _ = try FileLock(name, .partial) }.reason.contains("not a regular file"))
        #expect(try text("file") == "precious")
    }

    @Test func `A backup that was not finished is begun anew, and leaves nothing where it fails`() async throws {
        let ledger = try await folder.open()
        try await ledger.publish("a")
        try write("half a backup", "backup.db.partial")
        try LedgerCopy.backUp(path, to: folder.file("backup.db"))
        #expect(try Inspection(of: folder.file("backup.db"), checks: true).eventCount == 1)
        #expect(throws: LedgerError.self) {
            try LedgerCopy.backUp(folder.file("none.db"), to: folder.file("other.db"))
        }
        #expect(FileKind(at: folder.file("backup.db.partial")) == .nothing)
        #expect(FileKind(at: folder.file("other.db.partial")) == .nothing)
    }

    @Test(arguments: ["ledger.db", "ledger.db-wal", "ledger.db.mark", "ledger.db.partial"])
    func `No file of the ledger is restored in its own place`(backup: String) async throws {
        let ledger = try await folder.open()
        try await ledger.publish("a")
        await ledger.close()
        if backup != "ledger.db", backup != "ledger.db.mark" { try folder.copy("ledger.db", to: backup) }
        #expect(try error { try LedgerCopy.restore(folder.file(backup), to: path) }.reason.contains("itself"))
    }

    @Test(arguments: ["", "no database"])
    func `A restoration leaves no log or journal of what was there beside what it restores`(content: String)
        async throws
    {
        let ledger = try await folder.open { $0.path = folder.file("other.db") }
        try await ledger.publish("a")
        try LedgerCopy.backUp(folder.file("other.db"), to: folder.file("backup.db"))
        try write(content, "ledger.db")
        for suffix in ["-wal", "-journal"] { try write("precious", "ledger.db" + suffix) }
        try write("precious", "ledger.db.replaced-journal")
        try LedgerCopy.restore(folder.file("backup.db"), to: path)
        #expect(try Inspection(of: path, checks: true).eventCount == 1)
        for suffix in ["-wal", "-journal"] {
            #expect(FileKind(at: path + suffix) == .nothing)
            // SQLite itself takes away what is no log of a database.
            if content == "" { #expect(try text("ledger.db.replaced-2" + suffix) == "precious") }
        }
        #expect(try text("ledger.db.replaced-journal") == "precious")
    }

    @Test func `A restoration keeps to names that nothing has`() async throws {
        let ledger = try await folder.open()
        try await ledger.publish("a")
        await ledger.close()
        try LedgerCopy.backUp(path, to: folder.file("backup.db"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("ledger.db.replaced"), withDestinationPath: folder.file("none"))
        try write("precious", "ledger.db.replaced-2-wal")
        #expect(
            try LedgerCopy.restore(folder.file("backup.db"), to: path) == DatabaseFile(path: path).path + ".replaced-3")
        #expect(try text("ledger.db.replaced-2-wal") == "precious")
    }

    @Test(arguments: ["", "-wal", "-shm", "-journal", ".mark"])
    func `A FIFO, a folder or a link in the place of a file is named, and not waited for or written through`(
        suffix: String
    ) async throws {
        let ledger = try await folder.open()
        try await ledger.publish("a")
        await ledger.close()
        try write("precious", "file")
        let name = path + suffix
        for kind in ["FIFO", "folder", "link"] where suffix != "" || kind != "link" {
            try? FileManager.default.removeItem(atPath: name)
            switch kind {
            case "FIFO": #expect(mkfifo(name, 0o600) == 0)
            case "folder": try FileManager.default.createDirectory(atPath: name, withIntermediateDirectories: true)
            default:
                try FileManager.default.createSymbolicLink(
                    atPath: name, withDestinationPath: folder.file("file"))
            }
            let refusal = try #require(await #expect(throws: LedgerError.self) { try await folder.open() })
            #expect(refusal.reason.contains("not a regular file"))
            #expect(try error { _ = try Inspection(of: path) }.reason.contains("not a regular file"))
            #expect(
                try error { try LedgerCopy.backUp(path, to: folder.file("b.db")) }.kind == .wrongFile)
            #expect(
                try error { try LedgerCopy.restore(path, to: folder.file("c.db")) }.kind == .wrongFile)
        }
        #expect(try text("file") == "precious")
    }
}
