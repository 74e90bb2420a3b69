import NIOCore
import NIOHTTP1

extension HTTP1Connection: Exchange {
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
        guard self.postponed.isEmpty else { return self.postpone().respond(response) }
        guard let answer = self.machine.answered() else { return }
        self.delegate = nil
        self.write(response, answer, sharing: shared)
        if answer.keepsAlive { self.flushUnlessBusy() }
    }

    func postpone() -> any PostponedAnswer {
        let postponed = HTTP1PostponedAnswer(self, self.machine.postponed())
        self.delegate = nil
        self.postponed.append(postponed)
        return postponed
    }

    /// Writes the answers that are there, up to the first one that is not.
    func settle() {
        guard self.context != nil else { return }
        while let response = self.postponed.first?.response, let first = self.postponed.popFirst() {
            guard let answer = first.answer else { continue }
            self.write(response, self.machine.settled(answer), sharing: nil)
        }
        self.writeContinue()
        self.handleHeld()
        self.flushSoon()
    }

    /// Sends what is ready once all that has come to the loop is looked at: answers that were put off come in groups.
    private func flushSoon() {
        guard !self.willFlush else { return }
        self.willFlush = true
        let connection = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.eventLoop.execute {
            connection.value.willFlush = false
            connection.value.flushUnlessBusy()
        }
    }

    private func write(_ response: Response, _ answer: HTTP1StateMachine.Answer, sharing shared: SharedResponse?) {
        if self.output.readableBytes == 0 {
            self.output = self.bytes(of: response, answer, shared)
        } else {
            self.output.writeImmutableBuffer(self.bytes(of: response, answer, shared))
        }
        if answer.keepsAlive {
            if !self.outlet.hasPending, !self.machine.isReceiving { self.expectNext() }
            if self.output.readableBytes >= Self.outputSize { self.flush() }
        } else if self.machine.hasLastRequest, self.parser?.isEmpty == true, self.flush() {
            // Nothing comes from this client that it would have to be waited for, and the system has all that goes to
            // it.
            self.close()
        } else {
            self.endConnection()
        }
    }

    private func bytes(
        of response: Response, _ answer: HTTP1StateMachine.Answer, _ shared: SharedResponse?
    ) -> ByteBuffer {
        guard let shared, answer.isPlain else { return self.encode(response, answer) }
        return shared.bytes(date: self.loop.httpDate(), transportSecurity: self.loop.transportSecurity) {
            self.encode(response, answer)
        }
    }

    private func encode(_ response: Response, _ answer: HTTP1StateMachine.Answer) -> ByteBuffer {
        var bytes = ByteBuffer()
        self.write(headOf: response, answer, framing: .length(response.body?.readableBytes), into: &bytes)
        if !answer.isHead, let body = response.body { bytes.writeImmutableBuffer(body) }
        return bytes
    }

    func beginStream(_ head: Response) {
        guard self.context != nil, let answer = self.machine.streamBegan() else { return }
        self.isChunked = !answer.isHTTP10 && !head.headers.contains(name: "Content-Length")
        self.write(headOf: head, answer, framing: self.isChunked ? .chunked : .untilClose, into: &self.output)
        self.parser = nil
        self.readOn()
    }

    func write(_ bytes: ByteBuffer) -> Bool {
        guard self.isChunked else { return self.send(bytes) }
        self.output.writeChunk(bytes.readableBytesView)
        return self.flush()
    }

    func write(_ bytes: SharedBytes) -> Bool {
        self.send(self.isChunked ? bytes.chunk : bytes.content)
    }

    /// Sends bytes as they are, behind what is ready.
    private func send(_ bytes: ByteBuffer) -> Bool {
        guard self.output.readableBytes > 0 else { return self.transmit(bytes) }
        self.output.writeImmutableBuffer(bytes)
        return self.flush()
    }

    func end() {
        guard self.machine.streamEnded() else { return }
        self.delegate = nil
        if self.isChunked { self.output.writeLastChunk() }
        self.endConnection()
    }

    private func write(
        headOf response: Response, _ answer: HTTP1StateMachine.Answer, framing: HTTP1Head.Framing,
        into bytes: inout ByteBuffer
    ) {
        let head = HTTP1Head(
            response: response, cors: self.loop.cors.headers(for: answer.origin),
            transportSecurity: self.loop.transportSecurity, framing: framing,
            connection: answer.connectionField, date: self.loop.httpDate())
        head.write(into: &bytes, reserving: response.body?.readableBytes ?? 64)
    }

    /// Sends what is ready. Returns whether the socket took it all.
    @discardableResult
    func flush() -> Bool {
        guard self.output.readableBytes > 0 else { return true }
        let output = self.output
        self.output = ByteBuffer()
        defer { if self.machine.isWaiting { self.outlet.acknowledgeWithAnswers() } }
        return self.transmit(output)
    }

    /// Closes behind what was written, so that the client gets all of it even if it is still sending: the connection is
    /// read on, and what comes thrown away, until the client closes too or its time is over (RFC 9112, section 9.6).
    func endConnection() {
        self.flush()
        guard let context = self.context else { return }
        if self.isInputClosed { return self.closeOnceWritten() }
        if !self.outlet.hasPending { self.expect(.close, within: self.loop.limits.lingerTimeout) }
        context.close(mode: .output, promise: nil)
        self.readOn()
    }

    /// NIO closes at once what is closed on both sides, and lets go of its writes.
    func closeOnceWritten() {
        if !self.outlet.hasPending { self.close() }
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

    /// The client has taken all that was written.
    func drained() {
        if self.isInputClosed, self.isDone { return self.close() }
        self.expectNext()
        self.delegate?.drained()
        self.flushUnlessBusy()
    }
}
