import Channels
import Testing

@testable import Fanout

@Suite struct FeedTurnTests {
    final class Someone: FeedReader {
        let name: String
        var slot = 0

        init(_ name: String) {
            self.name = name
        }
    }

    private typealias Turn = FeedTurn<Someone>

    enum Step: Equatable {
        case deliver(UInt64)
        case letGo
        case readOn(String)
    }

    private func position(_ value: UInt64) -> Position { Position(rawValue: value) }

    /// The next step, and for one that delivers whom it is for; all of them come back.
    private func next(_ turn: inout Turn, head: UInt64, isOver: Bool = false) -> (step: Step?, names: [String]) {
        switch turn.next(head: position(head), isOver: isOver) {
        case nil: return (nil, [])
        case .letGo: return (.letGo, turn.beginDelivery(through: turn.position).map(\.name))
        case .readOn(let reader): return (.readOn(reader.name), [])
        case .deliver(let through):
            let readers = turn.beginDelivery(through: through)
            turn.endDelivery(to: readers)
            return (.deliver(through.rawValue), readers.map(\.name))
        }
    }

    /// Where a turn can be, at position 5: under way or not, with a reader at the head or none, with one behind or none.
    struct Stage: CaseIterable {
        let isUnderWay: Bool
        let hasHead: Bool
        let hasBehind: Bool

        static let allCases = [false, true].flatMap { isUnderWay in
            [false, true].flatMap { hasHead in
                [false, true].map { Stage(isUnderWay: isUnderWay, hasHead: hasHead, hasBehind: $0) }
            }
        }

        var turn: FeedTurn<Someone> {
            var turn = FeedTurn<Someone>(at: Position(rawValue: 5))
            if self.hasHead { turn.join(Someone("at head")) }
            if self.hasBehind { turn.mayReadOn(Someone("behind")) }
            if self.isUnderWay { _ = turn.begin() }
            return turn
        }
    }

    @Test(arguments: Stage.allCases)
    func `Only who begins a turn takes its steps`(stage: Stage) {
        var turn = stage.turn
        let begins = (turn.begin(), turn.begin())
        #expect(begins == (!stage.isUnderWay, false))
    }

    @Test(arguments: Stage.allCases)
    func `What is new comes before anybody reads on, and then the turn is over`(stage: Stage) {
        var turn = stage.turn
        _ = turn.begin()
        if stage.hasHead {
            let (step, names) = next(&turn, head: 7)
            #expect(step == .deliver(7))
            #expect(names == ["at head"])
        }
        if stage.hasBehind { #expect(next(&turn, head: 7).step == .readOn("behind")) }
        #expect(next(&turn, head: 7).step == nil)
        #expect(turn.position == position(7))
        let begins = turn.begin()
        #expect(begins)
    }

    @Test(arguments: Stage.allCases)
    func `Where nothing is new, readers read on`(stage: Stage) {
        var turn = stage.turn
        _ = turn.begin()
        #expect(next(&turn, head: 5).step == (stage.hasBehind ? .readOn("behind") : nil))
        #expect(turn.position == position(5))
    }

    @Test func `Readers read on in the order in which they came, and those that come meanwhile behind them`() {
        var turn = Turn(at: .zero)
        for name in ["a", "b"] { turn.mayReadOn(Someone(name)) }
        _ = turn.begin()
        #expect(next(&turn, head: 0).step == .readOn("a"))
        turn.mayReadOn(Someone("c"))
        #expect(next(&turn, head: 0).step == .readOn("b"))
        #expect(next(&turn, head: 0).step == .readOn("c"))
        #expect(next(&turn, head: 0).step == nil)
    }

    @Test func `What is published while a reader reads on is given before the next one does`() {
        var turn = Turn(at: .zero)
        turn.join(Someone("at head"))
        for name in ["a", "b"] { turn.mayReadOn(Someone(name)) }
        _ = turn.begin()
        #expect(next(&turn, head: 0).step == .readOn("a"))
        #expect(next(&turn, head: 1).step == .deliver(1))
        #expect(next(&turn, head: 1).step == .readOn("b"))
    }

    @Test func `A reader that leaves is given nothing, and the others keep their places`() {
        var turn = Turn(at: .zero)
        let readers = ["a", "b", "c", "d"].map { Someone($0) }
        for reader in readers { turn.join(reader) }
        turn.leave(readers[1])
        turn.leave(readers[1])
        turn.leave(Someone("never there"))
        turn.leave(readers[3])
        _ = turn.begin()
        #expect(next(&turn, head: 1).names == ["a", "c"])
        turn.leave(readers[0])
        turn.leave(readers[2])
        #expect(next(&turn, head: 2).step == nil)
        #expect(turn.position == position(2))
    }

    @Test func `While readers are given something, one that leaves is let go by whoever gives it`() {
        var turn = Turn(at: .zero)
        let readers = ["a", "b"].map { Someone($0) }
        for reader in readers { turn.join(reader) }
        _ = turn.begin()
        _ = turn.next(head: position(1), isOver: false)
        let given = turn.beginDelivery(through: position(1))
        turn.leave(readers[0])
        readers[1].slot = 0
        turn.endDelivery(to: ContiguousArray(given.dropFirst()))
        #expect(next(&turn, head: 2).names == ["b"])
    }

    @Test func `Of readers that all fall behind, nobody is at the head`() {
        var turn = Turn(at: .zero)
        for name in ["a", "b"] { turn.join(Someone(name)) }
        _ = turn.begin()
        _ = turn.next(head: position(1), isOver: false)
        for reader in turn.beginDelivery(through: position(9)) { turn.mayReadOn(reader) }
        #expect(turn.position == position(9))
        #expect(next(&turn, head: 9).step == .readOn("a"))
        #expect(next(&turn, head: 9).step == .readOn("b"))
        #expect(next(&turn, head: 9).step == nil)
    }

    @Test(arguments: Stage.allCases)
    func `When nothing more comes those at the head are let go, before anybody reads on`(stage: Stage) {
        var turn = stage.turn
        _ = turn.begin()
        var steps: [Step] = []
        while let step = next(&turn, head: 7, isOver: true).step { steps.append(step) }
        let expected: [Step?] = [stage.hasHead ? .letGo : nil, stage.hasBehind ? .readOn("behind") : nil]
        #expect(steps == expected.compactMap { $0 })
    }
}
