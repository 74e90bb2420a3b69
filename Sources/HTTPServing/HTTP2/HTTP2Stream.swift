import NIOCore
import NIOHPACK
import NIOHTTP1
import NIOHTTP2

/// One request and its answer on an HTTP/2 connection: carries out what ``HTTP2StreamStateMachine`` decides, and keeps
/// time. Owner: the connection's event loop.
///
/// What the client's windows do not let through waits in NIO's handler. The writer is told to wait too, so that this is
/// one batch at most. The other streams go on.
final class HTTP2Stream {
    let id: HTTP2StreamID
    private weak var connection: HTTP2Connection?
    private let loop: LoopContext
    private let peer: Peer
    /// Whether the answer has no content (RFC 9110, section 9.3.2).
    private let isHead: Bool
    private let origin: String?
    private var machine: HTTP2StreamStateMachine

    private var pace = ContentPace()
    private var progress = WriteProgress()
    /// How much was written to the connection when the client's windows were last seen to let something through, in
    /// bytes.
    private var writtenBefore = 0
    private var delegateDeadline = NIODeadline.distantFuture
    var deadlineIndex: Int?
    var delegate: (any ExchangeDelegate)?

    /// - Parameter headers: The request's. What is said of its origin counts also where the rest is wrong, so that a page may read the
    ///   answer that says so.
    init(_ id: HTTP2StreamID, _ headers: HPACKHeaders, from peer: Peer, on connection: HTTP2Connection) {
        self.id = id
        self.connection = connection
        self.loop = connection.loop
        self.peer = peer
        self.isHead = headers.first(name: ":method") == "HEAD"
        self.origin = headers.first(name: "origin")
        self.machine = HTTP2StreamStateMachine(contentLimit: self.loop.limits.bodySize)
    }

    var isReceiving: Bool { self.machine.isReceiving }
    /// Whether the client's part of the stream is to be reset once the answer is sent.
    var resetsInput: Bool { self.machine.resetsInput }

    // MARK: The request

    func begin(_ headers: HPACKHeaders, isEnd: Bool) {
        let limits = self.loop.limits
        let head = Result { () throws(Problem) in try RequestHead(headers, limits) }
        self.take { $0.received(head, isEnd: isEnd) }
    }

    /// - Parameter mayHold: How many bytes more all requests of the connection may hold.
    func receive(_ bytes: ByteBuffer, mayHold: Int) {
        self.take { $0.received(bytes, mayHold: mayHold) }
    }

    func inputEnded() {
        self.take { $0.inputEnded() }
    }

    /// Tells the state machine what has happened, and the connection how much is held since, and does what is to be
    /// done.
    private func take(_ event: (inout HTTP2StreamStateMachine) -> HTTP2StreamStateMachine.OnRequest) {
        let held = self.machine.contentSize
        let action = event(&self.machine)
        self.connection?.holdsContent(self.machine.contentSize - held)
        switch action {
        case .none:
            break
        case .awaitContent(let sendContinue):
            self.loop.deadlines.set(.now() + self.loop.limits.bodyTimeout, of: self)
            if sendContinue { self.write(.headers(.init(headers: [":status": "100"]))) }
        case .enqueue:
            self.setDeadline(.distantFuture)
            self.connection?.enqueue(self)
        case .refuse(let problem):
            self.respond(problem.response)
        }
    }

    /// Has the request answered: its turn has come.
    func handle() {
        guard let (head, content) = self.machine.turnCame() else { return }
        self.connection?.holdsContent(-content.readableBytes)
        self.loop.responder.respond(
            to: Request(head, body: content, from: self.loop.settings.peer(self.peer, of: head)), on: self)
        if self.connection?.isStopping == true { self.delegate?.drain() }
    }

    // MARK: The answer

    private func write(_ payload: HTTP2Frame.FramePayload) {
        self.connection?.write(payload, on: self.id)
        self.connection?.hasWritten(self)
    }

    private func writeHead(_ response: Response, length: Int?, isEnd: Bool) {
        var headers: HPACKHeaders = [":status": String(response.status.code)]
        self.loop.fields(of: response, for: self.origin).forEach {
            headers.add(name: $0.lowercased(), value: $1)
        }
        if let length { headers.add(name: "content-length", value: String(length)) }
        self.write(.headers(.init(headers: headers, endStream: isEnd)))
    }

    /// Returns whether the writer may go on.
    private func writeContent(_ bytes: ByteBuffer, isEnd: Bool) -> Bool {
        let mayGoOn = self.machine.wrote(bytes.readableBytes)
        self.connection?.holdsUnsent(bytes.readableBytes)
        self.write(.data(.init(data: .byteBuffer(bytes), endStream: isEnd)))
        return mayGoOn
    }

    /// What was written has been sent, as far as the client's windows let it through.
    func flushed() {
        if self.machine.flushed() { self.expectProgress() }
    }

    /// So many bytes of content are on their way. Returns whether the writer waits to be told.
    func sent(_ bytes: Int) -> Bool {
        self.connection?.holdsUnsent(-bytes)
        switch self.machine.sent(bytes) {
        case .none:
            return false
        case .progressed:
            self.expectProgress()
            return false
        case .unblocked(let tellsWriter):
            self.setDeadline(self.delegateDeadline)
            return tellsWriter
        case .tellWriter:
            return true
        }
    }

    /// The stream is no more, whoever ended it.
    func closed() {
        self.connection?.holdsContent(-self.machine.contentSize)
        self.connection?.holdsUnsent(-self.machine.flow.unsent)
        self.machine.closed()
        let delegate = self.delegate
        self.delegate = nil
        delegate?.closed()
    }
}

extension HTTP2Stream: Exchange {
    var eventLoop: any EventLoop { self.loop.eventLoop }

    var hasBegunStream: Bool { self.machine.isStreaming }

    var connectionMemory: AnyObject? {
        get { self.connection?.memory }
        set { self.connection?.memory = newValue }
    }

    func respond(_ response: Response) {
        guard self.machine.answered() else { return }
        self.delegate = nil
        self.setDeadline(.distantFuture)
        let content = self.isHead ? nil : response.body.flatMap { $0.readableBytes > 0 ? $0 : nil }
        self.writeHead(response, length: response.body?.readableBytes, isEnd: content == nil)
        if let content { _ = self.writeContent(content, isEnd: true) }
    }

    func postpone() -> any PostponedAnswer {
        self.delegate = nil
        return self
    }

    func beginStream(_ head: Response) {
        guard self.machine.streamBegan() else { return }
        self.writeHead(head, length: nil, isEnd: false)
    }

    func write(_ bytes: ByteBuffer) -> Bool {
        guard self.machine.isStreaming else { return false }
        guard bytes.readableBytes > 0 else { return true }
        return self.writeContent(bytes, isEnd: false)
    }

    func end() {
        guard self.machine.streamEnded() else { return }
        self.delegate = nil
        self.setDeadline(.distantFuture)
        _ = self.writeContent(ByteBuffer(), isEnd: true)
    }

    func setDeadline(_ deadline: NIODeadline) {
        guard !self.machine.isClosed else { return }
        self.delegateDeadline = deadline
        // Until the windows let everything through the deadline is theirs.
        if !self.machine.isBlocked { self.loop.deadlines.set(deadline, of: self) }
    }
}

extension HTTP2Stream: PostponedAnswer {}

extension HTTP2Stream: DeadlineOwner {
    func deadlineReached(_ now: NIODeadline) {
        if self.machine.isReceiving {
            self.refuseUnlessInPace()
        } else if self.machine.isBlocked {
            self.resetUnlessTaken()
        } else {
            self.delegate?.deadlineReached(now)
        }
    }

    private func refuseUnlessInPace() {
        let span = self.loop.limits.bodyTimeout
        guard self.pace.isKept(by: self.machine.contentSize, in: span) else {
            return self.take { $0.failed(.slowContent(span)) }
        }
        self.loop.deadlines.set(.now() + span, of: self)
    }

    private func expectProgress() {
        self.progress = WriteProgress()
        self.writtenBefore = self.connection?.outputSize ?? 0
        self.loop.deadlines.set(.now() + self.loop.limits.writeTimeout, of: self)
    }

    /// A client cannot have opened its windows before it has taken what was on its way to it when they closed. So that
    /// counts as progress here too; whether the client takes it at all the connection sees.
    private func resetUnlessTaken() {
        guard let connection = self.connection else { return }
        guard self.progress.isMade(by: min(connection.outputTaken, self.writtenBefore)) else {
            return connection.reset(self.id, .cancel)
        }
        self.loop.deadlines.set(.now() + self.loop.limits.writeTimeout, of: self)
    }
}

@available(*, unavailable)
extension HTTP2Stream: Sendable {}
