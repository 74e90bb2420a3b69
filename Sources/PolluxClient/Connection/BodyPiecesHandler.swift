import NIOCore
import NIOHTTP1

/// Sends the content of a request in pieces, each when the line has taken the one before, and tells of each: how far a long
/// content has come on a slow line could not be seen otherwise. Owner: the connection's event loop.
final class BodyPiecesHandler: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    /// Small enough to be taken within the limit of silence by any line that is worth the name.
    static let pieceSize = 16 << 10

    /// The line has taken a piece.
    struct PieceTaken: Sendable {}

    private var waiting = CircularBuffer<(part: HTTPClientRequestPart, promise: EventLoopPromise<Void>?)>()
    /// Whether a piece is on its way.
    private var isSending = false
    /// Whether ``sendOn(_:)`` is running: a piece may be taken before it returns.
    private var isLooping = false

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part = self.unwrapOutboundIn(data)
        if case .body(.byteBuffer(var rest)) = part {
            while rest.readableBytes > Self.pieceSize, let piece = rest.readSlice(length: Self.pieceSize) {
                self.waiting.append((.body(.byteBuffer(piece)), nil))
            }
            self.waiting.append((.body(.byteBuffer(rest)), promise))
        } else {
            self.waiting.append((part, promise))
        }
        self.sendOn(context)
    }

    private func sendOn(_ context: ChannelHandlerContext) {
        guard !self.isLooping else { return }
        self.isLooping = true
        defer { self.isLooping = false }
        while !self.isSending, let (part, promise) = self.waiting.popFirst() {
            if case .body = part {
                self.send(part, promise, context)
            } else {
                context.write(self.wrapOutboundOut(part), promise: promise)
            }
        }
    }

    private func send(
        _ piece: HTTPClientRequestPart, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext
    ) {
        self.isSending = true
        let taken = context.eventLoop.makePromise(of: Void.self)
        taken.futureResult.assumeIsolated().whenComplete { result in
            promise?.completeWith(result)
            self.isSending = false
            if case .success = result { context.fireUserInboundEventTriggered(PieceTaken()) }
            self.sendOn(context)
            // What stands behind the content was perhaps written after the last flush from above.
            if !self.isSending { context.flush() }
        }
        context.writeAndFlush(self.wrapOutboundOut(piece), promise: taken)
    }
}

@available(*, unavailable)
extension BodyPiecesHandler: Sendable {}
