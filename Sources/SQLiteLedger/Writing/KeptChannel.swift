import Channels
import GRDB

/// How many events a channel has had up to some point, and how many bytes of types and data.
struct Tally: Equatable {
    var number: Int64 = 0
    var offset: Int64 = 0

    func adding(_ event: Event) -> Tally {
        Tally(number: self.number + 1, offset: self.offset + Int64(event.size))
    }
}

/// What the writer knows of a channel. Owner: the writer.
final class KeptChannel {
    let id: Int64
    let name: ChannelName
    let retention: Retention
    /// Events up to and including this position are gone.
    var start: Position
    /// The newest event that it ever had, as far as is known; at least ``start``.
    var last: Position
    /// The tally before the first event that is kept.
    var first: Tally
    /// The tally that the next event will have.
    var next: Tally

    init(id: Int64, name: ChannelName, retention: Retention, start: Position, last: Position, first: Tally, next: Tally)
    {
        self.id = id
        self.name = name
        self.retention = retention
        self.start = start
        self.last = last
        self.first = first
        self.next = next
    }

    var isEmpty: Bool { self.first.number == self.next.number }

    /// Whether it holds an eighth more than it should: as often as that the writer trims it right away, so that not
    /// every event is followed by the deletion of another.
    var isOverfull: Bool {
        let (events, bytes) = (Int64(self.retention.events), Int64(self.retention.bytes))
        return self.next.number - self.first.number > events + max(64, events / 8)
            || self.next.offset - self.first.offset > bytes + max(65_536, bytes / 8)
    }

    /// Whether an event has to go.
    func exceeds(_ row: EventRow, _ ages: Ages, floor: Position) -> Bool {
        row.position <= self.start || row.position <= floor
            || ages.instant(ofTime: row.time, at: row.position) < ages.now - self.retention.age.milliseconds
            || self.next.number - row.tally.number > Int64(self.retention.events)
            || self.next.offset - row.tally.offset > Int64(self.retention.bytes)
    }

    /// Requires that nothing of it is beyond the newest position that was ever given.
    func requireWithin(_ head: Position) throws {
        guard self.last <= head else {
            throw DatabaseError.damage("channel \(self.id) has events beyond the head, \(head.rawValue)")
        }
    }
}
