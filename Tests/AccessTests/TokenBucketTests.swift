import Testing

@testable import Access

@Suite struct TokenBucketTests {
    private static let second: UInt64 = 1_000_000_000

    /// 10 a second, 3 at once.
    private let bucket: TokenBucket

    init() throws {
        self.bucket = TokenBucket(try #require(Rate(10, per: .second)), burst: 3)
    }

    @Test func `A full bucket gives its burst at once, and then one token in each interval`() {
        var (arrival, now, waits) = (UInt64(0), Self.second, [UInt64]())
        for step in [0, 0, 0, 0, 99, 1, 0, 250, 0, 0, 0] as [UInt64] {
            now += step * 1_000_000
            switch self.bucket.take(arrival: arrival, at: now) {
            case .taken(let next):
                arrival = next
                waits.append(0)
            case .empty(let wait): waits.append(wait / 1_000_000)
            }
        }
        #expect(waits == [0, 0, 0, 100, 1, 0, 100, 0, 0, 50, 50])
    }

    @Test func `What is larger than the bucket passes once, and is paid for afterwards`() {
        guard case .taken(let arrival) = self.bucket.take(100, arrival: 0, at: Self.second) else {
            Issue.record("refused")
            return
        }
        #expect(self.bucket.wait(arrival: arrival, at: Self.second) == 10 * Self.second - 200_000_000)
    }

    @Test(arguments: [1, 3, 999, 700_000_000, Rate.maximumCount])
    func `As many tokens come in a period as the rate says, however many`(count: Int) throws {
        for period in Rate.Period.allCases {
            let bucket = TokenBucket(try #require(Rate(count, per: period)), burst: 1)
            let taking = bucket.take(count, arrival: 0, at: Self.second)
            #expect(taking == .taken(UInt64(1 + period.length) * Self.second))
        }
    }

    @Test(arguments: [0, 1, UInt64.max - 1, UInt64.max])
    func `No times and counts whatever overflow`(time: UInt64) throws {
        for period in Rate.Period.allCases {
            for count in [1, 7, Rate.maximumCount] {
                let bucket = TokenBucket(try #require(Rate(count, per: period)), burst: TokenBucket.maximumBurst)
                for taken in [0, 1, Int.max, Int.min] {
                    _ = bucket.take(taken, arrival: time, at: UInt64.max - time)
                    _ = bucket.wait(arrival: time, at: 0)
                }
            }
        }
    }
}
