/// Counts values in buckets whose width grows with the value (like HdrHistogram), so that a quantile is off by less than
/// 1/128 of itself and the memory is constant, 36 KB.
///
/// A value below 128 has a bucket of its own. Beyond, each power of two is divided into 128 buckets.
struct Histogram: Sendable {
    private static let stepBits = 7
    private static let steps = 1 << stepBits
    /// Values of so many bits have buckets; greater ones are counted in the last. In nanoseconds, 73 minutes.
    private static let bits = 42

    private var counts = [UInt64](repeating: 0, count: (bits - stepBits + 1) * steps)
    private(set) var count: UInt64 = 0
    /// The greatest value, exactly; 0 without any.
    private(set) var maximum: UInt64 = 0

    mutating func record(_ value: UInt64) {
        self.counts[Self.bucket(of: value)] += 1
        self.count += 1
        self.maximum = max(self.maximum, value)
    }

    mutating func merge(_ other: Histogram) {
        for index in self.counts.indices { self.counts[index] += other.counts[index] }
        self.count += other.count
        self.maximum = max(self.maximum, other.maximum)
    }

    /// The value that the given share of all values do not exceed; `nil` without any.
    ///
    /// - Parameter share: From 0 to 1.
    func quantile(_ share: Double) -> UInt64? {
        guard self.count > 0 else { return nil }
        let rank = max(1, UInt64((share * Double(self.count)).rounded(.up)))
        var seen: UInt64 = 0
        for (index, count) in self.counts.enumerated() where count > 0 {
            seen += count
            if seen >= rank { return min(Self.greatest(ofBucket: index), self.maximum) }
        }
        return self.maximum
    }

    private static func bucket(of value: UInt64) -> Int {
        let value = min(value, 1 << UInt64(Self.bits) - 1)
        let shift = max(0, UInt64.bitWidth - value.leadingZeroBitCount - Self.stepBits - 1)
        // The step of a power beyond the first has its highest bit set, which leads to the row of its own.
        return shift * Self.steps + Int(value >> UInt64(shift))
    }

    private static func greatest(ofBucket index: Int) -> UInt64 {
        guard index >= 2 * Self.steps else { return UInt64(index) }
        let shift = index / Self.steps - 1
        let step = index - shift * Self.steps
        return (UInt64(step + 1) << UInt64(shift)) - 1
    }
}
