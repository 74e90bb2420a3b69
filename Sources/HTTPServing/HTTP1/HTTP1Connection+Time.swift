import NIOCore

extension HTTP1Connection {
    func expect(_ due: Due, within time: TimeAmount) {
        self.due = due
        self.progress = WriteProgress()
        self.loop.deadlines.set(.now() + time, of: self)
    }

    func setDeadline(_ deadline: NIODeadline) {
        self.delegateDeadline = deadline
        guard !self.outlet.hasPending, self.context != nil else { return }
        self.due = .delegate
        self.loop.deadlines.set(deadline, of: self)
    }

    /// Sets the time for what comes next, now that the client has taken everything that was written.
    func expectNext() {
        let limits = self.loop.limits
        if self.machine.hasPostponed {
            self.setDeadline(.distantFuture)
        } else if self.machine.isIdle {
            let isBegun = self.parser?.isEmpty == false
            self.expect(isBegun ? .head : .request, within: isBegun ? limits.headTimeout : limits.idleTimeout)
        } else if self.machine.isReceiving {
            self.expect(.content, within: limits.bodyTimeout)
        } else if self.machine.isEnding {
            self.expect(.close, within: limits.lingerTimeout)
        } else {
            self.setDeadline(self.delegateDeadline)
        }
    }

    func deadlineReached(_ now: NIODeadline) {
        let limits = self.loop.limits
        switch self.due {
        // The last answer may still be on its way.
        case .request, .close: self.closeUnlessTaking(within: limits.lingerTimeout)
        case .write: self.closeUnlessTaking(within: limits.writeTimeout)
        case .head: self.refuse(.slowHead(limits.headTimeout))
        case .content: self.refuseUnlessInPace(limits.bodyTimeout)
        case .delegate: self.delegate?.deadlineReached(now)
        }
    }

    private func refuseUnlessInPace(_ span: TimeAmount) {
        guard self.pace.isKept(by: self.machine.contentSize, in: span) else { return self.refuse(.slowContent(span)) }
        self.expect(.content, within: span)
    }

    /// A client that takes at least something of what is left within each time limit may go on.
    private func closeUnlessTaking(within time: TimeAmount) {
        guard self.outlet.bytesLeft > 0, self.progress.isMade(by: self.outlet.bytesTaken) else { return self.close() }
        self.loop.deadlines.set(.now() + time, of: self)
    }
}
