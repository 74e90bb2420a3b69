import Channels
import FoundationEssentials
import TestSupport
import Testing

@testable import SQLiteLedger

/// Databases that SQLite takes, and that hold what no ledger can: nothing wrong is served, deleted or built upon.
@Suite struct DamageTests {
    private let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
    }

    private func isDamaged(_ error: (any Error)?) -> Bool {
        (error as? LedgerError)?.kind == .damaged
    }

    /// Three events in `orders` with a key, one in `dates` behind them, and one more in `orders`; then what somebody did.
    private func spoil(_ sql: String) async throws {
        let ledger = try await folder.open()
        try await ledger.publish("a", "b", "c", key: "k")
        try await ledger.publish("d", to: "dates")
        try await ledger.publish("e")
        await ledger.close()
        try folder.edit("ledger.db", sql)
    }

    @Test(arguments: [
        "DELETE FROM event WHERE position = 2", "UPDATE event SET number = 7 WHERE position = 2",
        "UPDATE event SET offset = offset + 1 WHERE position = 2", "UPDATE event SET data = 'xx' WHERE position = 1",
        "UPDATE event SET time = -1 WHERE position = 2", "UPDATE event SET time = 9e15 WHERE position = 2",
        "UPDATE event SET type = 'x' || char(10), offset = 0 WHERE position = 1",
        "UPDATE event SET data = char(13) WHERE position = 2",
        "UPDATE event SET data = CAST(x'ff' AS TEXT) WHERE position = 2",
        "UPDATE event SET attributes = x'01' WHERE position = 5",
        "UPDATE channel SET start = -1", "UPDATE event SET number = -1 WHERE position = 1",
        "UPDATE event SET offset = 9223372036854775807 WHERE position = 5",
    ])
    func `What cannot be read as it was written is an error for who reads it`(sql: String) async throws {
        try await spoil(sql)
        let ledger = try await folder.open()
        let error = await #expect(throws: LedgerError.self) { try await ledger.read() }
        #expect(isDamaged(error))
    }

    @Test func `Two channels that share a position are not merged`() async throws {
        try await spoil("UPDATE event SET position = 2 WHERE position = 4")
        let ledger = try await folder.open()
        let selection = try #require(Selection(["orders", "dates"].map { try ChannelName($0) }))
        let error = await #expect(throws: LedgerError.self) { try await ledger.read(selection) }
        #expect(isDamaged(error))
    }

    @Test(arguments: [
        "UPDATE ledger SET head = -1", "UPDATE ledger SET head = 9223372036854775807", "UPDATE ledger SET epoch = ''",
        "UPDATE ledger SET epoch = 'A B'", "UPDATE ledger SET epoch = CAST(x'ff' AS TEXT)",
    ])
    func `A ledger that cannot say which it is does not start`(sql: String) async throws {
        try await spoil(sql)
        #expect(isDamaged(await #expect(throws: LedgerError.self) { try await folder.open() }))
        #expect(isDamaged(#expect(throws: LedgerError.self) { try Inspection(of: folder.file("ledger.db")) }))
    }

    @Test(arguments: [
        "UPDATE ledger SET head = 2", "UPDATE channel SET start = -1",
        "UPDATE event SET number = -1 WHERE position = 1",
        "UPDATE event SET number = 9223372036854775807 WHERE position = 5",
        "UPDATE event SET number = 0 WHERE position = 5", "UPDATE idempotencyKey SET count = -1",
        "UPDATE idempotencyKey SET first = 0", "UPDATE idempotencyKey SET count = 9",
        "UPDATE idempotencyKey SET first = 9223372036854775807",
    ])
    func `Nothing is built upon what cannot be, and nothing more is written`(sql: String) async throws {
        try await spoil(sql)
        try folder.remove("ledger.db.mark")
        let ledger = try await folder.open()
        for _ in 0..<2 {
            let key = sql.contains("idempotencyKey") ? "k" : nil
            let error = await #expect(throws: LedgerError.self) { try await ledger.publish("x", key: key) }
            #expect(isDamaged(error))
        }
        await #expect(throws: LedgerError.self) { try await ledger.publish("x", to: "other") }
        await #expect(throws: LedgerError.self) { try await ledger.probe() }
    }

    @Test(arguments: ["number = 7", "time = -1"])
    func `What cannot be is not trimmed`(change: String) async throws {
        try await spoil("UPDATE event SET \(change) WHERE position = 2")
        let ledger = try await folder.open(keeping: Retention(events: 1))
        await #expect(throws: LedgerError.self) { try await ledger.sweep() }
        await ledger.close()
        #expect(try folder.number("SELECT count(*) FROM event") == 5)
    }

    @Test func `Pages that were swapped are found, and what is read before them is right`() async throws {
        let ledger = try await folder.open()
        let all = (0..<400).map { "event \($0) " + String(repeating: "x", count: 100) }
        for text in all { try await ledger.publish(text) }
        await ledger.close()
        let url = URL(filePath: folder.file("ledger.db"))
        var bytes = try Data(contentsOf: url)
        let pages = stride(from: 0, to: bytes.count, by: 4_096).filter { start in
            // Leaves of the table; page 1 has the header of the file.
            start > 0 && bytes[start] == 10 && bytes[start..<start + 4_096].contains(UInt8(ascii: "x"))
        }
        let (one, other) = (pages[3], pages[5])
        let page = bytes[one..<one + 4_096]
        bytes.replaceSubrange(one..<one + 4_096, with: Data(bytes[other..<other + 4_096]))
        bytes.replaceSubrange(other..<other + 4_096, with: Data(page))
        try bytes.write(to: url)
        let again = try await folder.open()
        var read: [String] = []
        let error = await #expect(throws: LedgerError.self) {
            var start = ReadQuery.Start.earliest
            while true {
                let page = try await again.read(
                    Selection(try ChannelName("orders")), start, limit: PageLimit(events: 10, bytes: .max))
                guard !page.events.isEmpty else { return }
                read += page.texts
                start = .after(page.through)
            }
        }
        #expect(isDamaged(error))
        #expect(!read.isEmpty && read == Array(all.prefix(read.count)))
    }

    @Test(arguments: [
        "DELETE FROM event WHERE position = 2", "UPDATE event SET data = 'xx' WHERE position = 1",
        "UPDATE event SET time = -1 WHERE position = 2", "UPDATE idempotencyKey SET count = 9",
        "UPDATE idempotencyKey SET first = 9223372036854775807, count = 9223372036854775807",
    ])
    func `An inspection with a check finds what only a part of the readers would meet`(sql: String) async throws {
        try await spoil(sql)
        #expect(try Inspection(of: folder.file("ledger.db"), checks: true).damage?.isEmpty == false)
    }

    @Test(arguments: [
        "UPDATE event SET number = 9223372036854775807 WHERE position = 5", "UPDATE channel SET name = '' WHERE id = 1",
        "UPDATE event SET time = -1", "UPDATE event SET time = 9223372036854775807",
        "UPDATE event SET number = -1, offset = -5 WHERE position = 1",
    ])
    func `An inspection with a check tells what is wrong, where one without cannot go on`(sql: String) async throws {
        try await spoil(sql)
        #expect(isDamaged(#expect(throws: LedgerError.self) { try Inspection(of: folder.file("ledger.db")) }))
        #expect(try Inspection(of: folder.file("ledger.db"), checks: true).damage?.isEmpty == false)
    }
}
