import NIOCore
import NIOHPACK
import NIOHTTP2

/// A connection that speaks HTTP/2 (RFC 9113). Owner: its event loop.
///
/// It stands behind NIO's HTTP/2 handler and deals out its frames to the streams itself: a stream is one small object,
/// without a channel and a pipeline of its own. What streams write in one turn of the loop goes out together.
final class HTTP2Connection: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// The most bytes of unfinished requests, as a multiple of what one may have.
    private static let bodiesHeld = 4
    /// While so many bytes of answers wait for the client's windows, no further request is answered.
    private static let unsentLimit = 4 << 20
    /// How often the connection is looked after.
    private static let inspection = TimeAmount.seconds(1)

    let loop: LoopContext
    private let socket: SocketHandler
    private let peer: Peer
    private var context: ChannelHandlerContext?
    private var streams: [HTTP2StreamID: HTTP2Stream] = [:]
    private var lastStreamID = HTTP2StreamID.rootStream
    var deadlineIndex: Int?

    private var willFlush = false
    /// The streams that have written since the last flush.
    private var written: ContiguousArray<HTTP2Stream> = []
    /// Those that the client has taken everything of, after they had to wait for that.
    private var drained: ContiguousArray<HTTP2Stream> = []
    /// Those that were answered before their request was complete, which nobody needs any more.
    private var unneeded: [HTTP2StreamID] = []
    /// How many bytes of unfinished requests are held.
    private var heldBytes = 0
    /// How many bytes of answers wait for the client's windows, or for the next flush.
    private var unsent = 0
    /// Requests that are complete and wait until the client has taken more of the answers before.
    private var waiting = CircularBuffer<HTTP2Stream>()

    private enum State {
        case open
        /// The client was told to send no further requests.
        case draining
        /// All is said, or the client has broken the protocol.
        case closing
    }

    private var state = State.open
    private var lastHeard = NIODeadline.now()
    private var isPinged = false
    /// How many bytes the client had taken when the connection was looked after last.
    private var bytesTaken = 0
    /// When it was last seen to take some, or to have none to take.
    private var lastTaken = NIODeadline.now()

    init(_ loop: LoopContext, over socket: SocketHandler, peer: Peer) {
        self.loop = loop
        self.socket = socket
        self.peer = peer
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.loop.opened(self)
        self.inspectLater()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        self.loop.closed(self)
        let streams = self.streams.values
        self.streams = [:]
        self.waiting.removeAll()
        for stream in streams { self.letGo(of: stream) }
        context.fireChannelInactive()
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = self.unwrapInboundIn(data)
        self.lastHeard = .now()
        switch frame.payload {
        case .headers(let content): self.received(content.headers, isEnd: content.endStream, on: frame.streamID)
        case .data(let content): self.received(content, on: frame.streamID)
        case .ping(_, ack: true): self.isPinged = false
        default: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.flush()
    }

    private func received(_ headers: HPACKHeaders, isEnd: Bool, on id: HTTP2StreamID) {
        if let stream = self.streams[id] {
            // Trailers; nothing in them is of use here.
            if isEnd { stream.inputEnded() }
            return
        }
        guard case .open = self.state else { return }
        self.lastStreamID = max(self.lastStreamID, id)
        let stream = HTTP2Stream(id, on: self)
        self.streams[id] = stream
        self.loop.deadlines.add(stream)
        stream.begin(headers, from: self.peer, isEnd: isEnd)
    }

    private func received(_ content: HTTP2Frame.FramePayload.Data, on id: HTTP2StreamID) {
        guard let stream = self.streams[id], case .byteBuffer(let bytes) = content.data else { return }
        stream.receive(bytes, mayHold: self.loop.limits.bodySize * Self.bodiesHeld - self.heldBytes)
        if content.endStream { stream.inputEnded() }
    }

    /// Whether the answers under way are to come to their end.
    var isDraining: Bool { if case .open = self.state { false } else { true } }

    /// A stream's request is complete.
    func handle(_ stream: HTTP2Stream) {
        if self.unsent < Self.unsentLimit, self.waiting.isEmpty { stream.handle() } else { self.waiting.append(stream) }
    }

    private func handleWaiting() {
        while self.unsent < Self.unsentLimit, let stream = self.waiting.popFirst() { stream.handle() }
    }

    /// A stream holds so many bytes more of its answer, or less.
    func holdsUnsent(_ bytes: Int) { self.unsent += bytes }

    /// A stream holds so many bytes more of its request, or less.
    func held(_ bytes: Int) { self.heldBytes += bytes }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as NIOHTTP2WindowUpdatedEvent: self.keepOpen(event)
        case let event as StreamClosedEvent: self.streamClosed(event.streamID)
        case ChannelEvent.inputClosed: self.close()
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// What a client may send without being told more is opened again when half of it is used (RFC 9113, section 6.9).
    private func keepOpen(_ event: NIOHTTP2WindowUpdatedEvent) {
        guard let window = event.inboundWindowSize, window < NIOHTTP2Handler.inboundWindow / 2,
            event.streamID == .rootStream || self.streams[event.streamID]?.isReceiving == true
        else { return }
        self.write(.windowUpdate(windowSizeIncrement: NIOHTTP2Handler.inboundWindow - window), on: event.streamID)
        self.flushSoon()
    }

    private func streamClosed(_ id: HTTP2StreamID) {
        guard let stream = self.streams.removeValue(forKey: id) else { return }
        self.letGo(of: stream)
        // Not at once: NIO's handler may be in the middle of writing the stream's last frame.
        if self.isDone || !self.waiting.isEmpty { self.flushSoon() }
    }

    private func letGo(of stream: HTTP2Stream) {
        self.loop.deadlines.remove(stream)
        stream.closed()
    }

    /// Whether the last answer is given that there is to be.
    private var isDone: Bool {
        guard self.streams.isEmpty else { return false }
        if case .draining = self.state { return true }
        return self.peer.isRefused && self.lastStreamID != .rootStream
    }

    /// Of the client's errors NIO tells it itself: those of a stream by resetting it, others by a last GOAWAY.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let error as NIOHTTP2Errors.StreamError:
            // One that is not here NIO has refused itself.
            if self.streams[error.streamID] != nil { self.reset(error.streamID, .internalError) }
        case is any NIOHTTP2Error: if case .closing = self.state { self.linger() }
        default: self.close()
        }
    }

    // MARK: Writing

    func write(_ payload: HTTP2Frame.FramePayload, on id: HTTP2StreamID) {
        guard let context = self.context else { return }
        context.write(self.wrapOutboundOut(HTTP2Frame(streamID: id, payload: payload)), promise: nil)
    }

    /// A stream has written, and wants it sent.
    func hasWritten(_ stream: HTTP2Stream) {
        self.written.append(stream)
        self.flushSoon()
    }

    func reset(_ id: HTTP2StreamID, _ code: HTTP2ErrorCode) {
        self.write(.rstStream(code), on: id)
        self.flushSoon()
    }

    /// Sends what was written once all that has come to the loop is done.
    private func flushSoon() {
        guard !self.willFlush else { return }
        self.willFlush = true
        let connection = NIOLoopBound(self, eventLoop: self.loop.eventLoop)
        self.loop.eventLoop.execute {
            connection.value.willFlush = false
            connection.value.flush()
        }
    }

    private func flush() {
        guard let context = self.context else { return }
        context.flush()
        for stream in self.written { stream.waitUnlessSent() }
        self.written.removeAll(keepingCapacity: true)
        for id in self.unneeded where self.streams[id] != nil { self.reset(id, .noError) }
        self.unneeded.removeAll()
        self.tellDrained()
        self.handleWaiting()
        if self.isDone { self.sayGoodbye() }
    }

    private func tellDrained() {
        guard !self.drained.isEmpty else { return }
        let drained = self.drained
        self.drained.removeAll()
        for stream in drained { stream.delegate?.drained() }
    }

    // MARK: Time and end

    private func inspectLater() {
        let limits = self.loop.limits
        let interval = min(
            Self.inspection, limits.headTimeout, limits.idleTimeout, limits.writeTimeout, limits.pingInterval)
        self.loop.deadlines.set(.now() + interval, of: self)
    }

    private func inspect(_ now: NIODeadline) {
        self.noteTaken(now)
        guard self.socket.isDrained else {
            // What was taken is looked at only now and then.
            if now - self.lastTaken >= self.loop.limits.writeTimeout + Self.inspection { self.close() }
            return
        }
        let silence = now - self.lastHeard
        let limits = self.loop.limits
        if self.streams.isEmpty {
            let limit = self.lastStreamID == .rootStream ? limits.headTimeout : limits.idleTimeout
            if silence >= limit { self.sayGoodbye() }
        } else if silence >= limits.pingInterval + (self.isPinged ? limits.writeTimeout : .zero) {
            if self.isPinged { return self.close() }
            self.isPinged = true
            self.write(.ping(HTTP2PingData(withInteger: 0), ack: false), on: .rootStream)
            self.context?.flush()
        }
    }

    /// A client that takes what is sent to it lives, though it may have no time to say so: its answer to a ping comes behind
    /// all that is on its way to it.
    private func noteTaken(_ now: NIODeadline) {
        let taken = self.socket.bytesTaken
        // While nothing more is on its way, its answer to a ping is all that counts: the client's system takes for itself.
        if taken > self.bytesTaken, self.socket.bytesLeft > 0 { self.lastHeard = now }
        if taken > self.bytesTaken || self.socket.isDrained { self.lastTaken = now }
        self.bytesTaken = taken
    }

    /// How many bytes were written to the connection, in all.
    var bytesWritten: Int { self.socket.bytesWritten }

    /// Whether the client has taken so many of them. Until then it cannot have come to open its windows for what follows.
    func hasTaken(_ bytes: Int) -> Bool { self.socket.bytesTaken >= bytes }

    private func sayGoodbye() {
        if case .closing = self.state { return }
        self.state = .closing
        self.write(.goAway(lastStreamID: self.lastStreamID, errorCode: .noError, opaqueData: nil), on: .rootStream)
        self.linger()
    }

    /// Closes behind what was written, so that the client gets to read it even if it is still sending.
    private func linger() {
        guard let context = self.context, !self.socket.discardsInput else { return }
        self.socket.discardsInput = true
        self.loop.deadlines.set(.now() + self.loop.limits.lingerTimeout, of: self)
        context.flush()
        context.close(mode: .output, promise: nil)
    }
}

extension HTTP2Connection: ServedConnection {
    func deadlineReached(_ now: NIODeadline) {
        if self.socket.discardsInput { return self.close() }
        self.inspect(now)
        if self.context != nil, !self.socket.discardsInput { self.inspectLater() }
    }

    func drain() {
        guard case .open = self.state else { return }
        guard !self.streams.isEmpty else { return self.sayGoodbye() }
        self.state = .draining
        self.write(.goAway(lastStreamID: self.lastStreamID, errorCode: .noError, opaqueData: nil), on: .rootStream)
        for stream in Array(self.streams.values) { stream.delegate?.drain() }
        self.flushSoon()
    }

    func close() {
        self.context?.close(promise: nil)
    }
}

extension HTTP2Connection: NIOHTTP2FrameDelegate {
    /// A frame is on its way, which may be long after it was written: the client's windows decide.
    func wroteFrame(_ frame: HTTP2Frame) {
        switch frame.payload {
        case .data(let content):
            guard let stream = self.streams[frame.streamID] else { return }
            if stream.sent(content.data.readableBytes) { self.drained.append(stream) }
            if content.endStream { self.answered(stream) }
        case .headers(let content) where content.endStream:
            self.streams[frame.streamID].map(self.answered)
        case .goAway(_, let code, _) where code != .noError:
            self.state = .closing
        default: break
        }
        if !self.drained.isEmpty || !self.unneeded.isEmpty || !self.waiting.isEmpty { self.flushSoon() }
    }

    private func answered(_ stream: HTTP2Stream) {
        if !stream.isInputEnded { self.unneeded.append(stream.id) }
    }
}

extension NIOHTTP2Handler {
    /// How much a client may send on a stream, and on all of a connection together, without being told more, in bytes.
    static let inboundWindow = 65_535

    /// - Parameter connection: Told of frames that go out.
    convenience init(for connection: HTTP2Connection, limits: Limits) {
        var settings = ConnectionConfiguration()
        settings.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.streams),
            // NIO ends the connection for what is beyond this. A head that is only somewhat too large is answered (431).
            HTTP2Setting(parameter: .maxHeaderListSize, value: 2 * limits.headSize),
            HTTP2Setting(parameter: .enablePush, value: 0),
        ]
        settings.maximumBufferedControlFrames = 1_000
        var streams = StreamConfiguration()
        // A page that is left closes all its streams at once.
        streams.streamResetFrameRateLimit.maximumCount = limits.streams * 4
        self.init(
            mode: .server, frameDelegate: connection, connectionConfiguration: settings, streamConfiguration: streams)
    }
}

@available(*, unavailable)
extension HTTP2Connection: Sendable {}
