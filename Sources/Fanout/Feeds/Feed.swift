package import Channels

/// What all readers of one selection on one event loop share: the place in the log up to which those at the head were
/// given everything, and the batches they are given. Owner: that event loop.
package final class Feed {
    /// How much is put into one batch.
    package static let batchLimit = PageLimit(events: 1_000, bytes: 64 << 10)

    let key: FeedKey
    /// The ledger's life that the feed is of. When it is over the feed gives nothing more.
    let life: Life
    let logs: [ChannelLog]
    let loop: LoopReaders
    private var turn: FeedTurn<Reader>
    /// What was read last: the next reader most often wants the same.
    private var recent: Batch?
    /// What was last given to those who are answered that there is nothing.
    private var lastEmpty: Batch?
    /// How many readers there are, at the head or behind.
    private var readerCount = 0
    /// Whether something has happened since the last ``releaseUnused()``.
    private var isUsed = true

    init(_ key: FeedKey, life: Life, logs: [ChannelLog], loop: LoopReaders) {
        self.key = key
        self.life = life
        self.logs = logs
        self.loop = loop
        self.turn = FeedTurn(at: life.head)
    }

    /// All events up to here have been given to the readers at the head.
    var position: Position { self.turn.position }

    // MARK: Turns

    /// Gives everything new to the readers at the head; when the life is over, lets them go.
    func advance() {
        guard self.turn.begin() else { return }
        while let step = self.turn.next(head: self.life.head, isOver: self.life.isOver) {
            switch step {
            case .letGo: self.fallBehind(to: self.position)
            case .deliver(let head): self.deliver(through: head)
            case .readOn(let reader): reader.readOn()
            }
        }
    }

    /// A reader that is behind may have its next piece, by ``Reader/readOn()``.
    func mayReadOn(_ reader: Reader) {
        self.turn.mayReadOn(reader)
        self.advance()
    }

    private func deliver(through head: Position) {
        var awaitsLast = false
        while self.position < head {
            guard let batch = self.read(after: self.position, through: head) else { return self.fallBehind(to: head) }
            let isLast = batch.through >= head
            let readers = self.turn.beginDelivery(through: batch.through)
            let isOfUse = awaitsLast || !batch.events.isEmpty
            self.turn.endDelivery(to: isOfUse ? self.give(batch, isLast: isLast, to: readers) : readers)
            awaitsLast = !isLast
        }
    }

    /// Returns the readers that are at the head behind the batch.
    private func give(
        _ batch: Batch, isLast: Bool, to readers: consuming ContiguousArray<Reader>
    ) -> ContiguousArray<Reader> {
        self.isUsed = true
        var kept = 0
        for index in readers.indices {
            let reader = readers[index]
            guard reader.receive(batch, isLast: isLast) else { continue }
            if kept < index {
                readers[kept] = reader
                reader.slot = kept
            }
            kept += 1
        }
        readers.removeLast(readers.count - kept)
        return readers
    }

    /// More was published at once than the logs hold: everybody reads on from the ledger.
    private func fallBehind(to head: Position) {
        for reader in self.turn.beginDelivery(through: head) { reader.fellBehind() }
    }

    // MARK: Batches

    /// The events after a position and up to ``position``; `nil` if the logs do not reach back so far.
    func batch(after position: Position) -> Batch? {
        if let recent, recent.after == position, recent.through == self.position { return recent }
        return self.read(after: position, through: self.position)
    }

    /// A batch without events that ends at a position. The same for all who ask at one position, so that it is encoded once.
    func emptyBatch(at position: Position) -> Batch {
        if let lastEmpty, lastEmpty.through == position { return lastEmpty }
        let empty = Batch(self.life.lineage, after: position, events: [], through: position)
        self.lastEmpty = empty
        return empty
    }

    /// Whether the logs hold everything after a position.
    func reaches(back position: Position) -> Bool { self.logs.allSatisfy { $0.reaches(back: position) } }

    private func read(after: Position, through: Position) -> Batch? {
        var slices: [Slice] = []
        slices.reserveCapacity(self.logs.count)
        for log in self.logs {
            guard let slice = log.slice(after: after, through: through, limit: Self.batchLimit) else { return nil }
            slices.append(slice)
        }
        let page = Page(after: after, slices: slices, head: through, limit: Self.batchLimit)
        let batch = Batch(page, self.life.lineage)
        self.recent = batch
        return batch
    }

    // MARK: Readers

    /// Takes a reader that has everything up to ``position`` among those at the head.
    func join(_ reader: Reader) {
        self.turn.join(reader)
        self.isUsed = true
    }

    /// A reader is no longer at the head.
    func leave(_ reader: Reader) {
        self.turn.leave(reader)
    }

    /// Counts a reader, at the head or behind: until ``release()`` the feed is kept, and woken for it.
    func retain() {
        self.readerCount += 1
    }

    func release() {
        self.readerCount -= 1
        self.isUsed = true
    }

    /// Drops caches. Returns whether the feed had no use since the last call, and no reader is left.
    func releaseUnused() -> Bool {
        defer { self.isUsed = false }
        self.recent = nil
        self.lastEmpty = nil
        return !self.isUsed && self.readerCount == 0
    }
}

@available(*, unavailable)
extension Feed: Sendable {}
