import Testing

@testable import LoadGenerator

@Suite struct ArrivalsTests {
    @Test("what comes in its order is neither lost nor repeated")
    func inOrder() {
        var arrivals = Arrivals()
        #expect((0..<5).allSatisfy { arrivals.arrived($0) == .inOrder })
        #expect(arrivals.lost(sent: 5, failed: []) == 0)
    }

    @Test("each further time an event comes it is repeated")
    func repeated() {
        var arrivals = Arrivals()
        #expect([0, 1, 1, 0].map { arrivals.arrived($0) } == [.inOrder, .inOrder, .repeated, .repeated])
        #expect(arrivals.lost(sent: 2, failed: []) == 0)
    }

    @Test("a hole is lost until it is filled, late")
    func holes() {
        var arrivals = Arrivals()
        #expect([0, 5].map { arrivals.arrived($0) } == [.inOrder, .inOrder])
        #expect(arrivals.lost(sent: 6, failed: []) == 4)
        #expect([3, 1, 3].map { arrivals.arrived($0) } == [.late, .late, .repeated])
        #expect(arrivals.lost(sent: 6, failed: []) == 2)
        #expect([2, 4].map { arrivals.arrived($0) } == [.late, .late])
        #expect(arrivals.lost(sent: 6, failed: []) == 0)
    }

    @Test("the last events are lost too when they do not come")
    func lostAtTheEnd() {
        var arrivals = Arrivals()
        _ = arrivals.arrived(0)
        #expect(arrivals.lost(sent: 4, failed: []) == 3)
    }

    @Test("what the server did not keep need not come, but may")
    func failed() {
        var arrivals = Arrivals()
        for number in [0, 2, 4] { _ = arrivals.arrived(number) }
        #expect(arrivals.lost(sent: 6, failed: [1]) == 2)
        #expect(arrivals.lost(sent: 6, failed: [1, 3, 5]) == 0)
        #expect(arrivals.lost(sent: 6, failed: [1, 2, 3, 5]) == 0)
    }

    @Test("any order of any events is counted exactly")
    func random() {
        for _ in 0..<200 {
            var arrivals = Arrivals()
            var seen: Set<Int> = []
            for _ in 0..<60 {
                let number = Int.random(in: 0..<40)
                let isRepeated = !seen.insert(number).inserted
                #expect((arrivals.arrived(number) == .repeated) == isRepeated)
            }
            #expect(arrivals.lost(sent: 40, failed: []) == 40 - seen.count)
        }
    }
}
