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

    @Test("a closed connection is left alone")
    func closed() throws {
        try request()
        _ = try channel.finish()
        loop.advanceTime(by: .hours(1))
        try channel.throwIfErrorCaught()
    }
}
