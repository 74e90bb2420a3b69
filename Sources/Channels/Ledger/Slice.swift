/// Some events, in order: mostly of one channel.
public struct Slice: Sendable {
    public var events: [Event] = []
    /// The position of the last event, where more follow that a limit kept out; `nil` if there are no more.
    public var cutAfter: Position?

    public init(events: [Event] = [], cutAfter: Position? = nil) {
        self.events = events
        self.cutAfter = cutAfter
    }

    /// The events of several channels up to a position, no more than the limit allows. One that several channels have comes once, as
    /// the first of them has it.
    init(merging slices: [Slice], through end: Position, limit: PageLimit) {
        let merged = slices.flatMap(\.events).filter { $0.position <= end }.sorted { $0.position < $1.position }
        var builder = SliceBuilder(limit)
        for event in merged where event.position != builder.slice.events.last?.position {
            guard builder.take(event) else { break }
        }
        self = builder.slice
    }
}

/// Gathers the events of a slice: at least one, then no more than a limit allows.
public struct SliceBuilder {
    public private(set) var slice = Slice()
    private let limit: PageLimit
    private var bytes = 0

    public init(_ limit: PageLimit) {
        self.limit = limit
    }

    /// Takes the next event. Returns whether it was taken; where it was not, the slice is cut before it.
    public mutating func take(_ event: Event) -> Bool {
        self.bytes += event.size
        guard
            self.slice.events.isEmpty
                || (self.slice.events.count < self.limit.events && self.bytes <= self.limit.bytes)
        else {
            self.slice.cutAfter = self.slice.events.last?.position
            return false
        }
        self.slice.events.append(event)
        return true
    }
}
