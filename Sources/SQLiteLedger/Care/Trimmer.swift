import Channels
import GRDB

/// Drops what exceeds the retention of its channel, or the bound on the file, in small steps. Owner: the writer.
///
/// A walk over all channels finds what has become too old, or was left over by a drop; the writer itself trims what it has
/// made overfull.
final class Trimmer {
    /// The most channels that a step looks at, and the most events that it deletes.
    private static let stepChannels = 256
    static let stepEvents = 2_000
    /// The most steps behind one commit that went beyond the bound.
    private static let boundSteps = 8
    /// A channel that holds nothing is forgotten when so many positions have been given out since.
    private static let memory: UInt64 = 1_000_000

    private let channels: ChannelTable
    private let space: Space
    private let oldestEvents: SQLStatement
    private let deleteEvents: SQLStatement
    private let forgetThrough: SQLStatement

    /// The id of the channel at which the walk is.
    private var walked: Int64 = 0
    /// All events up to here have to go, so that the file keeps to its bound.
    private var floor = Position.zero
    /// The first position that is kept of all channels looked at in this walk.
    private var oldestSeen = Position.maximum
    /// How many bytes were appended since the space was looked at, and whether it was exceeded then.
    private var appended = 0
    private var isExceeded = false
    /// Whether the bound cannot be kept, whatever is dropped.
    private var isBeyondHelp = false

    init(_ database: Database, channels: ChannelTable, maxSize: Int) throws {
        self.channels = channels
        self.space = try Space(database, maxSize: maxSize)
        self.oldestEvents = try SQLStatement(
            database,
            "SELECT \(EventRow.columns) FROM event WHERE channel = ? ORDER BY position LIMIT ?")
        self.deleteEvents = try SQLStatement(database, "DELETE FROM event WHERE channel = ? AND position <= ?")
        self.forgetThrough = try SQLStatement(database, "UPDATE ledger SET forgotten = max(forgotten, ?)")
    }

    /// Trims one channel by no more than `budget` events, which it lessens by those deleted.
    ///
    /// - Returns: Whether nothing is left to be dropped.
    @discardableResult
    func trim(_ channel: KeptChannel, _ ages: Ages, budget: inout Int) throws -> Bool {
        var through: Position?
        var count = 0
        var isDone = true
        var previous: EventRow?
        try self.oldestEvents.forEach(channel.id, budget + 1) { row in
            let event = try EventRow(row, of: channel.id)
            // Numbers may have begun anew behind rows that are left over.
            if let last = previous, last.position > channel.start { try event.requireNext(to: last) }
            previous = event
            guard channel.exceeds(event, ages, floor: self.floor) else {
                self.oldestSeen = min(self.oldestSeen, event.position)
                return false
            }
            isDone = count < budget
            guard isDone else { return false }
            through = event.position
            count += 1
            return true
        }
        guard let through else { return isDone }
        try self.deleteEvents.run(channel.id, through)
        if through > channel.start { try self.channels.setStart(through, of: channel) }
        budget -= count
        return isDone
    }

    /// Does a step of the walk.
    ///
    /// - Parameter budget: The most events that are deleted.
    /// - Returns: Whether the walk has come to the end of all channels.
    @discardableResult
    func step(_ ages: Ages, head: Position, budget: Int = Trimmer.stepEvents) throws -> Bool {
        if try self.space.isSpacious { try self.space.giveBack() }
        if self.floor == .zero, try self.space.isExceeded, !self.isBeyondHelp { self.raiseFloor(to: head) }
        var budget = budget
        let channels = try self.channels.channels(after: self.walked, count: Self.stepChannels)
        for channel in channels {
            try channel.requireWithin(head)
            guard try self.trim(channel, ages, budget: &budget) else { return false }
            if channel.isEmpty { try self.forgetIfOld(channel, head: head) }
            self.walked = channel.id
        }
        guard channels.count < Self.stepChannels else { return false }
        try self.beginAgain(head)
        return true
    }

    /// Keeps the file to its bound while events are appended: looked at every now and then, and then at every commit until
    /// it is kept again.
    func keepBound(_ ages: Ages, head: Position, events: Int, bytes: Int) throws {
        self.appended += bytes
        guard self.isExceeded || self.appended >= self.space.lookStep else { return }
        self.appended = 0
        var steps = 0
        self.isExceeded = try self.space.isExceeded
        while self.isExceeded, !self.isBeyondHelp, steps < Self.boundSteps {
            try self.step(ages, head: head, budget: Self.stepEvents + events)
            steps += 1
            self.isExceeded = try self.space.isExceeded
        }
    }

    /// Whether the next step should come soon, because the file is larger than it need be.
    var isPressed: Bool { get throws { try self.space.isExceeded && !self.isBeyondHelp || self.space.isSpacious } }

    /// The database has gone back: what was seen may not hold.
    func reset() {
        self.walked = 0
        self.floor = .zero
        self.oldestSeen = .maximum
    }

    private func beginAgain(_ head: Position) throws {
        self.walked = 0
        let isExceeded = try self.space.isExceeded
        // Where it is not events that fill the file, it does not help to drop them.
        self.isBeyondHelp = isExceeded && self.floor >= head
        if isExceeded, !self.isBeyondHelp { self.raiseFloor(to: head) } else { self.floor = .zero }
        self.oldestSeen = .maximum
    }

    /// Gives up a sixteenth of the history, the oldest of all channels.
    private func raiseFloor(to head: Position) {
        let oldest = self.oldestSeen > head ? self.floor : self.oldestSeen
        let history = head.rawValue - min(oldest.rawValue, head.rawValue)
        self.floor = Position(rawValue: min(head.rawValue, oldest.rawValue + history / 16 + 1))
    }

    private func forgetIfOld(_ channel: KeptChannel, head: Position) throws {
        guard channel.start.rawValue + Self.memory < head.rawValue else { return }
        try self.forgetThrough.run(channel.start)
        try self.channels.forget(channel)
    }
}
