import Testing

@testable import Access

@Suite struct OpenCountsTests {
    private let counts = OpenCounts<String>()

    @Test func `A key has as many places as it may, whatever others have`() throws {
        let first = try #require(counts.open("a", most: 2))
        var second = counts.open("a", most: 2)
        #expect(first.number == 1 && second?.number == 2)
        #expect(counts.open("a", most: 2) == nil)
        #expect(counts.open("b", most: 2) != nil)
        second = nil
        #expect(counts.open("a", most: 2)?.number == 2)
        withExtendedLifetime(first) {}
    }

    @Test func `The most may change while places are taken`() throws {
        var places = try (0..<3).map { _ in try #require(counts.open("a", most: 3)) }
        #expect(counts.open("a", most: 2) == nil)
        places.removeLast(2)
        #expect(counts.open("a", most: 2) != nil)
    }

    @Test func `What is let go of leaves nothing`() throws {
        var places = try (0..<1_000).map { try #require(counts.open("\($0 / 2)", most: 2)) }
        #expect(counts.keyCount == 500 && places.count == 1_000)
        places = []
        #expect(counts.keyCount == 0)
    }
}
