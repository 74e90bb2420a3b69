import Channels
import Testing

extension LedgerConformance {
    @Test(arguments: LedgerFactory.all)
    func `Beyond the limit on count the oldest of the channel go`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open(Retention(events: 2))
        try await ledger.append("a", to: dates)
        for _ in 1...4 { try await ledger.append("x", to: orders) }
        try await ledger.sweep()
        #expect(try await ledger.read(both, .earliest).events.numbers == [1, 4, 5])
    }

    @Test(arguments: LedgerFactory.all)
    func `Beyond the limit on bytes as many of the oldest go as must`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open(Retention(bytes: 10))
        for data in ["1234", "1", "12", "12345"] { try await ledger.append(data, to: orders) }
        try await ledger.sweep()
        #expect(try await ledger.read(orders).events.numbers == [2, 3, 4])
        try await ledger.append("12345678901", to: orders)
        try await ledger.sweep()
        #expect(try await ledger.read(orders).events.isEmpty, "an event that exceeds the limit alone is not kept")
        #expect(try await ledger.read(orders, .after(position(4))).isTrimmed, "which is told")
    }

    @Test(arguments: LedgerFactory.all)
    func `The type counts towards the limit on bytes`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open(Retention(bytes: 10))
        for _ in 1...2 {
            _ = try await ledger.publish(Publication(channel: orders, drafts: [draft("123", type: "abc")]))
        }
        try await ledger.sweep()
        #expect(try await ledger.read(orders).events.numbers == [2])
    }

    @Test(arguments: LedgerFactory.all)
    func `What is older than the limit on age goes`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open(Retention(age: .seconds(10)))
        for channel in [orders, dates, orders] {
            try await ledger.append("x", to: channel)
            ledger.clock.advance(by: 4_000)
        }
        try await ledger.sweep()
        #expect(try await ledger.read(both, .earliest).events.numbers == [2, 3])
        ledger.clock.advance(by: 4_000)
        try await ledger.sweep()
        #expect(try await ledger.read(both, .earliest).events.numbers == [3])
    }

    @Test(arguments: LedgerFactory.all)
    func `Of a publication that exceeds the limit the end is kept`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open(Retention(events: 2))
        try await ledger.append("a", "b", "c", "d", "e", to: orders)
        try await ledger.sweep()
        #expect(try await ledger.read(orders).events.numbers == [4, 5])
        #expect(ledger.record.changes == [.appended(orders, [1, 2, 3, 4, 5])], "all have been")
    }

    @Test(arguments: LedgerFactory.all)
    func `Each channel has the retention of the rule for its name`(factory: LedgerFactory) async throws {
        let rule = RetentionRules.Rule(pattern: NamePattern("ord*"), retention: Retention(events: 1))
        let ledger = try await factory.open(.init(retention: RetentionRules([rule], fallback: Retention(events: 2))))
        for channel in both { try await ledger.append("a", "b", "c", to: channel) }
        try await ledger.sweep()
        #expect(try await ledger.read(both, .earliest).events.numbers == [2, 3, 6])
    }

    @Test(arguments: LedgerFactory.all)
    func `A reader that had not read what went is told, another is not`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open(Retention(events: 2))
        for channel in [dates, orders, orders, dates, orders, orders] { try await ledger.append("x", to: channel) }
        try await ledger.sweep()
        // Gone are 2 and 3; left are 1 and 4 of the one channel, 5 and 6 of the other.
        for cursor in 0...6 {
            #expect(try await ledger.read(orders, .after(position(cursor))).isTrimmed == (cursor < 3))
            #expect(try await ledger.read(both, .after(position(cursor))).isTrimmed == (cursor < 3))
            #expect(try await !ledger.read(dates, .after(position(cursor))).isTrimmed)
        }
    }

    @Test(arguments: LedgerFactory.all)
    func `Who asks for what is kept, not for a cursor, has lost nothing`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open(Retention(events: 2))
        for _ in 1...5 { try await ledger.append("x", to: orders) }
        try await ledger.sweep()
        for start in [ReadQuery.Start.earliest, .last(1), .last(9)] {
            #expect(try await !ledger.read(orders, start).isTrimmed)
        }
    }

    @Test(arguments: LedgerFactory.all)
    func `The loss of the last event of a channel is told too`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open(Retention(age: .seconds(10)))
        try await ledger.append("a", to: orders)
        ledger.clock.advance(by: 11_000)
        try await ledger.append("b", to: dates)
        try await ledger.sweep()
        let page = try await ledger.read(both, .after(.zero))
        #expect(page.events.numbers == [2])
        #expect(page.isTrimmed)
        #expect(try await !ledger.read(both, .after(position(1))).isTrimmed)
        #expect(try await ledger.append("c", to: orders).first == position(3), "its position is not used again")
    }
}
