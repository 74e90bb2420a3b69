import NIOCore
import NIOEmbedded
import Testing

@testable import HTTPServing

/// A connection that begins with a PROXY header, up to what serves it.
@Suite struct ProxyHeaderHandlerTests {
    private static let line = "PROXY TCP4 192.0.2.1 10.0.0.1 4711 80\r\n"
    private static let request = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"

    private let channel = EmbeddedChannel()
    private let responder = RecordingResponder { request, exchange in
        exchange.respond(.text("\(request.peer.address.map { "\($0)" } ?? "none") \(request.isForwarded)"))
    }

    private func begin(proxies: [String] = []) throws -> LoopContext {
        let forwarding = Forwarding(proxies: proxies.compactMap { Network($0) })
        let loop = LoopContext(eventLoop: self.channel.eventLoop, responder: self.responder, forwarding: forwarding)
        let (channel, socket) = (self.channel, SocketHandler())
        let proxy = ProxyHeaderHandler(loop, peer: Peer(address: PeerAddress(text: "10.0.0.9"))) { peer in
            let outlet = Outlet(socket, by: loop.ciphertext)
            try channel.pipeline.syncOperations.addHandler(HTTPVersionHandler(loop, over: outlet, peer: peer))
        }
        try channel.pipeline.syncOperations.addHandlers([socket, proxy])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return loop
    }

    private func written() throws -> String {
        var text = ""
        while let bytes = try self.channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
        return text
    }

    @Test(arguments: [1, 3, 17, 1_000])
    func `The client is who the header says, and nothing is lost however the bytes are cut`(size: Int) throws {
        let loop = try self.begin()
        var bytes = ByteBuffer(string: Self.line + Self.request)
        while let piece = bytes.readSlice(length: min(size, bytes.readableBytes)), piece.readableBytes > 0 {
            try self.channel.writeInbound(piece)
        }
        #expect(try self.written().hasSuffix("192.0.2.1 true"))
        #expect(loop.deadlines.owners.count == 1)
    }

    @Test func `A header that names nobody leaves the address of the socket`() throws {
        _ = try self.begin()
        try self.channel.writeInbound(ByteBuffer(string: "PROXY UNKNOWN\r\n" + Self.request))
        #expect(try self.written().hasSuffix("10.0.0.9 true"))
    }

    @Test func `A connection without a header is closed unheard`() throws {
        let loop = try self.begin()
        try self.channel.writeInbound(ByteBuffer(string: Self.request))
        #expect(!self.channel.isActive && self.responder.paths == [])
        self.channel.embeddedEventLoop.run()
        #expect(loop.deadlines.owners.isEmpty)
    }

    @Test(arguments: [(["10.0.0.0/8"], true), (["192.0.2.0/24"], false)])
    func `Where proxies are named, only they may send a header`(proxies: [String], isServed: Bool) throws {
        _ = try self.begin(proxies: proxies)
        try self.channel.writeInbound(ByteBuffer(string: Self.line + Self.request))
        #expect(self.channel.isActive == isServed && self.responder.paths == (isServed ? ["/a"] : []))
    }

    @Test func `A header that is not there in time is not waited for`() throws {
        let loop = try self.begin()
        try self.channel.writeInbound(ByteBuffer(string: "PROXY "))
        loop.tick(.now() + .seconds(9))
        #expect(self.channel.isActive)
        loop.tick(.now() + .seconds(11))
        #expect(!self.channel.isActive)
    }

    @Test func `A client that closes its half before the header has ended has gone`() throws {
        _ = try self.begin()
        self.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(!self.channel.isActive)
    }
}
