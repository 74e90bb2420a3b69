import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The first handler of a connection: writes straight to the socket while it takes what is written, which saves a
/// running stream the work of NIO's queue; what the socket does not take goes through NIO. Owner: its event loop.
///
/// **Why the descriptor is never another file's.** Once a descriptor is closed the system may give its number to
/// somebody else. Only NIO closes this one, on this event loop, in one function that calls nobody until the descriptor
/// is closed. The first it calls then is the promises of its pending writes, which fail; all of them are made here, and
/// the first that fails sets the number to -1. Next it calls `channelInactive`, of the first handler first, which is
/// this one and sets it to -1 too. So no code that could send runs on the loop between the close and -1, and on another
/// loop none may use it.
final class SocketHandler: ChannelOutboundHandler, ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Goes up the pipeline when the system has taken all that was written.
    struct Emptied {}

    /// The descriptor; -1 where there is none, as in tests, and once it is closed.
    private var socket: CInt = -1
    /// How many writes NIO still has.
    private var writesInNIO = 0
    private var isWriting = false
    private var context: ChannelHandlerContext?
    /// Whether what still comes is thrown away: a client that is sent off gets to read why only if its bytes are taken.
    var discardsInput = false

    /// Whether the system has not taken all that was written.
    var hasPending: Bool { self.writesInNIO > 0 }

    /// How many bytes were written, in all.
    private(set) var bytesWritten = 0

    /// How many of them the client has not acknowledged. What the system holds for it counts too: that is some
    /// megabytes, so that on a slow line a socket may take nothing for a minute while its bytes flow.
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
        let socket = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: CInt.self) { $0 }
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

    /// Sends bytes as a write does, for a handler that has nothing between it and this one, or has had them encrypted
    /// itself: it saves the calls through the pipeline for each event and reader.
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
        // The channel has closed the descriptor, or is about to.
        if case .failure = result { self.socket = -1 }
        guard self.writesInNIO == 0, !self.isWriting, context.channel.isActive else { return }
        context.fireUserInboundEventTriggered(Emptied())
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
