import NIOCore
import NIOHTTP2

extension HTTP2Connection {
    /// How often the client is looked after.
    private static let inspection = TimeAmount.seconds(1)
    /// How long a client is given to acknowledge that the server stops. One that takes longer may have opened streams
    /// meanwhile that it must open elsewhere.
    private static let stopTimeout = TimeAmount.seconds(1)

    func write(_ payload: HTTP2Frame.FramePayload, on id: HTTP2StreamID) {
        guard let context = self.context else { return }
        context.write(self.wrapOutboundOut(HTTP2Frame(streamID: id, payload: payload)), promise: nil)
    }

    /// A stream has written, and wants it sent.
    func hasWritten(_ stream: HTTP2Stream) {
        self.written.append(stream)
        self.flushes.request()
    }

    func reset(_ id: HTTP2StreamID, _ code: HTTP2ErrorCode) {
        self.write(.rstStream(code), on: id)
        self.flushes.request()
    }

    /// Sends what was written, and sees to what waits for that.
    func flush() {
        guard let context = self.context else { return }
        context.flush()
        for stream in self.written { stream.flushed() }
        self.written.removeAll(keepingCapacity: true)
        for id in self.answeredEarly where self.streams[id] != nil { self.reset(id, .noError) }
        self.answeredEarly.removeAll()
        self.tellWriters()
        self.answerNext()
        self.perform(self.machine.flushed())
    }

    private func tellWriters() {
        guard !self.sent.isEmpty else { return }
        let sent = self.sent
        self.sent.removeAll()
        for stream in sent { stream.delegate?.writable() }
    }

    func perform(_ action: HTTP2ConnectionStateMachine.Action, at now: NIODeadline = .now()) {
        switch action {
        case .none: break
        case .announceStop: self.announceStop()
        case .sendGoAway(let last): self.sendGoAway(last)
        case .linger: self.linger()
        case .inspect: self.inspect(now)
        case .close: self.close()
        }
    }

    // MARK: The end

    private func announceStop() {
        self.outlet.send(.stopAnnouncement)
        self.write(.ping(.stop, ack: false), on: .rootStream)
        self.loop.deadlines.set(.now() + Self.stopTimeout, of: self)
        for stream in Array(self.streams.values) { stream.delegate?.drain() }
        self.flushes.request()
    }

    private func sendGoAway(_ last: HTTP2StreamID) {
        self.write(.goAway(lastStreamID: last, errorCode: .noError, opaqueData: nil), on: .rootStream)
        self.inspectLater()
        self.flushes.request()
    }

    /// Closes behind what was written, so that the client gets to read it even if it is still sending.
    private func linger() {
        self.outlet.discardsInput = true
        self.loop.deadlines.set(.now() + self.loop.limits.lingerTimeout, of: self)
        self.context?.flush()
        self.context?.close(mode: .output, promise: nil)
    }

    // MARK: Time

    func inspectLater() {
        let limits = self.loop.limits
        let interval = min(
            Self.inspection, limits.headTimeout, limits.idleTimeout, limits.writeTimeout, limits.pingInterval)
        self.loop.deadlines.set(.now() + interval, of: self)
    }

    private func inspect(_ now: NIODeadline) {
        self.inspectLater()
        let left = self.outlet.bytesLeft
        let verdict = self.liveness.look(
            now, taken: self.outlet.bytesSent - left, left: left, isBlocked: self.outlet.hasPending,
            idleLimit: self.idleLimit, limits: self.loop.limits)
        switch verdict {
        case .isThere:
            break
        case .ask:
            self.write(.ping(.signOfLife, ack: false), on: .rootStream)
            self.context?.flush()
        case .isIdle:
            self.perform(self.machine.idleTimeReached())
        case .isGone:
            self.close()
        }
    }

    private var idleLimit: TimeAmount? {
        guard self.streams.isEmpty else { return nil }
        return self.machine.isUnused ? self.loop.limits.headTimeout : self.loop.limits.idleTimeout
    }
}

extension HTTP2Connection: ServedConnection {
    func deadlineReached(_ now: NIODeadline) {
        self.perform(self.machine.deadlineReached(), at: now)
    }

    func drain() {
        self.perform(self.machine.stop())
    }

    func close() {
        self.context?.close(promise: nil)
    }
}

extension HTTP2Connection: NIOHTTP2FrameDelegate {
    /// A frame is on its way, which may be long after it was written: the client's windows decide. NIO's handler is in
    /// the middle of writing it, so nothing may be written here.
    func wroteFrame(_ frame: HTTP2Frame) {
        switch frame.payload {
        case .data(let content):
            guard let stream = self.streams[frame.streamID] else { return }
            if stream.sent(content.data.readableBytes) { self.sent.append(stream) }
            if content.endStream { self.answerSent(stream) }
        case .headers(let content) where content.endStream:
            self.streams[frame.streamID].map(self.answerSent)
        case .goAway(_, let code, _) where code != .noError:
            self.machine.errorSent()
        case .headers, .goAway, .priority, .rstStream, .settings, .pushPromise, .ping, .windowUpdate,
            .alternativeService,
            .origin:
            break
        }
        if !self.sent.isEmpty || !self.answeredEarly.isEmpty || !self.backlog.isEmpty { self.flushes.request() }
    }

    private func answerSent(_ stream: HTTP2Stream) {
        if stream.resetsInput { self.answeredEarly.append(stream.id) }
    }
}
