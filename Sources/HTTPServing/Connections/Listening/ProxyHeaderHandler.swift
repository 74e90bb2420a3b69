import NIOCore

/// The beginning of a connection at a listener for the PROXY protocol: reads the header before anything else, and makes
/// place for what speaks TLS and HTTP. It closes a connection that has none, whose header is not whole within
/// ``Limits/headTimeout``, or that comes from elsewhere than ``Forwarding/proxies``, where these are named. Owner: its event loop.
final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private enum State {
        /// What has come of the header.
        case reading(ByteBuffer)
        case ended
    }

    private let loop: LoopContext
    private let peer: Peer
    /// Adds to the pipeline's end what serves the peer.
    private let proceed: (Peer) throws -> Void
    private var context: ChannelHandlerContext?
    private var state = State.reading(ByteBuffer())
    var deadlineIndex: Int?

    init(_ loop: LoopContext, peer: Peer, proceed: @escaping (Peer) throws -> Void) {
        self.loop = loop
        self.peer = peer
        self.proceed = proceed
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.loop.opened(self)
        self.loop.deadlines.set(.now() + self.loop.limits.headTimeout, of: self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.loop.closed(self)
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .reading(var bytes) = self.state else { return }
        bytes.writeImmutableBuffer(self.unwrapInboundIn(data))
        switch ProxyHeader.parse(bytes.readableBytesView) {
        case .incomplete: self.state = .reading(bytes)
        case .invalid: self.close()
        case .header where !self.loop.settings.forwarding.takesHeader(from: self.peer.address): self.close()
        case .header(let header, let size):
            bytes.moveReaderIndex(forwardBy: size)
            self.makePlace(for: header, bytes, context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { self.close() }
    }

    /// Errors close the connection where they come from.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func makePlace(for header: ProxyHeader, _ rest: ByteBuffer, _ context: ChannelHandlerContext) {
        self.state = .ended
        var peer = self.peer
        peer.hasProxyHeader = true
        peer.address = header.source ?? peer.address
        peer.isSecure = header.isSecure
        do {
            try self.proceed(peer)
        } catch {
            return context.close(promise: nil)
        }
        if rest.readableBytes > 0 {
            context.fireChannelRead(self.wrapInboundOut(rest))
            context.fireChannelReadComplete()
        }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}

extension ProxyHeaderHandler: ServedConnection {
    func deadlineReached(_ now: NIODeadline) { self.close() }

    func drain() { self.close() }

    func close() {
        self.state = .ended
        self.context?.close(promise: nil)
    }
}

@available(*, unavailable)
extension ProxyHeaderHandler: Sendable {}
