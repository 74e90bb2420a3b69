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
}

extension ReadQuery.Start {
    /// The position after which a page begins.
    ///
    /// - Parameters:
    ///   - firsts: The first position that is kept of each channel that has any.
    ///   - newest: The last positions of each channel, up to a number, in any order.
    public func position<Failure>(
        head: Position, firsts: () throws(Failure) -> [Position], newest: (Int) throws(Failure) -> [Position]
    ) throws(Failure) -> Position {
        switch self {
        case .after(let position): position
        case .earliest: try firsts().min()?.predecessor ?? head
        case .last(let count): try Set(newest(count)).sorted().suffix(count).first?.predecessor ?? head
        }
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

    /// What of the page comes up to a position.
    public func upTo(_ end: Position) -> Page {
        guard self.through > end else { return self }
        let events = self.events.filter { $0.position <= end }
        return Page(after: self.after, events: events, through: end, isTrimmed: self.isTrimmed)
    }

    /// Puts a page together from what each channel has after `after`, of each no more than the limit allows.
    public init(after: Position, slices: [Slice], head: Position, limit: PageLimit, isTrimmed: Bool = false) {
        // Behind the end of a slice that was cut its channel may have events, so nothing later may be taken.
        let end = slices.compactMap(\.cutAfter).min() ?? head
        let slice = slices.count == 1 ? slices[0] : Slice(merging: slices, through: end, limit: limit)
        self.init(after: after, events: slice.events, through: slice.cutAfter ?? end, isTrimmed: isTrimmed)
    }
}
