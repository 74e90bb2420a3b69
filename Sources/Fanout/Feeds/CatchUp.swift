import NIOCore

/// Shares an event loop's time between readers that are behind and all else: when a thousand come back at once, those at
/// the head are not kept waiting for them. Owner: that event loop.
final class CatchUp {
    /// How long readers that are behind may go on, and how long the loop then has for all else at least.
    private static let slice = TimeAmount.milliseconds(2)
    private static let pause = TimeAmount.microseconds(100)

    /// How many pages may be on their way from the ledger: what comes is work for the loop too.
    private static let readLimit = 4

    private let eventLoop: any EventLoop
    private var waiting = CircularBuffer<Reader>()
    private var reads = 0
    private var waitingReads = CircularBuffer<() -> Void>()
    private var sliceEnd: NIODeadline?
    private var isScheduled = false

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Whether a reader may read on now; if not, it is told to in its turn.
    func mayReadOn(_ reader: Reader) -> Bool {
        let now = self.eventLoop.now
        if !self.isScheduled, self.sliceEnd.map({ now >= $0 + Self.pause }) ?? true { self.sliceEnd = now + Self.slice }
        if let sliceEnd, now < sliceEnd { return true }
        self.waiting.append(reader)
        self.schedule()
        return false
    }

    /// Begins to read from the ledger, now or when others are done. Each read must be told of by ``readEnded()``.
    func read(_ begin: @escaping () -> Void) {
        guard self.reads < Self.readLimit else { return self.waitingReads.append(begin) }
        self.reads += 1
        begin()
    }

    func readEnded() {
        self.reads -= 1
        if let next = self.waitingReads.popFirst() { self.read(next) }
    }

    private func schedule() {
        guard !self.isScheduled else { return }
        self.isScheduled = true
        let catchUp = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.eventLoop.scheduleTask(in: Self.pause) { catchUp.value.readOn() }
    }

    private func readOn() {
        self.isScheduled = false
        let end = self.eventLoop.now + Self.slice
        self.sliceEnd = end
        // Those that are still behind when the slice is over come to the end of the row.
        while self.eventLoop.now < end, let reader = self.waiting.popFirst() { reader.resume() }
        if !self.waiting.isEmpty { self.schedule() }
    }
}

@available(*, unavailable)
extension CatchUp: Sendable {}
