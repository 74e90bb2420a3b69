import Channels
import Testing

@testable import Sources

@Suite struct SourceTests {
    @Test func `The clock tells the date`() {
        let content = ClockContent()
        #expect(content.next(at: 1_769_860_800_007) == ("date", #"{"date":"2026-01-31T12:00:00.007Z"}"#))
    }

    @Test(arguments: [0...100, -5...5, 80...81, -1_000_000_000...1_000_000_000])
    func `A random walk begins near the middle, moves a little, and stays in its range`(range: ClosedRange<Int>) throws
    {
        var content = RandomWalkContent(in: range, by: SystemRandomNumberGenerator())
        let width = Double(range.upperBound - range.lowerBound)
        var last = Double(range.lowerBound) + width / 2
        var seen: Set<Double> = []
        for _ in 0..<2_000 {
            let value = try Self.value(content.next(at: 0))
            #expect(value >= Double(range.lowerBound) && value <= Double(range.upperBound))
            #expect(abs(value - last) <= max(0.11, width / 40 + 0.11))
            last = value
            seen.insert(value)
        }
        #expect(seen.count > 5)
    }

    @Test func `A random walk turns back at both ends of its range`() throws {
        var up = RandomWalkContent(in: -1...1, by: Fixed(value: .max))
        var down = RandomWalkContent(in: -1...1, by: Fixed(value: 1))
        for _ in 0..<20 { _ = (up.next(at: 0), down.next(at: 0)) }
        #expect(up.next(at: 0).data == #"{"value":1.0}"# && down.next(at: 0).data == #"{"value":-1.0}"#)
    }

    private struct Fixed: RandomNumberGenerator {
        /// Not 0: it would be drawn again and again.
        let value: UInt64

        func next() -> UInt64 { self.value }
    }

    private static func value(_ event: (type: String, data: String)) throws -> Double {
        #expect(event.type == "message")
        let text = event.data.dropFirst(#"{"value":"#.count).dropLast()
        return try #require(Double(text))
    }
}
