import Logging
import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Stands behind a listening socket and sees to it that a system which gives no more connections is asked for the next one
/// only now and then. The socket stays readable meanwhile, so that the loop would otherwise turn for nothing but that.
/// Owner: the listener's event loop.
final class ListenerHandler: ChannelInboundHandler {
    typealias InboundIn = any Channel

    /// How long nothing is accepted after the system had nothing left.
    static let pause = TimeAmount.milliseconds(100)

    /// What the system may have too little of to give a connection: files of the process, files of all, memory.
    private static let exhaustion: Set<CInt> = [EMFILE, ENFILE, ENOBUFS, ENOMEM]

    private let spare: SpareDescriptor
    private let logger: Logger
    /// When the system had nothing left last, since the log said so; `nil` if it does not say so.
    private var exhausted: NIODeadline?
    /// How long connections must have been accepted for the log to say that they are.
    static let recovery = TimeAmount.seconds(5)

    init(_ spare: SpareDescriptor, logger: Logger) {
        self.spare = spare
        self.logger = logger
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let exhausted, context.eventLoop.now - exhausted >= Self.recovery {
            self.exhausted = nil
            self.logger.notice("connections are accepted again")
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, Self.exhaustion.contains(error.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        if self.exhausted == nil {
            self.logger.warning(
                "no more connections can be accepted until others end; raise the limit of open files, or lower limits.connections",
                metadata: ["reason": "\(error)"])
        }
        self.exhausted = context.eventLoop.now
        self.pause(context, for: self.spare.lend() ? .zero : Self.pause)
    }

    private func pause(_ context: ChannelHandlerContext, for time: TimeAmount) {
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: time) { bound.value.handler.resume(bound.value.context) }
    }

    private func resume(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        if !self.spare.isLent { self.spare.reclaim() }
        try? context.channel.syncOptions?.setOption(.autoRead, value: true)
    }
}

@available(*, unavailable)
extension ListenerHandler: Sendable {}
