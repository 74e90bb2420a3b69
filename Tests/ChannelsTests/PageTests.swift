import TestSupport
import Testing

@testable import Channels

@Suite struct PageTests {
    private func page(_ slices: [Slice], head: Int = 100, limit: PageLimit = .all) -> Page {
        Page(after: .zero, slices: slices, head: position(head), limit: limit)
    }

    @Test func `The events of several channels come in the order of their positions`() {
        let page = page([Slice(events: [event(2), event(7)]), Slice(events: [event(1), event(9)]), Slice()])
        #expect(page.events.numbers == [1, 2, 7, 9])
        #expect(page.through == position(100), "nothing is left behind the page")
        #expect(!page.isTrimmed)
    }

    @Test func `Without events the page goes through to the head`() {
        #expect(page([]).through == position(100))
        #expect(page([Slice(), Slice()]).through == position(100))
        #expect(page([Slice()]).events.isEmpty)
    }

    @Test func `Behind a slice that was cut nothing of another channel is taken`() {
        let page = page([
            Slice(events: [event(1), event(4)], cutAfter: position(4)), Slice(events: [event(3), event(8)]),
        ])
        #expect(page.events.numbers == [1, 3, 4])
        #expect(page.through == position(4))
    }

    @Test func `Of several cuts the first counts`() {
        let page = page([
            Slice(events: [event(1), event(6)], cutAfter: position(6)),
            Slice(events: [event(2)], cutAfter: position(2)),
            Slice(events: [event(3)]),
        ])
        #expect(page.events.numbers == [1, 2])
        #expect(page.through == position(2))
    }

    @Test func `The limits hold for all channels together`() {
        let slices = [Slice(events: [event(1, size: 4), event(3, size: 4)]), Slice(events: [event(2, size: 4)])]
        let byCount = page(slices, limit: PageLimit(events: 2, bytes: 99))
        #expect(byCount.events.numbers == [1, 2])
        #expect(byCount.through == position(2))
        let byBytes = page(slices, limit: PageLimit(events: 9, bytes: 11))
        #expect(byBytes.events.numbers == [1, 2])
        #expect(byBytes.through == position(2))
    }

    @Test func `A slice of one channel that was cut goes through to its last event`() {
        let page = page([Slice(events: [event(5)], cutAfter: position(5))])
        #expect(page.events.numbers == [5])
        #expect(page.through == position(5))
    }

    /// Readers go from page to page, each page beginning where the last one went through to.
    @Test(arguments: freshSeeds(100))
    func `From page to page no event is skipped, repeated or out of order`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let channels = (0..<Int.random(in: 1...5, using: &random)).map { "channel \($0)" }
        let events = Self.events(of: channels, &random)
        let histories = channels.map { channel in
            var history = History(start: .zero, retention: Retention(events: .max, bytes: .max))
            for event in events where event.channel == name(channel) { history.append(event) }
            return history
        }
        let limit = PageLimit(events: .random(in: 1...9, using: &random), bytes: .random(in: 0...30, using: &random))
        let head = position((events.last?.position.rawValue ?? 0) + 3)
        var cursor = Position.zero
        var seen: [Event] = []
        while cursor < head {
            let slices = histories.map { $0.slice(after: cursor, through: head, limit: limit) }
            let page = Page(after: cursor, slices: slices, head: head, limit: limit)
            let size = page.events.reduce(0) { $0 + $1.size }
            try #require(page.events.count == 1 || page.events.count <= limit.events && size <= limit.bytes)
            try #require(page.through > cursor, "no reader is kept where it is")
            seen += page.events
            cursor = page.through
        }
        try #require(seen.numbers == events.numbers)
    }

    private static func events(of channels: [String], _ random: inout SeededGenerator) -> [Event] {
        var number = 0
        return (0..<Int.random(in: 0...200, using: &random)).map { _ in
            // Events of channels that are not asked for lie between.
            number += Int.random(in: 1...3, using: &random)
            let channel = channels.randomElement(using: &random) ?? ""
            return event(number, channel: channel, size: Int.random(in: 0...12, using: &random))
        }
    }
}
