import NIOCore
import NIOEmbedded
import NIOHTTP2
import NIOTLS
import Testing

@testable import HTTPServing

/// What a client speaks is found out from its first bytes, or from what was agreed on under TLS.
@Suite struct HTTPVersionHandlerTests {
    private static let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

    private let channel = EmbeddedChannel()
    private let responder = RecordingResponder { _, exchange in exchange.respond(.text("hello")) }
    private let loop: LoopContext

    init() {
        self.loop = LoopContext(eventLoop: self.channel.eventLoop, responder: self.responder)
    }

    /// - Parameter isSecure: Whether there is TLS, as far as the handler knows: what is agreed on is said by the test.
    private func begin(isSecure: Bool = false) throws {
        let socket = SocketHandler()
        let outlet = Outlet(socket, by: self.loop.ciphertext)
        let handler = HTTPVersionHandler(self.loop, over: outlet, peer: Peer(), isEncrypted: isSecure)
        try self.channel.pipeline.syncOperations.addHandlers([socket, handler])
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func has<Handler: ChannelHandler>(_ type: Handler.Type) -> Bool {
        (try? self.channel.pipeline.syncOperations.handler(type: type)) != nil
    }

    private func agree(on name: String?) {
        self.channel.pipeline.fireUserInboundEventTriggered(TLSUserEvent.handshakeCompleted(negotiatedProtocol: name))
    }

    @Test func `What is read while the first request is answered goes to the same connection`() throws {
        let channel = EmbeddedChannel()
        let responder = RecordingResponder { request, exchange in
            if request.pathText == "/a" {
                channel.pipeline.fireChannelRead(ByteBuffer(string: "GET /b HTTP/1.1\r\nHost: x\r\n\r\n"))
            }
            exchange.respond(.text("hello"))
        }
        let loop = LoopContext(eventLoop: channel.eventLoop, responder: responder)
        let socket = SocketHandler()
        let handler = HTTPVersionHandler(loop, over: Outlet(socket, by: loop.ciphertext), peer: Peer())
        try channel.pipeline.syncOperations.addHandlers([socket, handler])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.writeInbound(ByteBuffer(string: "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"))
        #expect(responder.paths == ["/a", "/b"])
        #expect(loop.deadlines.owners.count == 1)
    }

    @Test(arguments: [1, 3, 7, 1_000])
    func `A request is HTTP/1, and nothing of it is lost however it is cut`(size: Int) throws {
        try self.begin()
        var bytes = ByteBuffer(string: "GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        while let piece = bytes.readSlice(length: min(size, bytes.readableBytes)), piece.readableBytes > 0 {
            try self.channel.writeInbound(piece)
        }
        #expect(self.responder.paths == ["/a"])
        #expect(self.has(HTTP1Connection.self) && !self.has(HTTPVersionHandler.self))
    }

    @Test(arguments: [1, 5, 1_000])
    func `The preface is HTTP/2, however it is cut`(size: Int) throws {
        try self.begin()
        var bytes = ByteBuffer(string: Self.preface)
        while let piece = bytes.readSlice(length: min(size, bytes.readableBytes)), piece.readableBytes > 0 {
            #expect(!self.has(HTTP2Connection.self))
            try self.channel.writeInbound(piece)
        }
        #expect(self.has(HTTP2Connection.self) && !self.has(HTTPVersionHandler.self))
    }

    @Test(arguments: [("h2", true), ("http/1.1", false), (nil, false)] as [(String?, Bool)])
    func `Under TLS counts what was agreed on`(name: String?, isHTTP2: Bool) throws {
        try self.begin(isSecure: true)
        try self.channel.writeInbound(ByteBuffer(string: isHTTP2 ? Self.preface : "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"))
        #expect(!self.has(HTTP1Connection.self) && !self.has(HTTP2Connection.self))
        self.agree(on: name)
        #expect(self.has(HTTP2Connection.self) == isHTTP2 && self.has(HTTP1Connection.self) != isHTTP2)
        #expect(self.responder.paths == (isHTTP2 ? [] : ["/a"]))
    }

    @Test func `A client that says nothing is let go after the time for a head`() throws {
        try self.begin()
        try self.channel.writeInbound(ByteBuffer(string: "PRI"))
        self.loop.tick(.now() + self.loop.limits.headTimeout - .seconds(1))
        #expect(self.channel.isActive)
        self.loop.tick(.now() + self.loop.limits.headTimeout)
        #expect(!self.channel.isActive)
        self.channel.embeddedEventLoop.run()
        #expect(self.loop.deadlines.owners.isEmpty)
    }

    @Test func `A handshake that ends after its connection makes place for nothing`() throws {
        try self.begin(isSecure: true)
        let context = try self.channel.pipeline.syncOperations.context(handlerType: HTTPVersionHandler.self)
        let handler = try #require(context.handler as? HTTPVersionHandler)
        self.channel.close(promise: nil)
        handler.userInboundEventTriggered(
            context: context, event: TLSUserEvent.handshakeCompleted(negotiatedProtocol: "http/1.1"))
        self.channel.embeddedEventLoop.run()
        #expect(!self.has(HTTP1Connection.self))
        #expect(self.loop.deadlines.owners.isEmpty)
    }
}
