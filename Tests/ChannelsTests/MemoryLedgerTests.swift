import Channels
import TestSupport
import Testing

/// What only the ledger in memory does; all else is in ``LedgerConformance``.
@Suite struct MemoryLedgerTests {
    private let orders = name("orders")
    private let dates = name("dates")

    private func open(totalBytes: Int) async throws -> OpenLedger {
        let clock = TestClock()
        return try await OpenLedger(MemoryLedger(totalBytes: totalBytes, clock: clock.wallClock), clock: clock)
    }

    @Test func `Beyond the bytes for all events the oldest of all go, and only their readers are told`() async throws {
        let ledger = try await open(totalBytes: 3 * 250)
        for channel in [orders, dates, dates, dates, dates] {
            try await ledger.append(String(repeating: "x", count: 50), to: channel)
        }
        #expect(try await ledger.read([orders, dates], .earliest).events.numbers == [3, 4, 5])
        #expect(try await ledger.read(orders, .after(.zero)).isTrimmed)
        #expect(try await !ledger.read(orders, .after(position(1))).isTrimmed)
        #expect(try await ledger.read(dates, .after(position(1))).isTrimmed)
        #expect(try await !ledger.read(dates, .after(position(2))).isTrimmed)
    }

    @Test func `Events without data count as well`() async throws {
        let ledger = try await open(totalBytes: 10_000)
        for _ in 1...1_000 { try await ledger.append("", to: orders) }
        #expect(try await ledger.read(orders).events.count == 50)
    }

    @Test func `An event that is too large for the whole ledger is not kept, which is told`() async throws {
        let ledger = try await open(totalBytes: 1_000)
        try await ledger.append("a", to: dates)
        try await ledger.append(String(repeating: "x", count: 1_000), to: orders)
        #expect(try await ledger.read([orders, dates], .earliest).events.isEmpty)
        #expect(try await ledger.read(orders, .after(position(1))).isTrimmed)
        #expect(ledger.record.head == 2)
    }

    @Test func `Each start is another epoch`() {
        let bridges = (0..<100).map { _ in Bridge(ledger: MemoryLedger()) }
        #expect(Set(bridges.map(\.epoch)).count == 100)
    }
}
