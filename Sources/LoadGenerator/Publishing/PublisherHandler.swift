import NIOCore
import PolluxClient

/// The publisher: one connection of HTTP/1.1, whose requests do not wait for answers unless ``Publishing`` says so.
///
/// Belongs to its event loop, which no reader shares: deliveries do not hold it up.
final class PublisherHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private(set) var publishing: Publishing
    private let workload: Workload
    private let run: RunClock
    /// Each channel's request up to its content.
    private let heads: [ByteBuffer]
    private let padding: [UInt8]
    private var parser = AnswerParser()
    private var status = 0
    private var context: ChannelHandlerContext?
    private var wakeup: Scheduled<Void>?
    private var hasStarted = false
    private(set) var isConnected = false

    init(_ workload: Workload, _ publishing: Publishing, of run: RunClock) {
        self.workload = workload
        self.publishing = publishing
        self.run = run
        self.padding = Array(repeating: UInt8(ascii: "x"), count: max(0, workload.size - Stamp.length))
        let length = Stamp.length + self.padding.count
        let authorization = workload.credentials.first.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        self.heads = (0..<workload.channels).map { channel in
            ByteBuffer(
                string: """
                    POST \(workload.writeTarget(ofChannel: channel)) HTTP/1.1\r
                    Host: \(workload.server.authority)\r
                    \(authorization)Content-Type: text/plain\r
                    Content-Length: \(length)\r
                    \r

                    """)
        }
    }

    /// Begins to publish, or goes on after a connection broke.
    func start() {
        if self.publishing.sent == 0 { self.publishing.start(at: self.run.now) }
        self.hasStarted = true
        self.publish()
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        self.isConnected = true
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            var offset = 0
            while let step = self.parser.next(bytes, from: &offset) {
                switch step {
                case .head(let status):
                    self.status = status
                case .content:
                    break
                case .end:
                    self.publishing.answered(status: self.status)
                    if self.parser.closes { return context.close(promise: nil) }
                case .failure:
                    return context.close(promise: nil)
                }
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if self.hasStarted { self.publish() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        self.isConnected = false
        self.wakeup?.cancel()
        self.publishing.connectionLost()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// Sends all that is due.
    private func publish() {
        guard let context, context.channel.isActive else { return }
        self.wakeup?.cancel()
        self.wakeup = nil
        var requests: ByteBuffer?
        steps: while true {
            switch self.publishing.next(at: self.run.now) {
            case .send(let channel, let number):
                self.append(channel, number, to: &requests)
            case .wait(let moment):
                self.wake(context, at: moment)
                break steps
            case .waitForAnswer, .allSent, .done:
                break steps
            }
        }
        if let requests { context.writeAndFlush(self.wrapOutboundOut(requests), promise: nil) }
    }

    private func append(_ channel: Int, _ number: Int, to requests: inout ByteBuffer?) {
        let stamp = Stamp(run: self.run.id, sent: self.run.now, number: UInt32(truncatingIfNeeded: number))
        var buffer = requests ?? ByteBuffer()
        requests = nil
        buffer.writeImmutableBuffer(self.heads[channel])
        buffer.writeBytes(stamp.bytes)
        buffer.writeBytes(self.padding)
        requests = buffer
    }

    private func wake(_ context: ChannelHandlerContext, at moment: Nanoseconds) {
        let now = self.run.now
        let delay = TimeAmount.nanoseconds(moment > now ? Int64(moment - now) : 0)
        self.wakeup = context.eventLoop.assumeIsolated().scheduleTask(in: delay) { self.publish() }
    }
}

@available(*, unavailable)
extension PublisherHandler: Sendable {}
