import Channels
import Testing

extension LedgerConformance {
    @Test(arguments: LedgerFactory.all)
    func `A repeat with the same key has the first receipt and appends nothing`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        let receipt = try await ledger.append("a", "b", to: orders, key: key("k"))
        ledger.clock.advance(by: 500)
        #expect(try await ledger.publish(["a", "b"], to: orders, key: key("k")) == .replayed(receipt))
        #expect(ledger.record.changes == [.appended(orders, [1, 2])])
        #expect(try await ledger.append("c", to: orders).first == position(3))
    }

    @Test(arguments: LedgerFactory.all)
    func `The same key with other events is a conflict and appends nothing`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        let receipt = try await ledger.append("a", "b", to: orders, key: key("k"))
        for data in [["ab"], ["a"], ["b", "a"], ["a", "b", ""]] {
            #expect(try await ledger.publish(data, to: orders, key: key("k")) == .keyConflict)
        }
        #expect(ledger.record.changes == [.appended(orders, [1, 2])])
        #expect(
            try await ledger.publish(["a", "b"], to: orders, key: key("k")) == .replayed(receipt),
            "a conflict changes nothing")
    }

    @Test(arguments: LedgerFactory.all)
    func `A key counts in its channel only, and byte for byte`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        try await ledger.append("a", to: orders, key: key("k"))
        #expect(try await ledger.append("a", to: dates, key: key("k")).first == position(2))
        #expect(try await ledger.append("a", to: orders, key: key("K")).first == position(3))
        #expect(try await ledger.append("a", to: orders, key: key("k ")).first == position(4))
        #expect(try await ledger.append("a", to: orders).first == position(5))
    }

    @Test(arguments: LedgerFactory.all)
    func `A key is new again once its window is over`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open(.init(idempotencyWindow: .seconds(1)))
        let receipt = try await ledger.append("a", to: orders, key: key("k"))
        ledger.clock.advance(by: 999)
        #expect(
            try await ledger.publish(["a"], to: orders, key: key("k")) == .replayed(receipt),
            "a repeat does not make the window longer")
        ledger.clock.advance(by: 2)
        let second = try await ledger.append("b", to: orders, key: key("k"))
        #expect(second.first == position(2))
        ledger.clock.advance(by: 999)
        #expect(try await ledger.publish(["b"], to: orders, key: key("k")) == .replayed(second))
    }

    @Test(arguments: LedgerFactory.all)
    func `A key outlives its events`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        let receipt = try await ledger.append("a", to: orders, key: key("k"))
        try await ledger.drop(orders)
        try await ledger.sweep()
        #expect(try await ledger.publish(["a"], to: orders, key: key("k")) == .replayed(receipt))
    }

    @Test(arguments: LedgerFactory.all)
    func `Beyond the limit a new key is refused, and nothing of it kept`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open(.init(idempotencyWindow: .seconds(1), idempotencyKeys: 2))
        let receipt = try await ledger.append("a", to: orders, key: key("1"))
        try await ledger.append("a", to: dates, key: key("2"))
        await #expect(throws: LedgerError.tooManyKeys(limit: 2)) {
            try await ledger.append("b", "c", to: orders, key: key("3"))
        }
        #expect(ledger.record.changes == [.appended(orders, [1]), .appended(dates, [2])])
        #expect(try await ledger.read(both, .earliest).events.numbers == [1, 2])
        #expect(try await ledger.publish(["a"], to: orders, key: key("1")) == .replayed(receipt))
        #expect(try await ledger.append("b", to: orders).first == position(3), "without a key there is no limit")
        ledger.clock.advance(by: 1_001)
        #expect(try await ledger.append("b", "c", to: orders, key: key("3")).first == position(4))
    }
}
