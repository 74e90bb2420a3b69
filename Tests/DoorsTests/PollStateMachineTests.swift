import Channels
import HTTPServing
import NIOCore
import Testing

@testable import Doors
@testable import Fanout

@Suite struct PollStateMachineTests {
    private static let epoch = Epoch(Array("e".utf8)[...])!
    private static let now = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private static func id(_ position: UInt64) -> EventID {
        EventID(epoch: epoch, position: Position(rawValue: position))
    }

    private static let channel = (try? ChannelName("a"))!

    private static func batch(_ positions: UInt64..., through: UInt64, epoch: Epoch = epoch) -> Batch {
        let events = positions.map {
            Channels.Event(position: Position(rawValue: $0), time: 0, channel: channel, type: [], data: [0x78])
        }
        return Batch(Lineage(epoch), after: .zero, events: events, through: Position(rawValue: through))
    }

    private static let gap = Gap(reason: .trimmed, after: Array("e-1".utf8), resumedAt: nil)

    /// Where a poll can be.
    enum Stage: CaseIterable {
        case beginning
        /// Nothing was read yet.
        case collecting
        /// A part was read: the event at 3.
        case collected
        case waiting
        case answered

        /// A machine that came here the shortest way.
        var machine: PollStateMachine {
            var machine = PollStateMachine(limit: 3, size: 100, wait: .seconds(25))
            if self == .beginning { return machine }
            _ = machine.began(after: PollStateMachineTests.id(2), gap: nil)
            switch self {
            case .beginning, .collecting: break
            case .collected:
                _ = machine.received(PollStateMachineTests.batch(3, through: 3), isLast: false)
            case .waiting: _ = machine.caughtUp(at: PollStateMachineTests.id(2), PollStateMachineTests.now)
            case .answered: _ = machine.failed(.overCapacity)
            }
            return machine
        }

        init(_ machine: PollStateMachine) {
            switch machine.state {
            case .beginning: self = .beginning
            case .collecting(_, let collection): self = collection.events.isEmpty ? .collecting : .collected
            case .waiting: self = .waiting
            case .answered: self = .answered
            }
        }
    }

    enum Event: CaseIterable {
        case began, met, receivedPart, receivedLast, receivedNothing, caughtUp, timeOver, inputClosed, drain, denied,
            failed
    }

    enum Outcome: Equatable {
        case nothing
        case wait(seconds: Int64)
        /// The positions of the events and, behind them, of the cursor.
        case answer([UInt64])
        case answerWithGap([UInt64])
        case answerEmpty
        case answerEmptyWithGap
        case refuse

        /// - Parameter event: What happens to the machine.
        init(
            _ machine: inout PollStateMachine, _ event: (inout PollStateMachine) -> PollStateMachine.Action
        ) {
            self.init(event(&machine))
        }

        init(_ action: PollStateMachine.Action) {
            switch action {
            case .none: self = .nothing
            case .wait(let end):
                self = .wait(seconds: (end - PollStateMachineTests.now).nanoseconds / 1_000_000_000)
            case .answer(let prelude, let batch):
                let positions = batch.events.map(\.position.rawValue) + [batch.through.rawValue]
                self = prelude.gap == nil ? .answer(positions) : .answerWithGap(positions)
            case .answerEmpty(let prelude): self = prelude.gap == nil ? .answerEmpty : .answerEmptyWithGap
            case .refuse: self = .refuse
            }
        }
    }

    /// What every event does where it does something; anywhere else it does nothing.
    static let effects: [(stage: Stage, event: Event, outcome: Outcome, next: Stage)] = [
        (.beginning, .began, .nothing, .collecting),
        (.beginning, .drain, .refuse, .answered),
        (.beginning, .denied, .refuse, .answered),
        (.beginning, .failed, .refuse, .answered),
        (.collecting, .receivedPart, .nothing, .collected),
        (.collecting, .receivedLast, .answer([4, 5]), .answered),
        (.collecting, .caughtUp, .wait(seconds: 25), .waiting),
        (.collecting, .drain, .answerEmpty, .answered),
        (.collecting, .denied, .refuse, .answered),
        (.collecting, .failed, .refuse, .answered),
        (.collected, .met, .answer([3, 3]), .answered),
        (.collected, .receivedLast, .answer([3, 4, 5]), .answered),
        (.collected, .receivedNothing, .answer([3, 5]), .answered),
        (.collected, .caughtUp, .answer([3, 6]), .answered),
        (.collected, .drain, .answer([3, 3]), .answered),
        (.collected, .denied, .refuse, .answered),
        (.collected, .failed, .refuse, .answered),
        (.waiting, .met, .nothing, .collecting),
        (.waiting, .receivedPart, .nothing, .collected),
        (.waiting, .receivedLast, .answer([4, 5]), .answered),
        (.waiting, .timeOver, .answerEmpty, .answered),
        (.waiting, .inputClosed, .wait(seconds: 5), .waiting),
        (.waiting, .drain, .answerEmpty, .answered),
        (.waiting, .denied, .answerEmpty, .answered),
        (.waiting, .failed, .refuse, .answered),
    ]

    @Test(arguments: Stage.allCases, Event.allCases)
    func `Every event in every state does what the table says`(stage: Stage, event: Event) {
        var machine = stage.machine
        let effect = Self.effects.first { $0.stage == stage && $0.event == event }
        #expect(Outcome(Self.action(of: event, in: &machine)) == effect?.outcome ?? .nothing)
        #expect(Stage(machine) == effect?.next ?? stage)
    }

    private static func action(of event: Event, in machine: inout PollStateMachine) -> PollStateMachine.Action {
        switch event {
        case .began: machine.began(after: id(2), gap: nil)
        case .met: machine.met(gap, before: id(3))
        case .receivedPart: machine.received(batch(4, through: 4), isLast: false)
        case .receivedLast: machine.received(batch(4, through: 5), isLast: true)
        case .receivedNothing: machine.received(batch(through: 5), isLast: true)
        case .caughtUp: machine.caughtUp(at: id(6), now)
        case .timeOver: machine.timeOver()
        case .inputClosed: machine.inputClosed(now)
        case .drain: machine.drain()
        case .denied: machine.denied(.denied(.changed))
        case .failed: machine.failed(.overCapacity)
        }
    }

    @Test(arguments: [1, 2, 3, 100])
    func `An answer takes no more events than its limit, and is given as soon as it is full`(limit: Int) {
        var machine = PollStateMachine(limit: limit, size: 100, wait: .seconds(25))
        _ = machine.began(after: Self.id(0), gap: nil)
        let outcome = Outcome(&machine) { $0.received(Self.batch(1, 2, through: 2), isLast: false) }
        #expect(outcome == (limit > 2 ? .nothing : .answer(limit == 1 ? [1, 1] : [1, 2, 2])))
    }

    @Test func `An answer takes no more bytes than fill it`() {
        var machine = PollStateMachine(limit: 100, size: 2, wait: .seconds(25))
        _ = machine.began(after: Self.id(0), gap: nil)
        #expect(Outcome(&machine) { $0.received(Self.batch(1, through: 1), isLast: false) } == .nothing)
        #expect(Outcome(&machine) { $0.received(Self.batch(2, 3, through: 3), isLast: false) } == .answer([1, 2, 2]))
    }

    @Test func `A gap is answered at once, with what follows or without`() {
        for event in [Event.caughtUp, .receivedLast] {
            var machine = PollStateMachine(limit: 3, size: 100, wait: .seconds(25))
            _ = machine.began(after: Self.id(2), gap: Self.gap)
            let outcome = Outcome(Self.action(of: event, in: &machine))
            #expect(outcome == (event == .caughtUp ? .answerEmptyWithGap : .answerWithGap([4, 5])))
        }
    }

    @Test func `A gap that is met while the poll waits is answered at once too`() {
        var machine = Stage.waiting.machine
        _ = machine.met(Self.gap, before: Self.id(3))
        #expect(Outcome(&machine) { $0.caughtUp(at: Self.id(6), Self.now) } == .answerEmptyWithGap)
    }

    @Test func `What follows a gap has the epoch in which the poll goes on`() throws {
        let other = EventID(epoch: try #require(Epoch(Array("other".utf8)[...])), position: Position(rawValue: 1))
        for stage in [Stage.collecting, .waiting] {
            var machine = stage.machine
            _ = machine.met(Self.gap, before: other)
            _ = machine.received(Self.batch(1, through: 1, epoch: other.epoch), isLast: false)
            guard case .answer(_, let batch) = machine.caughtUp(at: other, Self.now) else {
                Issue.record("no answer")
                continue
            }
            #expect(batch.cursor == other)
        }
    }

    @Test func `A poll that is not to wait is answered when everything is read`() {
        var machine = PollStateMachine(limit: 3, size: 100, wait: .zero)
        _ = machine.began(after: Self.id(2), gap: nil)
        #expect(Outcome(&machine) { $0.caughtUp(at: Self.id(6), Self.now) } == .answerEmpty)
    }

    @Test func `A client that sends nothing more is held for a few seconds, from whenever the poll waits`() {
        var machine = Stage.collecting.machine
        #expect(Outcome(&machine) { $0.inputClosed(Self.now) } == .nothing)
        #expect(Outcome(&machine) { $0.caughtUp(at: Self.id(6), Self.now) } == .wait(seconds: 5))
        var short = PollStateMachine(limit: 3, size: 100, wait: .seconds(2))
        _ = short.began(after: Self.id(2), gap: nil)
        _ = short.caughtUp(at: Self.id(6), Self.now)
        #expect(Outcome(&short) { $0.inputClosed(Self.now) } == .wait(seconds: 2))
    }

    @Test(arguments: [Stage.collecting, .collected, .waiting])
    func `Only the answer of a server that stops is a farewell`(stage: Stage) {
        for (event, isFarewell) in [(Event.drain, true), (.receivedLast, false)] {
            var machine = stage.machine
            switch Self.action(of: event, in: &machine) {
            case .answer(let prelude, _), .answerEmpty(let prelude): #expect(prelude.isFarewell == isFarewell)
            case .none, .wait, .refuse: Issue.record("no answer to \(event)")
            }
        }
    }
}
