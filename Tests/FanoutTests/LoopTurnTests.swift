import Testing

@testable import Fanout

@Suite struct LoopTurnTests {
    /// Where a turn can be.
    enum Stage: CaseIterable {
        case idle, committing, committingTwo, awaitingOne, awaitingOneOfTwo, awaitingTwo

        var turn: LoopTurn {
            var turn = LoopTurn()
            switch self {
            case .idle: break
            case .committing: turn.groupBegan()
            case .committingTwo: for _ in 0..<2 { turn.groupBegan() }
            case .awaitingOne:
                turn.groupBegan()
                _ = turn.logsGrew()
            case .awaitingOneOfTwo:
                turn.groupBegan()
                _ = turn.logsGrew()
                turn.groupBegan()
            case .awaitingTwo:
                for _ in 0..<2 { turn.groupBegan() }
                _ = turn.logsGrew()
            }
            return turn
        }
    }

    enum Event: CaseIterable {
        case groupBegan, groupSettled, logsGrew
    }

    /// What every event does: whether something is to be delivered, and where the turn is then. What cannot happen, or leads to
    /// where no stage is, is left out.
    static let effects: [(stage: Stage, event: Event, delivers: Bool, next: Stage)] = [
        (.idle, .groupBegan, false, .committing),
        (.idle, .logsGrew, true, .idle),
        (.committing, .groupBegan, false, .committingTwo),
        (.committing, .groupSettled, false, .idle),
        (.committing, .logsGrew, false, .awaitingOne),
        (.committingTwo, .groupSettled, false, .committing),
        (.committingTwo, .logsGrew, false, .awaitingTwo),
        (.awaitingOne, .groupBegan, false, .awaitingOneOfTwo),
        (.awaitingOne, .groupSettled, true, .idle),
        (.awaitingOne, .logsGrew, false, .awaitingOne),
        (.awaitingOneOfTwo, .groupSettled, true, .committing),
        (.awaitingOneOfTwo, .logsGrew, false, .awaitingOneOfTwo),
        (.awaitingTwo, .groupSettled, false, .awaitingOne),
        (.awaitingTwo, .logsGrew, false, .awaitingTwo),
    ]

    @Test(arguments: effects.indices)
    func `Every event in every state does what the table says`(index: Int) {
        let (stage, event, delivers, next) = Self.effects[index]
        var turn = stage.turn
        #expect(Self.delivers(event, &turn) == delivers)
        #expect(turn == next.turn)
    }

    private static func delivers(_ event: Event, _ turn: inout LoopTurn) -> Bool {
        switch event {
        case .groupBegan:
            turn.groupBegan()
            return false
        case .groupSettled: return turn.groupSettled()
        case .logsGrew: return turn.logsGrew()
        }
    }

    @Test func `A delivery is not put off by groups that begin behind it`() {
        var turn = LoopTurn()
        turn.groupBegan()
        _ = turn.logsGrew()
        var deliveries = 0
        for _ in 0..<10 {
            turn.groupBegan()
            if turn.groupSettled() { deliveries += 1 }
            _ = turn.logsGrew()
        }
        #expect(deliveries == 10)
    }
}
