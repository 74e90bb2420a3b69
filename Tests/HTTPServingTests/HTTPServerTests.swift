import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import HTTPServing

/// A server and its clients over real sockets.
@Suite(.timeLimit(.minutes(1))) struct HTTPServerTests {
    /// Answers `/long` with a stream of `count` pieces, `/held` and `/open` once the server stops, all else at once.
    private struct Service: Responder {
        var count = 0
        /// Told of each request that is held.
        var held: AsyncStream<Void>.Continuation?

        func respond(to request: Request, on exchange: any Exchange) {
            switch request.pathText {
            case "/long":
                exchange.beginStream(Response(.ok))
                let writer = Writer(exchange, count: self.count)
                exchange.delegate = writer
                writer.writable()
            case "/open":
                exchange.beginStream(Response(.ok))
                exchange.delegate = Holder(exchange)
                self.held?.yield()
            case "/held":
                exchange.delegate = Holder(exchange)
                self.held?.yield()
            default: exchange.respond(.text("\(request.pathText) \(request.peer.isRefused)"))
            }
        }
    }

    /// Writes pieces as long as they are taken.
    private final class Writer: ExchangeDelegate {
        private unowned let exchange: any Exchange
        private var left: Int
        private static let piece = SharedBytes([UInt8](repeating: UInt8(ascii: "x"), count: 10_000))

        init(_ exchange: any Exchange, count: Int) {
            self.exchange = exchange
            self.left = count
        }

        func writable() {
            while self.left > 0 {
                self.left -= 1
                guard self.exchange.write(Self.piece) else { return }
            }
            self.exchange.end()
        }

        func inputClosed() {}
        func closed() {}
        func deadlineReached(_ now: NIODeadline) {}
        func drain() {}
    }

    /// Ends the answer when the server stops.
    private final class Holder: ExchangeDelegate {
        private unowned let exchange: any Exchange

        init(_ exchange: any Exchange) {
            self.exchange = exchange
        }

        func writable() {}
        func inputClosed() {}
        func closed() {}
        func deadlineReached(_ now: NIODeadline) {}
        func drain() {
            if self.exchange.hasBegunStream { self.exchange.end() } else { self.exchange.respond(.text("released")) }
        }
    }

    private func withServer(
        _ service: Service = Service(), connections: Int = 100,
        _ body: (HTTPServer, Int, MultiThreadedEventLoopGroup) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        var settings = ServingSettings(responder: service)
        settings.limits.connections = connections
        let server = try await HTTPServer(
            [Listener(port: 0)], settings: settings, group: group,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await body(server, try #require(try await server.start().first), group)
        await server.drain(within: .seconds(10))
        try await group.shutdownGracefully()
    }

    @Test func `A request over a socket is answered, and the next on the same connection`() async throws {
        try await withServer { server, port, group in
            let client = try await Client(port, on: group)
            for path in ["/a", "/b"] {
                try await client.send(Connection.request(path))
                let answer = try await client.read { $0.hasSuffix("false") }
                #expect(try Answer.parse(answer).map(\.body) == ["\(path) false"])
            }
            #expect(server.connectionCount == 1)
            try await client.close()
        }
    }

    @Test func `A stream that is larger than all buffers comes whole to a client that begins to read late`()
        async throws
    {
        try await withServer(Service(count: 2_000)) { _, port, group in
            let client = try await Client(port, on: group)
            try await client.send(Connection.request("/long"))
            let answers = try Answer.parse(try await client.readToEnd())
            #expect(answers.map(\.body.utf8.count) == [20_000_000])
            #expect(answers[0].chunks?.last == 0)
            try await client.close()
        }
    }

    @Test func `Connections beyond the limit are answered once and told so`() async throws {
        try await withServer(connections: 1) { _, port, group in
            let first = try await Client(port, on: group)
            try await first.send(Connection.request("/a"))
            _ = try await first.read { $0.hasSuffix("false") }
            let second = try await Client(port, on: group)
            try await second.send(Connection.request("/b"))
            let answer = try #require(try Answer.parse(try await second.readToEnd()).first)
            #expect(answer.body == "/b true")
            #expect(answer["Connection"] == "close")
            for client in [first, second] { try await client.close() }
        }
    }

    @Test func `A server that stops ends idle connections, held requests and streams, and listens no more`()
        async throws
    {
        let (held, continuation) = AsyncStream<Void>.makeStream()
        try await withServer(Service(held: continuation)) { server, port, group in
            let idle = try await Client(port, on: group)
            try await idle.send(Connection.request("/a"))
            _ = try await idle.read { $0.hasSuffix("false") }
            let waiting = try await Client(port, on: group)
            try await waiting.send(Connection.request("/held"))
            let streaming = try await Client(port, on: group)
            try await streaming.send(Connection.request("/open"))
            var iterator = held.makeAsyncIterator()
            for _ in 0..<2 { await iterator.next() }

            async let drained: Void = server.drain(within: .seconds(30))
            #expect(try await idle.readToEnd().isEmpty)
            #expect(try Answer.parse(try await waiting.readToEnd()).map(\.body) == ["released"])
            #expect(try Answer.parse(try await streaming.readToEnd()).map(\.chunks) == [[0]])
            await drained
            #expect(server.connectionCount == 0)
            await #expect(throws: (any Error).self) { try await Client(port, on: group) }
        }
    }
}
