import NIOCore

/// The connection of one reader with HTTP/1.1: asks, and hands what comes to the reader.
final class HTTP1ReaderHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let reader: Reader
    private let crew: Crew
    private var parser = AnswerParser()

    init(_ reader: Reader, of crew: Crew) {
        self.reader = reader
        self.crew = crew
    }

    func channelActive(context: ChannelHandlerContext) {
        self.ask(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            var offset = 0
            while let step = self.parser.next(bytes, from: &offset) {
                switch step {
                case .head(let status):
                    guard status == 200 || status == 304 && self.crew.workload.transport == .poll else {
                        self.crew.refused(self.reader, status: status)
                        return context.close(promise: nil)
                    }
                    if self.crew.workload.transport == .eventStream { self.crew.opened(self.reader) }
                case .content(let range):
                    self.reader.received(
                        UnsafeRawBufferPointer(rebasing: bytes[range]), run: self.crew.run, tally: &self.crew.tally)
                case .end:
                    self.answerEnded(context)
                case .failure:
                    return context.close(promise: nil)
                }
            }
        }
    }

    private func answerEnded(_ context: ChannelHandlerContext) {
        self.reader.answerEnded(next: self.parser.cursor, run: self.crew.run, tally: &self.crew.tally)
        if self.crew.workload.transport == .poll && !self.parser.closes {
            self.ask(context)
        } else {
            context.close(promise: nil)
        }
    }

    private func ask(_ context: ChannelHandlerContext) {
        let bytes = self.crew.request(of: self.reader).bytes(from: self.reader.cursor)
        context.writeAndFlush(self.wrapOutboundOut(bytes), promise: nil)
        // A poll is not answered before there is something: once asked, it is open.
        if self.crew.workload.transport == .poll { self.crew.opened(self.reader) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.crew.closed(self.reader)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.crew.failed(error)
        context.close(promise: nil)
    }
}

@available(*, unavailable)
extension HTTP1ReaderHandler: Sendable {}
