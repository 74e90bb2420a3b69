/// What a reader asks of a ledger.
public struct ReadQuery: Sendable {
    /// Where to begin.
    public enum Start: Equatable, Sendable {
        /// With the first event after this position.
        case after(Position)
        /// With the oldest event that is kept.
        case earliest
        /// With the last `n` events of all channels together.
        case last(Int)
    }

    public let selection: Selection
    public let start: Start
    public let limit: PageLimit

    public init(_ selection: Selection, start: Start, limit: PageLimit) {
        self.selection = selection
        self.start = start
        self.limit = limit
    }
}

/// How much is read at once: at least one event, then no more than either limit allows.
public struct PageLimit: Equatable, Sendable {
    public let events: Int
    /// Bytes of types and data.
    public let bytes: Int

    public init(events: Int, bytes: Int) {
        self.events = max(1, events)
        self.bytes = bytes
    }

    /// The beginning of `events` that fits.
    func prefix(of events: [Event]) -> [Event] {
        var bytes = 0
        for (index, event) in events.enumerated() {
            bytes += event.size
            if index > 0, index >= self.events || bytes > self.bytes { return Array(events[..<index]) }
        }
        return events
    }
}

/// A piece of history, in the order of positions.
public struct Page: Sendable {
    /// The position after which the page begins.
    public let after: Position
    public let events: [Event]
    /// The cursor of a reader that was given the page: the last event's position, or the ledger's head where there is
    /// nothing left behind the page.
    public let through: Position
    /// Whether events after the position that was asked for are no longer kept.
    public let isTrimmed: Bool

    public init(after: Position, events: [Event], through: Position, isTrimmed: Bool) {
        self.after = after
        self.events = events
        self.through = through
        self.isTrimmed = isTrimmed
    }

    /// Puts a page together from what each channel has after `after`.
    public init(after: Position, slices: [Slice], head: Position, limit: PageLimit, isTrimmed: Bool = false) {
        // Behind the end of a slice that was cut its channel may have events, so nothing later may be taken.
        let end = slices.compactMap(\.cutAfter).min() ?? head
        let merged =
            slices.count == 1
            ? slices[0].events
            : slices.flatMap(\.events).filter { $0.position <= end }.sorted { $0.position < $1.position }
        let events = limit.prefix(of: merged)
        let through = events.count < merged.count ? events.last?.position ?? end : end
        self.init(after: after, events: events, through: through, isTrimmed: isTrimmed)
    }
}

/// Some events of one channel, in order.
public struct Slice: Sendable {
    public var events: [Event] = []
    /// The position of the last event, where more follow that a limit kept out; `nil` if there are no more.
    public var cutAfter: Position?

    public init(events: [Event] = [], cutAfter: Position? = nil) {
        self.events = events
        self.cutAfter = cutAfter
    }
}
