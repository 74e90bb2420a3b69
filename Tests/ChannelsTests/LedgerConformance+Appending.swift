import Channels
import Testing

extension LedgerConformance {
    @Test(arguments: LedgerFactory.all)
    func `A new ledger has an epoch of its own and its head at zero`(factory: LedgerFactory) async throws {
        let (ledger, other) = (try await factory.open(), try await factory.open())
        #expect(ledger.state.head == .zero)
        #expect(ledger.state.epoch != other.state.epoch)
        #expect(ledger.record.changes.isEmpty)
    }

    @Test(arguments: LedgerFactory.all)
    func `Positions follow one another over all channels, from 1`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        var positions: [UInt64] = []
        for channel in [orders, dates, orders, orders, name("other")] {
            positions.append(try await ledger.append("x", to: channel).first.rawValue)
        }
        #expect(positions == [1, 2, 3, 4, 5])
    }

    @Test(arguments: LedgerFactory.all)
    func `The events of a publication follow one another and share one time`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        try await ledger.append("before", to: dates)
        let receipt = try await ledger.append("a", "b", "c", to: orders)
        #expect(receipt == Receipt(first: position(2), count: 3, time: ledger.clock.milliseconds))
        let events = try await ledger.read(orders).events
        #expect(events.numbers == [2, 3, 4])
        #expect(events.map { String(decoding: $0.data, as: UTF8.self) } == ["a", "b", "c"])
        #expect(events.allSatisfy { $0.time == receipt.time })
    }

    @Test(arguments: LedgerFactory.all)
    func `An event is read as it was published, byte for byte`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        let drafts = [
            draft(""), draft("\0a\0"), draft("e\u{301} \u{E9} 😀\n\n"), draft("' \" ; -- \\ %", type: "' \" \\"),
            draft("x", type: "é"), draft(String(repeating: "long", count: 100_000)),
        ]
        let channel = name("' \" ; -- é")
        _ = try await ledger.publish(Publication(channel: channel, drafts: drafts))
        for events in [try await ledger.read(channel).events, ledger.record.events] {
            #expect(events.map(\.type) == drafts.map(\.type))
            #expect(events.map(\.data) == drafts.map(\.data))
            #expect(events.allSatisfy { $0.channel == channel })
        }
    }

    @Test(arguments: LedgerFactory.all)
    func `Channels whose names only look the same do not mix`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        let channels = ["a", "A", "a ", "\u{E9}", "e\u{301}", "\u{C9}", "1", "01", "1.0"].map(name)
        for channel in channels { try await ledger.append("x", to: channel) }
        for (index, channel) in channels.enumerated() {
            #expect(try await ledger.read(channel).events.numbers == [UInt64(index + 1)])
        }
        try await ledger.drop(channels[0])
        #expect(try await ledger.read(channels, .earliest).events.count == channels.count - 1)
    }

    @Test(arguments: LedgerFactory.all)
    func `It tells of each change once, in order, before it answers`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        for number in 1...3 {
            let publication = Publication(channel: orders, drafts: [draft("a"), draft("b")])
            let answer = try await ledger.publish(publication)
            #expect(answer.toldThrough == UInt64(2 * number))
        }
        try await ledger.append("c", to: dates)
        try await ledger.drop(orders)
        #expect(
            ledger.record.changes == [
                .appended(orders, [1, 2]), .appended(orders, [3, 4]), .appended(orders, [5, 6]), .appended(dates, [7]),
                .dropped(orders, through: 6),
            ])
        #expect(ledger.record.violations == [])
    }

    @Test(arguments: LedgerFactory.all)
    func `It can be asked whether it takes events, and takes none for that`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        try await ledger.probe()
        #expect(ledger.record.changes.isEmpty)
        #expect(try await ledger.append("a", to: orders).first == position(1))
    }
}
