import NIOCore
import NIOHTTP1

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension HTTP1Connection: Exchange {
    var eventLoop: any EventLoop { self.loop.eventLoop }

    var hasBegunStream: Bool { self.machine.isStreaming }

    func respond(_ response: Response, sharing memo: ResponseMemo?) {
        guard self.context != nil else { return }
        guard self.postponed.isEmpty else { return self.postpone().respond(response) }
        guard let answer = self.machine.answered() else { return }
        self.delegate = nil
        self.write(response, answer, sharing: memo)
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

    private func write(_ response: Response, _ answer: HTTP1StateMachine.Answer, sharing memo: ResponseMemo?) {
        if self.output.readableBytes == 0 {
            self.output = self.bytes(of: response, answer, memo)
        } else {
            self.output.writeImmutableBuffer(self.bytes(of: response, answer, memo))
        }
        if answer.keepsAlive {
            if self.writesInNIO == 0, !self.machine.isReceiving { self.expectNext() }
            if self.output.readableBytes >= Self.outputSize { self.flush() }
        } else {
            self.endConnection()
        }
    }

    private func bytes(
        of response: Response, _ answer: HTTP1StateMachine.Answer, _ memo: ResponseMemo?
    ) -> ByteBuffer {
        guard let memo, answer.isPlain else { return self.encode(response, answer) }
        let date = self.loop.httpDate()
        if let bytes = memo.bytes, memo.date == date { return bytes }
        let bytes = self.encode(response, answer)
        memo.bytes = bytes
        memo.date = date
        return bytes
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
        guard self.output.readableBytes > 0 else { return self.transmit(bytes) }
        self.output.writeImmutableBuffer(bytes)
        return self.flush()
    }

    func end() {
        guard self.machine.streamEnded() else { return }
        self.delegate = nil
        if self.isChunked { self.output.writeString("0\r\n\r\n") }
        self.endConnection()
    }

    private func write(
        headOf response: Response, _ answer: HTTP1StateMachine.Answer, framing: HTTP1Head.Framing,
        into bytes: inout ByteBuffer
    ) {
        let head = HTTP1Head(
            response: response, cors: self.loop.cors.headers(for: answer.origin), framing: framing,
            connection: answer.connectionField, date: self.loop.httpDate())
        head.write(into: &bytes, reserving: response.body?.readableBytes ?? 64)
    }

    /// Sends what is ready. Returns whether the socket took it all.
    @discardableResult
    func flush() -> Bool {
        guard self.output.readableBytes > 0 else { return true }
        let output = self.output
        self.output = ByteBuffer()
        defer { if self.machine.isWaiting { self.acknowledgeWithAnswers() } }
        return self.transmit(output)
    }

    /// Lets the system acknowledge the next request together with its answer. Else it sends a packet of its own as soon
    /// as a request is read that is not answered at once, which is what a held poll is: an eighth of its cost.
    private func acknowledgeWithAnswers() {
        #if os(Linux)
            guard self.socket >= 0, self.isOpen else { return }
            var off: CInt = 0
            setsockopt(self.socket, CInt(IPPROTO_TCP), TCP_QUICKACK, &off, socklen_t(MemoryLayout<CInt>.size))
        #endif
    }

    /// Closes behind what was written, so that the client gets all of it even if it is still sending: the connection is
    /// read on, and what comes thrown away, until the client closes too or its time is over (RFC 9112, section 9.6).
    func endConnection() {
        self.flush()
        guard let context = self.context else { return }
        if self.isInputClosed { return self.closeOnceWritten() }
        if self.writesInNIO == 0 { self.expect(.close, within: self.loop.limits.lingerTimeout) }
        context.close(mode: .output, promise: nil)
        self.readOn()
    }

    /// NIO closes at once what is closed on both sides, and lets go of its writes.
    func closeOnceWritten() {
        if self.writesInNIO == 0 { self.close() }
    }

    private func transmit(_ bytes: ByteBuffer) -> Bool {
        guard self.isOpen else { return false }
        guard self.socket >= 0, self.writesInNIO == 0 else { return self.transmitThroughNIO(bytes) }
        let count = bytes.withUnsafeReadableBytes { Self.send($0, to: self.socket) }
        if count == bytes.readableBytes { return true }
        var rest = bytes
        rest.moveReaderIndex(forwardBy: count)
        return self.transmitThroughNIO(rest)
    }

    /// Writes what the socket takes without waiting; returns how many bytes that are. An error counts as none: it comes
    /// again in NIO's own write, and ends the connection there.
    private static func send(_ bytes: UnsafeRawBufferPointer, to socket: CInt) -> Int {
        while true {
            let count = Glibc.send(socket, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL | MSG_DONTWAIT))
            if count >= 0 { return count }
            guard errno == EINTR else { return 0 }
        }
    }

    private func transmitThroughNIO(_ bytes: ByteBuffer) -> Bool {
        guard let context = self.context else { return false }
        self.writesInNIO += 1
        self.isWriting = true
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in self.writeCompleted() }
        context.writeAndFlush(self.wrapOutboundOut(bytes), promise: written)
        self.isWriting = false
        if self.writesInNIO == 1, self.isOpen { self.expect(.write, within: self.loop.limits.writeTimeout) }
        return self.writesInNIO == 0
    }

    private func writeCompleted() {
        self.writesInNIO -= 1
        guard self.writesInNIO == 0, !self.isWriting, self.context?.channel.isActive == true else { return }
        if self.isInputClosed, self.isDone { return self.close() }
        self.expectNext()
        self.delegate?.drained()
        self.flushUnlessBusy()
    }
}
