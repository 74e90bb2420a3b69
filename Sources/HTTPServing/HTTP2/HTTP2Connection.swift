import NIOCore
import NIOHPACK
import NIOHTTP2

/// A connection that speaks HTTP/2 (RFC 9113): carries out what ``HTTP2ConnectionStateMachine`` decides. Owner: its
/// event loop.
///
/// It stands behind NIO's HTTP/2 handler and deals out its frames to the streams itself: a stream is one small object,
/// without a channel and a pipeline of its own. What streams write in one turn of the loop goes out together.
///
/// This file reads; `HTTP2Connection+Writing.swift` writes, and keeps time.
final class HTTP2Connection: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    let loop: LoopContext
    let outlet: Outlet
    private let peer: Peer
    var machine: HTTP2ConnectionStateMachine
    var context: ChannelHandlerContext?
    var streams: [HTTP2StreamID: HTTP2Stream] = [:]
    var backlog = HTTP2Backlog()
    var liveness: HTTP2Liveness
    var deadlineIndex: Int?
    /// What a responder remembers of the connection.
    var memory: AnyObject?

    lazy var flushes = OncePerTurn(self.loop.eventLoop) { [weak self] in self?.flush() }
    /// The streams that have written since the last flush.
    var written: ContiguousArray<HTTP2Stream> = []
    /// The streams whose writers wait to be told, at the next flush, that everything is on its way.
    var sent: ContiguousArray<HTTP2Stream> = []
    /// The streams that are to be reset at the next flush: their answers are sent, and their requests still come.
    var answeredEarly: [HTTP2StreamID] = []

    init(_ loop: LoopContext, over outlet: Outlet, peer: Peer) {
        self.loop = loop
        self.outlet = outlet
        self.peer = peer
        self.machine = HTTP2ConnectionStateMachine(isRefusing: peer.isRefused)
        self.liveness = HTTP2Liveness(.now())
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
        self.backlog.removeAll()
        for stream in streams { self.letGo(of: stream) }
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = self.unwrapInboundIn(data)
        self.liveness.heard(.now())
        switch frame.payload {
        case .headers(let content): self.received(content.headers, isEnd: content.endStream, on: frame.streamID)
        case .data(let content): self.received(content, on: frame.streamID)
        case .ping(HTTP2PingData.stop, ack: true): self.perform(self.machine.stopAcknowledged())
        // NIO's handler answers what must be answered. A client's GOAWAY is about streams that we would open.
        case .ping, .settings, .windowUpdate, .rstStream, .goAway, .priority, .pushPromise, .alternativeService,
            .origin:
            break
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
        guard self.machine.streamOpened(id) else { return }
        let stream = HTTP2Stream(id, headers, from: self.peer, on: self)
        self.streams[id] = stream
        self.loop.deadlines.add(stream)
        stream.begin(headers, isEnd: isEnd)
    }

    private func received(_ content: HTTP2Frame.FramePayload.Data, on id: HTTP2StreamID) {
        guard let stream = self.streams[id], case .byteBuffer(let bytes) = content.data else { return }
        stream.receive(bytes, mayHold: self.backlog.roomForContent(self.loop.limits.bodySize))
        if content.endStream { stream.inputEnded() }
    }

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
        self.flushes.request()
    }

    private func streamClosed(_ id: HTTP2StreamID) {
        guard let stream = self.streams.removeValue(forKey: id) else { return }
        self.machine.streamClosed()
        self.letGo(of: stream)
        // The next flush looks whether that was the last stream, or lets waiting requests be answered.
        if self.streams.isEmpty || !self.backlog.isEmpty { self.flushes.request() }
    }

    private func letGo(of stream: HTTP2Stream) {
        self.loop.deadlines.remove(stream)
        stream.closed()
    }

    /// Of the client's errors NIO tells it itself: those of a stream by resetting it, others by a last GOAWAY.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let error as NIOHTTP2Errors.StreamError:
            // A stream that is not here NIO has refused itself.
            if self.streams[error.streamID] != nil { self.reset(error.streamID, .internalError) }
        case is any NIOHTTP2Error: self.perform(self.machine.errorCaught())
        default: self.close()
        }
    }
}

// MARK: For the streams

extension HTTP2Connection {
    /// Whether the answers under way are to come to their end.
    var isStopping: Bool { self.machine.isStopping }

    /// A stream's request is complete: it is answered when its turn comes.
    func enqueue(_ stream: HTTP2Stream) {
        self.backlog.append(stream)
        self.answerNext()
    }

    func answerNext() {
        while let stream = self.backlog.next() { stream.handle() }
    }

    /// A stream holds so many bytes more of its request, or less.
    func holdsContent(_ bytes: Int) { self.backlog.holdsContent(bytes) }

    /// A stream holds so many bytes more of its answer, or less.
    func holdsUnsent(_ bytes: Int) { self.backlog.holdsUnsent(bytes) }

    /// How many bytes were written to the connection, in all.
    var outputSize: Int { self.outlet.bytesSent }

    /// How many of them the client has taken.
    var outputTaken: Int { self.outlet.bytesTaken }
}

@available(*, unavailable)
extension HTTP2Connection: Sendable {}
