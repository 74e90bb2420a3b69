public import Channels
public import Outbound
import Synchronization

/// The application that is asked who may do what. All loops share it; its lock is held for a look.
public final class Callback: Sendable {
    /// What has come of a question.
    public enum Verdict: Equatable, Sendable {
        /// It may be done, until then (milliseconds since 1970).
        case allowed(until: Int64?)
        case refused(ChannelName, Decision)
        /// Nobody knows at the moment, and why.
        case unknown(String)
    }

    public typealias Ask = @Sendable (OutboundRequest, @escaping Outbound.Completion) -> Void

    public let settings: CallbackSettings
    private let url: OutboundURL
    private let ask: Ask
    private let now: @Sendable () -> ContinuousClock.Instant
    private let answers = Mutex(CallbackAnswers<CheckedContinuation<CallbackAnswer, Never>>())

    /// - Returns: `nil` where there is nobody to ask.
    public init?(
        _ settings: CallbackSettings, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        ask: @escaping Ask
    ) {
        guard let url = settings.url else { return nil }
        self.url = url
        self.settings = settings
        self.ask = ask
        self.now = now
    }

    /// Asks for all channels of a question, unless that is known.
    public func verdict(on question: CallbackQuestion) async -> Verdict {
        let questions =
            switch self.settings.form {
            case .json: [question]
            case .fields:
                question.channels.map { channel in
                    var one = question
                    one.channels = [channel]
                    return one
                }
            }
        let verdicts = await withTaskGroup { group in
            for one in questions { group.addTask { Self.verdict(await self.answer(to: one), one) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        return verdicts.reduce(.allowed(until: nil)) { $0.and($1) }
    }

    private static func verdict(_ answer: CallbackAnswer, _ question: CallbackQuestion) -> Verdict {
        guard let first = question.channels.first else { return .unknown("no channel was asked about") }
        switch answer {
        case .yes(let grants, let end):
            let other = question.channels.first { grants?.cover(question.action, $0, claims: .none) == false }
            return other.map { .refused($0, .forbidden) } ?? .allowed(until: end)
        case .unauthenticated: return .refused(first, .unauthenticated)
        case .forbidden: return .refused(first, .forbidden)
        case .unknown(let reason): return .unknown(reason)
        }
    }

    private func answer(to question: CallbackQuestion) async -> CallbackAnswer {
        await withCheckedContinuation { continuation in
            let step = self.answers.withLock { $0.ask(question, continuation, at: self.now()) }
            switch step {
            case .answer(let answer): continuation.resume(returning: answer)
            case .wait: break
            case .ask:
                self.ask(question.request(to: self.url, self.settings)) { result in self.take(result, of: question) }
            }
        }
    }

    private func take(_ result: Result<OutboundResponse, OutboundError>, of question: CallbackQuestion) {
        let answer = CallbackAnswer(result)
        let freshness = (try? result.get())?.freshness
        let waiters = self.answers.withLock {
            $0.answered(answer, to: question, freshness: freshness, at: self.now())
        }
        for waiter in waiters { waiter.resume(returning: answer) }
    }
}

extension Callback.Verdict {
    /// What two come to: a no is final, and what is not known is no yes.
    fileprivate func and(_ other: Callback.Verdict) -> Callback.Verdict {
        switch (self, other) {
        case (.refused, _): self
        case (_, .refused): other
        case (.unknown, _): self
        case (_, .unknown): other
        case (.allowed(let one), .allowed(let other)): .allowed(until: [one, other].compactMap(\.self).min())
        }
    }
}
