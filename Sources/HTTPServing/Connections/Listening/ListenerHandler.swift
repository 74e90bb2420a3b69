import Logging
import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Stands behind a listening socket, and takes care that what the system gives connections from does not run out: then
/// it asks for the next one only now and then, so that the client is refused in good order. A socket that is not asked
/// stays readable, and its loop would turn for nothing but that; so it is not listened to meanwhile. Owner: the
/// listener's event loop.
final class ListenerHandler: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private enum State {
        case accepting
        /// The last descriptors are near, or the system has nothing left.
        case paused
        /// Connections are accepted again, since this time; the log does not say so yet, for it may not last.
        case recovering(since: NIODeadline)
    }

    /// How often it is looked whether connections can be accepted.
    static let interval = TimeAmount.milliseconds(100)
    /// How long connections must have been accepted again for the log to say so.
    static let recovery = TimeAmount.seconds(5)

    /// The most clients that are let in at once to be refused.
    private static let refusalsAtOnce = 4

    /// What the system may have too little of to give a connection: files of the process, files of all, memory.
    private static let exhaustion: Set<CInt> = [EMFILE, ENFILE, ENOBUFS, ENOMEM]

    private let reserve: DescriptorReserve
    private let logger: Logger
    private var state = State.accepting
    private var task: RepeatedTask?

    init(_ reserve: DescriptorReserve, logger: Logger) {
        self.reserve = reserve
        self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        self.task = context.eventLoop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) { _ in
            bound.value.handler.look(bound.value.context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.task?.cancel()
        self.task = nil
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if self.reserve.isReleased || self.reserve.isScarce { self.pause(context, reason: "few descriptors are left") }
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, Self.exhaustion.contains(error.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        self.pause(context, reason: "\(error)")
    }

    private func pause(_ context: ChannelHandlerContext, reason: String) {
        if case .accepting = self.state {
            self.logger.warning(
                "no more connections can be accepted until others end: raise the limit of open files, or lower limits.connections",
                metadata: ["reason": "\(reason)"])
        }
        self.state = .paused
        self.reserve.release()
        self.accept(none: true, context)
    }

    /// Accepts as many connections at once as usual, or only one or none.
    private func accept(
        atOnce count: Int = HTTPServer.acceptsAtOnce, none: Bool = false, _ context: ChannelHandlerContext
    ) {
        guard let options = context.channel.syncOptions else { return }
        try? options.setOption(.maxMessagesPerRead, value: UInt(count))
        try? options.setOption(.autoRead, value: !none)
    }

    private func look(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        switch self.state {
        case .accepting, .recovering:
            if self.reserve.isScarce { return self.pause(context, reason: "few descriptors are left") }
            guard case .recovering(let since) = self.state, context.eventLoop.now - since >= Self.recovery else {
                return
            }
            self.state = .accepting
            self.logger.notice("connections are accepted again")
        case .paused:
            if self.reserve.reclaim() {
                self.state = .recovering(since: context.eventLoop.now)
                self.accept(context)
            } else if self.reserve.refusalsLeft > 0 {
                self.accept(atOnce: min(self.reserve.refusalsLeft, Self.refusalsAtOnce), context)
            }
        }
    }
}

@available(*, unavailable)
extension ListenerHandler: Sendable {}
