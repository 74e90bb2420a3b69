import NIOCore

/// Whether the client of an HTTP/2 connection is still there: one that takes nothing is not, and one that is silent is
/// asked by a PING.
///
/// To be looked at often, compared with the limits. Time comes in with every event.
struct HTTP2Liveness {
    enum Verdict: Equatable {
        case isThere
        /// Ask the client for a sign of life.
        case ask
        /// Nothing has been under way for as long as may be.
        case isIdle
        case isGone
    }

    private enum State {
        /// The last sign of life came at this time.
        case heard(NIODeadline)
        /// None has come since the client was asked for one at this time.
        case asked(NIODeadline)
    }

    private var state: State
    /// How much the client had taken at the last look, in bytes.
    private var taken = 0
    /// While output waits for the client to take some: whether it does, and when that is judged next.
    private var progress: (made: WriteProgress, nextJudgement: NIODeadline)?

    init(_ now: NIODeadline) {
        self.state = .heard(now)
    }

    /// The client has sent something.
    mutating func heard(_ now: NIODeadline) { self.state = .heard(now) }

    /// - Parameters:
    ///   - taken: How many bytes the client has taken in all.
    ///   - left: How many more there are for it. While there are none, what the client takes is no sign of life: its system takes
    ///     what is on its way also when the client is not there any more.
    ///   - isBlocked: Whether the system takes no more for it.
    ///   - idleLimit: How long it may be silent; `nil` while something is under way, when it may be as long as it gives signs of life.
    mutating func look(
        _ now: NIODeadline, taken: Int, left: Int, isBlocked: Bool, idleLimit: TimeAmount?, limits: Limits
    ) -> Verdict {
        if taken > self.taken, left > 0 { self.state = .heard(now) }
        self.taken = taken
        if isBlocked { return self.judgeProgress(now, limits) }
        self.progress = nil
        switch (self.state, idleLimit) {
        case (.heard(let time), let limit?), (.asked(let time), let limit?):
            return now - time >= limit ? .isIdle : .isThere
        case (.heard(let time), nil):
            guard now - time >= limits.pingInterval else { return .isThere }
            self.state = .asked(now)
            return .ask
        case (.asked(let time), nil):
            return now - time >= limits.writeTimeout ? .isGone : .isThere
        }
    }

    /// A client that takes what is sent to it may have no time to say so: its answer to a PING would come after all of
    /// that.
    private mutating func judgeProgress(_ now: NIODeadline, _ limits: Limits) -> Verdict {
        var progress = self.progress ?? (WriteProgress(), now)
        defer { self.progress = progress }
        guard now >= progress.nextJudgement else { return .isThere }
        progress.nextJudgement = now + limits.writeTimeout
        return progress.made.isMade(by: self.taken) ? .isThere : .isGone
    }
}
