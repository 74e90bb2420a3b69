import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

@Suite struct HTTP1StateMachineTests {
    /// Where a machine can be.
    enum Stage: CaseIterable {
        case waiting, receiving, answering, streaming, ending

        /// A machine that came here the shortest way.
        var machine: HTTP1StateMachine {
            var machine = HTTP1StateMachine(bodySize: 10)
            if self == .waiting { return machine }
            _ = machine.received(.head(.parsed(.POST, ["Content-Length": "1"])))
            if self == .receiving { return machine }
            _ = machine.received(.end)
            if self == .answering { return machine }
            _ = machine.streamBegan()
            if self == .streaming { return machine }
            _ = machine.streamEnded()
            return machine
        }

        init(_ machine: HTTP1StateMachine) {
            if machine.isWaiting {
                self = .waiting
            } else if machine.isStreaming {
                self = .streaming
            } else if machine.isEnding {
                self = .ending
            } else {
                self = machine.acceptsParts ? .receiving : .answering
            }
        }
    }

    enum Event: CaseIterable {
        case head, body, end, failed, answered, streamBegan, streamEnded, drain, inputEnded
    }

    enum Outcome: Equatable {
        case nothing, awaitBody(sendContinue: Bool), handle(String), refuse(HTTPResponseStatus), answer, ended, close,
            isOwed

        init(_ action: HTTP1StateMachine.OnPart) {
            switch action {
            case .none: self = .nothing
            case .awaitBody(let sendContinue): self = .awaitBody(sendContinue: sendContinue)
            case .handle(_, let body): self = .handle(String(buffer: body))
            case .refuse(let problem): self = .refuse(problem.status)
            }
        }
    }

    /// What every event does where it does something; anywhere else it does nothing.
    static let effects: [(stage: Stage, event: Event, outcome: Outcome, next: Stage)] = [
        (.waiting, .head, .awaitBody(sendContinue: false), .receiving),
        (.waiting, .failed, .refuse(.badRequest), .answering),
        (.waiting, .drain, .close, .ending),
        (.receiving, .end, .handle(""), .answering),
        (.receiving, .failed, .refuse(.badRequest), .answering),
        (.answering, .answered, .answer, .waiting),
        (.answering, .streamBegan, .answer, .streaming),
        (.streaming, .streamEnded, .ended, .ending),
        (.waiting, .inputEnded, .isOwed, .ending),
        (.receiving, .inputEnded, .nothing, .ending),
        (.answering, .inputEnded, .isOwed, .answering),
        (.streaming, .inputEnded, .isOwed, .streaming),
        (.ending, .inputEnded, .isOwed, .ending),
    ]

    @Test(arguments: Stage.allCases, Event.allCases)
    func `Every event in every state does what the table says`(stage: Stage, event: Event) {
        var machine = stage.machine
        let effect = Self.effects.first { $0.stage == stage && $0.event == event }
        #expect(Self.outcome(of: event, in: &machine) == effect?.outcome ?? .nothing)
        #expect(Stage(machine) == effect?.next ?? stage)
    }

    private static func outcome(of event: Event, in machine: inout HTTP1StateMachine) -> Outcome {
        switch event {
        case .head: Outcome(machine.received(.head(.parsed(.POST, ["Content-Length": "1"]))))
        case .body: Outcome(machine.received(.body(ByteBuffer(string: "x"))))
        case .end: Outcome(machine.received(.end))
        case .failed: Outcome(machine.failed(.badRequest("x"), origin: nil))
        case .answered: machine.answered() == nil ? .nothing : .answer
        case .streamBegan: machine.streamBegan() == nil ? .nothing : .answer
        case .streamEnded: machine.streamEnded() ? .ended : .nothing
        case .drain: machine.drain() == .close ? .close : .nothing
        case .inputEnded: machine.inputEnded() ? .isOwed : .nothing
        }
    }

    // MARK: Content

    private func outcome(of part: HTTP1Parser.Part, in machine: inout HTTP1StateMachine) -> Outcome {
        Outcome(machine.received(part))
    }

    @Test func `The content is put together from its pieces`() {
        var machine = HTTP1StateMachine(bodySize: 10)
        _ = machine.received(.head(.parsed(.POST)))
        for piece in ["ab", "", "cde"] {
            #expect(outcome(of: .body(ByteBuffer(string: piece)), in: &machine) == .nothing)
        }
        #expect(outcome(of: .end, in: &machine) == .handle("abcde"))
    }

    @Test func `Content of exactly the limit is taken`() {
        var machine = HTTP1StateMachine(bodySize: 4)
        _ = machine.received(.head(.parsed(.POST, ["Content-Length": "4"])))
        #expect(outcome(of: .body(ByteBuffer(string: "abcd")), in: &machine) == .nothing)
    }

    @Test func `Content beyond the limit is refused as it comes, and the rest passed over`() {
        var machine = HTTP1StateMachine(bodySize: 4)
        _ = machine.received(.head(.parsed(.POST)))
        _ = machine.received(.body(ByteBuffer(string: "abc")))
        #expect(outcome(of: .body(ByteBuffer(string: "de")), in: &machine) == .refuse(.payloadTooLarge))
        let answer = machine.answered()
        #expect(answer?.keepsAlive == false)
        #expect(outcome(of: .body(ByteBuffer(string: "f")), in: &machine) == .nothing)
        #expect(outcome(of: .end, in: &machine) == .nothing)
    }

    @Test func `Content whose head promises too much is refused before it comes`() {
        var machine = HTTP1StateMachine(bodySize: 4)
        let head = RequestHead.parsed(.POST, ["Content-Length": "5", "Expect": "100-continue"])
        #expect(outcome(of: .head(head), in: &machine) == .refuse(.payloadTooLarge))
    }

    @Test(arguments: [
        ("1.1", "100-continue", true), ("1.1", "100-Continue", true), ("1.1", "something", false),
        ("1.0", "100-continue", false),
    ])
    func `Whoever waits before sending content is told to send it`(
        version: String, expectation: String, isTold: Bool
    ) {
        var machine = HTTP1StateMachine(bodySize: 4)
        let head = RequestHead.parsed(.POST, version: version, ["Expect": expectation, "Content-Length": "1"])
        #expect(outcome(of: .head(head), in: &machine) == .awaitBody(sendContinue: isTold))
    }

    @Test func `Behind a head that promises no content none is awaited`() {
        var machine = HTTP1StateMachine(bodySize: 4)
        #expect(outcome(of: .head(.parsed(.GET, ["Expect": "100-continue"])), in: &machine) == .nothing)
        #expect(Stage(machine) == .receiving)
    }

    // MARK: Host

    @Test(arguments: [
        ("1.1", 0, false), ("1.1", 1, true), ("1.1", 2, false), ("1.0", 0, true), ("1.0", 1, true), ("1.0", 2, false),
    ])
    func `A request names exactly one host, in HTTP/1.0 at most one`(version: String, hosts: Int, isTaken: Bool) {
        var machine = HTTP1StateMachine(bodySize: 4)
        let fields = HTTPHeaders(Array(repeating: ("hOsT", "x"), count: hosts))
        let outcome = outcome(of: .head(.parsed(.GET, version: version, fields, host: nil)), in: &machine)
        #expect(outcome == (isTaken ? .nothing : .refuse(.badRequest)))
    }
}
