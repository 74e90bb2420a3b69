import Testing

@testable import Channels

@Suite struct HistorySliceTests {
    private func history(_ events: [Event]) -> History {
        var history = History(start: .zero, retention: Retention(events: .max, bytes: .max))
        for event in events { history.append(event) }
        return history
    }

    /// However many events there are and wherever the cursor is, the search finds its place.
    @Test(arguments: 0...40)
    func `A slice begins with the first event after any position`(count: Int) {
        let events = (0..<count).map { event(10 + 3 * $0) }
        let history = history(events)
        for after in 0...(15 + 3 * count) {
            let expected = events.filter { $0.position > position(after) }
            let slice = history.slice(after: position(after), limit: .all)
            #expect(slice.events.numbers == expected.numbers, "after \(after)")
            #expect(slice.cutAfter == nil)
        }
    }

    @Test func `The search is right in a history of which the oldest have gone`() throws {
        var history = History(start: .zero, retention: Retention(events: 21))
        for number in 1...100 {
            history.append(event(2 * number))
            for after in 0...(2 * number + 1) {
                let expected = history.events.filter { $0.position > position(after) }
                try #require(history.slice(after: position(after), limit: .all).events.numbers == expected.numbers)
            }
        }
    }

    @Test(
        arguments: [(0, []), (9, []), (10, [10]), (12, [10]), (13, [10, 13]), (99, [10, 13, 16])] as [(Int, [UInt64])])
    func `A slice ends with the position that it is to go through`(through: Int, expected: [UInt64]) {
        let slice = history([event(10), event(13), event(16)])
            .slice(after: .zero, through: position(through), limit: .all)
        #expect(slice.events.numbers == expected)
        #expect(slice.cutAfter == nil, "what is behind `through` was not cut off by a limit")
    }

    @Test(
        arguments: [
            (events: 1, bytes: .max, expected: [1], isCut: true),
            (events: 2, bytes: .max, expected: [1, 2], isCut: true),
            (events: 3, bytes: .max, expected: [1, 2, 3], isCut: false),
            (events: 4, bytes: .max, expected: [1, 2, 3], isCut: false),
            (events: 9, bytes: 12, expected: [1, 2, 3], isCut: false),
            (events: 9, bytes: 11, expected: [1, 2], isCut: true),
            (events: 9, bytes: 8, expected: [1, 2], isCut: true), (events: 9, bytes: 7, expected: [1], isCut: true),
            (events: 9, bytes: 1, expected: [1], isCut: true), (events: 0, bytes: 0, expected: [1], isCut: true),
        ] as [(events: Int, bytes: Int, expected: [UInt64], isCut: Bool)])
    func `A slice holds one event, and no more than the limits allow`(
        events: Int, bytes: Int, expected: [UInt64], isCut: Bool
    ) {
        let slice = history((1...3).map { event($0, size: 4) })
            .slice(after: .zero, limit: PageLimit(events: events, bytes: bytes))
        #expect(slice.events.numbers == expected)
        #expect(slice.cutAfter == (isCut ? slice.events.last?.position : nil))
    }
}
