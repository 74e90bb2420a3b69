import NIOCore
import NIOHTTP1

/// Ends a connection on which an answer is due and nothing comes or goes: its server may have gone without a word.
///
/// Time counts while a request is not answered to its end, and only while the pipeline asks for bytes: a connection at
/// rest is not silent, nor is one whose events are taken slowly. Owner: the connection's event loop.
final class SilenceHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    private let limit: TimeAmount
    private var unansweredRequests = 0
    private var isReading = false
    private var timer: Scheduled<Void>?

    init(limit: TimeAmount) {
        self.limit = limit
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = self.unwrapOutboundIn(data) { self.unansweredRequests += 1 }
        context.write(data, promise: promise)
        self.restart(context)
    }

    func read(context: ChannelHandlerContext) {
        self.isReading = true
        self.restart(context)
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .end = self.unwrapInboundIn(data) { self.unansweredRequests -= 1 }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.isReading = false
        self.restart(context)
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is BodyPiecesHandler.PieceTaken { self.restart(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.stop()
    }

    private func restart(_ context: ChannelHandlerContext) {
        self.stop()
        guard self.isReading, self.unansweredRequests > 0 else { return }
        self.timer = context.eventLoop.assumeIsolated().scheduleTask(in: self.limit) {
            context.fireErrorCaught(Silence(limit: self.limit))
            context.close(promise: nil)
        }
    }

    private func stop() {
        self.timer?.cancel()
        self.timer = nil
    }
}

@available(*, unavailable)
extension SilenceHandler: Sendable {}

/// Nothing came for so long.
struct Silence: Error {
    let limit: TimeAmount
}
