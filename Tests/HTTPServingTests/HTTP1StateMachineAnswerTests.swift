import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

/// What a machine says about the connection behind an answer.
@Suite struct HTTP1StateMachineAnswerTests {
    private func machine(answering head: RequestHead, answersOnce: Bool = false) -> HTTP1StateMachine {
        var machine = HTTP1StateMachine(answersOnce: answersOnce)
        _ = machine.received(.head(head), contentLimit: 10)
        _ = machine.received(.end, contentLimit: 10)
        return machine
    }

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let head: RequestHead
        let keepsAlive: Bool
        let field: String?
    }

    static let cases = [
        Case(testDescription: "1.1", head: .parsed(), keepsAlive: true, field: nil),
        Case(
            testDescription: "1.1, close", head: .parsed(.GET, ["Connection": "close"]), keepsAlive: false,
            field: "close"),
        Case(testDescription: "1.0", head: .parsed(version: "1.0"), keepsAlive: false, field: nil),
        Case(
            testDescription: "1.0, keep-alive", head: .parsed(.GET, version: "1.0", ["Connection": "keep-alive"]),
            keepsAlive: true, field: "keep-alive"),
        Case(
            testDescription: "another protocol", head: .parsed(.GET, ["Connection": "Upgrade", "Upgrade": "h2c"]),
            keepsAlive: false, field: "close"),
        Case(testDescription: "a tunnel", head: .parsed(.CONNECT, target: "a:443"), keepsAlive: false, field: "close"),
    ]

    @Test(arguments: cases)
    func `A connection lives on where the version and the client say so`(testCase: Case) {
        var machine = machine(answering: testCase.head)
        let answer = machine.answered()
        #expect(answer?.keepsAlive == testCase.keepsAlive)
        #expect(answer?.connectionField == testCase.field)
        #expect(machine.isIdle == testCase.keepsAlive)
        #expect(machine.isEnding == !testCase.keepsAlive)
    }

    @Test func `A machine that answers once ends with its first answer`() {
        var machine = machine(answering: .parsed(), answersOnce: true)
        let answer = machine.answered()
        #expect(answer?.keepsAlive == false)
        #expect(machine.isEnding)
    }

    @Test func `An answer that was due when the server began to stop is the last`() {
        var machine = machine(answering: .parsed())
        _ = machine.drain()
        let answer = machine.answered()
        #expect(answer?.keepsAlive == false)
        #expect(machine.isEnding)
    }

    @Test func `A request on its way when the server began to stop is still answered`() {
        var machine = HTTP1StateMachine()
        _ = machine.received(.head(.parsed(.POST)), contentLimit: 10)
        let action = machine.drain()
        #expect(action == .none)
        guard case .handle = machine.received(.end, contentLimit: 10) else {
            Issue.record("is not handled")
            return
        }
        let answer = machine.answered()
        #expect(answer?.keepsAlive == false)
    }

    @Test func `A stream's connection does not live on`() {
        var machine = machine(answering: .parsed())
        let answer = machine.streamBegan(hasLength: false)
        #expect(answer?.context.keepsAlive == false)
    }

    @Test(arguments: [("1.1", false, true), ("1.1", true, false), ("1.0", false, false)])
    func `A stream is framed as chunks where nothing else says where it ends`(
        version: String, hasLength: Bool, isChunked: Bool
    ) {
        var machine = machine(answering: .parsed(version: version))
        _ = machine.streamBegan(hasLength: hasLength)
        #expect(machine.isChunked == isChunked)
    }

    @Test func `A client that calls its request the last is not waited for, unless it is refused before its end`() {
        let head = RequestHead.parsed(.POST, ["Connection": "close"])
        var whole = machine(answering: head)
        #expect(whole.answered()?.fate == .closes)
        var refused = HTTP1StateMachine()
        _ = refused.received(.head(head), contentLimit: 10)
        _ = refused.failed(.badRequest("x"), origin: nil)
        #expect(refused.answered()?.fate == .lingers)
    }

    // MARK: Answers that are put off

    /// A machine whose answers to two requests are put off.
    private func postponing() -> HTTP1StateMachine {
        var machine = machine(answering: .parsed(.POST))
        _ = machine.postponed()
        _ = machine.received(.head(.parsed(.POST)), contentLimit: 10)
        _ = machine.received(.end, contentLimit: 10)
        _ = machine.postponed()
        return machine
    }

    @Test func `Answers that were put off are taken in the order of their requests`() {
        var machine = postponing()
        machine.settled(1, .text("second"))
        #expect(machine.takeSettled()?.response.body == nil)
        machine.settled(0, .text("first"))
        machine.settled(0, .text("again"))
        let bodies = [machine.takeSettled(), machine.takeSettled(), machine.takeSettled()]
            .map { $0?.response.body.map { String(buffer: $0) } }
        #expect(bodies == ["first", "second", nil])
        #expect(!machine.hasPostponed)
    }

    @Test func `Of a connection that stops, the last of the answers that were put off says so`() {
        var machine = postponing()
        #expect(machine.drain() == .none)
        machine.settled(0, .text("first"))
        machine.settled(1, .text("second"))
        #expect(!machine.isDone)
        let fates = [machine.takeSettled(), machine.takeSettled()].map { $0?.context.fate }
        #expect(fates == [.keepsAlive, .lingers])
        #expect(machine.isDone)
    }

    @Test func `Nothing is looked at behind too many answers that were put off`() {
        var machine = HTTP1StateMachine()
        var count = 0
        while machine.acceptsParts, count < 1_000 {
            _ = machine.received(.head(.parsed(.POST)), contentLimit: 10)
            _ = machine.received(.end, contentLimit: 10)
            _ = machine.postponed()
            count += 1
        }
        #expect(count == 128)
    }

    @Test func `What a client sent before it closed its half is answered as ever, and nothing after`() {
        var machine = machine(answering: .parsed())
        machine.inputClosed()
        #expect(machine.isInputClosed)
        #expect(machine.answered()?.keepsAlive == true)
        let isOver = machine.inputEnded()
        #expect(isOver && machine.isDone)
    }

    @Test func `What was asked is remembered until it is answered`() {
        var machine = machine(answering: .parsed(.HEAD, ["Origin": "https://a.example"]))
        let answer = machine.answered()
        #expect(answer?.isHead == true)
        #expect(answer?.origin == "https://a.example")
    }

    @Test(arguments: [
        (RequestHead.parsed(), true), (.parsed(.HEAD), false),
        (.parsed(.GET, version: "1.0", ["Connection": "keep-alive"]), false),
        (.parsed(.GET, ["Connection": "close"]), false),
        (.parsed(.GET, ["Origin": "https://a.example"]), false),
    ])
    func `An answer is plain if its head depends on nothing but the answer`(head: RequestHead, isPlain: Bool) {
        var machine = machine(answering: head)
        let answer = machine.answered()
        #expect(answer?.isPlain == isPlain)
    }

    @Test func `The answer to what is no HTTP is the last`() {
        var machine = HTTP1StateMachine()
        _ = machine.failed(.badRequest("x"), origin: "https://a.example")
        let answer = machine.answered()
        #expect(answer?.keepsAlive == false)
        #expect(answer?.origin == "https://a.example")
    }
}
