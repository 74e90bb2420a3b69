package import Channels

/// What all readers of one selection on one event loop share: the place in the log up to which those at the head were
/// given everything, and the batches they are given. Owner: that event loop.
package final class Feed {
    /// How much is put into one batch.
    package static let batchLimit = PageLimit(events: 1_000, bytes: 64 << 10)

    let selection: Selection
    let bridge: Bridge
    let logs: [ChannelLog]
    let catchUp: CatchUp
    /// All events up to here have been given to the readers at the head.
    private(set) var position: Position
    /// The readers at the head.
    private var readers: ContiguousArray<Reader> = []
    private var isDelivering = false
    /// Readers that have to wait until the delivery under way is over.
    private var waiting: [Reader] = []
    /// What was read last: the next reader most often wants the same.
    private var recent: Batch?
    /// How many readers there are, at the head or behind.
    private var readerCount = 0
    /// Whether something has happened since the last ``rest()``.
    private var isUsed = true

    init(selection: Selection, bridge: Bridge, logs: [ChannelLog], catchUp: CatchUp) {
        self.selection = selection
        self.bridge = bridge
        self.logs = logs
        self.catchUp = catchUp
        self.position = bridge.head
    }

    /// Gives everything new to the readers at the head.
    func advance() {
        guard !self.isDelivering else { return }
        let head = self.bridge.head
        if self.readers.isEmpty { self.position = max(self.position, head) }
        var awaitsLast = false
        while self.position < head {
            guard let batch = self.read(after: self.position, through: head) else { return self.fallBehind(to: head) }
            self.position = batch.through
            let isLast = batch.through >= head
            if awaitsLast || !batch.events.isEmpty { self.deliver(batch, isLast: isLast) }
            awaitsLast = !isLast
        }
    }

    /// The events after a cursor and up to ``position``; `nil` if the logs do not reach back so far.
    func batch(after cursor: Position) -> Batch? {
        if let recent, recent.after == cursor, recent.through == self.position { return recent }
        return self.read(after: cursor, through: self.position)
    }

    /// Whether the logs hold everything after a position.
    func reaches(back position: Position) -> Bool { self.logs.allSatisfy { $0.reaches(back: position) } }

    /// Takes a reader whose cursor is at ``position`` among those at the head.
    func join(_ reader: Reader) {
        reader.slot = self.readers.count
        self.readers.append(reader)
        self.isUsed = true
    }

    func leave(_ reader: Reader) {
        // While a delivery is under way it looks at each reader's state itself.
        guard !self.isDelivering, self.readers.indices.contains(reader.slot), self.readers[reader.slot] === reader
        else {
            return
        }
        self.readers.swapAt(reader.slot, self.readers.count - 1)
        self.readers[reader.slot].slot = reader.slot
        self.readers.removeLast()
    }

    /// Whether a reader may go on now; if not, it is told to as soon as it may.
    func mayResume(_ reader: Reader) -> Bool {
        if self.isDelivering { self.waiting.append(reader) }
        return !self.isDelivering
    }

    /// A reader has come; until it goes the feed is woken for it, wherever it is.
    func retain() {
        self.readerCount += 1
    }

    func release() {
        self.readerCount -= 1
        self.isUsed = true
    }

    /// Lets go of what is only there for speed. Returns whether the feed has had no use since the last call.
    func rest() -> Bool {
        defer { self.isUsed = false }
        self.recent = nil
        return !self.isUsed && self.readerCount == 0
    }

    private func read(after: Position, through: Position) -> Batch? {
        var slices: [Slice] = []
        slices.reserveCapacity(self.logs.count)
        for log in self.logs {
            guard let slice = log.slice(after: after, through: through, limit: Self.batchLimit) else { return nil }
            slices.append(slice)
        }
        let page = Page(after: after, slices: slices, head: through, limit: Self.batchLimit)
        let batch = Batch(page, epoch: self.bridge.epoch)
        self.recent = batch
        return batch
    }

    private func deliver(_ batch: Batch, isLast: Bool) {
        self.isUsed = true
        self.isDelivering = true
        var kept = 0
        for index in self.readers.indices {
            let reader = self.readers[index]
            reader.receive(batch, isLast: isLast)
            guard reader.isAtHead else { continue }
            self.readers[kept] = reader
            reader.slot = kept
            kept += 1
        }
        self.readers.removeLast(self.readers.count - kept)
        self.isDelivering = false
        self.resumeWaiting()
    }

    /// More was published at once than the logs hold: everybody reads on from the ledger.
    private func fallBehind(to head: Position) {
        let readers = self.readers
        self.readers = []
        self.position = head
        for reader in readers { reader.fellBehind() }
    }

    private func resumeWaiting() {
        let waiting = self.waiting
        self.waiting = []
        for reader in waiting { reader.resume() }
    }
}

@available(*, unavailable)
extension Feed: Sendable {}
