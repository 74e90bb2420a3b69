public import NIOCore
import NIOTLS

/// TLS in a pipeline: plain bytes above it, encrypted ones below. It moves bytes between buffers and sees no socket.
///
/// Tells of the handshake's end, and of what was agreed to be spoken on top, by NIO's `TLSUserEvent`, so that what
/// waits for that works unchanged. What goes wrong comes as a ``TLSError`` and closes the channel; so does a connection
/// that ends without a closing alert, since what was read may be cut short. Owner: its event loop.
public final class TLSHandler: ChannelDuplexHandler {
    public typealias InboundIn = ByteBuffer
    public typealias InboundOut = ByteBuffer
    public typealias OutboundIn = ByteBuffer
    public typealias OutboundOut = ByteBuffer

    private enum State {
        case handshaking
        case established
        /// The peer has said that nothing more comes.
        case inputClosed
        /// Closed by this side, or after an error.
        case closed
    }

    let session: TLSSession
    private let handshakeTimeout: TimeAmount?
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    private var state = State.handshaking
    /// What was written and not flushed.
    private var unflushed = Writes()
    /// What was flushed before it could be encrypted.
    private var held = Writes()

    /// Bytes that go out together, and who wants to know of it.
    private struct Writes {
        var bytes = ByteBuffer()
        var promise: EventLoopPromise<Void>?

        var isEmpty: Bool { self.bytes.readableBytes == 0 && self.promise == nil }

        mutating func append(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
            if self.bytes.readableBytes == 0 { self.bytes = bytes } else { self.bytes.writeImmutableBuffer(bytes) }
            self.promise.setOrCascade(to: promise)
        }
    }

    /// - Parameters:
    ///   - host: Whom a client wants to reach, a name or an address; its certificate must be for it.
    ///   - handshakeTimeout: How long the handshake may take. Without one somebody else must watch over it.
    /// - Throws: ``TLSError`` if `host` is no host.
    public init(_ context: TLSContext, host: String? = nil, handshakeTimeout: TimeAmount?) throws {
        self.session = try TLSSession(context, host: host)
        self.handshakeTimeout = handshakeTimeout
    }

    public func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { self.begin(context) }
    }

    public func handlerRemoved(context: ChannelHandlerContext) {
        self.timer?.cancel()
        self.failWrites(ChannelError.ioOnClosedChannel)
        self.context = nil
    }

    public func channelActive(context: ChannelHandlerContext) {
        self.begin(context)
        context.fireChannelActive()
    }

    public func channelInactive(context: ChannelHandlerContext) {
        self.inputEnded(context)
        self.state = .closed
        self.timer?.cancel()
        self.failWrites(ChannelError.eof)
        context.fireChannelInactive()
    }

    // MARK: The handshake

    private func begin(_ context: ChannelHandlerContext) {
        if let timeout = self.handshakeTimeout {
            self.timer = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
                self.fail(.handshakeTimeout, context)
            }
        }
        self.shakeHands(context)
    }

    private func shakeHands(_ context: ChannelHandlerContext) {
        guard case .handshaking = self.state else { return }
        do throws(TLSError) { try self.session.handshake() } catch { return self.fail(error, context) }
        self.send(context)
        // The write may have found the peer gone, which closes the channel before it returns.
        guard case .handshaking = self.state, self.session.isEstablished else { return }
        self.state = .established
        self.timer?.cancel()
        self.timer = nil
        context.fireUserInboundEventTriggered(
            TLSUserEvent.handshakeCompleted(negotiatedProtocol: self.session.negotiatedProtocol))
        let held = self.held
        self.held = Writes()
        if !held.isEmpty { self.encrypt(held, context) }
    }

    // MARK: Reading

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.session.receive(self.unwrapInboundIn(data))
        self.shakeHands(context)
        self.readOn(context)
    }

    private func readOn(_ context: ChannelHandlerContext) {
        guard case .established = self.state else { return }
        let plain: ByteBuffer?
        do throws(TLSError) { plain = try self.session.read() } catch { return self.fail(error, context) }
        // Of the protocol's own: new keys, say. The write may find the peer gone.
        self.send(context)
        guard case .established = self.state else { return }
        if let plain { context.fireChannelRead(self.wrapInboundOut(plain)) }
        guard self.session.isInputClosed, case .established = self.state else { return }
        self.state = .inputClosed
        context.fireUserInboundEventTriggered(TLSUserEvent.shutdownCompleted)
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .some(.inputClosed) = event as? ChannelEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        // Of the closing alert those above were told already.
        self.inputEnded(context)
    }

    /// Nothing more comes on the connection itself.
    private func inputEnded(_ context: ChannelHandlerContext) {
        switch self.state {
        case .handshaking: self.fail(.handshakeFailed("the connection was closed"), context)
        case .established: self.fail(.truncated, context)
        case .inputClosed, .closed: break
        }
    }

    // MARK: Writing

    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        self.unflushed.append(self.unwrapOutboundIn(data), promise)
    }

    public func flush(context: ChannelHandlerContext) {
        let writes = self.unflushed
        self.unflushed = Writes()
        switch self.state {
        case .handshaking: self.held.append(writes.bytes, writes.promise)
        case .established, .inputClosed: self.encrypt(writes, context)
        case .closed: writes.promise?.fail(TLSError.closed)
        }
    }

    /// Encrypts what is to be sent at once, for a handler that has nothing between it and this one and sends the result
    /// itself: without the calls through the pipeline a delivery to many connections costs about a tenth less.
    ///
    /// - Parameter output: Is overwritten, and keeps its memory for the next call.
    /// - Returns: Whether that went well; if not, they are for ``writeAndFlush(_:)``, which waits or fails as it should.
    public func encrypt(_ bytes: ByteBuffer, into output: inout ByteBuffer) -> Bool {
        guard self.mayEncrypt, self.unflushed.isEmpty else { return false }
        output.clear()
        return (try? self.session.write(bytes, into: &output)) != nil
    }

    /// Writes bytes as the handler above would.
    public func writeAndFlush(_ bytes: ByteBuffer) {
        guard let context = self.context else { return }
        self.unflushed.append(bytes, nil)
        self.flush(context: context)
    }

    private var mayEncrypt: Bool {
        switch self.state {
        case .established, .inputClosed: true
        case .handshaking, .closed: false
        }
    }

    private func encrypt(_ writes: Writes, _ context: ChannelHandlerContext) {
        // Too late, but no fault of the connection: what went before is still on its way.
        guard !self.session.isOutputClosed else {
            writes.promise?.fail(TLSError.closed)
            return
        }
        do throws(TLSError) {
            try self.session.write(writes.bytes)
        } catch {
            writes.promise?.fail(error)
            return self.fail(error, context)
        }
        self.send(context, promise: writes.promise)
    }

    /// Sends what the session has for the peer.
    private func send(_ context: ChannelHandlerContext, promise: EventLoopPromise<Void>? = nil) {
        if let output = self.session.takeOutput() {
            context.writeAndFlush(self.wrapOutboundOut(output), promise: promise)
        } else {
            promise?.succeed()
        }
    }

    // MARK: Closing

    public func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode != .input, self.canSend {
            self.session.closeOutput()
            self.send(context)
        }
        if mode == .all { self.state = .closed }
        context.close(mode: mode, promise: promise)
    }

    private var canSend: Bool { if case .closed = self.state { false } else { true } }

    /// The connection itself is broken: there is nobody to say goodbye to.
    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.state = .closed
        self.failWrites(error)
        context.fireErrorCaught(error)
    }

    private func fail(_ error: TLSError, _ context: ChannelHandlerContext) {
        if case .closed = self.state { return }
        self.state = .closed
        // The alert that says why.
        self.send(context)
        self.failWrites(error)
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }

    private func failWrites(_ error: any Error) {
        let promises = [self.held.promise, self.unflushed.promise]
        self.held = Writes()
        self.unflushed = Writes()
        for promise in promises { promise?.fail(error) }
    }
}

@available(*, unavailable)
extension TLSHandler: Sendable {}
