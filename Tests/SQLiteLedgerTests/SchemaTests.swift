import Channels
import FoundationEssentials
import TestSupport
import Testing

@testable import SQLiteLedger

/// Ledgers of older versions, and of newer ones.
@Suite struct SchemaTests {
    private let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
    }

    /// Puts a frozen ledger and its mark in the place of `ledger.db`.
    private func place(_ fixture: String, epoch: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(fixture).db")
        try FileManager.default.copyItem(atPath: file.path, toPath: self.folder.file("ledger.db"))
        let mark = "pollux-mark \(epoch) 12 boot safe"
        try mark.write(to: URL(filePath: self.folder.file("ledger.db.mark")), atomically: true, encoding: .utf8)
    }

    @Test(arguments: [("schema-1", "firstone"), ("schema-2", "secondone")])
    func `A ledger of an older schema is read as it was written, and goes on`(fixture: String, epoch: String)
        async throws
    {
        try place(fixture, epoch: epoch)
        #expect(try Inspection(of: folder.file("ledger.db"), checks: true).damage == [], "also while it is as it was")
        let ledger = try await folder.open(keeping: Retention(age: .seconds(1 << 40)))
        #expect("\(ledger.state.epoch)" == epoch)
        #expect(ledger.state.head == Position(rawValue: 12))
        let orders = try await ledger.read("orders", .after(Position(rawValue: 2)))
        #expect(orders.positions == [4, 6, 8])
        #expect(orders.texts == [#"{"n":4}"#, #"{"n":6}"#, #"{"n":8}"#])
        #expect(orders.events.allSatisfy { $0.attributes.isEmpty })
        #expect(orders.isTrimmed)
        #expect(try await ledger.read("dätes").texts == ["é"])
        #expect(try await ledger.read("gone", .after(Position(rawValue: 11))).isTrimmed)
        #expect(try await ledger.publish("next").first == 13)
        await ledger.close()
        #expect(try Inspection(of: folder.file("ledger.db"), checks: true).damage == [])
    }

    @Test func `A key of an older schema is known`() async throws {
        try place("schema-2", epoch: "secondone")
        let clock = RunningClock(1_795_000_000_008)
        let ledger = try await folder.open(clock: clock.clock)
        let draft = try Draft(type: Array("order".utf8), data: Array(#"{"n":8}"#.utf8))
        let publication = Publication(
            channel: try ChannelName("orders"), drafts: [draft], key: IdempotencyKey("k"))
        let receipt = Receipt(first: Position(rawValue: 8), count: 1, time: 1_795_000_000_008)
        #expect(try await ledger.append([publication])[0].get() == .replayed(receipt))
    }

    @Test func `A database of a newer version is refused, and stays as it is`() async throws {
        try await folder.open().close()
        try folder.edit("ledger.db", "INSERT INTO grdb_migrations VALUES ('999')")
        let before = try Data(contentsOf: URL(filePath: folder.file("ledger.db")))
        let error = await #expect(throws: LedgerError.self) { try await folder.open() }
        #expect(error?.kind == .wrongFile && error?.reason.contains("newer Pollux") == true)
        #expect(try Data(contentsOf: URL(filePath: folder.file("ledger.db"))) == before)
    }

    @Test func `What events carry and records are there again after a restart`() async throws {
        let attributes = try #require(Attributes(["retry": [1]]))
        let name = try #require(RecordName("r"))
        let record = try #require(SmallRecord(name, [0, 255]))
        let first = try await folder.open()
        let publication = Publication(
            channel: try ChannelName("orders"), others: [try ChannelName("dates")],
            drafts: [try Draft(data: Array("a".utf8), attributes: attributes)], records: [.put(record)])
        _ = try await first.append([publication])[0].get()
        await first.close()
        let second = try await folder.open()
        for channel in ["orders", "dates"] {
            #expect(try await second.read(channel).events.map(\.attributes) == [attributes])
        }
        #expect(try await second.records(.named(name)) == [record])
        await second.close()
        #expect(try Inspection(of: folder.file("ledger.db"), checks: true).damage == [])
    }
}
