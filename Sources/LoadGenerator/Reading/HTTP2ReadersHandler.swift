import NIOCore
import NIOHPACK
import NIOHTTP2

/// A connection of many readers with HTTP/2. Takes the frames as they come: a stream is an entry of a dictionary here,
/// not a NIO channel, which would cost more than the reader itself.
final class HTTP2ReadersHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// What the server may send on a stream, and on the connection, before it waits; both are opened again at half.
    private static let streamWindow = 1 << 20
    private static let connectionWindow = 1 << 28
    /// What a connection begins with (RFC 9113, section 6.9.2).
    private static let initialConnectionWindow = 65_535

    private struct Stream {
        let reader: Reader
        /// The end of the answer's head has been seen.
        var isAnswered = false
        /// Where the answer says to go on.
        var next = Cursor()
        /// Bytes that have come since the window was last opened.
        var received = 0
    }

    private let number: Int
    private let crew: Crew
    private var context: ChannelHandlerContext?
    private var streams: [HTTP2StreamID: Stream] = [:]
    private var nextStream = HTTP2StreamID(1)
    private var received = 0
    private var isFlushDue = false

    init(number: Int, of crew: Crew) {
        self.number = number
        self.crew = crew
    }

    /// A connection's handlers.
    static func handlers(before handler: HTTP2ReadersHandler) -> [any ChannelHandler] {
        let settings = [
            HTTP2Setting(parameter: .enablePush, value: 0),
            HTTP2Setting(parameter: .initialWindowSize, value: Self.streamWindow),
        ]
        return [NIOHTTP2Handler(mode: .client, initialSettings: settings), handler]
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        self.write(
            .windowUpdate(windowSizeIncrement: Self.connectionWindow - Self.initialConnectionWindow), .rootStream)
        self.crew.sharedConnectionBegan(self.number, self)
        self.flush()
    }

    /// Asks for a reader, on a stream of its own.
    func open(_ reader: Reader) {
        guard self.context != nil else { return self.crew.closed(reader) }
        let id = self.nextStream
        self.nextStream = id.advanced(by: 2)
        self.streams[id] = Stream(reader: reader)
        let headers = self.crew.request(of: reader).headers(from: reader.cursor)
        self.write(.headers(.init(headers: headers, endStream: true)), id)
        self.flushSoon()
        if self.crew.workload.transport == .poll { self.crew.opened(reader) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = self.unwrapInboundIn(data)
        switch frame.payload {
        case .headers(let headers):
            self.headers(headers, frame.streamID)
        case .data(let data):
            self.content(data, frame.streamID)
        case .rstStream:
            self.ended(frame.streamID, whole: false)
        case .goAway:
            // Streams that the server does not finish are closed one by one, or with the connection.
            self.crew.sharedConnectionEnded(self.number)
        case .settings, .ping, .windowUpdate, .priority, .pushPromise, .alternativeService, .origin:
            break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.flush()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        self.crew.sharedConnectionEnded(self.number)
        let streams = self.streams
        self.streams = [:]
        for stream in streams.values { self.crew.closed(stream.reader) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? StreamClosedEvent, event.reason != nil { self.ended(event.streamID, whole: false) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.crew.failed(error)
        context.close(promise: nil)
    }
}

extension HTTP2ReadersHandler {
    private func headers(_ headers: HTTP2Frame.FramePayload.Headers, _ id: HTTP2StreamID) {
        guard let stream = self.streams[id] else { return }
        if !stream.isAnswered {
            let status = headers.headers.first(name: ":status").flatMap { Int($0) } ?? 0
            guard status >= 200 else { return }
            let isPoll = self.crew.workload.transport == .poll
            guard status == 200 || status == 304 && isPoll else {
                self.crew.refused(stream.reader, status: status)
                return self.cancel(id)
            }
            self.streams[id]?.isAnswered = true
            if isPoll { self.streams[id]?.next = Cursor(headers.headers) } else { self.crew.opened(stream.reader) }
        }
        if headers.endStream { self.ended(id, whole: true) }
    }

    private func content(_ data: HTTP2Frame.FramePayload.Data, _ id: HTTP2StreamID) {
        guard case .byteBuffer(let buffer) = data.data else { return }
        let count = buffer.readableBytes + (data.paddingBytes.map { $0 + 1 } ?? 0)
        self.received += count
        if self.received >= Self.connectionWindow / 2 {
            self.write(.windowUpdate(windowSizeIncrement: self.received), .rootStream)
            self.received = 0
        }
        guard let index = self.streams.index(forKey: id) else { return }
        self.streams.values[index].received += count
        let stream = self.streams.values[index]
        buffer.withUnsafeReadableBytes {
            stream.reader.received($0, run: self.crew.run, tally: &self.crew.tally)
        }
        if data.endStream {
            self.ended(id, whole: true)
        } else if stream.received >= Self.streamWindow / 2 {
            self.write(.windowUpdate(windowSizeIncrement: stream.received), id)
            self.streams.values[index].received = 0
        }
    }

    private func cancel(_ id: HTTP2StreamID) {
        self.write(.rstStream(.cancel), id)
        self.ended(id, whole: false)
    }

    private func ended(_ id: HTTP2StreamID, whole: Bool) {
        guard let stream = self.streams.removeValue(forKey: id) else { return }
        if whole { stream.reader.answerEnded(next: stream.next, run: self.crew.run, tally: &self.crew.tally) }
        if whole && self.crew.workload.transport == .poll {
            self.open(stream.reader)
        } else {
            self.crew.closed(stream.reader)
        }
    }

    private func write(_ payload: HTTP2Frame.FramePayload, _ id: HTTP2StreamID) {
        guard let context else { return }
        context.write(self.wrapOutboundOut(HTTP2Frame(streamID: id, payload: payload)), promise: nil)
        self.isFlushDue = true
    }

    private func flush() {
        guard self.isFlushDue else { return }
        self.isFlushDue = false
        self.context?.flush()
    }

    /// For what is written outside a read: many readers may come back in one turn of the loop.
    private func flushSoon() {
        self.crew.eventLoop.assumeIsolated().execute { self.flush() }
    }
}

extension Cursor {
    fileprivate init(_ headers: HPACKHeaders) {
        self.init()
        if let id = headers.first(name: "last-event-id") { Array(id.utf8).withUnsafeBytes { self.setLastEventID($0) } }
        if let tag = headers.first(name: "etag") { Array(tag.utf8).withUnsafeBytes { self.setEntityTag($0) } }
        if let date = headers.first(name: "last-modified") {
            Array(date.utf8).withUnsafeBytes { self.setLastModified($0) }
        }
    }
}

@available(*, unavailable)
extension HTTP2ReadersHandler: Sendable {}
