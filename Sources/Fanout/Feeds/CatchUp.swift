import NIOCore

/// Shares an event loop's time between readers that are behind and all else: when a thousand come back at once, those at
/// the head are not kept waiting for them. Owner: that event loop.
final class CatchUp {
    private enum State {
        /// No reader was behind so far.
        case idle
        /// Readers may read on until then, and again after a pause.
        case slice(end: NIODeadline)
        /// Readers wait for the end of a pause, for which the loop is scheduled.
        case pause
    }

    /// How long readers that are behind may go on, and how long the loop then has for all else at least.
    private static let slice = TimeAmount.milliseconds(2)
    private static let pause = TimeAmount.microseconds(100)

    /// How many pages may be on their way from the ledger: each that comes is work for the loop too.
    private static let readLimit = 4

    private let eventLoop: any EventLoop
    private var state = State.idle
    private var waiting = CircularBuffer<Reader>()
    /// How many reads are with the ledger, and those that are still to go there.
    private var reads = 0
    private var waitingReads = CircularBuffer<(reader: Reader, read: LedgerRead)>()

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    // MARK: Time

    /// Whether a reader may have its next piece now. If not, its feed is asked again when it is the reader's turn.
    func hasTime(for reader: Reader) -> Bool {
        let now = self.eventLoop.now
        switch self.state {
        case .idle:
            self.state = .slice(end: now + Self.slice)
            return true
        case .slice(let end):
            if now < end { return true }
            if now >= end + Self.pause {
                self.state = .slice(end: now + Self.slice)
                return true
            }
            self.beginPause()
        case .pause:
            break
        }
        self.waiting.append(reader)
        return false
    }

    private func beginPause() {
        self.state = .pause
        let catchUp = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.eventLoop.scheduleTask(in: Self.pause) { catchUp.value.pauseEnded() }
    }

    private func pauseEnded() {
        let end = self.eventLoop.now + Self.slice
        self.state = .slice(end: end)
        // A reader that is still behind when the slice is over comes to the end of the row.
        while self.eventLoop.now < end, let reader = self.waiting.popFirst() { reader.feed.mayReadOn(reader) }
        if case .slice = self.state, !self.waiting.isEmpty { self.beginPause() }
    }

    // MARK: The ledger

    /// Begins to read from the ledger, now or when others have done so. What has begun must be ended by ``readEnded()``.
    func read(_ read: LedgerRead, for reader: Reader) {
        guard self.reads < Self.readLimit else { return self.waitingReads.append((reader, read)) }
        self.reads += 1
        if !reader.begin(read) { self.readEnded() }
    }

    func readEnded() {
        self.reads -= 1
        if let next = self.waitingReads.popFirst() { self.read(next.read, for: next.reader) }
    }
}

@available(*, unavailable)
extension CatchUp: Sendable {}
