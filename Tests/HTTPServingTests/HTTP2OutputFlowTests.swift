import Testing

@testable import HTTPServing

@Suite struct HTTP2OutputFlowTests {
    enum Event: CaseIterable {
        case wroteLittle, wroteMuch, writerEnded, flushed, sentPart, sentAll
    }

    enum Outcome: Equatable {
        case nothing
        /// The writer waits from now on.
        case writerWaits
        /// The windows hold something up from now on.
        case isBlocked
        case sent(HTTP2OutputFlow.OnSent)
    }

    private static let limit = HTTP2OutputFlow.limit

    static let states: [HTTP2OutputFlow] = [
        .flowing(0), .flowing(10), .full(limit), .blocked(10, isWriterWaiting: false),
        .blocked(10, isWriterWaiting: true),
    ]

    /// What every event does where it does something; anywhere else it does nothing.
    static let effects: [(state: HTTP2OutputFlow, event: Event, outcome: Outcome, next: HTTP2OutputFlow)] = [
        (.flowing(0), .wroteLittle, .nothing, .flowing(1)),
        (.flowing(10), .wroteLittle, .nothing, .flowing(11)),
        (.full(limit), .wroteLittle, .writerWaits, .full(limit + 1)),
        (.blocked(10, isWriterWaiting: false), .wroteLittle, .writerWaits, .blocked(11, isWriterWaiting: true)),
        (.blocked(10, isWriterWaiting: true), .wroteLittle, .writerWaits, .blocked(11, isWriterWaiting: true)),

        (.flowing(0), .wroteMuch, .writerWaits, .full(limit)),
        (.flowing(10), .wroteMuch, .writerWaits, .full(limit + 10)),
        (.full(limit), .wroteMuch, .writerWaits, .full(2 * limit)),
        (.blocked(10, isWriterWaiting: false), .wroteMuch, .writerWaits, .blocked(limit + 10, isWriterWaiting: true)),
        (.blocked(10, isWriterWaiting: true), .wroteMuch, .writerWaits, .blocked(limit + 10, isWriterWaiting: true)),

        (.full(limit), .writerEnded, .nothing, .flowing(limit)),
        (.blocked(10, isWriterWaiting: true), .writerEnded, .nothing, .blocked(10, isWriterWaiting: false)),

        (.flowing(10), .flushed, .isBlocked, .blocked(10, isWriterWaiting: false)),
        (.full(limit), .flushed, .isBlocked, .blocked(limit, isWriterWaiting: true)),

        (.flowing(10), .sentPart, .nothing, .flowing(1)),
        (.full(limit), .sentPart, .nothing, .full(1)),
        (.blocked(10, isWriterWaiting: false), .sentPart, .sent(.progressed), .blocked(1, isWriterWaiting: false)),
        (.blocked(10, isWriterWaiting: true), .sentPart, .sent(.progressed), .blocked(1, isWriterWaiting: true)),

        (.flowing(10), .sentAll, .nothing, .flowing(0)),
        (.full(limit), .sentAll, .sent(.tellWriter), .flowing(0)),
        (.blocked(10, isWriterWaiting: false), .sentAll, .sent(.unblocked(tellsWriter: false)), .flowing(0)),
        (.blocked(10, isWriterWaiting: true), .sentAll, .sent(.unblocked(tellsWriter: true)), .flowing(0)),
    ]

    @Test(arguments: states, Event.allCases)
    func `Every event in every state does what the table says`(state: HTTP2OutputFlow, event: Event) {
        var flow = state
        let effect = Self.effects.first { $0.state == state && $0.event == event }
        #expect(Self.outcome(of: event, in: &flow) == effect?.outcome ?? .nothing)
        #expect(flow == effect?.next ?? state)
    }

    private static func outcome(of event: Event, in flow: inout HTTP2OutputFlow) -> Outcome {
        switch event {
        case .wroteLittle: return flow.wrote(1) ? .nothing : .writerWaits
        case .wroteMuch: return flow.wrote(Self.limit) ? .nothing : .writerWaits
        case .flushed: return flow.flushed() ? .isBlocked : .nothing
        // Where nothing is written nothing can be sent, but for the end of the content.
        case .sentPart: return Self.outcome(flow.sent(max(0, flow.unsent - 1)))
        case .sentAll: return Self.outcome(flow.sent(flow.unsent))
        case .writerEnded: flow.writerEnded()
        }
        return .nothing
    }

    private static func outcome(_ action: HTTP2OutputFlow.OnSent) -> Outcome {
        action == .none ? .nothing : .sent(action)
    }
}
