import DequeModule

/// The newest events of one channel, bounded by count, bytes and age, and the knowledge of how far it reaches back.
///
/// Both the memory ledger (what is kept) and a channel's log (the tail in memory) are made of it.
struct History: Sendable {
    private(set) var events: Deque<Event> = []
    /// Bytes of types and data of all events.
    private(set) var size = 0
    /// Events up to and including this position are not here; all later ones are.
    private(set) var start: Position
    private let retention: Retention
    private let ageMilliseconds: Int64

    init(start: Position, retention: Retention) {
        self.start = start
        self.retention = retention
        self.ageMilliseconds = retention.age.milliseconds
    }

    /// Adds the newest event, and drops the oldest as the limits on count and bytes demand.
    mutating func append(_ event: Event) {
        self.events.append(event)
        self.size += event.size
        while self.events.count > self.retention.events || self.size > self.retention.bytes, !self.events.isEmpty {
            self.dropFirst()
        }
    }

    /// Drops what is older than the limit on age.
    ///
    /// - Parameter now: By the steady clock.
    mutating func expire(at now: Int64) {
        let oldest = now - self.ageMilliseconds
        while let first = self.events.first, first.instant < oldest { self.dropFirst() }
    }

    /// Drops the oldest event.
    mutating func dropFirst() {
        guard let event = self.events.popFirst() else { return }
        self.size -= event.size
        self.start = event.position
    }

    /// Drops all events; from now on the history begins after `position`.
    mutating func clear(through position: Position) {
        self.events = []
        self.size = 0
        self.start = max(self.start, position)
    }

    /// The first events after a position, and, where given, up to another, no more than the limits.
    func slice(after: Position, through: Position = .maximum, limit: PageLimit) -> Slice {
        var builder = SliceBuilder(limit)
        for event in self.events[self.index(after: after)...] {
            guard event.position <= through, builder.take(event) else { break }
        }
        return builder.slice
    }

    /// The index of the first event after a position. Readers are near the head, so the search begins there.
    private func index(after position: Position) -> Int {
        var (low, high) = (0, self.events.count)
        var step = 1
        while high - step > low, self.events[high - step].position > position {
            high -= step
            step *= 2
        }
        low = max(low, high - step)
        while low < high {
            let middle = (low + high) / 2
            if self.events[middle].position > position { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
