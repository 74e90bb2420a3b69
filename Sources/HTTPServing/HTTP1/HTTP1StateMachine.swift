import NIOCore
import NIOHTTP1

/// Where an HTTP/1 connection is: one request at a time, each answered, or its answer put off, before the next is
/// looked at.
///
/// Knows no socket and no time: every method is something that happened, and returns what is to be done about it.
struct HTTP1StateMachine {
    private enum State {
        /// No request is under way.
        case idle
        /// The head is there, the content on its way. The client may wait to be told to send it.
        case receiving(RequestHead, content: ByteBuffer, owesContinue: Bool)
        /// The request is complete, and waits until the answers before it are given.
        case held(RequestHead, content: ByteBuffer)
        /// The request is with the responder.
        case answering(HTTP1ReplyContext)
        /// The answer's head is written, its content under way; what the client sends is not looked at any more.
        case streaming(HTTP1Head.Framing)
        /// Everything is written, or put off; the connection waits for the client to close.
        case ending
    }

    /// What comes from the client.
    private enum Input {
        case open
        /// The client has closed its half. What it sent before is still to be looked at.
        case closed
        /// All of that is looked at.
        case ended
    }

    /// How the connection goes on behind the answer under way.
    private enum Prospect {
        case nextRequest
        /// The server is full: only one answer is given.
        case end
        /// The server is stopping: the answer under way comes to its end, and is the last.
        case stop
    }

    private var state = State.idle
    private var input = Input.open
    private var prospect: Prospect
    private var postponements = HTTP1PostponedAnswers()

    /// - Parameter answersOnce: Whether the connection is to end with its first answer.
    init(answersOnce: Bool = false) {
        self.prospect = answersOnce ? .end : .nextRequest
    }

    var isIdle: Bool { if case .idle = self.state { true } else { false } }
    var isReceiving: Bool { if case .receiving = self.state { true } else { false } }
    var isStreaming: Bool { if case .streaming = self.state { true } else { false } }
    /// Whether a stream is under way whose content is framed as chunks.
    var isChunked: Bool { if case .streaming(.chunked) = self.state { true } else { false } }
    var isEnding: Bool { if case .ending = self.state { true } else { false } }
    /// Whether nothing is left to be said.
    var isDone: Bool { self.isEnding && self.postponements.isEmpty }
    var isInputClosed: Bool { self.input != .open }
    var isStopping: Bool { self.prospect == .stop }
    var hasPostponed: Bool { !self.postponements.isEmpty }
    /// How many bytes of the content are there that is on its way.
    var contentSize: Int { if case .receiving(_, let content, _) = self.state { content.readableBytes } else { 0 } }

    /// Whether the next piece of a request can be looked at now.
    var acceptsParts: Bool {
        switch self.state {
        case .held, .answering: false
        case .idle, .receiving, .streaming, .ending: !self.postponements.isFull
        }
    }

    // MARK: Requests

    enum OnPart {
        case none
        /// The head is there, and content must follow in time.
        case awaitContent
        case handle(RequestHead, content: ByteBuffer)
        /// Answer with the problem, and close.
        case refuse(Problem)
    }

    /// - Parameter contentLimit: The most bytes of a request's content.
    mutating func received(_ part: HTTP1Parser.Part, contentLimit: Int) -> OnPart {
        switch (self.state, part) {
        case (.idle, .head(let head)):
            return self.received(head, contentLimit)
        case (.receiving(let head, var content, let owesContinue), .body(var bytes)):
            guard content.readableBytes + bytes.readableBytes <= contentLimit else {
                return self.refuse(.bodyTooLarge(contentLimit), of: head)
            }
            self.state = .idle  // so that the bytes have one owner, and are not copied
            if content.readableBytes == 0 { swap(&content, &bytes) } else { content.writeBuffer(&bytes) }
            self.state = .receiving(head, content: content, owesContinue: owesContinue)
            return .none
        case (.receiving(let head, let content, _), .end):
            self.state = .answering(HTTP1ReplyContext(head))
            return .handle(head, content: content)
        case (.idle, _), (.receiving, .head), (.held, _), (.answering, _), (.streaming, _), (.ending, _):
            return .none
        }
    }

    private mutating func received(_ head: RequestHead, _ contentLimit: Int) -> OnPart {
        if let problem = head.problem(contentLimit: contentLimit) { return self.refuse(problem, of: head) }
        let hasContent = head.known.contentLengths + head.known.transferEncodings > 0
        let owesContinue = hasContent && !head.isHTTP10 && head.known.expectsContinue
        self.state = .receiving(head, content: ByteBuffer(), owesContinue: owesContinue)
        return hasContent ? .awaitContent : .none
    }

    /// Whether the client is to be told now that it may send its content (RFC 9110, section 10.1.1): behind the answers
    /// that come before. Counts as done.
    mutating func takeContinue() -> Bool {
        guard case .receiving(let head, let content, owesContinue: true) = self.state, self.postponements.isEmpty else {
            return false
        }
        self.state = .receiving(head, content: content, owesContinue: false)
        return true
    }

    /// What the client sent is no HTTP, or did not come in time.
    ///
    /// - Parameter origin: The field `Origin` of a head that has not become a request.
    mutating func failed(_ problem: Problem, origin: String?) -> OnPart {
        switch self.state {
        case .idle:
            self.state = .answering(
                HTTP1ReplyContext(isHead: false, isHTTP10: false, fate: .lingers, origin: origin))
            return .refuse(problem)
        case .receiving(let head, _, _):
            return self.refuse(problem, of: head)
        case .held, .answering, .streaming, .ending:
            return .none
        }
    }

    private mutating func refuse(_ problem: Problem, of head: RequestHead) -> OnPart {
        self.state = .answering(HTTP1ReplyContext(refusing: head))
        return .refuse(problem)
    }

    /// The request that came last must not overlap with those whose answers were put off.
    mutating func heldBack(_ head: RequestHead, content: ByteBuffer) {
        guard case .answering = self.state, self.hasPostponed else { return }
        self.state = .held(head, content: content)
    }

    /// Takes the request that was held back, if all answers before it are given.
    mutating func takeHeld() -> (head: RequestHead, content: ByteBuffer)? {
        guard case .held(let head, let content) = self.state, self.postponements.isEmpty else { return nil }
        self.state = .answering(HTTP1ReplyContext(head))
        return (head, content)
    }

    // MARK: Answers

    /// The answer is written as a whole.
    ///
    /// - Returns: What to write its head by; `nil` if no answer is due.
    mutating func answered() -> HTTP1ReplyContext? {
        guard case .answering(var context) = self.state else { return nil }
        if self.prospect != .nextRequest || self.input == .ended { context = context.ending() }
        self.state = context.keepsAlive ? .idle : .ending
        return context
    }

    /// The answer is put off; the next request may be looked at.
    ///
    /// - Returns: The number by which the answer is given; `nil` if none is due.
    mutating func postponed() -> Int? { self.answered().map { self.postponements.append($0) } }

    /// An answer that was put off is there.
    mutating func settled(_ number: Int, _ response: Response) { self.postponements.settled(number, response) }

    /// Takes the earliest of the answers that were put off, if it is there, with what to write its head by.
    mutating func takeSettled() -> (response: Response, context: HTTP1ReplyContext)? {
        guard let (response, context) = self.postponements.next() else { return nil }
        // Of a connection that ends, the last answer says so.
        return (response, self.isDone ? context.ending() : context)
    }

    /// The answer's head is written, its content follows.
    ///
    /// - Parameter hasLength: Whether the head says how long the content is.
    /// - Returns: What to write the head by; `nil` if no answer is due.
    mutating func streamBegan(hasLength: Bool) -> (context: HTTP1ReplyContext, framing: HTTP1Head.Framing)? {
        guard case .answering(let context) = self.state else { return nil }
        let framing = context.isHTTP10 || hasLength ? HTTP1Head.Framing.untilClose : .chunked
        self.state = .streaming(framing)
        return (context.ending(), framing)
    }

    /// The content is complete. Returns whether a stream was under way.
    mutating func streamEnded() -> Bool {
        guard self.isStreaming else { return false }
        self.state = .ending
        return true
    }

    // MARK: The end

    /// The client has closed its half. It may still read: what it is owed it gets, a stream to its end.
    mutating func inputClosed() {
        if self.input == .open { self.input = .closed }
    }

    /// Everything that came from a client that has closed its half is looked at. Returns whether nothing is owed to it.
    mutating func inputEnded() -> Bool {
        self.input = .ended
        switch self.state {
        case .idle, .receiving: self.state = .ending
        case .held, .answering, .streaming, .ending: break
        }
        return self.isDone
    }

    enum OnDrain {
        case none
        case close
    }

    /// The server is stopping: this connection gets no further request.
    mutating func drain() -> OnDrain {
        self.prospect = .stop
        guard self.isIdle else { return .none }
        self.state = .ending
        return self.postponements.isEmpty ? .close : .none
    }
}

extension RequestHead {
    /// What is wrong with the head of a request in HTTP/1, beside its form.
    fileprivate func problem(contentLimit: Int) -> Problem? {
        if self.known.hostCount > 1 || (self.known.hostCount == 0 && !self.isHTTP10) {
            return .badRequest("a request needs exactly one field Host (RFC 9112, section 3.2)")
        }
        guard self.known.isHostValid else { return .invalidAuthority("the field Host") }
        if let name = self.known.repeated { return .repeated(name) }
        if let length = self.known.contentLength, length > contentLimit { return .bodyTooLarge(contentLimit) }
        return nil
    }
}
