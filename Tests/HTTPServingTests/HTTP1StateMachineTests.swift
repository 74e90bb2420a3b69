import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

@Suite struct HTTP1StateMachineTests {
    /// Where a machine can be.
    enum Stage: CaseIterable {
        case idle, receiving, receivingAwaited, held, answering, streaming, ending

        /// A machine that came here the shortest way.
        var machine: HTTP1StateMachine {
            var machine = HTTP1StateMachine()
            switch self {
            case .idle:
                break
            case .receiving:
                _ = machine.received(.head(.parsed(.POST, ["Content-Length": "1"])), contentLimit: 10)
            case .receivingAwaited:
                let fields: HTTPHeaders = ["Content-Length": "1", "Expect": "100-continue"]
                _ = machine.received(.head(.parsed(.POST, fields)), contentLimit: 10)
            case .held:
                machine = Stage.answering.machine
                _ = machine.postponed()
                _ = machine.received(.head(.parsed(.GET)), contentLimit: 10)
                _ = machine.received(.end, contentLimit: 10)
                machine.heldBack(.parsed(.GET), content: ByteBuffer())
            case .answering:
                machine = Stage.receiving.machine
                _ = machine.received(.end, contentLimit: 10)
            case .streaming:
                machine = Stage.answering.machine
                _ = machine.streamBegan(hasLength: false)
            case .ending:
                machine = Stage.streaming.machine
                _ = machine.streamEnded()
            }
            return machine
        }

        init(_ machine: HTTP1StateMachine) {
            var machine = machine
            if machine.isIdle {
                self = .idle
            } else if machine.isReceiving {
                self = machine.takeContinue() ? .receivingAwaited : .receiving
            } else if machine.isStreaming {
                self = .streaming
            } else if machine.isEnding {
                self = .ending
            } else {
                self = machine.hasPostponed ? .held : .answering
            }
        }
    }

    enum Event: CaseIterable {
        case head, content, end, failed, takeContinue, heldBack, settled, answered, postponed, streamBegan, streamEnded,
            inputClosed, inputEnded, drain
    }

    enum Outcome: Equatable {
        case nothing, awaitContent, handle(String), refuse(HTTPResponseStatus), sendContinue, answer, postponed, ended,
            close

        init(_ action: HTTP1StateMachine.OnPart) {
            switch action {
            case .none: self = .nothing
            case .awaitContent: self = .awaitContent
            case .handle(_, let content): self = .handle(String(buffer: content))
            case .refuse(let problem): self = .refuse(problem.status)
            }
        }
    }

    /// What every event does where it does something; anywhere else it does nothing.
    static let effects: [(stage: Stage, event: Event, outcome: Outcome, next: Stage)] = [
        (.idle, .head, .awaitContent, .receiving),
        (.idle, .failed, .refuse(.badRequest), .answering),
        (.idle, .inputEnded, .close, .ending),
        (.idle, .drain, .close, .ending),

        (.receiving, .end, .handle(""), .answering),
        (.receiving, .failed, .refuse(.badRequest), .answering),
        (.receiving, .inputEnded, .close, .ending),

        (.receivingAwaited, .takeContinue, .sendContinue, .receiving),
        (.receivingAwaited, .end, .handle(""), .answering),
        (.receivingAwaited, .failed, .refuse(.badRequest), .answering),
        (.receivingAwaited, .inputEnded, .close, .ending),

        // The answer before it is there, and so the held request is taken.
        (.held, .settled, .handle(""), .answering),

        (.answering, .answered, .answer, .idle),
        (.answering, .postponed, .postponed, .idle),
        (.answering, .streamBegan, .answer, .streaming),

        (.streaming, .streamEnded, .ended, .ending),

        (.ending, .inputEnded, .close, .ending),
    ]

    @Test(arguments: Stage.allCases, Event.allCases)
    func `Every event in every state does what the table says`(stage: Stage, event: Event) {
        var machine = stage.machine
        #expect(Stage(machine) == stage)
        let effect = Self.effects.first { $0.stage == stage && $0.event == event }
        #expect(Self.outcome(of: event, in: &machine) == effect?.outcome ?? .nothing)
        #expect(Stage(machine) == effect?.next ?? stage)
    }

    private static func outcome(of event: Event, in machine: inout HTTP1StateMachine) -> Outcome {
        switch event {
        case .head: return outcome(of: .head(.parsed(.POST, ["Content-Length": "1"])), in: &machine)
        case .content: return outcome(of: .body(ByteBuffer(string: "x")), in: &machine)
        case .end: return Outcome(machine.received(.end, contentLimit: 10))
        case .failed: return Outcome(machine.failed(.badRequest("x"), origin: nil))
        case .takeContinue: return machine.takeContinue() ? .sendContinue : .nothing
        case .settled:
            machine.settled(0, .text("x"))
            _ = machine.takeSettled()
            return machine.takeHeld().map { .handle(String(buffer: $0.content)) } ?? .nothing
        case .answered: return machine.answered() == nil ? .nothing : .answer
        case .postponed: return machine.postponed() == nil ? .nothing : .postponed
        case .streamBegan: return machine.streamBegan(hasLength: false) == nil ? .nothing : .answer
        case .streamEnded: return machine.streamEnded() ? .ended : .nothing
        case .inputEnded: return machine.inputEnded() ? .close : .nothing
        case .drain: return machine.drain() == .close ? .close : .nothing
        case .heldBack: machine.heldBack(.parsed(.GET), content: ByteBuffer())
        case .inputClosed: machine.inputClosed()
        }
        return .nothing
    }

    private static func outcome(
        of part: HTTP1Parser.Part, in machine: inout HTTP1StateMachine, contentLimit: Int = 10
    ) -> Outcome {
        Outcome(machine.received(part, contentLimit: contentLimit))
    }

    // MARK: Content

    @Test func `The content is put together from its pieces`() {
        var machine = Stage.receiving.machine
        for piece in ["ab", "", "cde"] {
            #expect(Self.outcome(of: .body(ByteBuffer(string: piece)), in: &machine) == .nothing)
        }
        #expect(machine.contentSize == 5)
        #expect(Self.outcome(of: HTTP1Parser.Part.end, in: &machine) == .handle("abcde"))
    }

    @Test func `Content of exactly the limit is taken`() {
        var machine = Stage.receiving.machine
        let outcome = Self.outcome(of: .body(ByteBuffer(string: "abcd")), in: &machine, contentLimit: 4)
        #expect(outcome == .nothing)
    }

    @Test func `Content beyond the limit is refused as it comes, and the rest passed over`() {
        var machine = Stage.receiving.machine
        _ = Self.outcome(of: .body(ByteBuffer(string: "abc")), in: &machine, contentLimit: 4)
        let outcome = Self.outcome(of: .body(ByteBuffer(string: "de")), in: &machine, contentLimit: 4)
        #expect(outcome == .refuse(.payloadTooLarge))
        let answer = machine.answered()
        #expect(answer?.keepsAlive == false)
        #expect(Self.outcome(of: .body(ByteBuffer(string: "f")), in: &machine) == .nothing)
        #expect(Self.outcome(of: HTTP1Parser.Part.end, in: &machine) == .nothing)
    }

    @Test func `Content whose head promises too much is refused before it comes`() {
        var machine = HTTP1StateMachine()
        let head = RequestHead.parsed(.POST, ["Content-Length": "5", "Expect": "100-continue"])
        #expect(Self.outcome(of: .head(head), in: &machine, contentLimit: 4) == .refuse(.payloadTooLarge))
    }

    @Test(arguments: [
        ("1.1", "100-continue", true), ("1.1", "100-Continue", true), ("1.1", "something", false),
        ("1.0", "100-continue", false),
    ])
    func `Whoever waits before sending content is told to send it, once`(
        version: String, expectation: String, isTold: Bool
    ) {
        var machine = HTTP1StateMachine()
        let head = RequestHead.parsed(.POST, version: version, ["Expect": expectation, "Content-Length": "1"])
        #expect(Self.outcome(of: .head(head), in: &machine) == .awaitContent)
        let isToldFirst = machine.takeContinue()
        let isToldAgain = machine.takeContinue()
        #expect(isToldFirst == isTold && !isToldAgain)
    }

    @Test func `Behind a head that promises no content none is awaited`() {
        var machine = HTTP1StateMachine()
        #expect(Self.outcome(of: .head(.parsed(.GET, ["Expect": "100-continue"])), in: &machine) == .nothing)
        #expect(Stage(machine) == .receiving)
    }

    // MARK: Host

    @Test(arguments: [
        ("1.1", 0, false), ("1.1", 1, true), ("1.1", 2, false), ("1.0", 0, true), ("1.0", 1, true), ("1.0", 2, false),
    ])
    func `A request names exactly one host, in HTTP/1.0 at most one`(version: String, hosts: Int, isTaken: Bool) {
        var machine = HTTP1StateMachine()
        let fields = HTTPHeaders(Array(repeating: ("hOsT", "x"), count: hosts))
        let outcome = Self.outcome(of: .head(.parsed(.GET, version: version, fields, host: nil)), in: &machine)
        #expect(outcome == (isTaken ? .nothing : .refuse(.badRequest)))
    }
}
