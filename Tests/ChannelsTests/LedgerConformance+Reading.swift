import Channels
import Testing

extension LedgerConformance {
    /// `orders` has 1, 2, 4 and 7, `dates` has 3 and 6, another channel 5 and 8.
    private func filled(_ factory: LedgerFactory) async throws -> OpenLedger {
        let ledger = try await factory.open()
        let other = name("other")
        for channel in [orders, orders, dates, orders, other, dates, orders, other] {
            try await ledger.append("12345", to: channel)
        }
        return ledger
    }

    static let reads: [(channels: [String], start: ReadQuery.Start, events: [UInt64])] = [
        (["orders"], .after(.zero), [1, 2, 4, 7]), (["orders"], .after(position(1)), [2, 4, 7]),
        (["orders"], .after(position(3)), [4, 7]), (["orders"], .after(position(7)), []),
        (["orders"], .after(position(8)), []), (["orders"], .earliest, [1, 2, 4, 7]), (["dates"], .earliest, [3, 6]),
        (["dates", "orders"], .earliest, [1, 2, 3, 4, 6, 7]),
        (["dates", "orders"], .after(position(2)), [3, 4, 6, 7]),
        (["dates", "never was", "orders"], .after(position(5)), [6, 7]), (["never was"], .earliest, []),
        (["never was"], .after(position(2)), []), (["never was"], .last(3), []), (["orders"], .last(0), []),
        (["orders"], .last(1), [7]), (["orders"], .last(3), [2, 4, 7]), (["orders"], .last(99), [1, 2, 4, 7]),
        (["dates", "orders"], .last(1), [7]), (["dates", "orders"], .last(3), [4, 6, 7]),
        (["dates", "orders"], .last(99), [1, 2, 3, 4, 6, 7]),
    ]

    @Test(arguments: LedgerFactory.all, reads)
    func `A reader is given the events of its channels from where it wants`(
        factory: LedgerFactory, read: (channels: [String], start: ReadQuery.Start, events: [UInt64])
    ) async throws {
        let ledger = try await filled(factory)
        let page = try await ledger.read(read.channels.map(name), read.start)
        #expect(page.events.numbers == read.events)
        #expect(page.through == position(8), "nothing is left behind the page, so it goes through to the head")
        #expect(!page.isTrimmed)
    }

    static let limits: [(limit: PageLimit, events: [UInt64])] = [
        (PageLimit(events: 1, bytes: .max), [1]), (PageLimit(events: 3, bytes: .max), [1, 2, 4]),
        (PageLimit(events: 4, bytes: .max), [1, 2, 4, 7]), (PageLimit(events: 9, bytes: 20), [1, 2, 4, 7]),
        (PageLimit(events: 9, bytes: 19), [1, 2, 4]), (PageLimit(events: 9, bytes: 5), [1]),
        (PageLimit(events: 9, bytes: 0), [1]), (PageLimit(events: 0, bytes: 99), [1]),
    ]

    @Test(arguments: LedgerFactory.all, limits)
    func `A page holds one event, and no more than the limits allow`(
        factory: LedgerFactory, limit: (limit: PageLimit, events: [UInt64])
    ) async throws {
        let ledger = try await filled(factory)
        for start in [ReadQuery.Start.after(.zero), .earliest, .last(4)] {
            let page = try await ledger.read([orders], start, limit: limit.limit)
            #expect(page.events.numbers == limit.events)
            #expect(page.through == (limit.events.last == 7 ? position(8) : page.events.last?.position))
        }
    }

    @Test(arguments: LedgerFactory.all)
    func `From page to page nothing is skipped and nothing repeated`(factory: LedgerFactory) async throws {
        let ledger = try await filled(factory)
        for count in 1...7 {
            var seen: [UInt64] = []
            var cursor = Position.zero
            while cursor < position(8) {
                let page = try await ledger.read(both, .after(cursor), limit: PageLimit(events: count, bytes: .max))
                try #require(page.through > cursor)
                #expect(page.events.count <= count)
                seen += page.events.numbers
                cursor = page.through
            }
            #expect(seen == [1, 2, 3, 4, 6, 7])
        }
    }

    @Test(arguments: LedgerFactory.all, [.earliest, .last(2), .last(99), .last(0)] as [ReadQuery.Start])
    func `A page begins at a cursor from which the same events can be read again`(
        factory: LedgerFactory, start: ReadQuery.Start
    ) async throws {
        let ledger = try await factory.open(Retention(events: 3))
        for _ in 1...5 { try await ledger.append("x", to: orders) }
        try await ledger.sweep()
        let page = try await ledger.read(orders, start)
        let again = try await ledger.read(orders, .after(page.after))
        #expect(again.events.numbers == page.events.numbers)
        #expect(!again.isTrimmed)
    }

    @Test(arguments: LedgerFactory.all)
    func `A ledger without events gives an empty page at its head`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        for start in [ReadQuery.Start.after(.zero), .earliest, .last(5)] {
            let page = try await ledger.read(orders, start)
            #expect(page.events.isEmpty)
            #expect(page.after == .zero && page.through == .zero)
            #expect(!page.isTrimmed)
        }
    }
}
