import Access
import Testing

@Suite struct OpenCountsTests {
    @Test func `A key has as many open as it may, whatever others have`() {
        let counts = OpenCounts<String>(most: 2)
        #expect(counts.open("a") && counts.open("a") && !counts.open("a") && counts.open("b"))
        counts.close("a")
        #expect(counts.open("a") && !counts.open("a"))
    }

    @Test func `What is closed leaves nothing`() {
        let counts = OpenCounts<Int>(most: 2)
        for key in 0..<1_000 { #expect(counts.open(key)) }
        #expect(counts.keyCount == 1_000)
        for key in 0..<1_000 { counts.close(key) }
        counts.close(7)
        #expect(counts.keyCount == 0)
        #expect(counts.open(7) && counts.open(7) && !counts.open(7))
    }
}
