import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2

@testable import HTTPServing

/// A connection of HTTP/2 without sockets, with NIO's own handler as its client.
final class HTTP2Pair {
    private let client = EmbeddedChannel()
    private let server = EmbeddedChannel()
    private let loop: LoopContext
    private let output = OutputEnd()
    private var received: [HTTP2Frame] = []
    /// Whether the client is sent nothing more.
    var isDeaf = false

    init(
        limits: Limits = Limits(), peer: Peer = Peer(), respond: @escaping (Request, any Exchange) -> Void
    ) throws {
        self.loop = LoopContext(
            eventLoop: self.server.eventLoop, responder: RecordingResponder(respond), limits: limits)
        let socket = SocketHandler()
        let connection = HTTP2Connection(self.loop, over: Outlet(socket, by: self.loop.ciphertext), peer: peer)
        try self.server.pipeline.syncOperations.addHandlers([
            self.output, socket, NIOHTTP2Handler(for: connection, limits: self.loop.limits), connection,
        ])
        try self.client.pipeline.syncOperations.addHandler(NIOHTTP2Handler(mode: .client))
        for channel in [self.server, self.client] {
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }
        try self.exchange()
    }

    /// How many are in the table of deadlines: the connection, and its streams.
    var owners: Int { self.loop.deadlines.owners.count }
    var isOpen: Bool { self.server.isActive }
    /// Whether the server has closed its half of the connection.
    var isOutputClosed: Bool { self.output.isClosed }

    /// Carries bytes until neither side has more to say.
    func exchange() throws {
        var isQuiet = false
        while !isQuiet {
            isQuiet = true
            self.server.embeddedEventLoop.run()
            while let bytes = try self.client.readOutbound(as: ByteBuffer.self) {
                isQuiet = false
                if self.server.isActive { try self.server.writeInbound(bytes) }
            }
            self.server.embeddedEventLoop.run()
            while let bytes = try self.server.readOutbound(as: ByteBuffer.self) {
                isQuiet = false
                if !self.isDeaf { try self.client.writeInbound(bytes) }
            }
        }
    }

    func send(_ payload: HTTP2Frame.FramePayload, on id: HTTP2StreamID) throws {
        self.client.writeAndFlush(HTTP2Frame(streamID: id, payload: payload), promise: nil)
        try self.exchange()
    }

    /// Sends a request so that the server has read it, and done nothing that it puts off.
    func send(_ path: String, on id: HTTP2StreamID, isEnd: Bool = true) throws {
        let headers: HPACKHeaders = [":method": "GET", ":scheme": "http", ":path": path, ":authority": "x"]
        let frame = HTTP2Frame(streamID: id, payload: .headers(.init(headers: headers, endStream: isEnd)))
        self.client.writeAndFlush(frame, promise: nil)
        while let bytes = try self.client.readOutbound(as: ByteBuffer.self) { try self.server.writeInbound(bytes) }
    }

    func request(_ path: String, on id: HTTP2StreamID) throws {
        try self.send(path, on: id)
        try self.exchange()
    }

    func disconnect() throws {
        self.server.close(promise: nil)
        self.server.embeddedEventLoop.run()
    }

    /// Lets the loop look at its deadlines, as if so much time had passed since now.
    func wait(_ time: TimeAmount) throws {
        self.loop.tick(.now() + time)
        try self.exchange()
    }

    func drain() {
        for case let connection as HTTP2Connection in self.loop.deadlines.owners { connection.drain() }
    }

    /// All that the client has received.
    func frames() throws -> [HTTP2Frame] {
        while let frame = try self.client.readInbound(as: HTTP2Frame.self) { self.received.append(frame) }
        return self.received
    }

    func head(of id: HTTP2StreamID) throws -> HPACKHeaders? {
        for frame in try self.frames() where frame.streamID == id {
            if case .headers(let content) = frame.payload { return content.headers }
        }
        return nil
    }

    func text(of id: HTTP2StreamID) throws -> String {
        var text = ""
        for frame in try self.frames() where frame.streamID == id {
            guard case .data(let content) = frame.payload, case .byteBuffer(let bytes) = content.data else { continue }
            text += String(buffer: bytes)
        }
        return text
    }

    /// The last streams that the server has named, in their order.
    func goAways() throws -> [HTTP2StreamID] {
        try self.frames().compactMap { if case .goAway(let last, .noError, _) = $0.payload { last } else { nil } }
    }

    func reset(of id: HTTP2StreamID) throws -> HTTP2ErrorCode? {
        for frame in try self.frames() where frame.streamID == id {
            if case .rstStream(let code) = frame.payload { return code }
        }
        return nil
    }
}

/// Takes notice of the end of what the server writes, of which an embedded channel knows nothing.
private final class OutputEnd: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    private(set) var isClosed = false

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .output { self.isClosed = true } else { context.close(mode: mode, promise: promise) }
    }
}
