import Channels
import FoundationEssentials
import GRDB
import TestSupport
import Testing

@testable import SQLiteLedger

/// What an SQLite ledger does beyond what every ledger must: it comes back.
@Suite struct SQLiteLedgerTests {
    private let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
    }

    // MARK: Coming back

    @Test func `What was kept is there again, under the same epoch and with the next position`() async throws {
        let first = try await folder.open()
        try await first.publish("a", "b")
        try await first.publish("c", to: "dates")
        await first.close()
        let second = try await folder.open()
        #expect(second.state.epoch == first.state.epoch)
        #expect(second.state.head == Position(rawValue: 3))
        #expect(try await second.read().texts == ["a", "b"])
        #expect(try await second.publish("d").first == 4)
    }

    @Test func `No position is used again after the newest events were dropped`() async throws {
        let first = try await folder.open()
        try await first.publish("a", "b")
        try await first.drop("orders")
        await first.close()
        let second = try await folder.open()
        #expect(try await second.read().events.isEmpty)
        #expect(try await second.read("orders", .after(Position(rawValue: 1))).isTrimmed)
        #expect(try await second.publish("c").first == 3)
    }

    @Test func `A key is known after a restart`() async throws {
        let first = try await folder.open()
        let outcome = try await first.publish("a", key: "k")
        await first.close()
        let second = try await folder.open()
        guard case .appended(let receipt) = outcome else { throw CancellationError() }
        #expect(try await second.publish("a", key: "k") == .replayed(receipt))
        #expect(try await second.publish("b", key: "k") == .keyConflict)
    }

    @Test func `How much a channel holds is known after a restart, also where rows are left that are gone`()
        async throws
    {
        let retention = Retention(events: 3)
        let first = try await folder.open(keeping: retention)
        try await first.publish("1", "2", "3", "4", "5")
        try await first.drop("orders")
        try await first.publish("6", "7")
        await first.close()
        let second = try await folder.open(keeping: retention)
        try await second.publish("8", "9")
        try await second.sweep()
        #expect(try await second.read().texts == ["7", "8", "9"])
    }

    @Test func `More publications than one transaction takes are all answered in their order`() async throws {
        let ledger = try await folder.open()
        let channel = try ChannelName("orders")
        let draft = try Draft(data: Array("x".utf8))
        let publications = (0..<5_000).map { _ in Publication(channel: channel, drafts: [draft]) }
        let firsts = await ledger.append(publications).map { try? $0.get().first }
        #expect(firsts == (1...5_000).map { UInt64($0) })
    }

    // MARK: Copies

    @Test func `An older copy begins a new epoch, and no position is used again`() async throws {
        let first = try await folder.open()
        try await first.publish("a")
        await first.close()
        try folder.copy("ledger.db", to: "copy.db")
        let second = try await folder.open()
        try await second.publish("b")
        await second.close()
        try folder.copy("copy.db", to: "ledger.db")
        let third = try await folder.open()
        #expect(third.state.epoch != first.state.epoch)
        #expect(try await third.read().texts == ["a"])
    }

    @Test func `A database that came without its mark begins a new epoch`() async throws {
        let first = try await folder.open()
        try await first.publish("a")
        await first.close()
        try folder.remove("ledger.db.mark")
        let second = try await folder.open()
        #expect(second.state.epoch != first.state.epoch)
        await second.close()
        #expect(try await folder.open().state.epoch == second.state.epoch, "the new one stays")
    }

    @Test func `After the end of the machine it depends on the durability`() async throws {
        for durability in Durability.allCases {
            let folder = try TemporaryFolder()
            let first = try await folder.open { $0.durability = durability }
            try await first.publish("a")
            // As if the machine had gone down now: the files as they are, under another run of the machine.
            let mark = try String(contentsOf: URL(filePath: folder.file("ledger.db.mark")), encoding: .utf8)
            for suffix in ["", "-wal"] { try folder.copy("ledger.db\(suffix)", to: "later.db\(suffix)") }
            try mark.replacing(Boot.name, with: "another").write(
                to: URL(filePath: folder.file("later.db.mark")), atomically: true, encoding: .utf8)
            let second = try await folder.open { $0.path = folder.file("later.db") }
            #expect((second.state.epoch == first.state.epoch) == (durability == .power))
            #expect(try await second.read().texts == ["a"])
        }
    }

    @Test func `A backup can be made while it is open, and restored under a new epoch`() async throws {
        let first = try await folder.open()
        try await first.publish("a")
        try LedgerCopy.backUp(folder.file("ledger.db"), to: folder.file("backup.db"))
        try await first.publish("b")
        #expect(throws: LedgerError.self) {
            try LedgerCopy.restore(folder.file("backup.db"), to: folder.file("ledger.db"))
        }
        await first.close()
        let replaced = try LedgerCopy.restore(folder.file("backup.db"), to: folder.file("ledger.db"))
        let second = try await folder.open()
        #expect(second.state.epoch != first.state.epoch)
        #expect(try await second.read().texts == ["a"])
        #expect(try Inspection(of: try #require(replaced)).eventCount == 2, "what was there is kept")
    }

    @Test func `Where each life has ended is noted, over a restoration and a lost mark`() async throws {
        let first = try await folder.open()
        try await first.publish("a")
        try LedgerCopy.backUp(folder.file("ledger.db"), to: folder.file("backup.db"))
        try await first.publish("b")
        await first.close()
        try LedgerCopy.restore(folder.file("backup.db"), to: folder.file("ledger.db"))
        let second = try await folder.open()
        try await second.publish("c")
        await second.close()
        try folder.remove("ledger.db.mark")
        let third = try await folder.open()
        await third.close()
        let lives = [first, second].enumerated().map {
            PastLife(epoch: $1.state.epoch, through: Position(rawValue: UInt64($0 + 1)))
        }
        #expect(first.state.past.isEmpty && second.state.past == [lives[0]] && third.state.past == lives)
        #expect(third.state.epoch != second.state.epoch)
    }

    @Test func `A life that ends without an event keeps its place among the others`() async throws {
        let first = try await folder.open()
        try await first.publish("a")
        await first.close()
        var epochs = [first.state.epoch]
        for _ in 0..<8 {
            try folder.remove("ledger.db.mark")
            let next = try await folder.open()
            #expect(next.state.past.map(\.epoch) == epochs)
            #expect(next.state.past.allSatisfy { $0.through == Position(rawValue: 1) })
            epochs.append(next.state.epoch)
            await next.close()
        }
    }

    @Test func `A backup is of one moment, whatever is committed while it is made`() async throws {
        let ledger = try await folder.open(keeping: Retention(bytes: 1 << 30))
        let draft = try Draft(data: [UInt8](repeating: 120, count: 50_000))
        let channel = try ChannelName("orders")
        for _ in 0..<300 { _ = await ledger.append([Publication(channel: channel, drafts: [draft])]) }
        var steps = 0
        try LedgerCopy.backUp(folder.file("ledger.db"), to: folder.file("backup.db")) { _ in
            // Each step of the copy meets another state of the ledger.
            steps += 1
            ledger.commitAndWait(Publication(channel: channel, drafts: [draft]))
        }
        #expect((2...10).contains(steps))
        #expect(try Inspection(of: folder.file("backup.db"), checks: true).head == Position(rawValue: 300))
    }

    @Test func `A second restoration keeps what the first one has kept`() async throws {
        let ledger = try await folder.open()
        try await ledger.publish("a")
        await ledger.close()
        try LedgerCopy.backUp(folder.file("ledger.db"), to: folder.file("backup.db"))
        let kept = try (0..<2).map { _ in
            try LedgerCopy.restore(folder.file("backup.db"), to: folder.file("ledger.db"))
        }
        #expect(Set(kept).count == 2)
        for path in kept { #expect(try Inspection(of: try #require(path)).eventCount == 1) }
    }

    @Test func `The log of a ledger that was taken away is not read into the one that is restored`() async throws {
        let first = try await folder.open()
        try await first.publish("a")
        try LedgerCopy.backUp(folder.file("ledger.db"), to: folder.file("backup.db"))
        try await first.publish("b")
        try folder.copy("ledger.db-wal", to: "kept-wal")
        await first.close()
        try folder.remove("ledger.db")
        try folder.copy("kept-wal", to: "ledger.db-wal")
        try LedgerCopy.restore(folder.file("backup.db"), to: folder.file("ledger.db"))
        let second = try await folder.open()
        #expect(second.state.epoch != first.state.epoch)
        #expect(try await second.read().texts == ["a"])
    }

    @Test func `A backup replaces nothing unless it is told to, and never the ledger itself`() async throws {
        let ledger = try await folder.open()
        try await ledger.publish("a")
        let (path, target) = (folder.file("ledger.db"), folder.file("backup.db"))
        try LedgerCopy.backUp(path, to: target)
        #expect(throws: LedgerError.self) { try LedgerCopy.backUp(path, to: target) }
        try LedgerCopy.backUp(path, to: target, replacing: true)
        #expect(throws: LedgerError.self) { try LedgerCopy.backUp(path, to: path, replacing: true) }
    }

    @Test func `What is no sound backup is not restored`() async throws {
        let ledger = try await folder.open()
        try await ledger.publish("a")
        await ledger.close()
        try Data("nonsense".utf8).write(to: URL(filePath: folder.file("backup.db")))
        for backup in ["backup.db", "missing.db"] {
            #expect(throws: LedgerError.self) {
                try LedgerCopy.restore(folder.file(backup), to: folder.file("ledger.db"))
            }
        }
        #expect(try await folder.open().read().texts == ["a"])
    }

    // MARK: What is refused

    @Test func `A ledger in use is refused, by whatever name, until it is closed`() async throws {
        let first = try await folder.open()
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("link.db"), withDestinationPath: folder.file("ledger.db"))
        for name in ["ledger.db", "link.db"] {
            await #expect(throws: LedgerError.self) { try await folder.open { $0.path = folder.file(name) } }
        }
        try await first.publish("a")
        await first.close()
        let second = try await folder.open { $0.path = folder.file("link.db") }
        #expect(second.state.epoch == first.state.epoch)
    }

    @Test func `A database of another application is refused and stays as it is`() async throws {
        try folder.edit("ledger.db", "CREATE TABLE theirs (a)")
        let before = try Data(contentsOf: URL(filePath: folder.file("ledger.db")))
        await #expect(throws: LedgerError.self) { try await folder.open() }
        #expect(try Data(contentsOf: URL(filePath: folder.file("ledger.db"))) == before)
    }

    @Test func `A closed ledger refuses everything`() async throws {
        let ledger = try await folder.open()
        await ledger.close()
        await #expect(throws: LedgerError.self) { try await ledger.publish("a") }
        await #expect(throws: LedgerError.self) { try await ledger.read() }
        await #expect(throws: LedgerError.self) { try await ledger.probe() }
    }

    // MARK: Faults

    @Test func `What is published while the file is away is refused, and goes on when it is back`() async throws {
        let ledger = try await folder.open()
        try await ledger.publish("a")
        try FileManager.default.moveItem(atPath: folder.file("ledger.db"), toPath: folder.file("away.db"))
        await #expect(throws: LedgerError.self) { try await ledger.publish("b") }
        try FileManager.default.moveItem(atPath: folder.file("away.db"), toPath: folder.file("ledger.db"))
        #expect(try await ledger.publish("c").first == 2, "nothing was kept of what was refused")
        #expect(try await ledger.read().texts == ["a", "c"])
    }

    @Test func `A thread that the system cannot give is an error, and nothing waits for it`() throws {
        let queue = try DatabaseQueue()
        let error = #expect(throws: LedgerError.self) {
            _ = try ConnectionThread("test", queue, stackSize: 1 << 46) { _ in }
        }
        #expect(error?.kind == .exhausted)
    }
}
