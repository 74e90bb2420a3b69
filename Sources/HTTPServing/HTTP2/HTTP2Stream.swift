import NIOCore
import NIOHPACK
import NIOHTTP1
import NIOHTTP2

/// One request and its answer on an HTTP/2 connection. Owner: the connection's event loop.
///
/// What the client's windows do not let through waits in NIO's handler; the writer is told to wait too, so that this is
/// one batch at most. The other streams go on.
final class HTTP2Stream {
    private enum State {
        case receiving(RequestHead, body: ByteBuffer)
        /// The request is complete, and waits until it may be answered.
        case waiting(Request)
        case answering
        case streaming
        /// All is written.
        case ended
        /// The stream is no more.
        case closed
    }

    /// What the deadline is for.
    private enum Due: Equatable {
        case body
        /// That the windows open. The first deadline may come too early to tell.
        case write(isLast: Bool)
        case delegate
    }

    /// How much may be written before it is sent, in bytes.
    private static let outputLimit = 64 << 10

    let id: HTTP2StreamID
    private weak var connection: HTTP2Connection?
    private let loop: LoopContext
    private var state = State.answering
    private(set) var isInputEnded = false
    private var isHead = false
    private var origin: String?
    private var peer = Peer()
    private var pace = ContentPace()

    /// What was written and is not yet on its way, in bytes.
    private var unsent = 0
    /// Whether the client's windows hold up what was written.
    private var isWaiting = false
    /// How much was written to the connection when the stream began to wait for the windows.
    private var sentBefore = 0
    /// Whether the writer waits to be told that all is on its way.
    private var owesDrained = false

    private var due = Due.delegate
    private var delegateDeadline = NIODeadline.distantFuture
    var deadlineIndex: Int?
    var delegate: (any ExchangeDelegate)?

    init(_ id: HTTP2StreamID, on connection: HTTP2Connection) {
        self.id = id
        self.connection = connection
        self.loop = connection.loop
    }

    var isReceiving: Bool { if case .receiving = self.state { true } else { false } }

    // MARK: The request

    func begin(_ headers: HPACKHeaders, from peer: Peer, isEnd: Bool) {
        self.peer = peer
        self.isHead = headers.first(name: ":method") == "HEAD"
        // Before anything can be wrong, so that the page that asked may read what is.
        self.origin = headers.first(name: "origin")
        do throws(Problem) {
            let head = try RequestHead(headers, self.loop.limits)
            self.state = .receiving(head, body: ByteBuffer())
            if let length = head.known.contentLength, length > self.loop.limits.bodySize { throw self.tooLarge }
            if !isEnd { self.awaitBody(head) }
        } catch {
            self.refuse(error)
        }
        if isEnd { self.inputEnded() }
    }

    private func awaitBody(_ head: RequestHead) {
        self.due = .body
        self.loop.deadlines.set(.now() + self.loop.limits.bodyTimeout, of: self)
        if head.known.expectsContinue { self.write(.headers(.init(headers: [":status": "100"]))) }
    }

    /// - Parameter mayHold: How many bytes more all requests of the connection may hold.
    func receive(_ bytes: ByteBuffer, mayHold: Int) {
        guard case .receiving(let head, var body) = self.state else { return }
        guard body.readableBytes + bytes.readableBytes <= self.loop.limits.bodySize else {
            return self.refuse(self.tooLarge)
        }
        guard bytes.readableBytes <= mayHold else {
            return self.refuse(.unavailable("too many requests with content at once on this connection", retryAfter: 1))
        }
        self.state = .answering  // so that the bytes have one owner, and are not copied
        body.writeImmutableBuffer(bytes)
        self.state = .receiving(head, body: body)
        self.connection?.held(bytes.readableBytes)
    }

    func inputEnded() {
        self.isInputEnded = true
        guard case .receiving(let head, let body) = self.state else { return }
        self.state = .waiting(Request(head, body: body, from: self.peer))
        self.setDeadline(.distantFuture)
        self.connection?.handle(self)
    }

    /// Has the request answered.
    func handle() {
        guard case .waiting(let request) = self.state else { return }
        self.letGo(of: request.body)
        self.state = .answering
        self.loop.responder.respond(to: request, on: self)
        if self.connection?.isDraining == true { self.delegate?.drain() }
    }

    private func letGo(of body: ByteBuffer) {
        self.connection?.held(-body.readableBytes)
    }

    private func refuseUnlessInPace() {
        guard case .receiving(_, let body) = self.state else { return }
        let span = self.loop.limits.bodyTimeout
        guard self.pace.isKept(by: body.readableBytes, in: span) else { return self.refuse(.slowContent(span)) }
        self.loop.deadlines.set(.now() + span, of: self)
    }

    private var tooLarge: Problem { .bodyTooLarge(self.loop.limits.bodySize) }

    private func refuse(_ problem: Problem) {
        if case .receiving(_, let body) = self.state { self.letGo(of: body) }
        self.state = .answering
        self.respond(problem.response)
    }

    // MARK: The answer

    private func write(_ payload: HTTP2Frame.FramePayload) {
        self.connection?.write(payload, on: self.id)
        self.connection?.hasWritten(self)
    }

    private func writeHead(_ response: Response, length: Int?, isEnd: Bool) {
        var headers = HPACKHeaders([(":status", String(response.status.code)), ("server", "pollux")])
        headers.add(name: "date", value: self.loop.httpDate())
        for (name, value) in response.headers { headers.add(name: name.lowercased(), value: value) }
        for (name, value) in self.loop.cors.headers(for: self.origin) {
            headers.add(name: name.lowercased(), value: value)
        }
        if let value = self.loop.transportSecurity { headers.add(name: "strict-transport-security", value: value) }
        if let length { headers.add(name: "content-length", value: String(length)) }
        self.write(.headers(.init(headers: headers, endStream: isEnd)))
    }

    private func writeData(_ bytes: ByteBuffer, isEnd: Bool) {
        self.hold(bytes.readableBytes)
        self.write(.data(.init(data: .byteBuffer(bytes), endStream: isEnd)))
    }

    private func hold(_ bytes: Int) {
        self.unsent += bytes
        self.connection?.holdsUnsent(bytes)
    }

    /// So many bytes are on their way. Returns whether the writer has waited for these.
    func sent(_ bytes: Int) -> Bool {
        self.hold(-bytes)
        guard self.unsent == 0 else {
            if self.isWaiting { self.expectProgress() }
            return false
        }
        if self.isWaiting {
            self.isWaiting = false
            self.setDeadline(self.delegateDeadline)
        }
        defer { self.owesDrained = false }
        return self.owesDrained
    }

    /// All was sent that could be.
    func waitUnlessSent() {
        guard self.unsent > 0, !self.isWaiting else { return }
        if case .closed = self.state { return }
        self.isWaiting = true
        self.expectProgress()
    }

    /// A client whose line is still busy with what was sent before the stream began to wait has not come to open its windows.
    /// Whether it takes that at all the connection sees.
    private func resetUnlessBusy(_ isLast: Bool) {
        guard let connection = self.connection else { return }
        let hasTaken = connection.hasTaken(self.sentBefore)
        if hasTaken, isLast { return connection.reset(self.id, .cancel) }
        self.due = .write(isLast: hasTaken)
        self.loop.deadlines.set(.now() + self.loop.limits.writeTimeout, of: self)
    }

    private func expectProgress() {
        self.due = .write(isLast: false)
        self.sentBefore = self.connection?.bytesWritten ?? 0
        self.loop.deadlines.set(.now() + self.loop.limits.writeTimeout, of: self)
    }

    /// The stream is no more, whoever ended it.
    func closed() {
        switch self.state {
        case .receiving(_, let body): self.letGo(of: body)
        case .waiting(let request): self.letGo(of: request.body)
        case .answering, .streaming, .ended, .closed: break
        }
        self.hold(-self.unsent)
        self.state = .closed
        let delegate = self.delegate
        self.delegate = nil
        delegate?.closed()
    }
}

extension HTTP2Stream: Exchange {
    var eventLoop: any EventLoop { self.loop.eventLoop }

    var hasBegunStream: Bool { if case .streaming = self.state { true } else { false } }

    func respond(_ response: Response) {
        guard case .answering = self.state else { return }
        self.state = .ended
        self.delegate = nil
        self.setDeadline(.distantFuture)
        let body = self.isHead ? nil : response.body.flatMap { $0.readableBytes > 0 ? $0 : nil }
        self.writeHead(response, length: response.body?.readableBytes, isEnd: body == nil)
        if let body { self.writeData(body, isEnd: true) }
    }

    func postpone() -> any PostponedAnswer {
        self.delegate = nil
        return self
    }

    func beginStream(_ head: Response) {
        guard case .answering = self.state else { return }
        self.state = .streaming
        self.writeHead(head, length: nil, isEnd: false)
    }

    func write(_ bytes: ByteBuffer) -> Bool {
        guard case .streaming = self.state else { return false }
        guard bytes.readableBytes > 0 else { return true }
        self.writeData(bytes, isEnd: false)
        if self.isWaiting || self.unsent >= Self.outputLimit { self.owesDrained = true }
        return !self.owesDrained
    }

    func end() {
        guard case .streaming = self.state else { return }
        self.state = .ended
        self.delegate = nil
        self.owesDrained = false
        if !self.isWaiting { self.setDeadline(.distantFuture) }
        self.writeData(ByteBuffer(), isEnd: true)
    }

    func setDeadline(_ deadline: NIODeadline) {
        if case .closed = self.state { return }
        self.delegateDeadline = deadline
        guard !self.isWaiting else { return }
        self.due = .delegate
        self.loop.deadlines.set(deadline, of: self)
    }
}

extension HTTP2Stream: PostponedAnswer {}

extension HTTP2Stream: DeadlineOwner {
    func deadlineReached(_ now: NIODeadline) {
        switch self.due {
        case .body: self.refuseUnlessInPace()
        case .write(let isLast): self.resetUnlessBusy(isLast)
        case .delegate: self.delegate?.deadlineReached(now)
        }
    }
}

@available(*, unavailable)
extension HTTP2Stream: Sendable {}
