import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

@Suite struct HTTP2StreamStateMachineTests {
    /// Where a machine can be: its input, then its output.
    enum Stage: CaseIterable {
        case new, receiving, queued, answering, answeringEarly, streaming, streamingEarly, ended, endedEarly, closed

        /// A machine that came here the shortest way.
        var machine: HTTP2StreamStateMachine {
            var machine = HTTP2StreamStateMachine(contentLimit: 10)
            switch self {
            case .new:
                break
            case .receiving:
                _ = machine.received(.success(.parsed(.POST)), isEnd: false)
            case .queued:
                _ = machine.received(.success(.parsed(.GET)), isEnd: true)
            case .answering:
                machine = Stage.queued.machine
                _ = machine.turnCame()
            case .answeringEarly:
                machine = Stage.receiving.machine
                _ = machine.failed(.badRequest("x"))
            case .streaming:
                machine = Stage.answering.machine
                _ = machine.streamBegan()
            case .streamingEarly:
                machine = Stage.answeringEarly.machine
                _ = machine.streamBegan()
            case .ended:
                machine = Stage.answering.machine
                _ = machine.answered()
            case .endedEarly:
                machine = Stage.answeringEarly.machine
                _ = machine.answered()
            case .closed:
                machine.closed()
            }
            return machine
        }

        init?(_ machine: HTTP2StreamStateMachine) {
            switch (machine.input, machine.output) {
            case (.awaitingHead, .awaitingRequest): self = .new
            case (.receivingContent, .awaitingRequest): self = .receiving
            case (.ended, .queued): self = .queued
            case (.ended, .answering): self = .answering
            case (.discarding, .answering): self = .answeringEarly
            case (.ended, .streaming): self = .streaming
            case (.discarding, .streaming): self = .streamingEarly
            case (.ended, .ended): self = .ended
            case (.discarding, .ended): self = .endedEarly
            case (.ended, .closed): self = .closed
            default: return nil
            }
        }
    }

    enum Event: CaseIterable {
        case head, lastHead, brokenHead, content, tooMuchContent, inputEnded, failed, turnCame, answered, streamBegan,
            streamEnded, closed
    }

    enum Outcome: Equatable {
        case nothing, awaitContent(sendContinue: Bool), enqueue, refuse(HTTPResponseStatus), handle(String), answer,
            ended

        init(_ action: HTTP2StreamStateMachine.OnRequest) {
            switch action {
            case .none: self = .nothing
            case .awaitContent(let sendContinue): self = .awaitContent(sendContinue: sendContinue)
            case .enqueue: self = .enqueue
            case .refuse(let problem): self = .refuse(problem.status)
            }
        }
    }

    /// What every event does where it does something; anywhere else it does nothing.
    static let effects: [(stage: Stage, event: Event, outcome: Outcome, next: Stage)] = [
        (.new, .head, .awaitContent(sendContinue: false), .receiving),
        (.new, .lastHead, .enqueue, .queued),
        (.new, .brokenHead, .refuse(.badRequest), .answeringEarly),
        (.receiving, .tooMuchContent, .refuse(.payloadTooLarge), .answeringEarly),
        (.receiving, .inputEnded, .enqueue, .queued),
        (.receiving, .failed, .refuse(.requestTimeout), .answeringEarly),
        (.queued, .turnCame, .handle(""), .answering),
        (.answering, .answered, .answer, .ended),
        (.answering, .streamBegan, .answer, .streaming),
        (.answeringEarly, .answered, .answer, .endedEarly),
        (.answeringEarly, .streamBegan, .answer, .streamingEarly),
        (.answeringEarly, .inputEnded, .nothing, .answering),
        (.streaming, .streamEnded, .ended, .ended),
        (.streamingEarly, .streamEnded, .ended, .endedEarly),
        (.streamingEarly, .inputEnded, .nothing, .streaming),
        (.endedEarly, .inputEnded, .nothing, .ended),
    ]

    @Test(arguments: Stage.allCases, Event.allCases)
    func `Every event in every state does what the table says`(stage: Stage, event: Event) {
        var machine = stage.machine
        #expect(Stage(machine) == stage)
        let effect = Self.effects.first { $0.stage == stage && $0.event == event }
        #expect(Self.outcome(of: event, in: &machine) == effect?.outcome ?? .nothing)
        #expect(Stage(machine) == (event == .closed ? .closed : effect?.next ?? stage))
    }

    private static func outcome(of event: Event, in machine: inout HTTP2StreamStateMachine) -> Outcome {
        switch event {
        case .head: return Outcome(machine.received(.success(.parsed(.POST)), isEnd: false))
        case .lastHead: return Outcome(machine.received(.success(.parsed(.GET)), isEnd: true))
        case .brokenHead: return Outcome(machine.received(.failure(.badRequest("x")), isEnd: false))
        case .content: return Outcome(machine.received(ByteBuffer(string: "x"), mayHold: 100))
        case .tooMuchContent: return Outcome(machine.received(ByteBuffer(string: "12345678901"), mayHold: 100))
        case .inputEnded: return Outcome(machine.inputEnded())
        case .failed: return Outcome(machine.failed(.slowContent(.seconds(1))))
        case .turnCame: return machine.turnCame().map { .handle(String(buffer: $0.content)) } ?? .nothing
        case .answered: return machine.answered() ? .answer : .nothing
        case .streamBegan: return machine.streamBegan() ? .answer : .nothing
        case .streamEnded: return machine.streamEnded() ? .ended : .nothing
        case .closed:
            machine.closed()
            return .nothing
        }
    }

    // MARK: The request

    @Test func `The content is put together from its pieces, and held until its turn has come`() {
        var machine = Stage.receiving.machine
        for piece in ["ab", "", "cde"] { _ = machine.received(ByteBuffer(string: piece), mayHold: 10) }
        #expect(machine.contentSize == 5)
        _ = machine.inputEnded()
        #expect(machine.contentSize == 5)
        #expect(Self.outcome(of: .turnCame, in: &machine) == .handle("abcde"))
        #expect(machine.contentSize == 0)
    }

    @Test(arguments: [Event.failed, .tooMuchContent, .closed])
    func `Content that nobody will look at is not held`(event: Event) {
        var machine = Stage.receiving.machine
        _ = machine.received(ByteBuffer(string: "abc"), mayHold: 10)
        _ = Self.outcome(of: event, in: &machine)
        #expect(machine.contentSize == 0)
    }

    @Test func `Content for which the connection has no room is refused`() {
        var machine = Stage.receiving.machine
        #expect(Outcome(machine.received(ByteBuffer(string: "abc"), mayHold: 2)) == .refuse(.serviceUnavailable))
    }

    @Test func `A head that promises too much content is refused before it comes`() {
        var machine = Stage.new.machine
        let head = RequestHead.parsed(.POST, ["Content-Length": "11"])
        #expect(Outcome(machine.received(.success(head), isEnd: false)) == .refuse(.payloadTooLarge))
    }

    @Test func `A broken head without content leaves nothing to throw away`() {
        var machine = Stage.new.machine
        _ = machine.received(.failure(.badRequest("x")), isEnd: true)
        #expect(Stage(machine) == .answering)
    }

    @Test func `Whoever waits before sending content is told to send it`() {
        var machine = Stage.new.machine
        let head = RequestHead.parsed(.POST, ["Expect": "100-continue"])
        #expect(Outcome(machine.received(.success(head), isEnd: false)) == .awaitContent(sendContinue: true))
    }

    // MARK: The answer

    @Test(arguments: [(Stage.endedEarly, true), (.ended, false)])
    func `The input of a stream is reset if its answer is sent before its request has come`(stage: Stage, resets: Bool)
    {
        #expect(stage.machine.resetsInput == resets)
    }

    @Test func `The writer of a stream waits when much is written, and that of a whole answer does not`() {
        var stream = Stage.streaming.machine
        let mayGoOn = stream.wrote(HTTP2OutputFlow.limit)
        #expect(!mayGoOn)
        #expect(stream.flow == .full(HTTP2OutputFlow.limit))
        var answer = Stage.ended.machine
        _ = answer.wrote(HTTP2OutputFlow.limit)
        #expect(answer.flow == .flowing(HTTP2OutputFlow.limit))
    }

    @Test func `At its end a stream has no writer that would wait, and once it is closed nothing that would be sent`() {
        var machine = Stage.streaming.machine
        _ = machine.wrote(HTTP2OutputFlow.limit)
        _ = machine.flushed()
        #expect(machine.isBlocked)
        _ = machine.streamEnded()
        #expect(machine.flow == .blocked(HTTP2OutputFlow.limit, isWriterWaiting: false))
        machine.closed()
        #expect(machine.flow == .flowing(0))
    }
}
