import NIOCore
import NIOHTTP1

/// Where an HTTP/1 connection is: one request at a time, each answered, or its answer put off, before the next is
/// looked at.
///
/// Knows no socket and no time: every method is something that happened, and returns what is to be done about it.
struct HTTP1StateMachine {
    private enum State {
        /// No request is under way.
        case waiting
        /// The head is there, the content on its way.
        case receiving(RequestHead, body: ByteBuffer)
        /// The request is with the responder.
        case answering(Answer)
        /// The answer's head is written, its content under way; what the client sends is not looked at any more.
        case streaming(Answer)
        /// All is written, or put off; the connection waits for the client to close.
        case ending
    }

    /// What must be remembered of a request until it is answered.
    struct Answer: Equatable {
        let isHead: Bool
        let isHTTP10: Bool
        /// Whether the connection lives on behind the answer.
        var keepsAlive: Bool
        /// The field `Origin`.
        let origin: String?

        /// Whether the answer's head depends on nothing but the answer.
        var isPlain: Bool { !self.isHead && !self.isHTTP10 && self.keepsAlive && self.origin == nil }

        /// How the connection's fate is told: where it is not what the version of HTTP says anyway.
        var connectionField: String? {
            switch (self.isHTTP10, self.keepsAlive) {
            case (false, false): "close"
            case (true, true): "keep-alive"
            default: nil
            }
        }
    }

    /// The most bytes of a request's content.
    private let bodySize: Int
    private var state = State.waiting
    /// How the connection goes on behind the answer under way.
    private enum Future {
        /// With the next request.
        case open
        /// Not at all: the client sends nothing more, or only one answer is given. What is owed is given.
        case ending
        /// Not at all: the server is stopping, and the answer under way comes to its end.
        case stopping
    }

    private var future: Future
    /// Whether the client has sent a request whole that it called its last.
    private(set) var hasLastRequest = false
    /// How many answers are put off.
    private(set) var postponedCount = 0

    /// - Parameter answersOnce: Whether the connection is to end with its first answer.
    init(bodySize: Int, answersOnce: Bool = false) {
        self.bodySize = bodySize
        self.future = answersOnce ? .ending : .open
    }

    var isWaiting: Bool { if case .waiting = self.state { true } else { false } }
    var isStreaming: Bool { if case .streaming = self.state { true } else { false } }
    var isReceiving: Bool { if case .receiving = self.state { true } else { false } }
    var isEnding: Bool { if case .ending = self.state { true } else { false } }
    /// How many bytes of the content are there that is on its way.
    var contentSize: Int { if case .receiving(_, let body) = self.state { body.readableBytes } else { 0 } }
    /// Whether the server is stopping.
    var isStopping: Bool { self.future == .stopping }

    /// Whether the next piece of a request can be looked at now.
    var acceptsParts: Bool {
        if case .answering = self.state { false } else { true }
    }

    enum OnPart {
        case none
        /// The head is there, and content must follow in time. A client that waits for it is told to send it
        /// (RFC 9110, section 10.1.1).
        case awaitBody(sendContinue: Bool)
        case handle(RequestHead, body: ByteBuffer)
        /// Answer with the problem, and close.
        case refuse(Problem)
    }

    mutating func received(_ part: HTTP1Parser.Part) -> OnPart {
        switch (self.state, part) {
        case (.waiting, .head(let head)):
            return self.received(head)
        case (.receiving(let head, var body), .body(var bytes)):
            guard body.readableBytes + bytes.readableBytes <= self.bodySize else {
                return self.refuse(.bodyTooLarge(self.bodySize), of: head)
            }
            self.state = .waiting  // so that the bytes have one owner, and are not copied
            if body.readableBytes == 0 { swap(&body, &bytes) } else { body.writeBuffer(&bytes) }
            self.state = .receiving(head, body: body)
            return .none
        case (.receiving(let head, let body), .end):
            self.state = .answering(self.answer(to: head))
            self.hasLastRequest = head.isLast
            return .handle(head, body: body)
        case (.waiting, _), (.receiving, .head), (.answering, _), (.streaming, _), (.ending, _):
            return .none
        }
    }

    /// What the client sent is no HTTP, or did not come in time.
    ///
    /// - Parameter origin: The field `Origin` of a head that has not become a request.
    mutating func failed(_ problem: Problem, origin: String?) -> OnPart {
        switch self.state {
        case .waiting:
            self.state = .answering(Answer(isHead: false, isHTTP10: false, keepsAlive: false, origin: origin))
            return .refuse(problem)
        case .receiving(let head, _):
            return self.refuse(problem, of: head)
        case .answering, .streaming, .ending:
            return .none
        }
    }

    /// The answer is written as a whole.
    ///
    /// - Returns: What to write its head by; `nil` if no answer is due.
    mutating func answered() -> Answer? {
        guard case .answering(var answer) = self.state else { return nil }
        if self.future != .open { answer.keepsAlive = false }
        self.state = answer.keepsAlive ? .waiting : .ending
        return answer
    }

    /// The answer is put off; the next request may be looked at.
    ///
    /// - Returns: What to write the answer's head by; `nil` if no answer is due.
    mutating func postponed() -> Answer? {
        guard let answer = self.answered() else { return nil }
        self.postponedCount += 1
        return answer
    }

    /// The earliest of the answers that were put off is there.
    ///
    /// - Returns: What to write its head by.
    mutating func settled(_ answer: Answer) -> Answer {
        self.postponedCount -= 1
        var answer = answer
        // Of a connection that ends, the last answer says so.
        if case .ending = self.state, self.postponedCount == 0 { answer.keepsAlive = false }
        return answer
    }

    /// The client sends nothing more, but may still read: what it is owed it gets, a stream to its end.
    ///
    /// - Returns: Whether it may still be owed something.
    mutating func inputEnded() -> Bool {
        if self.future == .open { self.future = .ending }
        switch self.state {
        case .waiting, .ending:
            self.state = .ending
            return true
        case .receiving:
            self.state = .ending
            return self.postponedCount > 0
        case .answering, .streaming:
            return true
        }
    }

    /// The answer's head is written, its content follows.
    mutating func streamBegan() -> Answer? {
        guard case .answering(var answer) = self.state else { return nil }
        answer.keepsAlive = false
        self.state = .streaming(answer)
        return answer
    }

    /// The content is complete. Returns whether a stream was under way.
    mutating func streamEnded() -> Bool {
        guard case .streaming = self.state else { return false }
        self.state = .ending
        return true
    }

    enum OnDrain {
        case none
        case close
    }

    /// The server is stopping: this connection gets no further request.
    mutating func drain() -> OnDrain {
        self.future = .stopping
        switch self.state {
        case .waiting:
            self.state = .ending
            return self.postponedCount == 0 ? .close : .none
        case .receiving, .answering, .streaming, .ending:
            return .none
        }
    }

    private mutating func received(_ head: RequestHead) -> OnPart {
        if let problem = self.problem(with: head) { return self.refuse(problem, of: head) }
        self.state = .receiving(head, body: ByteBuffer())
        guard head.known.contentLengths + head.known.transferEncodings > 0 else { return .none }
        return .awaitBody(sendContinue: !head.isHTTP10 && head.known.expectsContinue)
    }

    private func problem(with head: RequestHead) -> Problem? {
        if head.known.hostCount > 1 || (head.known.hostCount == 0 && !head.isHTTP10) {
            return .badRequest("a request needs exactly one field Host (RFC 9112, section 3.2)")
        }
        guard head.known.isHostValid else { return .invalidAuthority("the field Host") }
        if let name = head.known.repeated { return .repeated(name) }
        if let length = head.known.contentLength, length > self.bodySize {
            return .bodyTooLarge(self.bodySize)
        }
        return nil
    }

    private mutating func refuse(_ problem: Problem, of head: RequestHead) -> OnPart {
        var answer = self.answer(to: head)
        answer.keepsAlive = false
        self.state = .answering(answer)
        return .refuse(problem)
    }

    private func answer(to head: RequestHead) -> Answer {
        Answer(
            isHead: head.method == .HEAD, isHTTP10: head.isHTTP10, keepsAlive: head.isKeepAlive && self.future == .open,
            origin: head.known.origin)
    }
}
