import NIOCore

/// Stands where the socket would: keeps what is written, and takes it at once or when the test says so.
final class SocketDouble: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    /// Whether what is written is taken at once; else it waits for ``takeAll()``.
    var takesWrites = true
    /// What the client has got.
    private(set) var taken = ByteBuffer()
    private var waiting: [(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)] = []
    private(set) var isOutputClosed = false
    private(set) var readCount = 0
    private(set) var writeCount = 0

    /// Takes all that waits, as a client that reads on.
    func takeAll() {
        let waiting = self.waiting
        self.waiting = []
        self.takesWrites = true
        for (bytes, promise) in waiting { self.take(bytes, promise) }
    }

    /// What was taken since the last call.
    func drainTaken() -> String {
        defer { self.taken = ByteBuffer() }
        return String(buffer: self.taken)
    }

    func read(context: ChannelHandlerContext) {
        self.readCount += 1
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        self.writeCount += 1
        let bytes = self.unwrapOutboundIn(data)
        if self.takesWrites, self.waiting.isEmpty {
            self.take(bytes, promise)
        } else {
            self.waiting.append((bytes, promise))
        }
    }

    func flush(context: ChannelHandlerContext) {}

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch mode {
        case .output:
            self.isOutputClosed = true
            promise?.succeed()
        case .all, .input:
            let waiting = self.waiting
            self.waiting = []
            // In the order of a real one: closed, then its writes fail, then all are told that it is inactive.
            context.close(mode: mode, promise: promise)
            for (_, promise) in waiting { promise?.fail(ChannelError.ioOnClosedChannel) }
        }
    }

    private func take(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
        self.taken.writeImmutableBuffer(bytes)
        promise?.succeed()
    }
}
