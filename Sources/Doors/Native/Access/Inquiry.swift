import Access
import Channels
import HTTPServing
import NIOCore

/// What somebody wants to do.
struct Wish: Sendable {
    let action: Action
    /// At least one.
    let channels: [ChannelName]
    /// What may stand in the place of a token, to read.
    var ticket: [UInt8]?
    /// How he reads, for the application that may be asked.
    var subscriber: CallbackQuestion.Subscriber?

    init(
        _ action: Action, _ channels: [ChannelName], ticket: [UInt8]? = nil,
        subscriber: CallbackQuestion.Subscriber? = nil
    ) {
        self.action = action
        self.channels = channels
        self.ticket = ticket
        self.subscriber = subscriber
    }
}

/// What has become of a wish, as far as that is known at once.
enum Judgement {
    case permit(Permit)
    /// It must be asked for elsewhere.
    case inquiry(Inquiry)
}

/// A question to somebody else, on whose answer it depends whether a wish is granted.
struct Inquiry: Sendable {
    let ask: @Sendable () async -> Result<Permit, Problem>
}

extension Exchange {
    /// Goes on if the answer to an inquiry is yes; what else it is, the client is answered. See ``wait(for:_:)``.
    ///
    /// - Parameter proceed: What it throws is answered too.
    func proceed(after inquiry: Inquiry, _ proceed: @escaping (Permit) throws(Problem) -> Void) {
        self.wait(for: inquiry) { answer in
            do throws(Problem) { try proceed(try answer.get()) } catch { self.respond(error.response) }
        }
    }

    /// Waits for the answer to an inquiry. Meanwhile nothing else of the connection is begun that might overtake it.
    ///
    /// - Parameter proceed: Called on the event loop, once; not at all if the client goes before.
    func wait(for inquiry: Inquiry, _ proceed: @escaping (Result<Permit, Problem>) -> Void) {
        let pending = NIOLoopBound(PendingJudgement(proceed), eventLoop: self.eventLoop)
        self.delegate = pending.value
        let eventLoop = self.eventLoop
        pending.value.task = Task {
            let answer = await inquiry.ask()
            eventLoop.execute { pending.value.answered(answer) }
        }
    }
}

/// A request of which it is not known yet whether it is granted. Owner: its event loop.
private final class PendingJudgement: ExchangeDelegate {
    /// `nil` once it has been called, or the client has gone.
    private var proceed: ((Result<Permit, Problem>) -> Void)?
    var task: Task<Void, Never>?

    init(_ proceed: @escaping (Result<Permit, Problem>) -> Void) {
        self.proceed = proceed
    }

    func answered(_ answer: Result<Permit, Problem>) {
        self.proceed.take()?(answer)
    }

    func closed() {
        self.proceed = nil
        self.task?.cancel()
    }

    func drain() {
        self.answered(.failure(.unavailable("the server is stopping", retryAfter: 2)))
        self.task?.cancel()
    }

    func writable() {}

    /// It may have closed its half only: the answer is waited for.
    func inputClosed() {}

    func deadlineReached(_ now: NIODeadline) {}
}
