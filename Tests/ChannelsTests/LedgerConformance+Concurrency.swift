import Channels
import Dispatch
import Testing

extension LedgerConformance {
    private static let writers = 8
    private static let publications = 100

    @Test(arguments: LedgerFactory.all)
    func `Many publishers at once keep the order`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        let channels = [orders, dates, name("other")]
        let receipts = try await withThrowingTaskGroup(of: [Receipt].self) { group in
            for writer in 0..<Self.writers {
                group.addTask { try await Self.write(to: ledger, channels[writer % 3], batch: 1 + writer % 4) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(ledger.record.violations == [])
        let positions = receipts.flatMap { receipt in
            (0..<receipt.count).map { receipt.first.advanced(by: $0).rawValue }
        }
        #expect(positions.sorted() == Array(1...ledger.record.head), "each position was given once")
        #expect(ledger.record.changes.count == receipts.count)
        #expect(try await ledger.read(channels, .earliest).events.numbers == Array(1...ledger.record.head))
    }

    private static func write(to ledger: OpenLedger, _ channel: ChannelName, batch: Int) async throws -> [Receipt] {
        var receipts: [Receipt] = []
        for number in 0..<publications {
            let drafts = (0..<batch).map { draft("\(number) \($0)") }
            let answer = try await ledger.publish(Publication(channel: channel, drafts: drafts))
            guard case .appended(let receipt) = answer.outcome else { throw OpenLedger.NotAppended() }
            #expect(answer.toldThrough >= receipt.last.rawValue, "it tells of a change before it answers")
            if let last = receipts.last { #expect(receipt.first > last.last) }
            receipts.append(receipt)
        }
        return receipts
    }

    @Test(arguments: LedgerFactory.all)
    func `Who reads meanwhile sees every event once`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        let total = UInt64(4 * Self.publications * 2)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask { [both] in _ = try await Self.write(to: ledger, both[writer % 2], batch: 2) }
            }
            for count in [1, 7, 1_000] {
                group.addTask { [both] in try await Self.follow(ledger, both, by: count, to: total) }
            }
            try await group.waitForAll()
        }
    }

    private static func follow(_ ledger: OpenLedger, _ channels: [ChannelName], by count: Int, to end: UInt64)
        async throws
    {
        let selection = try #require(Selection(channels))
        let limit = PageLimit(events: count, bytes: .max)
        var cursor = Position.zero
        while cursor.rawValue < end {
            let (page, told) = try await ledger.readAndTold(ReadQuery(selection, start: .after(cursor), limit: limit))
            try #require(page.through.rawValue <= told)
            try #require(page.through == cursor.advanced(by: page.events.count), "all positions are of these channels")
            try #require(page.events.numbers == page.events.indices.map { cursor.rawValue + 1 + UInt64($0) })
            try #require(page.through >= cursor)
            cursor = page.through
            await Task.yield()
        }
    }

    /// A reader that the ledger took beyond the head of the bridge would be given the same events once more by the logs.
    @Test(arguments: LedgerFactory.all)
    func `No read shows what is not yet told of`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        let answers = Counter()
        let early = Counter()
        let query = ReadQuery(Selection(orders), start: .after(.zero), limit: .all)
        let readers = DispatchQueue(label: "readers")
        ledger.record.meanwhile {
            let before = answers.count
            readers.async {
                ledger.read(query) { page in
                    if page.through.rawValue > ledger.record.head { early.increment() }
                    answers.increment()
                }
            }
            // Long enough for an answer, if there is one now.
            for _ in 0..<500_000 where answers.count > before { break }
        }
        for _ in 0..<5 { try await ledger.append("x", to: orders) }
        readers.sync {}
        #expect(early.count == 0)
    }

    @Test(arguments: LedgerFactory.all)
    func `Of many that use one key at once exactly one appends`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        let outcomes = try await withThrowingTaskGroup(of: PublishOutcome.self) { [orders] group in
            for _ in 0..<20 {
                group.addTask { try await ledger.publish(["a", "b"], to: orders, key: key("k")) }
            }
            return try await group.reduce(into: [PublishOutcome]()) { $0.append($1) }
        }
        let receipt = Receipt(first: position(1), count: 2, time: ledger.clock.milliseconds)
        #expect(outcomes.count { $0 == .appended(receipt) } == 1)
        #expect(outcomes.count { $0 == .replayed(receipt) } == 19)
        #expect(ledger.record.changes == [.appended(orders, [1, 2])])
    }

    @Test(arguments: LedgerFactory.all)
    func `Drops and sweeps among publications keep the order`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open(Retention(events: 5))
        try await withThrowingTaskGroup(of: Void.self) { [both] group in
            for writer in 0..<4 {
                group.addTask { _ = try await Self.write(to: ledger, both[writer % 2], batch: 3) }
            }
            group.addTask {
                for number in 0..<Self.publications {
                    try await ledger.drop(both[number % 2])
                    try await ledger.sweep()
                }
            }
            try await group.waitForAll()
        }
        #expect(ledger.record.violations == [])
        #expect(ledger.record.head == UInt64(4 * 3 * Self.publications))
    }
}
