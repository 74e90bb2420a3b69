import NIOCore
import Testing

@testable import HTTPServing

@Suite struct ContentPaceTests {
    @Test func `Content may take as long as it likes while each span brings enough`() {
        var pace = ContentPace()
        let verdicts = [2_048, 4_096, 1_000_000, 1_002_048].map { pace.isKept(by: $0, in: .seconds(2)) }
        #expect(verdicts == [true, true, true, true])
    }

    @Test func `A span that brings less than a kilobyte a second is too slow, whatever came before`() {
        var pace = ContentPace()
        let verdicts = [1_000_000, 1_002_047].map { pace.isKept(by: $0, in: .seconds(2)) }
        #expect(verdicts == [true, false])
    }

    @Test func `Nothing is too slow in the shortest span`() {
        var pace = ContentPace()
        let isKept = pace.isKept(by: 0, in: .milliseconds(100))
        #expect(!isKept)
    }
}
