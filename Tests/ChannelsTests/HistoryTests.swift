import TestSupport
import Testing

@testable import Channels

@Suite struct HistoryTests {
    private func history(_ retention: Retention, start: Int = 0, _ events: [Event] = []) -> History {
        var history = History(start: position(start), retention: retention)
        for event in events { history.append(event) }
        return history
    }

    @Test func `A new history holds nothing and begins where it was told to`() {
        let history = history(Retention(), start: 41)
        #expect(history.events.isEmpty)
        #expect(history.size == 0)
        #expect(history.start == position(41))
    }

    @Test func `What is added does not move the beginning`() {
        let history = history(Retention(), start: 41, [event(50, size: 3), event(60, size: 4)])
        #expect(history.events.numbers == [50, 60])
        #expect(history.size == 7)
        #expect(history.start == position(41))
    }

    @Test func `Beyond the limit on count the oldest goes, and the history begins behind it`() {
        let history = history(Retention(events: 2), [event(3), event(5), event(9)])
        #expect(history.events.numbers == [5, 9])
        #expect(history.start == position(3))
        #expect(history.size == 2)
    }

    @Test(
        arguments: [
            (sizes: [4, 6], kept: [1, 2]), (sizes: [4, 7], kept: [2]), (sizes: [1, 1, 9], kept: [2, 3]),
            (sizes: [1, 1, 10], kept: [3]), (sizes: [1, 11], kept: []), (sizes: [11, 1], kept: [2]),
            (sizes: [10, 0, 0], kept: [1, 2, 3]), (sizes: [11, 0], kept: [2]),
        ] as [(sizes: [Int], kept: [UInt64])])
    func `Beyond the limit of ten bytes as many of the oldest go as must`(sizes: [Int], kept: [UInt64]) {
        let events = sizes.enumerated().map { event($0.offset + 1, size: $0.element) }
        let history = history(Retention(bytes: 10), events)
        #expect(history.events.numbers == kept)
        #expect(history.size == history.events.reduce(0) { $0 + $1.size })
        #expect(history.start == position(sizes.count - kept.count))
    }

    @Test func `A limit of no events keeps none, and says so`() {
        let history = history(Retention(events: 0), [event(7)])
        #expect(history.events.isEmpty)
        #expect(history.start == position(7))
    }

    @Test(
        arguments: [
            (now: 5_000, kept: [1, 2, 3]), (now: 6_000, kept: [1, 2, 3]), (now: 6_001, kept: [2, 3]),
            (now: 7_001, kept: [3]), (now: 9_000, kept: []),
        ] as [(now: Int64, kept: [UInt64])])
    func `What is older than the limit on age goes`(now: Int64, kept: [UInt64]) {
        var history = history(
            Retention(age: .seconds(5)), [event(1, time: 1_000), event(2, time: 2_000), event(3, time: 3_000)])
        history.expire(at: now)
        #expect(history.events.numbers == kept)
        #expect(history.start == position(3 - kept.count))
        #expect(history.size == kept.count)
    }

    @Test func `After it was cleared it begins behind what it held`() {
        var history = history(Retention(), [event(1), event(2)])
        history.clear(through: position(5))
        #expect(history.events.isEmpty)
        #expect(history.size == 0)
        #expect(history.start == position(5))
    }

    @Test func `The beginning never moves back`() {
        var history = history(Retention(), start: 10)
        history.clear(through: position(5))
        #expect(history.start == position(10))
        history.dropFirst()
        #expect(history.start == position(10))
    }

    @Test(arguments: freshSeeds(20))
    func `In any sequence of steps it holds the newest that the limits allow`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let retention = Retention(events: 8, age: .milliseconds(40), bytes: 30)
        var history = History(start: .zero, retention: retention)
        var plain: [Event] = []
        var lost = Position.zero
        var (number, now) = (0, Int64(0))
        for _ in 0..<500 {
            now += Int64.random(in: 0...10, using: &random)
            if Int.random(in: 0..<4, using: &random) > 0 {
                number += Int.random(in: 1...3, using: &random)
                let event = event(number, time: now, size: Int.random(in: 0...12, using: &random))
                history.append(event)
                plain.append(event)
                while plain.count > 8 || plain.reduce(0, { $0 + $1.size }) > 30 { lost = plain.removeFirst().position }
            } else {
                history.expire(at: now)
                while let first = plain.first, first.time < now - 40 { lost = plain.removeFirst().position }
            }
            try #require(history.events.numbers == plain.numbers)
            try #require(history.size == plain.reduce(0) { $0 + $1.size })
            try #require(history.start == lost)
        }
    }
}
