import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The first handler of a connection: writes straight to the socket while it takes what is written, which saves a
/// running stream the work of NIO's queue; what the socket does not take goes through NIO. Owner: its event loop.
///
/// The descriptor is used only while the channel is active, on its loop, and while NIO has nothing to write itself.
final class SocketHandler: ChannelOutboundHandler, ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Goes up the pipeline when the socket has taken all that was written.
    struct Drained {}

    /// The descriptor; -1 where there is none, as in tests, and once the channel is inactive.
    private var socket: CInt = -1
    /// How many writes NIO still has.
    private var writesInNIO = 0
    private var isWriting = false
    private var context: ChannelHandlerContext?
    /// Whether what still comes is thrown away: a client that is sent off gets to read why only if its bytes are taken.
    var discardsInput = false

    /// Whether the socket has taken all that was written.
    var isDrained: Bool { self.writesInNIO == 0 }

    /// How many bytes were written, in all.
    private(set) var bytesWritten = 0

    /// How many of them the client has acknowledged. What the system holds for it counts as not taken: that is some megabytes, so
    /// that on a slow line a socket may take nothing for a minute while its bytes flow.
    var bytesTaken: Int { self.bytesWritten - self.bytesLeft }

    /// How many bytes the client has still to take.
    var bytesLeft: Int {
        guard let options = self.context?.channel.syncOptions else { return 0 }
        return ((try? options.getOption(.bufferedWritableBytes)) ?? 0) + self.bytesInSystem
    }

    private var bytesInSystem: Int {
        #if os(Linux)
            var count: CInt = 0
            // SIOCOUTQ of `tcp(7)`, which is the same number.
            guard self.socket >= 0, ioctl(self.socket, UInt(TIOCOUTQ), &count) == 0 else { return 0 }
            return Int(count)
        #else
            return 0
        #endif
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { self.open(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        self.open(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.socket = -1
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !self.discardsInput { context.fireChannelRead(data) }
    }

    private func open(_ context: ChannelHandlerContext) {
        // What `withUnsafeTransportIfAvailable(of:)` does, whose cast to a protocol with its type given takes microseconds.
        let core = context.channel._channelCore as? any NIOTransportAccessibleChannelCore
        let socket = try? core?.withUnsafeTransport { $0 as? CInt }
        self.socket = socket ?? -1
    }

    /// Writes are sent as they come: those above write what is ready to go.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var bytes = self.unwrapOutboundIn(data)
        self.bytesWritten += bytes.readableBytes
        self.sendNow(&bytes)
        if bytes.readableBytes == 0 {
            promise?.succeed()
        } else {
            self.writeThroughNIO(bytes, context, promise)
        }
    }

    /// Sends bytes as a write does, for a handler that has nothing between it and this one, or has had them encrypted itself:
    /// it saves the calls through the pipeline for each event and reader.
    func send(_ bytes: ByteBuffer) {
        var bytes = bytes
        self.bytesWritten += bytes.readableBytes
        self.sendNow(&bytes)
        if bytes.readableBytes > 0, let context = self.context { self.writeThroughNIO(bytes, context, nil) }
    }

    /// Sends what the socket takes at once, and leaves the rest; nothing while NIO still has something before it.
    private func sendNow(_ bytes: inout ByteBuffer) {
        guard self.socket >= 0, self.writesInNIO == 0 else { return }
        bytes.moveReaderIndex(forwardBy: bytes.withUnsafeReadableBytes { self.sendToSystem($0) })
    }

    /// Nothing is held back here, and NIO was told to flush with each write.
    func flush(context: ChannelHandlerContext) {}

    /// Writes what the socket takes without waiting; returns how many bytes that are. An error counts as none: it comes
    /// again in NIO's own write, and ends the connection there.
    private func sendToSystem(_ bytes: UnsafeRawBufferPointer) -> Int {
        while true {
            let count = Glibc.send(self.socket, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL | MSG_DONTWAIT))
            if count >= 0 { return count }
            guard errno == EINTR else { return 0 }
        }
    }

    private func writeThroughNIO(
        _ bytes: ByteBuffer, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        self.writesInNIO += 1
        self.isWriting = true
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { self.writeCompleted($0, context) }
        if let promise { written.futureResult.cascade(to: promise) }
        context.writeAndFlush(self.wrapOutboundOut(bytes), promise: written)
        self.isWriting = false
    }

    private func writeCompleted(_ result: Result<Void, any Error>, _ context: ChannelHandlerContext) {
        self.writesInNIO -= 1
        // The descriptor may be closed already, and be somebody else's.
        if case .failure = result { self.socket = -1 }
        guard self.writesInNIO == 0, !self.isWriting, context.channel.isActive else { return }
        context.fireUserInboundEventTriggered(Drained())
    }

    /// Lets the system acknowledge the next request together with its answer. Else it sends a packet of its own as soon
    /// as a request is read that is not answered at once, which is what a held poll is: an eighth of its cost.
    func acknowledgeWithAnswers() {
        #if os(Linux)
            guard self.socket >= 0 else { return }
            var off: CInt = 0
            setsockopt(self.socket, CInt(IPPROTO_TCP), TCP_QUICKACK, &off, socklen_t(MemoryLayout<CInt>.size))
        #endif
    }
}

@available(*, unavailable)
extension SocketHandler: Sendable {}
