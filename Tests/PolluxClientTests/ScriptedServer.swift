import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

@testable import PolluxClient

/// What the server does about one request.
struct Reply {
    enum End { case keepAlive, close }

    /// Bytes of HTTP.
    var text = ""
    var end = End.close

    /// Closes without a word.
    static let none = Reply()
    /// Says nothing and stays.
    static let silence = Reply(end: .keepAlive)

    /// A whole answer; the connection stays open.
    static func answer(
        _ status: String, _ content: String = "", type: String = "application/json", headers: String = ""
    ) -> Reply {
        let length = "Content-Type: \(type)\r\nContent-Length: \(content.utf8.count)\r\n"
        return Reply(text: "HTTP/1.1 \(status)\r\n\(length)\(headers)\r\n\(content)", end: .keepAlive)
    }

    /// A stream of chunks.
    ///
    /// - Parameter isComplete: Whether it has its last chunk; else it is cut off.
    static func stream(_ chunks: [String], isComplete: Bool = false, end: End = .close) -> Reply {
        let framed = chunks.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined()
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        return Reply(text: head + framed + (isComplete ? "0\r\n\r\n" : ""), end: end)
    }
}

/// A server on a free port that answers requests by a script.
final class ScriptedServer: Sendable {
    struct Received: Sendable {
        let head: HTTPRequestHead
        let body: String
        /// Which connection it came on, counted from 1.
        let connection: Int
    }

    private struct State {
        var requests: [Received] = []
        var connections = 0
    }

    private let script: @Sendable (Received, _ index: Int) -> Reply
    private let state = Mutex(State())

    private init(_ script: @escaping @Sendable (Received, Int) -> Reply) {
        self.script = script
    }

    var requests: [Received] { self.state.withLock { $0.requests } }
    var targets: [String] { self.requests.map(\.head.uri) }

    /// Runs a server as long as `body`; the n-th request, on whatever connection it comes, gets the n-th reply.
    static func run(
        _ replies: [Reply], _ body: (ServerURL, ScriptedServer) async throws -> Void
    ) async throws {
        try await Self.run(ScriptedServer { $1 < replies.count ? replies[$1] : .silence }, body)
    }

    /// Runs a server as long as `body`; each request gets the reply of the function.
    static func run(
        replyingBy reply: @escaping @Sendable (Received) -> Reply,
        _ body: (ServerURL, ScriptedServer) async throws -> Void
    ) async throws {
        try await Self.run(ScriptedServer { request, _ in reply(request) }, body)
    }

    private static func run(
        _ server: ScriptedServer, _ body: (ServerURL, ScriptedServer) async throws -> Void
    ) async throws {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = server.state.withLock { state in
                        state.connections += 1
                        return state.connections
                    }
                    try channel.pipeline.syncOperations.addHandlers([
                        ByteToMessageHandler(HTTPRequestDecoder()), Handler(server: server, connection: connection),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let url = try ServerURL(parsing: "http://127.0.0.1:\(listener.localAddress?.port ?? 0)")
        do { try await body(url, server) } catch {
            try await listener.close()
            throw error
        }
        try await listener.close()
    }

    private func reply(to request: Received) -> Reply {
        let index = self.state.withLock { state in
            state.requests.append(request)
            return state.requests.count - 1
        }
        return self.script(request, index)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart

        private let server: ScriptedServer
        private let connection: Int
        private var head: HTTPRequestHead?
        private var body = ""

        init(server: ScriptedServer, connection: Int) {
            self.server = server
            self.connection = connection
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch self.unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                self.body = ""
            case .body(let bytes):
                self.body += String(buffer: bytes)
            case .end:
                guard let head = self.head else { return }
                let reply = self.server.reply(to: Received(head: head, body: self.body, connection: self.connection))
                context.writeAndFlush(NIOAny(ByteBuffer(string: reply.text)), promise: nil)
                if reply.end == .close { context.close(promise: nil) }
            }
        }
    }
}
