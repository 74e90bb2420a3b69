import DequeModule

/// The histories of all channels of a memory ledger, with one bound over all of them.
struct KeptChannels {
    /// A history that can be held by reference while the table around it changes.
    private final class Kept {
        let channel: ChannelName
        var history: History
        /// Its place in `table`.
        var index: Int

        init(channel: ChannelName, history: History, index: Int) {
            self.channel = channel
            self.history = history
            self.index = index
        }

        var footprint: Int { self.history.size + self.history.events.count * MemoryLedger.overhead }
    }

    private let rules: RetentionRules
    private let totalBytes: Int
    private var byName: [ChannelName: Kept] = [:]
    private var table: [Kept] = []
    private var nextToSweep = 0
    private var tombstones = Tombstones()
    /// All events, oldest first, and some that are gone already: those are passed over.
    private var order: Deque<(channel: Kept, position: Position)> = []
    private(set) var footprint = 0
    private(set) var eventCount = 0

    init(rules: RetentionRules, totalBytes: Int) {
        self.rules = rules
        self.totalBytes = totalBytes
    }

    /// Keeps events of one channel.
    ///
    /// - Parameter now: By the steady clock, as in ``sweep(_:at:)``.
    mutating func append(_ events: [Event], at now: Int64) {
        guard let first = events.first else { return }
        let kept = self.kept(first.channel)
        self.change(kept) { history in
            history.expire(at: now)
            for event in events { history.append(event) }
        }
        for event in events { self.order.append((kept, event.position)) }
        self.dropBeyondTotal()
        self.compactOrder()
    }

    /// A page for a reader.
    func read(_ query: ReadQuery, head: Position) -> Page {
        let histories = query.selection.channels.compactMap { self.byName[$0]?.history }
        let after = query.start.position(head: head) {
            histories.compactMap { $0.events.first?.position }
        } newest: { count in
            histories.flatMap { $0.events.suffix(count).map(\.position) }
        }
        let isTrimmed =
            if case .after(let position) = query.start {
                query.selection.channels.contains { self.start(of: $0) > position }
            } else {
                false
            }
        let slices = histories.map { $0.slice(after: after, limit: query.limit) }
        return Page(after: after, slices: slices, head: head, limit: query.limit, isTrimmed: isTrimmed)
    }

    /// Drops a channel's events; returns the position of the newest that it had, or `nil` if it never had one.
    ///
    /// That is so too where nothing was left to drop: a log may hold events longer than the ledger.
    mutating func drop(_ channel: ChannelName) -> Position? {
        if let kept = self.byName[channel], let last = kept.history.events.last?.position {
            self.change(kept) { $0.clear(through: last) }
        }
        let start = self.start(of: channel)
        return start > .zero ? start : nil
    }

    /// Drops what has become too old in some of the channels, the next ones at each call, and forgets empty ones.
    mutating func sweep(_ count: Int, at now: Int64) {
        for _ in 0..<min(count, self.table.count) {
            if self.nextToSweep >= self.table.count { self.nextToSweep = 0 }
            let kept = self.table[self.nextToSweep]
            self.change(kept) { $0.expire(at: now) }
            if kept.history.events.isEmpty { self.forget(kept) } else { self.nextToSweep += 1 }
        }
        self.compactOrder()
    }

    private func start(of channel: ChannelName) -> Position {
        self.byName[channel]?.history.start ?? self.tombstones.start(of: channel)
    }

    private mutating func kept(_ channel: ChannelName) -> Kept {
        if let kept = self.byName[channel] { return kept }
        let history = History(start: self.tombstones.start(of: channel), retention: self.rules.retention(of: channel))
        let kept = Kept(channel: channel, history: history, index: self.table.count)
        self.tombstones.remove(channel)
        self.byName[channel] = kept
        self.table.append(kept)
        return kept
    }

    private mutating func forget(_ kept: Kept) {
        self.tombstones.bury(kept.channel, start: kept.history.start)
        self.byName[kept.channel] = nil
        let last = self.table.removeLast()
        if last !== kept {
            self.table[kept.index] = last
            last.index = kept.index
        }
    }

    /// Changes a history and keeps the sums over all right.
    private mutating func change(_ kept: Kept, _ body: (inout History) -> Void) {
        self.footprint -= kept.footprint
        self.eventCount -= kept.history.events.count
        body(&kept.history)
        self.footprint += kept.footprint
        self.eventCount += kept.history.events.count
    }

    private mutating func dropBeyondTotal() {
        while self.footprint > self.totalBytes, let (kept, position) = self.order.popFirst() {
            guard kept.history.events.first?.position == position else { continue }
            self.change(kept) { $0.dropFirst() }
        }
    }

    /// Takes out of `order` what is gone, at its beginning, and everywhere once that is the most of it.
    private mutating func compactOrder() {
        while let (kept, position) = self.order.first, kept.history.start >= position { self.order.removeFirst() }
        if self.order.count > 2 * self.eventCount + 1_000 {
            self.order.removeAll { $0.channel.history.start >= $0.position }
        }
    }
}
