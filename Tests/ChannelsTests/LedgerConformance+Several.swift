import Channels
import Testing

/// Events that several channels have, and attributes.
extension LedgerConformance {
    @Test(arguments: LedgerFactory.all)
    func `An event of several channels has one position and is in each of them`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        try await ledger.append("before", to: dates)
        let publication = Publication(
            channel: orders, others: [dates, orders, dates], drafts: [draft("a"), draft("b")])
        let answer = try await ledger.publish(publication)
        #expect(
            answer.outcome == .appended(Receipt(first: position(2), count: 2, time: ledger.clock.milliseconds)))
        #expect(ledger.record.violations == [])
        #expect(try await ledger.read(orders).events.map { "\($0.channel)" } == ["orders", "orders"])
        #expect(try await ledger.read(dates).events.numbers == [1, 2, 3])
        #expect(try await ledger.read(dates).events.allSatisfy { $0.channel == dates })
        #expect(try await ledger.append("after", to: orders).first == position(4))
    }

    @Test(arguments: LedgerFactory.all)
    func `Who reads several channels is given it once, from page to page`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        for _ in 1...3 {
            try await ledger.append("x", to: orders)
            _ = try await ledger.publish(
                Publication(channel: orders, others: [dates, name("other")], drafts: [draft("a"), draft("b")]))
        }
        let all = [orders, dates, name("other")]
        #expect(try await ledger.read(all, .earliest).events.numbers == Array(1...9))
        #expect(try await ledger.read(all, .last(4)).events.numbers == [6, 7, 8, 9])
        for count in 1...9 {
            var (seen, cursor): ([UInt64], Position) = ([], .zero)
            while cursor < position(9) {
                let page = try await ledger.read(all, .after(cursor), limit: PageLimit(events: count, bytes: .max))
                try #require(page.through > cursor && page.events.count <= count)
                seen += page.events.numbers
                cursor = page.through
            }
            #expect(seen == Array(1...9))
        }
    }

    @Test(arguments: LedgerFactory.all)
    func `Each channel lets go of it in its own time`(factory: LedgerFactory) async throws {
        let rule = RetentionRules.Rule(pattern: NamePattern("orders"), retention: Retention(events: 1))
        let ledger = try await factory.open(.init(retention: RetentionRules([rule])))
        _ = try await ledger.publish(Publication(channel: orders, others: [dates], drafts: [draft("a"), draft("b")]))
        try await ledger.sweep()
        #expect(try await ledger.read(orders).events.numbers == [2])
        #expect(try await ledger.read(dates).events.numbers == [1, 2])
        try await ledger.drop(dates)
        #expect(try await ledger.read(both, .earliest).events.numbers == [2])
        #expect(try await ledger.read(dates, .after(position(1))).isTrimmed)
    }

    @Test(arguments: LedgerFactory.all)
    func `A key is of the first channel, and the others are part of what it stands for`(
        factory: LedgerFactory
    ) async throws {
        let ledger = try await factory.open()
        func publish(_ channel: ChannelName, _ others: [ChannelName]) async throws -> PublishOutcome {
            try await ledger.publish(
                Publication(channel: channel, others: others, drafts: [draft("a")], key: key("k"))
            ).outcome
        }
        guard case .appended(let receipt) = try await publish(orders, [dates]) else { throw OpenLedger.NotAppended() }
        #expect(try await publish(orders, [dates]) == .replayed(receipt))
        #expect(try await publish(orders, []) == .keyConflict)
        guard case .appended = try await publish(dates, [orders]) else { throw OpenLedger.NotAppended() }
    }

    @Test(arguments: LedgerFactory.all)
    func `Attributes are read as they were written, and count towards the limit on bytes`(
        factory: LedgerFactory
    ) async throws {
        let ledger = try await factory.open(Retention(bytes: 20))
        let attributes = try #require(Attributes(["a": [0, 255], "b": []]))
        let marked = try Draft(data: Array("x".utf8), attributes: attributes)
        _ = try await ledger.publish(Publication(channel: orders, drafts: [marked, draft("y"), marked]))
        #expect(try await ledger.read(orders, .last(2)).events.map(\.attributes) == [Attributes(), attributes])
        #expect(ledger.record.events.map(\.attributes) == [attributes, Attributes(), attributes])
        try await ledger.sweep()
        #expect(try await ledger.read(orders).events.numbers == [2, 3], "\(attributes.bytes.count) bytes each")
    }
}
