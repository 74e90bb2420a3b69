import NIOCore

/// Where a stream of HTTP/2 is: a request and its answer, as two halves that end each on its own (RFC 9113, section
/// 5.1).
///
/// Knows no frames and no time: every method is something that happened, and returns what is to be done about it.
struct HTTP2StreamStateMachine {
    /// What comes from the client.
    enum Input {
        case awaitingHead
        case receivingContent(RequestHead, ByteBuffer)
        /// The request was refused before it was complete: what still comes of it is thrown away.
        case discarding
        case ended
    }

    /// What goes to the client.
    enum Output {
        /// The request is not complete.
        case awaitingRequest
        /// The request waits until the client has taken more of the answers to others.
        case queued(RequestHead, ByteBuffer)
        /// An answer is due.
        case answering
        /// The answer's head is written, its content under way.
        case streaming
        /// Everything is written.
        case ended
        /// The stream is no more.
        case closed
    }

    /// The most bytes of a request's content.
    private let contentLimit: Int
    private(set) var input = Input.awaitingHead
    private(set) var output = Output.awaitingRequest
    /// Of the output's content, what is not on its way yet.
    private(set) var flow = HTTP2OutputFlow.flowing(0)

    init(contentLimit: Int) {
        self.contentLimit = contentLimit
    }

    var isReceiving: Bool { if case .receivingContent = self.input { true } else { false } }
    var isStreaming: Bool { if case .streaming = self.output { true } else { false } }
    var isBlocked: Bool { if case .blocked = self.flow { true } else { false } }
    var isClosed: Bool { if case .closed = self.output { true } else { false } }

    /// How many bytes of the request are held until it is answered.
    var contentSize: Int {
        switch (self.input, self.output) {
        case (.receivingContent(_, let content), _), (_, .queued(_, let content)): content.readableBytes
        case (.awaitingHead, _), (.discarding, _), (.ended, _): 0
        }
    }

    // MARK: The request

    enum OnRequest {
        case none
        /// Content must follow in time. A client that waits for it is told to send it (RFC 9110, section 10.1.1).
        case awaitContent(sendContinue: Bool)
        /// The request is complete, and is to be answered in its turn.
        case enqueue
        /// Answer with the problem.
        case refuse(Problem)
    }

    /// The head has come, or what is wrong with it.
    ///
    /// - Parameter isEnd: Whether the request has no content.
    mutating func received(_ head: Result<RequestHead, Problem>, isEnd: Bool) -> OnRequest {
        guard case .awaitingHead = self.input else { return .none }
        do throws(Problem) {
            let head = try head.get()
            if let length = head.known.contentLength, length > self.contentLimit { throw self.tooLarge }
            if isEnd { return self.complete(head, ByteBuffer()) }
            self.input = .receivingContent(head, ByteBuffer())
            return .awaitContent(sendContinue: head.known.expectsContinue)
        } catch {
            return self.refuse(error, isEnd: isEnd)
        }
    }

    /// A piece of the content has come.
    ///
    /// - Parameter mayHold: How many bytes more the requests of the connection may hold, all together.
    mutating func received(_ bytes: ByteBuffer, mayHold: Int) -> OnRequest {
        guard case .receivingContent(let head, var content) = self.input else { return .none }
        guard content.readableBytes + bytes.readableBytes <= self.contentLimit else {
            return self.refuse(self.tooLarge)
        }
        guard bytes.readableBytes <= mayHold else {
            return self.refuse(.unavailable("too many requests with content at once on this connection", retryAfter: 1))
        }
        self.input = .discarding  // so that the bytes have one owner, and are not copied
        content.writeImmutableBuffer(bytes)
        self.input = .receivingContent(head, content)
        return .none
    }

    /// The client has sent all of its half.
    mutating func inputEnded() -> OnRequest {
        switch self.input {
        case .receivingContent(let head, let content):
            return self.complete(head, content)
        case .discarding:
            self.input = .ended
            return .none
        case .awaitingHead, .ended:
            return .none
        }
    }

    /// The content does not come as it must.
    mutating func failed(_ problem: Problem) -> OnRequest {
        self.isReceiving ? self.refuse(problem) : .none
    }

    /// The turn of the request has come. Returns it; `nil` if it is no longer to be answered.
    mutating func turnCame() -> (head: RequestHead, content: ByteBuffer)? {
        guard case .queued(let head, let content) = self.output else { return nil }
        self.output = .answering
        return (head, content)
    }

    private var tooLarge: Problem { .bodyTooLarge(self.contentLimit) }

    private mutating func complete(_ head: RequestHead, _ content: ByteBuffer) -> OnRequest {
        self.input = .ended
        self.output = .queued(head, content)
        return .enqueue
    }

    private mutating func refuse(_ problem: Problem, isEnd: Bool = false) -> OnRequest {
        self.input = isEnd ? .ended : .discarding
        self.output = .answering
        return .refuse(problem)
    }

    // MARK: The answer

    /// The answer is written as a whole. Returns whether one was due.
    mutating func answered() -> Bool {
        guard case .answering = self.output else { return false }
        self.output = .ended
        return true
    }

    /// The answer's head is written, its content follows. Returns whether an answer was due.
    mutating func streamBegan() -> Bool {
        guard case .answering = self.output else { return false }
        self.output = .streaming
        return true
    }

    /// A piece of content is written. Returns whether the writer may go on; if not, it is told when it may.
    mutating func wrote(_ count: Int) -> Bool {
        let mayGoOn = self.flow.wrote(count)
        if case .ended = self.output { self.flow.writerEnded() }
        return mayGoOn
    }

    /// The content is complete. Returns whether a stream was under way.
    mutating func streamEnded() -> Bool {
        guard case .streaming = self.output else { return false }
        self.output = .ended
        self.flow.writerEnded()
        return true
    }

    /// What was written has been sent, as far as the client's windows let it through. Returns whether they now hold
    /// something up.
    mutating func flushed() -> Bool { self.flow.flushed() }

    /// So many bytes of content are on their way.
    mutating func sent(_ count: Int) -> HTTP2OutputFlow.OnSent { self.flow.sent(count) }

    /// The end of the answer is on its way. Returns whether nobody needs what the client may still send, so that the
    /// stream is to be reset (RFC 9113, section 8.1).
    var resetsInput: Bool { if case .ended = self.input { false } else { true } }

    /// The stream is no more, whoever ended it.
    mutating func closed() {
        self.input = .ended
        self.output = .closed
        self.flow = .flowing(0)
    }
}
