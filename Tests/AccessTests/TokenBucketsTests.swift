import Testing

@testable import Access

@Suite struct TokenBucketsTests {
    private static let second: UInt64 = 1_000_000_000

    /// One in ten seconds, three at once.
    private func buckets() throws -> TokenBuckets {
        TokenBuckets(TokenBucket(try #require(Rate(6, per: .minute)), burst: 3))
    }

    @Test func `Each key has a bucket of its own`() throws {
        let buckets = try self.buckets()
        for key in ["a", "b"] {
            for _ in 0..<3 { #expect(buckets.take(of: key, at: Self.second) == nil) }
            #expect(buckets.take(of: key, at: Self.second) == 10 * Self.second)
        }
        #expect(buckets.take(of: "a", at: 11 * Self.second) == nil)
    }

    @Test func `To ask takes nothing`() throws {
        let buckets = try self.buckets()
        for _ in 0..<10 { #expect(buckets.wait(of: "a", at: Self.second) == nil) }
        for _ in 0..<3 { _ = buckets.take(of: "a", at: Self.second) }
        for _ in 0..<10 { #expect(buckets.wait(of: "a", at: Self.second) == 10 * Self.second) }
    }

    @Test func `A flood of a million keys gives nobody a fresh bucket, and a newcomer is served`() throws {
        // As failed credentials are counted.
        let buckets = TokenBuckets(TokenBucket(try #require(Rate(10, per: .minute)), burst: 30))
        for _ in 0..<30 { #expect(buckets.take(of: -1, at: Self.second) == nil) }
        var refused = 0
        for key in 0..<1_000_000 where buckets.take(of: key, at: Self.second) != nil { refused += 1 }
        #expect(buckets.take(of: -1, at: Self.second) != nil)
        #expect(refused == 0)
        #expect(buckets.take(of: -2, at: Self.second) == nil)
    }

    @Test func `A table holds what it has room for, whatever comes`() {
        var table = ArrivalTable()
        let fingerprints = Fingerprints()
        for key in 0..<100_000 { table.set(UInt64(1_000 + key), of: fingerprints.of(key), at: 0) }
        for key in 0..<100_000 { #expect(table.arrival(of: fingerprints.of(key)) >= UInt64(1_000 + key)) }
    }

    @Test func `Keys that share their places in the table do not share their times`() {
        var table = ArrivalTable()
        for key in 1...8 as ClosedRange<UInt64> { table.set(key, of: key << 9, at: 0) }
        for key in 1...8 as ClosedRange<UInt64> { #expect(table.arrival(of: key << 9) == key) }
        table.set(9, of: 9 << 9, at: 0)
        #expect(table.arrival(of: 1 << 9) == 1)
        #expect(table.arrival(of: 10 << 9) == 0)
    }
}
