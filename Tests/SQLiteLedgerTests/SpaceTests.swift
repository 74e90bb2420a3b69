import Channels
import TestSupport
import Testing

@testable import SQLiteLedger

/// The bound on the file, and what is seen in it.
@Suite struct SpaceTests {
    private let folder: TemporaryFolder

    init() throws {
        self.folder = try TemporaryFolder()
    }

    private func fill(_ ledger: OpenedLedger, channels: Int, events: Int) async throws {
        let data = String(repeating: "x", count: 1_000)
        let draft = try Draft(data: Array(data.utf8))
        for round in 0..<events {
            let publications = try (0..<channels).map {
                Publication(channel: try ChannelName("c\($0)"), drafts: [draft])
            }
            for result in await ledger.append(publications) { _ = try result.get() }
            if round % 10 == 9 { try await ledger.sweep() }
        }
    }

    @Test func `The file keeps near its bound; the oldest of all go, and their readers are told`() async throws {
        let ledger = try await folder.open { $0.maxSize = 2 << 20 }
        try await ledger.publish("old", to: "quiet")
        try await fill(ledger, channels: 50, events: 100)
        try await ledger.sweep()
        #expect(try await ledger.read("quiet", .after(.zero)).isTrimmed)
        for channel in ["c0", "c49"] {
            let page = try await ledger.read(channel)
            #expect((5...60).contains(page.events.count), "newer ones are kept: \(page.events.count)")
            #expect(page.positions.last.map { $0 > 4_900 } == true)
        }
        await ledger.close()
        #expect(try folder.size("ledger.db") < 3 << 20)
        #expect(try Inspection(of: folder.file("ledger.db"), checks: true).damage == [])
    }

    @Test func `Space is given back when events are dropped`() async throws {
        let ledger = try await folder.open()
        try await fill(ledger, channels: 50, events: 200)
        for number in 0..<50 { try await ledger.drop("c\(number)") }
        // As many as a slow machine needs: a sweep has a time limit.
        for _ in 0..<200 { try await ledger.sweep() }
        await ledger.close()
        #expect(try folder.size("ledger.db") < 6 << 20)
    }

    @Test func `An inspection counts what is kept`() async throws {
        let ledger = try await folder.open()
        try await ledger.publish("12345", "12345", to: "big")
        try await ledger.publish("1", to: "small", key: "k")
        try await ledger.publish("gone", to: "gone")
        try await ledger.drop("gone")
        let inspection = try Inspection(of: folder.file("ledger.db"), checks: true)
        #expect(inspection.epoch == ledger.state.epoch)
        #expect(inspection.head == Position(rawValue: 4))
        #expect(inspection.channels.map { "\($0.name) \($0.events) \($0.bytes)" } == ["big 2 10", "small 1 1"])
        #expect(inspection.channelCount == 3)
        #expect(inspection.keyCount == 1)
        #expect(inspection.damage == [])
    }

    @Test(arguments: [
        ("UPDATE ledger SET head = 1", "beyond the head"),
        ("UPDATE event SET number = number + 7 WHERE position = 2", "numbered"),
        ("DELETE FROM channel", "unknown channels"),
        ("UPDATE event SET position = 1 WHERE data = 'c'", "used twice"),
    ])
    func `An inspection finds what cannot be`(sql: String, finding: String) async throws {
        let ledger = try await folder.open()
        try await ledger.publish("a", "b", to: "orders")
        try await ledger.publish("c", to: "dates")
        await ledger.close()
        try folder.edit("ledger.db", sql)
        let damage = try #require(try Inspection(of: folder.file("ledger.db"), checks: true).damage)
        #expect(damage.contains { $0.contains(finding) })
    }
}
