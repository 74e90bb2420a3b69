import NIOCore
import NIOPosix

/// A client of one connection that sends text, and reads only while it is asked to. Owner: one test.
final class Client {
    private let channel: any Channel
    private var pieces: AsyncStream<ByteBuffer>.Iterator

    /// - Throws: When nothing listens on the port.
    init(_ port: Int, on group: MultiThreadedEventLoopGroup) async throws {
        let (pieces, continuation) = AsyncStream<ByteBuffer>.makeStream()
        self.pieces = pieces.makeAsyncIterator()
        self.channel = try await ClientBootstrap(group: group)
            .channelOption(.autoRead, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    func send(_ text: String) async throws {
        try await self.channel.writeAndFlush(ByteBuffer(string: text)).get()
    }

    /// What comes until it is enough, or the server closes.
    func read(until isEnough: (String) -> Bool) async throws -> String {
        // Fails where the server has closed already; what it sent before is there.
        try? await self.channel.setOption(.autoRead, value: true).get()
        var text = ""
        while !isEnough(text), let piece = await self.pieces.next() { text += String(buffer: piece) }
        return text
    }

    func readToEnd() async throws -> String { try await self.read { _ in false } }

    func close() async throws {
        try? await self.channel.close().get()
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let continuation: AsyncStream<ByteBuffer>.Continuation

        init(_ continuation: AsyncStream<ByteBuffer>.Continuation) {
            self.continuation = continuation
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.continuation.yield(self.unwrapInboundIn(data))
        }

        func channelInactive(context: ChannelHandlerContext) {
            self.continuation.finish()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
