import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

/// What a machine says about the connection behind an answer.
@Suite struct HTTP1StateMachineAnswerTests {
    private func machine(answering head: RequestHead, answersOnce: Bool = false) -> HTTP1StateMachine {
        var machine = HTTP1StateMachine(bodySize: 10, answersOnce: answersOnce)
        _ = machine.received(.head(head))
        _ = machine.received(.end)
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
        #expect(machine.isWaiting == testCase.keepsAlive)
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
        var machine = HTTP1StateMachine(bodySize: 10)
        _ = machine.received(.head(.parsed(.POST)))
        let action = machine.drain()
        #expect(action == .none)
        guard case .handle = machine.received(.end) else {
            Issue.record("is not handled")
            return
        }
        let answer = machine.answered()
        #expect(answer?.keepsAlive == false)
    }

    @Test func `A stream's connection does not live on`() {
        var machine = machine(answering: .parsed())
        let answer = machine.streamBegan()
        #expect(answer?.keepsAlive == false)
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
        var machine = HTTP1StateMachine(bodySize: 10)
        _ = machine.failed(.badRequest("x"), origin: "https://a.example")
        let answer = machine.answered()
        #expect(answer?.keepsAlive == false)
        #expect(answer?.origin == "https://a.example")
    }
}
