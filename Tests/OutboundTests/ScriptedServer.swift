import NIOCore
import NIOPosix
import Outbound
import Synchronization

/// A server that answers each request by its path with the bytes that a script has for it, whatever they are.
final class ScriptedServer: Sendable {
    enum Answer: Sendable {
        /// These bytes, and perhaps the end of the connection.
        case text(String, closing: Bool = false)
        /// Nothing, ever.
        case silence
        /// The one, and then the other again and again until the client closes.
        case endless(String, String)
        /// Byte after byte, 5 ms apart, without end.
        case drops(String)
    }

    /// What has come to it.
    final class Record: Sendable {
        fileprivate let requests = Mutex<[String]>([])
        fileprivate let connections = Mutex(0)
    }

    private let channel: any Channel
    private let record = Record()
    let port: Int

    init(_ script: [String: Answer], on group: MultiThreadedEventLoopGroup) async throws {
        self.channel = try await ServerBootstrap(group: group)
            .childChannelInitializer { [record] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(script, record))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.port = self.channel.localAddress?.port ?? 0
    }

    /// Head and content of each request, as they came.
    var requests: [String] { self.record.requests.withLock { $0 } }
    var connectionCount: Int { self.record.connections.withLock { $0 } }

    func url(_ path: String) throws -> OutboundURL { try OutboundURL("http://127.0.0.1:\(self.port)\(path)") }

    /// Nothing listens any more.
    func close() async { try? await self.channel.close() }

    /// Runs with such a server, and with requests to it, that are shut down behind it.
    static func with(
        _ script: [String: Answer], _ configuration: Outbound.Configuration = Outbound.Configuration(),
        _ body: (ScriptedServer, Outbound) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let outbound = Outbound(configuration)
        do {
            let server = try await ScriptedServer(script, on: group)
            try await body(server, outbound)
            await server.close()
        } catch {
            await outbound.shutdown()
            try await group.shutdownGracefully()
            throw error
        }
        await outbound.shutdown()
        try await group.shutdownGracefully()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let script: [String: Answer]
        private let record: Record
        private var request = ""

        init(_ script: [String: Answer], _ record: Record) {
            self.script = script
            self.record = record
        }

        func channelActive(context: ChannelHandlerContext) {
            self.record.connections.withLock { $0 += 1 }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.request += String(buffer: self.unwrapInboundIn(data))
            guard self.isComplete else { return }
            let request = self.request
            self.request = ""
            self.record.requests.withLock { $0.append(request) }
            let path = request.split(separator: " ").dropFirst().first.map(String.init) ?? ""
            self.answer(self.script[path] ?? .text("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), context)
        }

        private var isComplete: Bool {
            guard let end = self.request.firstRange(of: "\r\n\r\n") else { return false }
            let length = self.request.firstRange(of: "Content-Length: ").map {
                self.request[$0.upperBound...].prefix { $0.isNumber }
            }
            return self.request[end.upperBound...].utf8.count >= length.flatMap { Int($0) } ?? 0
        }

        private func answer(_ answer: Answer, _ context: ChannelHandlerContext) {
            switch answer {
            case .silence: break
            case .text(let text, let closing):
                self.write(text, context)
                if closing { context.close(promise: nil) }
            case .endless(let first, let more):
                self.write(first, context)
                self.goOn(more, context)
            case .drops(let text):
                let bytes = Array(text.utf8)
                self.drip(bytes, 0, context)
            }
        }

        private func write(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }

        private func goOn(_ text: String, _ context: ChannelHandlerContext) {
            let (bound, eventLoop) = (NIOLoopBound((self, context), eventLoop: context.eventLoop), context.eventLoop)
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: text))).whenSuccess {
                // It may be written already: this would be a call within a call without end.
                eventLoop.execute {
                    let (handler, context) = bound.value
                    handler.goOn(text, context)
                }
            }
        }

        private func drip(_ bytes: [UInt8], _ index: Int, _ context: ChannelHandlerContext) {
            guard context.channel.isActive else { return }
            let byte = ByteBuffer(bytes: [bytes[index % bytes.count]])
            context.writeAndFlush(self.wrapOutboundOut(byte), promise: nil)
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: .milliseconds(5)) {
                let (handler, context) = bound.value
                handler.drip(bytes, index + 1, context)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

extension Outbound {
    /// Asks, and waits for what becomes of it.
    func answer(_ request: OutboundRequest) async -> Result<OutboundResponse, OutboundError> {
        await withCheckedContinuation { continuation in self.send(request) { continuation.resume(returning: $0) } }
    }
}
