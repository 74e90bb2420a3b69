import Testing

@testable import LoadGenerator

@Suite struct HistogramTests {
    @Test("no quantile is below the value, and none above it by more than 1/128")
    func errorBound() throws {
        var value: UInt64 = 1
        while value < 1 << 41 {
            for sample in [value - 1, value, value + value / 3] {
                var histogram = Histogram()
                histogram.record(sample)
                histogram.record(1 << 41)
                let found = try #require(histogram.quantile(0.5))
                #expect(found >= sample && found - sample <= sample / 128, "\(sample) became \(found)")
            }
            value *= 2
        }
    }

    @Test("quantiles of a thousand different values")
    func quantiles() throws {
        var histogram = Histogram()
        for value in (1...1_000).shuffled() { histogram.record(UInt64(value) * 1_000) }
        for (share, exact) in [(0.001, 1_000), (0.5, 500_000), (0.9, 900_000), (0.99, 990_000)] as [(Double, UInt64)] {
            let found = try #require(histogram.quantile(share))
            #expect(found >= exact && found <= exact + exact / 128)
        }
        #expect(histogram.quantile(1) == 1_000_000)
        #expect(histogram.maximum == 1_000_000)
    }

    @Test("small values are exact, and nothing has no quantile")
    func small() {
        var histogram = Histogram()
        #expect(histogram.quantile(0.5) == nil)
        for value in 0..<128 as Range<UInt64> { histogram.record(value) }
        #expect(histogram.quantile(0.25) == 31)
        #expect(histogram.quantile(0.5) == 63)
        #expect(histogram.quantile(0) == 0)
    }

    @Test("two that are merged are like one")
    func merging() {
        var (one, other, both) = (Histogram(), Histogram(), Histogram())
        for value in 0..<5_000 as Range<UInt64> {
            if value.isMultiple(of: 3) { one.record(value * 77) } else { other.record(value * 77) }
            both.record(value * 77)
        }
        one.merge(other)
        #expect([0.1, 0.5, 0.999].allSatisfy { one.quantile($0) == both.quantile($0) })
        #expect(one.count == 5_000 && one.maximum == both.maximum)
    }

    @Test("what is beyond the last bucket is counted in it, and the maximum is exact")
    func huge() {
        var histogram = Histogram()
        histogram.record(.max)
        #expect(histogram.count == 1)
        #expect(histogram.maximum == .max)
    }
}
