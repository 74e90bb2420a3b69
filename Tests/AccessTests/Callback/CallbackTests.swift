import Channels
import Outbound
import Synchronization
import Testing

@testable import Access

@Suite struct CallbackTests {
    private static let now = ContinuousClock.now
    private static let question = CallbackQuestion(.read, [channel("a")])

    private static func channel(_ name: String) -> ChannelName {
        do { return try ChannelName(name) } catch { fatalError("\(error)") }
    }

    // MARK: Answers

    @Test(
        arguments: [
            (200, CallbackAnswer.yes(nil, end: nil)), (299, .yes(nil, end: nil)), (301, .unauthenticated),
            (302, .unauthenticated),
            (401, .unauthenticated), (403, .forbidden),
        ])
    func `Of all statuses only 2xx is a yes`(status: Int, answer: CallbackAnswer) {
        #expect(CallbackAnswer(.success(OutboundResponse(status: status))) == answer)
    }

    @Test(arguments: [100, 199, 400, 402, 404, 407, 429, 500, 503, 599])
    func `Any other status says nothing`(status: Int) {
        #expect(!CallbackAnswer(.success(OutboundResponse(status: status))).isKnown)
    }

    @Test func `A failure says nothing`() {
        #expect(!CallbackAnswer(.failure(.timedOut)).isKnown)
    }

    // MARK: Who waits

    @Test func `Who asks the same as somebody before waits with him`() {
        var answers = CallbackAnswers<Int>()
        #expect(answers.ask(Self.question, 1, at: Self.now).isAsk)
        #expect(answers.ask(Self.question, 2, at: Self.now).isWait)
        #expect(answers.ask(CallbackQuestion(.publish, [Self.channel("a")]), 3, at: Self.now).isAsk)
        #expect(answers.answered(.forbidden, to: Self.question, freshness: nil, at: Self.now) == [1, 2])
        #expect(answers.ask(Self.question, 4, at: Self.now).isAsk)
    }

    @Test func `An answer is given again until it is stale, and one that says nothing never`() {
        var answers = CallbackAnswers<Int>()
        _ = answers.ask(Self.question, 1, at: Self.now)
        _ = answers.answered(.unknown("?"), to: Self.question, freshness: 60, at: Self.now)
        #expect(answers.ask(Self.question, 2, at: Self.now).isAsk)
        _ = answers.answered(.forbidden, to: Self.question, freshness: 60, at: Self.now)
        #expect(answers.ask(Self.question, 3, at: Self.now + .seconds(59)).answer == .forbidden)
        #expect(answers.ask(Self.question, 4, at: Self.now + .seconds(60)).isAsk)
    }

    @Test func `However many answers there are, no more are kept than there may be`() {
        var answers = CallbackAnswers<Int>(most: 10)
        for number in 0..<100 {
            let question = CallbackQuestion(.read, [Self.channel("\(number)")])
            _ = answers.ask(question, number, at: Self.now)
            _ = answers.answered(.forbidden, to: question, freshness: 60, at: Self.now)
        }
        let known = (0..<100).filter {
            answers.ask(CallbackQuestion(.read, [Self.channel("\($0)")]), 0, at: Self.now).answer != nil
        }
        #expect((1...10).contains(known.count))
    }

    // MARK: Verdicts

    /// What an application comes to that answers for each channel by its name.
    private func verdict(_ statuses: [String: Int]) async throws -> Callback.Verdict {
        var settings = CallbackSettings()
        settings.url = try OutboundURL("http://localhost/may")
        let ask: Callback.Ask = { request, completion in
            let field = request.fields.first { $0.name == "X-Channel-Id" }
            let name = String(decoding: field?.value ?? [], as: UTF8.self)
            completion(.success(OutboundResponse(status: statuses[name] ?? 500)))
        }
        let made = Callback(settings, ask: ask)
        let callback = try #require(made)
        return await callback.verdict(on: CallbackQuestion(.read, statuses.keys.sorted().map(Self.channel)))
    }

    @Test func `A wish is granted where each of its channels is, and a no weighs more than what is not known`()
        async throws
    {
        #expect(try await self.verdict(["a": 200, "b": 204]) == .allowed(until: nil))
        #expect(try await self.verdict(["a": 200, "b": 403, "c": 500]) == .refused(Self.channel("b"), .forbidden))
        #expect(try await self.verdict(["a": 200, "b": 401]) == .refused(Self.channel("b"), .unauthenticated))
        guard case .unknown = try await self.verdict(["a": 200, "b": 500]) else {
            Issue.record("what is not known is no yes")
            return
        }
    }

    @Test func `A name that a field would not carry is percent-encoded`() throws {
        let question = CallbackQuestion(.read, [Self.channel(" a/é%")])
        let request = question.request(to: try OutboundURL("http://localhost/"), CallbackSettings())
        #expect(request.fields.contains { $0.name == "X-Channel-Id" && $0.value == Array("%20a%2F%C3%A9%25".utf8) })
    }
}

extension CallbackAnswers.Step {
    fileprivate var isAsk: Bool { if case .ask = self { true } else { false } }
    fileprivate var isWait: Bool { if case .wait = self { true } else { false } }
    fileprivate var answer: CallbackAnswer? { if case .answer(let answer) = self { answer } else { nil } }
}
