import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import PolluxClient

@Suite struct SilenceHandlerTests {
    private let channel: EmbeddedChannel
    private var loop: EmbeddedEventLoop { channel.embeddedEventLoop }

    init() throws {
        channel = EmbeddedChannel(handler: SilenceHandler(limit: .seconds(45)))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        channel.read()
    }

    private func request() throws {
        try channel.writeOutbound(HTTPClientRequestPart.head(.init(version: .http1_1, method: .GET, uri: "/")))
        try channel.writeOutbound(HTTPClientRequestPart.end(nil))
    }

    private func receive(_ parts: HTTPClientResponsePart...) throws {
        for part in parts { try channel.writeInbound(part) }
        channel.read()
    }

    @Test("a request that is not answered ends the connection, with an error")
    func unanswered() throws {
        try request()
        loop.advanceTime(by: .seconds(44))
        #expect(channel.isActive)
        loop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
        #expect(throws: Silence.self) { try channel.throwIfErrorCaught() }
    }

    @Test("whatever comes begins the time anew")
    func heartbeats() throws {
        try request()
        try receive(.head(.init(version: .http1_1, status: .ok)))
        for _ in 1...5 {
            loop.advanceTime(by: .seconds(44))
            try receive(.body(ByteBuffer(string: "retry: 3000\n")))
        }
        #expect(channel.isActive)
        loop.advanceTime(by: .seconds(45))
        #expect(!channel.isActive)
    }

    @Test("a connection at rest is not silent, before a request and after its answer")
    func rest() throws {
        loop.advanceTime(by: .hours(1))
        try request()
        try receive(.head(.init(version: .http1_1, status: .ok)), .end(nil))
        loop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
    }

    @Test("the time of rest does not count for the next request")
    func requestAfterRest() throws {
        loop.advanceTime(by: .seconds(44))
        try request()
        loop.advanceTime(by: .seconds(44))
        #expect(channel.isActive)
    }

    @Test("a server is not silent while nothing is read from it")
    func notReading() throws {
        try request()
        try channel.writeInbound(HTTPClientResponsePart.head(.init(version: .http1_1, status: .ok)))
        loop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
        channel.read()
        loop.advanceTime(by: .seconds(45))
        #expect(!channel.isActive)
    }

    @Test("a content that the line takes slowly is no silence, as long as it takes any of it")
    func slowLine() throws {
        let line = SlowLine()
        try channel.pipeline.syncOperations.addHandlers([line, BodyPiecesHandler()], position: .first)
        let body = ByteBuffer(repeating: 1, count: 5 * BodyPiecesHandler.pieceSize - 1)
        channel.write(HTTPClientRequestPart.head(.init(version: .http1_1, method: .POST, uri: "/")), promise: nil)
        channel.write(HTTPClientRequestPart.body(.byteBuffer(body)), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        for _ in 1...4 {
            loop.advanceTime(by: .seconds(44))
            line.takePiece()
        }
        #expect(channel.isActive)
        #expect(
            line.lengths == [
                BodyPiecesHandler.pieceSize, BodyPiecesHandler.pieceSize, BodyPiecesHandler.pieceSize,
                BodyPiecesHandler.pieceSize, BodyPiecesHandler.pieceSize - 1,
            ])
        #expect(!line.isEnded)
        loop.advanceTime(by: .seconds(44))
        line.takePiece()
        #expect(line.isEnded)
        loop.advanceTime(by: .seconds(44))
        #expect(channel.isActive)
        loop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test("a line that takes nothing is silent")
    func deadLine() throws {
        try channel.pipeline.syncOperations.addHandlers([SlowLine(), BodyPiecesHandler()], position: .first)
        channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(repeating: 1, count: 1 << 20))), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        loop.advanceTime(by: .seconds(45))
        #expect(!channel.isActive)
    }

    @Test("a long content on a fast line goes in one turn, in its order")
    func fastLine() throws {
        try channel.pipeline.syncOperations.addHandler(BodyPiecesHandler(), position: .first)
        let body = ByteBuffer(bytes: (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 >> 10) })
        try channel.writeOutbound(HTTPClientRequestPart.body(.byteBuffer(body)))
        try channel.writeOutbound(HTTPClientRequestPart.end(nil))
        var sent = ByteBuffer()
        while let part = try channel.readOutbound(as: HTTPClientRequestPart.self) {
            if case .body(.byteBuffer(var piece)) = part {
                sent.writeBuffer(&piece)
            } else {
                #expect(part == .end(nil))
            }
        }
        #expect(sent == body)
    }

    @Test("a closed connection is left alone")
    func closed() throws {
        try request()
        _ = try channel.finish()
        loop.advanceTime(by: .hours(1))
        try channel.throwIfErrorCaught()
    }
}

/// A line that takes pieces of content when it is told to.
private final class SlowLine: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart

    private(set) var lengths: [Int] = []
    private(set) var isEnded = false
    private var promises: [EventLoopPromise<Void>] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch self.unwrapOutboundIn(data) {
        case .head: promise?.succeed()
        case .body(let piece):
            self.lengths.append(piece.readableBytes)
            if let promise { self.promises.append(promise) }
        case .end:
            self.isEnded = true
            promise?.succeed()
        }
    }

    func takePiece() {
        if !self.promises.isEmpty { self.promises.removeFirst().succeed() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        for promise in self.promises { promise.fail(ChannelError.ioOnClosedChannel) }
    }
}

@available(*, unavailable)
extension SlowLine: Sendable {}
