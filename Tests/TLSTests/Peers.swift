import NIOCore
import NIOEmbedded
import NIOTLS
import TestSupport
import Testing

@testable import TLS

/// An authority in a folder of its own, and contexts with its certificate.
struct Certificates {
    private let folder: TemporaryFolder
    let authority: DevelopmentAuthority

    init(names: [String] = ["localhost", "127.0.0.1"]) throws {
        self.folder = try TemporaryFolder()
        self.authority = DevelopmentAuthority(folder: self.folder.path)
        try self.authority.prepare(names: names)
    }

    func identity() throws -> TLSIdentity {
        try TLSIdentity(certificateFile: self.authority.certificateFile, keyFile: self.authority.keyFile)
    }

    func server(
        _ policy: TLSPolicy = .intermediate, protocols: [String] = ["h2", "http/1.1"], keys: TicketKeys = TicketKeys()
    ) throws -> TLSContext {
        var configuration = TLSServerConfiguration(identities: [try self.identity()])
        configuration.policy = policy
        configuration.protocols = protocols
        return try .server(configuration, ticketKeys: keys)
    }

    func client(protocols: [String] = ["h2"]) throws -> TLSContext {
        try .client(
            TLSClientConfiguration(trust: .authorities(file: self.authority.authorityFile), protocols: protocols))
    }
}

/// Keeps what comes out at the top of a pipeline.
final class Recorder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private(set) var text = ""
    private(set) var protocols: [String?] = []
    private(set) var errors: [TLSError] = []
    private(set) var isInputClosed = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.text += String(buffer: self.unwrapInboundIn(data))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted(let name) = event { self.protocols.append(name) }
        if case ChannelEvent.inputClosed = event { self.isInputClosed = true }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? TLSError { self.errors.append(error) }
    }
}

/// Stands where a socket would: lets one half be closed, which an embedded channel does not, and may break at a write.
final class SocketDouble: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    /// Whether the peer has gone, which shows with the next write.
    var isBroken = false

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if self.isBroken { context.close(promise: nil) }
        context.write(data, promise: promise)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .output { promise?.succeed() } else { context.close(mode: mode, promise: promise) }
    }
}

/// One side of a connection without sockets.
final class Peer {
    let channel = EmbeddedChannel()
    let recorder = Recorder()
    let socket = SocketDouble()
    let handler: TLSHandler

    init(_ context: TLSContext, host: String? = nil, timeout: TimeAmount? = nil) throws {
        self.handler = try TLSHandler(context, host: host, handshakeTimeout: timeout)
        try self.channel.pipeline.syncOperations.addHandlers([self.socket, self.handler, self.recorder])
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    /// What is to be carried to the other side.
    func sent() throws -> ByteBuffer {
        var all = ByteBuffer()
        while var bytes = try self.channel.readOutbound(as: ByteBuffer.self) { all.writeBuffer(&bytes) }
        return all
    }

    func write(_ text: String) {
        self.channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
    }
}

/// Carries bytes between two peers until neither has more to say, in pieces of at most `size` bytes.
func exchange(_ one: Peer, _ other: Peer, inPiecesOf size: Int = .max) throws {
    var isQuiet = false
    while !isQuiet {
        isQuiet = true
        for (from, to) in [(one, other), (other, one)] {
            var bytes = try from.sent()
            while bytes.readableBytes > 0, let piece = bytes.readSlice(length: min(size, bytes.readableBytes)) {
                isQuiet = false
                if to.channel.isActive { _ = try? to.channel.writeInbound(piece) }
            }
        }
    }
}
