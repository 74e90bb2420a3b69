import TestSupport
import Testing

@testable import Channels

@Suite struct KeptChannelsTests {
    private static let retention = Retention(events: 20, age: .milliseconds(200), bytes: 100)
    private static let totalBytes = 40 * MemoryLedger.overhead

    private func read(_ kept: KeptChannels, _ channels: [String], after: Int, head: Int) -> Page? {
        guard let selection = Selection(channels.map(name)) else { return nil }
        return kept.read(ReadQuery(selection, start: .after(position(after)), limit: .all), head: position(head))
    }

    @Test func `A sweep goes on where the last one ended, and forgets channels without events`() {
        var kept = KeptChannels(rules: RetentionRules(fallback: Self.retention), totalBytes: .max)
        for number in 1...5 { kept.append([event(number, channel: "\(number)", time: 0)], at: 0) }
        var counts: [Int] = []
        for _ in 0..<3 {
            kept.sweep(2, at: 201)
            counts.append(kept.eventCount)
        }
        #expect(counts == [3, 1, 0])
        #expect(kept.footprint == 0)
        kept.sweep(2, at: 201)
        for number in 1...5 {
            #expect(read(kept, ["\(number)"], after: number - 1, head: 5)?.isTrimmed == true)
            #expect(read(kept, ["\(number)"], after: number, head: 5)?.isTrimmed == false)
        }
    }

    @Test func `A sweep reaches every channel while others are forgotten`() {
        var kept = KeptChannels(rules: RetentionRules(fallback: Self.retention), totalBytes: .max)
        for number in 1...9 {
            kept.append([event(number, channel: "\(number)", time: number % 3 == 0 ? 100 : 0)], at: 0)
        }
        for _ in 0..<9 { kept.sweep(1, at: 201) }
        #expect(read(kept, (1...9).map { "\($0)" }, after: 0, head: 9)?.events.numbers == [3, 6, 9])
    }

    @Test func `The oldest of all go first, however many came and went since`() {
        var kept = KeptChannels(rules: RetentionRules(fallback: Self.retention), totalBytes: Self.totalBytes)
        kept.append((1...2).map { event($0, channel: "quiet", size: 0) }, at: 0)
        for number in 3...5_000 { kept.append([event(number, channel: "busy", size: 0)], at: 0) }
        #expect(kept.eventCount == 22)
        kept.append((5_001...5_019).map { event($0, channel: "other", size: 0) }, at: 0)
        #expect(kept.eventCount == 40)
        #expect(read(kept, ["quiet"], after: 0, head: 5_019)?.events.numbers == [2])
    }

    @Test(arguments: freshSeeds(10))
    func `In any sequence of steps the oldest of all go first, within the bytes for all`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var kept = KeptChannels(rules: RetentionRules(fallback: Self.retention), totalBytes: Self.totalBytes)
        var plain = PlainChannels(retention: Self.retention, totalBytes: Self.totalBytes)
        let channels = (0..<8).map { "\($0)" }
        var now: Int64 = 0
        for number in 1...3_000 {
            now += Int64.random(in: 0...9, using: &random)
            let channel = channels.randomElement(using: &random) ?? ""
            switch Int.random(in: 0..<40, using: &random) {
            case 0:
                _ = kept.drop(name(channel))
                plain.lose { $0.channel == name(channel) }
            case 1:
                // More than once: as channels are forgotten, one that comes late may change places with one before.
                for _ in 0..<8 { kept.sweep(8, at: now) }
                plain.lose { $0.time < now - 200 }
            default:
                let event = event(number, channel: channel, time: now, size: .random(in: 0...30, using: &random))
                kept.append([event], at: now)
                plain.append(event)
            }
            try #require(kept.eventCount == plain.events.count)
            try #require(kept.footprint == plain.footprint && kept.footprint <= Self.totalBytes)
            guard number % 5 == 0 else { continue }
            let asked = (0..<2).compactMap { _ in channels.randomElement(using: &random) }
            let after = Int.random(in: max(0, number - 60)...number, using: &random)
            let page = read(kept, asked, after: after, head: number)
            try #require(page?.events.numbers == plain.events(of: asked.map(name), after: position(after)))
            try #require(page?.isTrimmed == plain.isTrimmed(asked.map(name), after: position(after)))
        }
    }
}

/// The same as plainly as can be: one list of events.
private struct PlainChannels {
    let retention: Retention
    let totalBytes: Int
    private(set) var events: [Event] = []
    private var lost: [ChannelName: Position] = [:]

    init(retention: Retention, totalBytes: Int) {
        self.retention = retention
        self.totalBytes = totalBytes
    }

    var footprint: Int { self.events.reduce(0) { $0 + $1.size + MemoryLedger.overhead } }

    mutating func append(_ event: Event) {
        let oldest = event.time - self.retention.age.milliseconds
        self.lose { $0.channel == event.channel && $0.time < oldest }
        self.events.append(event)
        let own = self.events.filter { $0.channel == event.channel }
        let kept = own.indices.first { index in
            own[index...].count <= self.retention.events
                && own[index...].reduce(0) { $0 + $1.size } <= self.retention.bytes
        }
        let begin = kept.map { own[$0].position } ?? .maximum
        self.lose { $0.channel == event.channel && $0.position < begin }
        while self.footprint > self.totalBytes, let first = self.events.first { self.lose { $0 === first } }
    }

    mutating func lose(_ isLost: (Event) -> Bool) {
        for event in self.events where isLost(event) { self.lost[event.channel] = event.position }
        self.events.removeAll(where: isLost)
    }

    func events(of channels: [ChannelName], after position: Position) -> [UInt64] {
        self.events.filter { channels.contains($0.channel) && $0.position > position }.numbers
    }

    func isTrimmed(_ channels: [ChannelName], after position: Position) -> Bool {
        channels.contains { self.lost[$0] ?? .zero > position }
    }
}
