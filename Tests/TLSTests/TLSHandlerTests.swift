import NIOCore
import NIOEmbedded
import NIOTLS
import Testing

@testable import TLS

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct TLSHandlerTests {
    let certificates: Certificates

    init() throws {
        self.certificates = try Certificates()
    }

    private func peers(_ policy: TLSPolicy = .intermediate, host: String = "localhost") throws -> (
        client: Peer, server: Peer
    ) {
        (
            client: try Peer(try certificates.client(), host: host),
            server: try Peer(try certificates.server(policy))
        )
    }

    @Test(arguments: [1, 2, 3, 5, 7, 64, 1_000, Int.max], TLSPolicy.allCases)
    func `Two handlers back to back agree and carry text both ways, however the bytes are cut`(
        size: Int, policy: TLSPolicy
    ) throws {
        let (client, server) = try peers(policy)
        client.write("written before the handshake")
        try exchange(client, server, inPiecesOf: size)
        let long = String(repeating: "0123456789abcdef", count: 4_000)
        server.write(long)
        client.write("short")
        try exchange(client, server, inPiecesOf: size)
        #expect(server.recorder.text == "written before the handshake" + "short")
        #expect(client.recorder.text == long)
        #expect(client.recorder.protocols == ["h2"] && server.recorder.protocols == ["h2"])
        #expect(client.recorder.errors.isEmpty && server.recorder.errors.isEmpty)
    }

    @Test func `A handshake cut at any one byte is the same handshake`() throws {
        let context = try certificates.server()
        for cut in 1..<(try peers().client.sent().readableBytes) {
            let client = try Peer(try certificates.client(), host: "localhost")
            let server = try Peer(context)
            var hello = try client.sent()
            let head = hello.readSlice(length: cut)
            try server.channel.writeInbound(try #require(head))
            try server.channel.writeInbound(hello)
            try exchange(client, server)
            #expect(client.recorder.protocols == ["h2"], "cut at \(cut)")
        }
    }

    @Test func `What is written and not flushed is not sent`() throws {
        let (client, server) = try peers()
        try exchange(client, server)
        client.channel.write(ByteBuffer(string: "held"), promise: nil)
        #expect(try client.sent().readableBytes == 0)
        client.channel.flush()
        try exchange(client, server)
        #expect(server.recorder.text == "held")
    }

    @Test func `What is encrypted for the caller to send is read in its place among what was written`() throws {
        let (client, server) = try peers()
        try exchange(client, server)
        var encrypted = ByteBuffer(string: "of an earlier call")
        server.write("one ")
        var sent = try server.sent()
        for text in ["two ", "three "] {
            #expect(server.handler.encrypt(ByteBuffer(string: text), into: &encrypted))
            sent.writeImmutableBuffer(encrypted)
        }
        server.write("four")
        sent.writeImmutableBuffer(try server.sent())
        try client.channel.writeInbound(sent)
        #expect(client.recorder.text == "one two three four")
    }

    @Test func `Nothing is encrypted for the caller before the handshake, past what is held, and after the end`() throws
    {
        let (client, server) = try peers()
        var encrypted = ByteBuffer()
        #expect(!client.handler.encrypt(ByteBuffer(string: "early"), into: &encrypted))
        try exchange(client, server)
        client.channel.write(ByteBuffer(string: "held "), promise: nil)
        #expect(!client.handler.encrypt(ByteBuffer(string: "past"), into: &encrypted))
        client.write("last")
        try exchange(client, server)
        #expect(server.recorder.text == "held last")
        client.channel.close(promise: nil)
        #expect(!client.handler.encrypt(ByteBuffer(string: "late"), into: &encrypted))
        #expect(encrypted.readableBytes == 0)
    }

    @Test func `Writes made before the handshake succeed once they are on their way`() throws {
        let (client, server) = try peers()
        let promises = (0..<3).map { _ in client.channel.eventLoop.makePromise(of: Void.self) }
        for promise in promises { client.channel.writeAndFlush(ByteBuffer(string: "x"), promise: promise) }
        try exchange(client, server)
        for promise in promises { try promise.futureResult.wait() }
        #expect(server.recorder.text == "xxx")
    }

    @Test func `A closing alert is the end, not an error, and the other half stays open`() throws {
        let (client, server) = try peers()
        try exchange(client, server)
        client.channel.close(mode: .output, promise: nil)
        try exchange(client, server)
        #expect(server.recorder.isInputClosed && server.recorder.errors.isEmpty)
        server.write("still")
        try exchange(client, server)
        #expect(client.recorder.text == "still")
        server.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(server.recorder.errors.isEmpty)
    }

    @Test func `A write behind the own end fails, and cuts nothing of what went before`() throws {
        let (client, server) = try peers()
        try exchange(client, server)
        server.write("the last")
        server.channel.close(mode: .output, promise: nil)
        let promise = server.channel.eventLoop.makePromise(of: Void.self)
        server.channel.writeAndFlush(ByteBuffer(string: "too late"), promise: promise)
        #expect(throws: TLSError.closed) { try promise.futureResult.wait() }
        #expect(server.channel.isActive && server.recorder.errors.isEmpty)
        try exchange(client, server)
        #expect(client.recorder.text == "the last")
    }

    @Test func `Of two certificates for a name the first is shown, and none that is for another`() throws {
        let first = try TLSIdentity(
            certificateFile: certificates.authority.certificateFile, keyFile: certificates.authority.keyFile)
        try certificates.authority.prepare(names: ["localhost", "api.example"])
        let second = try certificates.identity()
        let context = try TLSContext.server(TLSServerConfiguration(identities: [first, second]))
        for host in ["localhost", "127.0.0.1", "api.example"] {
            let (client, server) = (try Peer(try certificates.client(), host: host), try Peer(context))
            try exchange(client, server)
            #expect(client.recorder.protocols == ["h2"] && client.recorder.errors.isEmpty, "\(host)")
        }
    }

    @Test func `A connection that ends without a closing alert is an error`() throws {
        let (client, server) = try peers()
        try exchange(client, server)
        client.write("the first half")
        try exchange(client, server)
        server.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(server.recorder.errors == [.truncated])
        #expect(server.recorder.text == "the first half")
        #expect(!server.channel.isActive)
    }

    @Test func `Nothing comes of a handshake whose last write finds the peer gone`() throws {
        let (client, server) = try peers()
        _ = try server.channel.writeInbound(try client.sent())
        client.write("sent with the end of the handshake")
        _ = try client.channel.writeInbound(try server.sent())
        server.socket.isBroken = true
        _ = try? server.channel.writeInbound(try client.sent())
        #expect(!server.channel.isActive)
        #expect(server.recorder.protocols.isEmpty && server.recorder.text.isEmpty)
    }

    @Test func `A connection that is broken is closed without a word`() throws {
        let (client, server) = try peers()
        try exchange(client, server)
        server.channel.pipeline.fireErrorCaught(IOError(errnoCode: ECONNRESET, reason: "read"))
        server.channel.close(promise: nil)
        #expect(try server.sent().readableBytes == 0)
        #expect(!server.channel.isActive && server.recorder.errors.isEmpty)
    }

    @Test func `A record that was changed on the way ends the connection with an error`() throws {
        let (client, server) = try peers()
        try exchange(client, server)
        client.write("honest")
        var bytes = try client.sent()
        let last = bytes.writerIndex - 1
        bytes.setInteger(bytes.getInteger(at: last, as: UInt8.self).map { $0 ^ 1 } ?? 0, at: last)
        _ = try? server.channel.writeInbound(bytes)
        #expect(server.recorder.text.isEmpty)
        #expect(server.recorder.errors.count == 1)
        #expect(!server.channel.isActive)
    }

    @Test func `A server whose certificate is for another host is not trusted`() throws {
        let (client, server) = try peers(host: "elsewhere.example")
        try exchange(client, server)
        guard case .untrusted(let reason) = client.recorder.errors.first else {
            Issue.record("\(client.recorder.errors)")
            return
        }
        #expect(reason.lowercased().contains("hostname mismatch"))
        #expect(server.recorder.errors.count == 1)
    }

    @Test func `An address is checked as an address`() throws {
        let (client, server) = try peers(host: "127.0.0.1")
        try exchange(client, server)
        #expect(client.recorder.protocols == ["h2"])
        let (stranger, same) = try peers(host: "127.0.0.2")
        try exchange(stranger, same)
        #expect(stranger.recorder.errors.count == 1)
    }

    @Test func `A server of an unknown authority is not trusted`() throws {
        let client = try Peer(try Certificates().client(), host: "localhost")
        let server = try Peer(try certificates.server())
        try exchange(client, server)
        guard case .untrusted = client.recorder.errors.first else {
            Issue.record("\(client.recorder.errors)")
            return
        }
    }

    @Test func `Who speaks no TLS is told so and sent off`() throws {
        let server = try Peer(try certificates.server())
        _ = try? server.channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
        guard case .handshakeFailed = server.recorder.errors.first else {
            Issue.record("\(server.recorder.errors)")
            return
        }
        #expect(!server.channel.isActive)
    }

    @Test func `A client that offers nothing that is known is refused`() throws {
        let client = try Peer(try certificates.client(protocols: ["spdy/3"]), host: "localhost")
        let server = try Peer(try certificates.server())
        try exchange(client, server)
        #expect(server.recorder.errors.count == 1 && client.recorder.errors.count == 1)
    }

    @Test func `A handshake that takes too long is ended`() throws {
        let server = try Peer(try certificates.server(), timeout: .seconds(10))
        server.channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(server.channel.isActive)
        server.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(server.recorder.errors == [.handshakeTimeout])
        #expect(!server.channel.isActive)
    }

    @Test func `NIO's own negotiation of HTTP/2 works on it unchanged`() throws {
        let (client, server) = try peers()
        var chosen: ALPNResult?
        let negotiation = ApplicationProtocolNegotiationHandler { result in
            chosen = result
            return server.channel.eventLoop.makeSucceededVoidFuture()
        }
        try server.channel.pipeline.syncOperations.addHandler(negotiation, position: .before(server.recorder))
        try exchange(client, server)
        #expect(chosen == .negotiated("h2"))
    }
}
