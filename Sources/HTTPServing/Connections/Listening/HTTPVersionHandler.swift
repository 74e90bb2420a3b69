import NIOCore
import NIOHTTP2
import NIOTLS

/// The beginning of a connection: finds out what the client speaks, and makes place for what speaks it. Under TLS that
/// is what was agreed on (ALPN, RFC 7301), else the first bytes tell (prior knowledge of HTTP/2, RFC 9113, section
/// 3.3).
final class HTTPVersionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private enum State {
        /// What the client speaks is not known yet; it has sent these bytes.
        case deciding(ByteBuffer)
        /// What speaks it stands behind this handler, and gets everything from now on.
        case decided
    }

    private let loop: LoopContext
    private let outlet: Outlet
    private let isEncrypted: Bool
    private var peer: Peer
    private var context: ChannelHandlerContext?
    private var state = State.deciding(ByteBuffer())
    var deadlineIndex: Int?

    /// - Parameter isEncrypted: Whether the bytes come by TLS, whose handshake tells what is spoken.
    init(_ loop: LoopContext, over outlet: Outlet, peer: Peer, isEncrypted: Bool = false) {
        self.loop = loop
        self.outlet = outlet
        self.isEncrypted = isEncrypted
        self.peer = peer
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

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch (self.state, event) {
        case (.deciding(let bytes), TLSUserEvent.handshakeCompleted(let name)):
            self.makePlace(for: name == "h2", bytes, context)
        case (.deciding, ChannelEvent.inputClosed): self.close()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Also while the bytes before are still looked at: NIO reads what is left when one of their answers cannot be
        // written.
        guard case .deciding(var bytes) = self.state else { return context.fireChannelRead(data) }
        bytes.writeImmutableBuffer(self.unwrapInboundIn(data))
        self.state = .deciding(bytes)
        guard !self.isEncrypted else { return }
        let known = bytes.readableBytesView.prefix(Self.preface.count)
        guard Self.preface.starts(with: known) else { return self.makePlace(for: false, bytes, context) }
        if known.count == Self.preface.count { self.makePlace(for: true, bytes, context) }
    }

    /// Errors close the connection where they come from.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func makePlace(for isHTTP2: Bool, _ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        self.state = .decided
        self.peer.certificate = self.outlet.peerCertificate
        do {
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandlers(isHTTP2 ? self.http2() : self.http1(), position: .after(self))
        } catch {
            return context.close(promise: nil)
        }
        if bytes.readableBytes > 0 {
            context.fireChannelRead(self.wrapInboundOut(bytes))
            context.fireChannelReadComplete()
        }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    private func http1() -> [any ChannelHandler] {
        [HTTP1Connection(self.loop, over: self.outlet, peer: self.peer)]
    }

    private func http2() -> [any ChannelHandler] {
        let connection = HTTP2Connection(self.loop, over: self.outlet, peer: self.peer)
        return [NIOHTTP2Handler(for: connection, limits: self.loop.limits), connection]
    }
}

extension HTTPVersionHandler: ServedConnection {
    func deadlineReached(_ now: NIODeadline) { self.close() }

    func drain() { self.close() }

    func close() {
        self.context?.close(promise: nil)
    }
}

@available(*, unavailable)
extension HTTPVersionHandler: Sendable {}
