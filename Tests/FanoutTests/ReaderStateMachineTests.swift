import Testing

@testable import Fanout

@Suite struct ReaderStateMachineTests {
    typealias State = ReaderStateMachine.State

    enum Event: CaseIterable {
        case began, caughtUp, fellBehind, becameWritable, logsEnded, pageCame, readFailed, left
        case wroteReady, wroteBlocked, wroteEnded
    }

    enum Outcome: Equatable {
        /// What the caller asked about is not to be done.
        case nothing
        /// It is.
        case yes
        case begin, deliver
        case leaveHead, end
    }

    /// What every event does where it does something; anywhere else it does nothing.
    static let effects: [(state: State, event: Event, outcome: Outcome, next: State)] = [
        (.beginning, .began, .yes, .behind),
        (.beginning, .pageCame, .begin, .behind),
        (.beginning, .readFailed, .yes, .ended),
        (.beginning, .wroteEnded, .end, .ended),
        (.beginning, .left, .yes, .ended),
        (.behind, .caughtUp, .yes, .atHead),
        (.behind, .logsEnded, .yes, .reading),
        (.behind, .wroteBlocked, .nothing, .blocked),
        (.behind, .wroteEnded, .end, .ended),
        (.behind, .left, .yes, .ended),
        (.reading, .pageCame, .deliver, .behind),
        (.reading, .readFailed, .yes, .ended),
        (.reading, .wroteEnded, .end, .ended),
        (.reading, .left, .yes, .ended),
        (.blocked, .becameWritable, .yes, .behind),
        (.blocked, .wroteEnded, .end, .ended),
        (.blocked, .left, .yes, .ended),
        (.atHead, .fellBehind, .yes, .behind),
        (.atHead, .wroteBlocked, .leaveHead, .blocked),
        (.atHead, .wroteEnded, .end, .ended),
        (.atHead, .left, .yes, .ended),
    ]

    @Test(arguments: State.allCases, Event.allCases)
    func `Every event in every state does what the table says`(state: State, event: Event) {
        var machine = Self.machine(in: state)
        let effect = Self.effects.first { $0.state == state && $0.event == event }
        #expect(Self.outcome(of: event, in: &machine) == effect?.outcome ?? .nothing)
        #expect(machine.state == effect?.next ?? state)
    }

    /// A machine that came to the state the shortest way.
    private static func machine(in state: State) -> ReaderStateMachine {
        var machine = ReaderStateMachine()
        let way: [Event] =
            switch state {
            case .beginning: []
            case .behind: [.began]
            case .reading: [.began, .logsEnded]
            case .blocked: [.began, .wroteBlocked]
            case .atHead: [.began, .caughtUp]
            case .ended: [.left]
            }
        for event in way { _ = Self.outcome(of: event, in: &machine) }
        return machine
    }

    private static func outcome(of event: Event, in machine: inout ReaderStateMachine) -> Outcome {
        switch event {
        case .began: machine.began() ? .yes : .nothing
        case .caughtUp: machine.caughtUp() ? .yes : .nothing
        case .fellBehind: machine.fellBehind() ? .yes : .nothing
        case .becameWritable: machine.becameWritable() ? .yes : .nothing
        case .logsEnded: machine.logsEnded() ? .yes : .nothing
        case .readFailed: machine.readFailed() ? .yes : .nothing
        case .left: machine.left() ? .yes : .nothing
        case .pageCame:
            switch machine.pageCame() {
            case .none: .nothing
            case .begin: .begin
            case .deliver: .deliver
            }
        case .wroteReady: Self.outcome(machine.wrote(.ready))
        case .wroteBlocked: Self.outcome(machine.wrote(.blocked))
        case .wroteEnded: Self.outcome(machine.wrote(.ended))
        }
    }

    private static func outcome(_ action: ReaderStateMachine.OnWrite) -> Outcome {
        switch action {
        case .none: .nothing
        case .leaveHead: .leaveHead
        case .end: .end
        }
    }
}
