import Channels
import TestSupport
import Testing

extension LedgerConformance {
    private static let retention = RetentionRules(
        [.init(pattern: NamePattern("b*"), retention: Retention(events: 30, age: .seconds(1), bytes: 40))],
        fallback: Retention(events: 7, age: .seconds(2), bytes: 1_000))

    @Test(arguments: LedgerFactory.all, freshSeeds(5))
    func `Any sequence of calls is answered as by the plain model`(factory: LedgerFactory, seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let settings = LedgerSettings(
            retention: Self.retention, idempotencyWindow: .seconds(1), idempotencyKeys: 12)
        let ledger = try await factory.open(settings)
        var model = LedgerModel(settings)
        for step in 0..<1_000 {
            // In steps of 3 ms, of which no limit on time is a multiple: nothing is ever exactly at a limit.
            ledger.clock.advance(by: 3 * .random(in: 0...20, using: &random))
            if Int.random(in: 0..<40, using: &random) == 0 {
                let changes: [Int64] = [-86_400_000, -3_000, 3_000, 86_400_000]
                ledger.clock.set(forwardBy: changes.randomElement(using: &random) ?? 0)
            }
            let now = ledger.clock.wallClock.now()
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<10:
                let publication = Self.publication(&random)
                let result = await ledger.result(of: publication)
                try #require(result == model.publish(publication, at: now), "step \(step)")
            case 10:
                let channel = Self.channel(&random)
                try await ledger.drop(channel)
                model.drop(channel)
            default:
                try await ledger.sweep()
                model.trim(at: now)
                let selection = try #require(Selection((0..<3).map { _ in Self.channel(&random) }))
                try await Self.check(ledger, against: model, selection, &random)
            }
        }
        try #require(ledger.record.violations == [])
        try #require(ledger.record.events.map(LedgerModel.Entry.init) == model.everything)
    }

    private static func channel(_ random: inout SeededGenerator) -> ChannelName {
        name(["a", "b", "ba", "c", "d", "never"].randomElement(using: &random) ?? "")
    }

    private static func publication(_ random: inout SeededGenerator) -> Publication {
        let drafts = (0..<Int.random(in: 1...4, using: &random)).map { _ in
            draft(
                String(repeating: "x", count: .random(in: 0...15, using: &random)),
                type: Bool.random(using: &random) ? "t" : "")
        }
        let number = Int.random(in: 0..<40, using: &random)
        let channel = name(["a", "b", "ba", "c", "d"].randomElement(using: &random) ?? "")
        // One key always comes with the same events, the others mostly in conflict.
        return switch number {
        case 0..<10: Publication(channel: channel, drafts: [draft("same")], key: key("same"))
        case 10..<20: Publication(channel: channel, drafts: drafts, key: key("\(number)"))
        case 20..<25: Publication(channel: channel, others: [name("a"), name("ba")], drafts: drafts)
        default: Publication(channel: channel, drafts: drafts)
        }
    }

    /// Reads from page to page until nothing is left.
    private static func check(
        _ ledger: OpenLedger, against model: LedgerModel, _ selection: Selection, _ random: inout SeededGenerator
    ) async throws {
        let limit = PageLimit(events: .random(in: 1...20, using: &random), bytes: .random(in: 0...100, using: &random))
        var start: ReadQuery.Start =
            switch Int.random(in: 0..<4, using: &random) {
            case 0: .earliest
            case 1: .last(.random(in: 0...20, using: &random))
            default: .after(position(UInt64.random(in: 0...model.head, using: &random)))
            }
        var rest = model.entries(of: selection, from: start)[...]
        repeat {
            let page = try await ledger.readAndTold(ReadQuery(selection, start: start, limit: limit)).page
            let entries = page.events.map(LedgerModel.Entry.init)
            try #require(entries == Array(rest.prefix(entries.count)))
            try #require(entries.isEmpty == rest.isEmpty)
            try #require(
                entries.count == 1
                    || entries.count <= limit.events && page.events.reduce(0) { $0 + $1.size } <= limit.bytes)
            rest = rest.dropFirst(entries.count)
            try #require(page.isTrimmed == model.isTrimmed(selection, from: start))
            try #require(page.through.rawValue == (rest.isEmpty ? model.head : entries.last?.position))
            try #require(page.through >= page.after)
            start = .after(page.through)
        } while !rest.isEmpty
    }
}

extension OpenLedger {
    fileprivate func result(of publication: Publication) async -> Result<PublishOutcome, LedgerError> {
        do {
            return .success(try await self.publish(publication).outcome)
        } catch let error as LedgerError {
            return .failure(error)
        } catch {
            return .failure(LedgerError(.unavailable, "\(error)"))
        }
    }
}
