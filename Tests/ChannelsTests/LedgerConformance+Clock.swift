import Channels
import Testing

private let day: Int64 = 86_400_000

/// The time of day is put forward and back: by hand, by NTP, or because the machine had it wrong when it started.
extension LedgerConformance {
    @Test(arguments: LedgerFactory.all)
    func `What came while the clock was ahead goes in its time, and holds nothing behind it`(
        factory: LedgerFactory
    ) async throws {
        let ledger = try await factory.open(Retention(age: .seconds(10)))
        ledger.clock.set(forwardBy: day)
        try await ledger.append("a", to: orders)
        ledger.clock.set(forwardBy: -day)
        try await ledger.append("b", to: orders)
        ledger.clock.advance(by: 9_999)
        try await ledger.sweep()
        #expect(try await ledger.read(orders).events.numbers == [1, 2])
        ledger.clock.advance(by: 2)
        try await ledger.sweep()
        #expect(try await ledger.read(orders).events.isEmpty)
    }

    @Test(arguments: LedgerFactory.all)
    func `A clock that is set forward drops nothing`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open(Retention(age: .seconds(10)))
        try await ledger.append("a", to: orders)
        ledger.clock.set(forwardBy: day)
        try await ledger.append("b", to: orders)
        try await ledger.sweep()
        let page = try await ledger.read(orders)
        #expect(page.events.numbers == [1, 2])
        #expect(page.events.map(\.time) == [ledger.clock.milliseconds - day, ledger.clock.milliseconds])
        ledger.clock.advance(by: 10_001)
        try await ledger.sweep()
        #expect(try await ledger.read(orders).events.isEmpty)
    }

    @Test(arguments: LedgerFactory.all, [day, -day])
    func `A key has its window, whatever becomes of the clock`(factory: LedgerFactory, change: Int64) async throws {
        let ledger = try await factory.open(.init(idempotencyWindow: .seconds(1), idempotencyKeys: 2))
        let receipt = try await ledger.append("a", to: orders, key: key("1"))
        ledger.clock.set(forwardBy: change)
        try await ledger.append("b", to: orders, key: key("2"))
        ledger.clock.advance(by: 999)
        #expect(try await ledger.publish(["a"], to: orders, key: key("1")) == .replayed(receipt))
        ledger.clock.advance(by: 2)
        #expect(try await ledger.append("a", to: orders, key: key("1")).first == position(3))
        #expect(try await ledger.append("c", to: orders, key: key("3")).first == position(4), "there is room again")
    }
}
