import Channels
import GRDB
import Testing

@testable import SQLiteLedger

/// How many idempotency keys are there, which the limit on them goes by.
@Suite struct KeyTableTests {
    /// Remembers keys at their times, and compares the table's count with its rows.
    private func isCountRight(_ uses: [(key: String, time: Int64)]) throws -> Bool {
        let queue = try DatabaseQueue()
        try Schema.migrator.migrate(queue)
        let channel = try ChannelName("orders")
        return try queue.write { database in
            let table = try KeyTable(database, window: .seconds(1), limit: 10_000)
            var ages = Ages(at: Moment(milliseconds: 0, steadyMilliseconds: 0), head: .zero)
            for (index, (name, time)) in uses.enumerated() {
                let key = try #require(IdempotencyKey(name))
                let publication = Publication(channel: channel, drafts: [try Draft(data: [])], key: key)
                let receipt = Receipt(first: Position(rawValue: UInt64(index + 1)), count: 1, time: time)
                ages.advance(
                    to: Moment(milliseconds: time, steadyMilliseconds: time), head: receipt.first.predecessor)
                #expect(try table.makeRoom(ages))
                try table.remember(key, of: publication, receipt: receipt)
            }
            return try table.count == Int.fetchOne(database, sql: "SELECT count(*) FROM idempotencyKey")
        }
    }

    @Test func `Keys whose window is over no longer count once they are forgotten`() throws {
        #expect(try isCountRight([("a", 0), ("b", 500), ("c", 1_200), ("d", 9_000)]))
    }

    @Test func `A key that is used again before it was forgotten counts once`() throws {
        // More than are forgotten at once, so that the last one is still in the table.
        let first = (10_000..<12_500).map { (key: "\($0)", time: Int64(0)) }
        #expect(try isCountRight(first + [("12499", 5_000)]))
    }
}
