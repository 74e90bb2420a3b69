import NIOHTTP2
import Testing

@testable import HTTPServing

@Suite struct HTTP2ConnectionStateMachineTests {
    typealias State = HTTP2ConnectionStateMachine.State
    typealias Action = HTTP2ConnectionStateMachine.Action
    typealias Streams = HTTP2ConnectionStateMachine.Streams

    enum Event: CaseIterable {
        case streamOpened, streamClosed, flushed, idleTimeReached, stop, stopAcknowledged, deadlineReached, errorSent,
            errorCaught
    }

    enum Outcome: Equatable {
        case nothing
        /// The stream that was opened is served.
        case served
        case does(Action)

        init(_ action: Action) { self = action == .none ? .nothing : .does(action) }
    }

    private static let unused = Streams()
    private static let idle = Streams(open: 0, last: 1)
    private static let busy = Streams(open: 1, last: 1)
    /// After one more stream, whose number is 3.
    private static let afterFirst = Streams(open: 1, last: 3)
    private static let more = Streams(open: 2, last: 3)

    static let states: [State] = [
        .open(unused), .open(idle), .open(busy), .refusing(unused), .refusing(idle), .refusing(busy),
        .announcing(unused), .announcing(idle), .announcing(busy), .draining(open: 0), .draining(open: 1), .failed,
        .lingering,
    ]

    /// What every event does where it does something; anywhere else it does nothing.
    static let effects: [(state: State, event: Event, outcome: Outcome, next: State)] = [
        (.open(unused), .streamOpened, .served, .open(afterFirst)),
        (.open(idle), .streamOpened, .served, .open(afterFirst)),
        (.open(busy), .streamOpened, .served, .open(more)),
        (.refusing(unused), .streamOpened, .served, .refusing(afterFirst)),
        (.refusing(idle), .streamOpened, .served, .refusing(afterFirst)),
        (.refusing(busy), .streamOpened, .served, .refusing(more)),
        (.announcing(unused), .streamOpened, .served, .announcing(afterFirst)),
        (.announcing(idle), .streamOpened, .served, .announcing(afterFirst)),
        (.announcing(busy), .streamOpened, .served, .announcing(more)),

        (.open(busy), .streamClosed, .nothing, .open(idle)),
        (.refusing(busy), .streamClosed, .nothing, .refusing(idle)),
        (.announcing(busy), .streamClosed, .nothing, .announcing(idle)),
        (.draining(open: 1), .streamClosed, .nothing, .draining(open: 0)),

        (.refusing(idle), .flushed, .does(.sendGoAway(last: 1)), .draining(open: 0)),
        (.draining(open: 0), .flushed, .does(.linger), .lingering),

        (.open(unused), .idleTimeReached, .does(.sendGoAway(last: .rootStream)), .draining(open: 0)),
        (.open(idle), .idleTimeReached, .does(.sendGoAway(last: 1)), .draining(open: 0)),
        (.refusing(unused), .idleTimeReached, .does(.sendGoAway(last: .rootStream)), .draining(open: 0)),
        (.refusing(idle), .idleTimeReached, .does(.sendGoAway(last: 1)), .draining(open: 0)),

        (.open(unused), .stop, .does(.announceStop), .announcing(unused)),
        (.open(idle), .stop, .does(.announceStop), .announcing(idle)),
        (.open(busy), .stop, .does(.announceStop), .announcing(busy)),
        (.refusing(unused), .stop, .does(.announceStop), .announcing(unused)),
        (.refusing(idle), .stop, .does(.announceStop), .announcing(idle)),
        (.refusing(busy), .stop, .does(.announceStop), .announcing(busy)),

        (.announcing(unused), .stopAcknowledged, .does(.sendGoAway(last: .rootStream)), .draining(open: 0)),
        (.announcing(idle), .stopAcknowledged, .does(.sendGoAway(last: 1)), .draining(open: 0)),
        (.announcing(busy), .stopAcknowledged, .does(.sendGoAway(last: 1)), .draining(open: 1)),

        (.open(unused), .deadlineReached, .does(.inspect), .open(unused)),
        (.open(idle), .deadlineReached, .does(.inspect), .open(idle)),
        (.open(busy), .deadlineReached, .does(.inspect), .open(busy)),
        (.refusing(unused), .deadlineReached, .does(.inspect), .refusing(unused)),
        (.refusing(idle), .deadlineReached, .does(.inspect), .refusing(idle)),
        (.refusing(busy), .deadlineReached, .does(.inspect), .refusing(busy)),
        (.announcing(unused), .deadlineReached, .does(.sendGoAway(last: .rootStream)), .draining(open: 0)),
        (.announcing(idle), .deadlineReached, .does(.sendGoAway(last: 1)), .draining(open: 0)),
        (.announcing(busy), .deadlineReached, .does(.sendGoAway(last: 1)), .draining(open: 1)),
        (.draining(open: 0), .deadlineReached, .does(.inspect), .draining(open: 0)),
        (.draining(open: 1), .deadlineReached, .does(.inspect), .draining(open: 1)),
        (.failed, .deadlineReached, .does(.inspect), .failed),
        (.lingering, .deadlineReached, .does(.close), .lingering),

        (.open(unused), .errorSent, .nothing, .failed),
        (.open(idle), .errorSent, .nothing, .failed),
        (.open(busy), .errorSent, .nothing, .failed),
        (.refusing(unused), .errorSent, .nothing, .failed),
        (.refusing(idle), .errorSent, .nothing, .failed),
        (.refusing(busy), .errorSent, .nothing, .failed),
        (.announcing(unused), .errorSent, .nothing, .failed),
        (.announcing(idle), .errorSent, .nothing, .failed),
        (.announcing(busy), .errorSent, .nothing, .failed),
        (.draining(open: 0), .errorSent, .nothing, .failed),
        (.draining(open: 1), .errorSent, .nothing, .failed),
        (.failed, .errorCaught, .does(.linger), .lingering),
    ]

    @Test(arguments: states, Event.allCases)
    func `Every event in every state does what the table says`(state: State, event: Event) {
        var machine = Self.machine(in: state)
        #expect(machine.state == state)
        let effect = Self.effects.first { $0.state == state && $0.event == event }
        #expect(Self.outcome(of: event, in: &machine) == effect?.outcome ?? .nothing)
        #expect(machine.state == effect?.next ?? state)
    }

    /// A machine that came here the shortest way.
    private static func machine(in state: State) -> HTTP2ConnectionStateMachine {
        let isRefusing = if case .refusing = state { true } else { false }
        var machine = HTTP2ConnectionStateMachine(isRefusing: isRefusing)
        switch state {
        case .open(let streams), .refusing(let streams):
            Self.open(streams, in: &machine)
        case .announcing(let streams):
            Self.open(streams, in: &machine)
            _ = machine.stop()
        case .draining(let open):
            Self.open(Streams(open: open, last: 1), in: &machine)
            _ = machine.stop()
            _ = machine.stopAcknowledged()
        case .failed:
            machine.errorSent()
        case .lingering:
            machine.errorSent()
            _ = machine.errorCaught()
        }
        return machine
    }

    private static func open(_ streams: Streams, in machine: inout HTTP2ConnectionStateMachine) {
        guard streams.last != .rootStream else { return }
        _ = machine.streamOpened(streams.last)
        if streams.open == 0 { machine.streamClosed() }
    }

    private static func outcome(of event: Event, in machine: inout HTTP2ConnectionStateMachine) -> Outcome {
        switch event {
        case .streamOpened: return machine.streamOpened(3) ? .served : .nothing
        case .flushed: return Outcome(machine.flushed())
        case .idleTimeReached: return Outcome(machine.idleTimeReached())
        case .stop: return Outcome(machine.stop())
        case .stopAcknowledged: return Outcome(machine.stopAcknowledged())
        case .deadlineReached: return Outcome(machine.deadlineReached())
        case .errorCaught: return Outcome(machine.errorCaught())
        case .streamClosed: machine.streamClosed()
        case .errorSent: machine.errorSent()
        }
        return .nothing
    }

    @Test func `Streams that the client opens before it has acknowledged a stop are served, and named as the last`() {
        var machine = HTTP2ConnectionStateMachine()
        _ = machine.streamOpened(1)
        #expect(machine.stop() == .announceStop)
        let isServed = machine.streamOpened(3)
        #expect(isServed && machine.isStopping)
        machine.streamClosed()
        #expect(machine.stopAcknowledged() == .sendGoAway(last: 3))
        let isServedStill = machine.streamOpened(5)
        #expect(!isServedStill)
        #expect(machine.flushed() == .none)
        machine.streamClosed()
        #expect(machine.flushed() == .linger)
    }

    @Test func `A connection is unused until the client opens its first stream`() {
        var machine = HTTP2ConnectionStateMachine()
        #expect(machine.isUnused)
        _ = machine.streamOpened(1)
        machine.streamClosed()
        #expect(!machine.isUnused)
    }
}
