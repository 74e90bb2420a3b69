import NIOCore
import NIOHTTP1

extension HTTP1Connection: Exchange {
    /// How many bytes of answers go out together, about.
    private static let outputSize = 64 << 10

    var eventLoop: any EventLoop { self.loop.eventLoop }

    var hasBegunStream: Bool { self.machine.isStreaming }

    func respond(_ response: Response) {
        self.respond(response, sharing: nil)
    }

    func respond(_ shared: SharedResponse) {
        self.respond(shared.response, sharing: shared)
    }

    private func respond(_ response: Response, sharing shared: SharedResponse?) {
        guard self.context != nil else { return }
        guard !self.machine.hasPostponed else { return self.postpone().respond(response) }
        guard let context = self.machine.answered() else { return }
        self.delegate = nil
        self.write(response, context, sharing: shared)
        if context.keepsAlive { self.flushUnlessBusy() }
    }

    func postpone() -> any PostponedAnswer {
        self.delegate = nil
        return HTTP1PostponedAnswer(self, self.machine.postponed())
    }

    /// An answer that was put off is there: it is written if those before it are, and with it those behind it that are
    /// there.
    func settle(_ number: Int, _ response: Response) {
        guard self.context != nil else { return }
        self.machine.settled(number, response)
        while let (response, context) = self.machine.takeSettled() { self.write(response, context, sharing: nil) }
        self.writeContinue()
        self.handleHeld()
        // Later in this turn, since answers that were put off come in groups.
        self.flushes.request()
    }

    /// Tells a client that waits for it to send its content.
    func writeContinue() {
        if self.machine.takeContinue() { self.output.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n") }
    }

    private func write(_ response: Response, _ context: HTTP1ReplyContext, sharing shared: SharedResponse?) {
        if self.output.readableBytes == 0 {
            self.output = self.bytes(of: response, context, shared)
        } else {
            self.output.writeImmutableBuffer(self.bytes(of: response, context, shared))
        }
        switch context.fate {
        case .keepsAlive:
            if !self.outlet.hasPending, !self.machine.isReceiving { self.expectNext() }
            if self.output.readableBytes >= Self.outputSize { self.flush() }
        case .closes:
            // A client that sends nothing more destroys no answer on its way, once the system has all of it.
            if self.parser?.isEmpty == true, self.flush() { self.close() } else { self.endConnection() }
        case .lingers:
            self.endConnection()
        }
    }

    private func bytes(
        of response: Response, _ context: HTTP1ReplyContext, _ shared: SharedResponse?
    ) -> ByteBuffer {
        guard let shared, context.isPlain else { return self.encode(response, context) }
        return shared.bytes(date: self.loop.commonFields().date, transportSecurity: self.loop.transportSecurity) {
            self.encode(response, context)
        }
    }

    private func encode(_ response: Response, _ context: HTTP1ReplyContext) -> ByteBuffer {
        var bytes = ByteBuffer()
        self.write(headOf: response, context, framing: .length(response.body?.readableBytes), into: &bytes)
        if !context.isHead, let body = response.body { bytes.writeImmutableBuffer(body) }
        return bytes
    }

    func beginStream(_ head: Response) {
        let hasLength = head.headers.contains(name: "Content-Length")
        guard self.context != nil, let (context, framing) = self.machine.streamBegan(hasLength: hasLength) else {
            return
        }
        self.write(headOf: head, context, framing: framing, into: &self.output)
        self.parser = nil
        self.readOn()
    }

    func write(_ bytes: ByteBuffer) -> Bool {
        guard self.machine.isChunked else { return self.send(bytes) }
        self.output.writeChunk(bytes.readableBytesView)
        return self.flush()
    }

    func write(_ bytes: SharedBytes) -> Bool {
        self.send(self.machine.isChunked ? bytes.chunk : bytes.content)
    }

    /// Sends bytes as they are, behind what is ready.
    private func send(_ bytes: ByteBuffer) -> Bool {
        guard self.output.readableBytes > 0 else { return self.transmit(bytes) }
        self.output.writeImmutableBuffer(bytes)
        return self.flush()
    }

    func end() {
        let isChunked = self.machine.isChunked
        guard self.machine.streamEnded() else { return }
        self.delegate = nil
        if isChunked { self.output.writeLastChunk() }
        self.endConnection()
    }

    private func write(
        headOf response: Response, _ context: HTTP1ReplyContext, framing: HTTP1Head.Framing,
        into bytes: inout ByteBuffer
    ) {
        let head = HTTP1Head(
            status: response.status, fields: self.loop.fields(of: response, for: context.origin), framing: framing,
            connection: context.connectionField)
        head.write(into: &bytes, reserving: response.body?.readableBytes ?? 64)
    }

    /// Sends what is ready. Returns whether the system took it all.
    @discardableResult
    func flush() -> Bool {
        guard self.output.readableBytes > 0 else { return true }
        let output = self.output
        self.output = ByteBuffer()
        defer { if self.machine.isIdle { self.outlet.acknowledgeWithAnswers() } }
        return self.transmit(output)
    }

    /// Closes behind what was written, so that the client gets all of it even if it is still sending: the connection is
    /// read on, and what comes thrown away, until the client closes too or its time is over (RFC 9112, section 9.6).
    func endConnection() {
        self.flush()
        guard let context = self.context else { return }
        if self.machine.isInputClosed {
            // NIO closes at once what is closed on both sides, and lets go of its writes.
            if !self.outlet.hasPending { self.close() }
            return
        }
        if !self.outlet.hasPending { self.expect(.close, within: self.loop.limits.lingerTimeout) }
        context.close(mode: .output, promise: nil)
        self.readOn()
    }

    /// Returns whether the system took it all.
    private func transmit(_ bytes: ByteBuffer) -> Bool {
        guard self.context != nil else { return false }
        let hadPending = self.outlet.hasPending
        self.outlet.send(bytes)
        guard self.context != nil else { return false }
        if !hadPending, self.outlet.hasPending { self.expect(.write, within: self.loop.limits.writeTimeout) }
        return !self.outlet.hasPending
    }

    /// The system has taken everything that was written.
    func outputTaken() {
        if self.machine.isInputClosed, self.machine.isDone { return self.close() }
        self.expectNext()
        self.delegate?.writable()
        self.flushUnlessBusy()
    }
}
