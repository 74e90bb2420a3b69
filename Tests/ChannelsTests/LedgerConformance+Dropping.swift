import Channels
import Testing

extension LedgerConformance {
    @Test(arguments: LedgerFactory.all)
    func `A drop takes all events of a channel and none of another`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        try await ledger.append("a", "b", to: orders)
        try await ledger.append("c", to: dates)
        try await ledger.drop(orders)
        #expect(try await ledger.read(both, .earliest).events.numbers == [3])
        #expect(try await ledger.read(orders, .last(9)).events.isEmpty)
    }

    @Test(arguments: LedgerFactory.all)
    func `No position is used again after a drop`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        try await ledger.append("a", "b", to: orders)
        try await ledger.drop(orders)
        try await ledger.sweep()
        #expect(try await ledger.append("c", to: orders).first == position(3))
        try await ledger.drop(orders)
        #expect(try await ledger.append("d", to: dates).first == position(4))
    }

    @Test(arguments: LedgerFactory.all)
    func `A reader that had not read what was dropped is told, another is not`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        try await ledger.append("a", to: dates)
        try await ledger.append("b", "c", to: orders)
        try await ledger.append("d", to: dates)
        try await ledger.drop(orders)
        for cursor in 0...4 {
            #expect(try await ledger.read(orders, .after(position(cursor))).isTrimmed == (cursor < 3))
            #expect(try await ledger.read(both, .after(position(cursor))).isTrimmed == (cursor < 3))
            #expect(try await !ledger.read(dates, .after(position(cursor))).isTrimmed)
        }
    }

    @Test(arguments: LedgerFactory.all)
    func `What was dropped is still told of when the channel is in use again`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        try await ledger.append("a", "b", to: orders)
        try await ledger.drop(orders)
        try await ledger.sweep()
        try await ledger.append("c", to: orders)
        #expect(try await ledger.read(orders, .after(position(1))).isTrimmed)
        let page = try await ledger.read(orders, .after(position(2)))
        #expect(page.events.numbers == [3])
        #expect(!page.isTrimmed)
    }

    @Test(arguments: LedgerFactory.all)
    func `A channel that never was, or was dropped before, can be dropped`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        try await ledger.append("a", to: orders)
        try await ledger.drop(name("never was"))
        try await ledger.drop(orders)
        try await ledger.drop(orders)
        #expect(try await !ledger.read(name("never was"), .after(.zero)).isTrimmed)
        #expect(try await ledger.append("b", to: orders).first == position(2))
    }

    /// The logs in memory may hold events longer than the ledger, and must let go of them too.
    @Test(arguments: LedgerFactory.all)
    func `A drop is told of even where no event was left`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open(Retention(age: .seconds(1)))
        try await ledger.append("a", "b", to: orders)
        ledger.clock.advance(by: 2_000)
        try await ledger.sweep()
        try await ledger.drop(orders)
        let isTold = ledger.record.changes.contains { change in
            guard case .dropped(let channel, let last) = change else { return false }
            return channel == orders && last >= 2
        }
        #expect(isTold)
    }
}
