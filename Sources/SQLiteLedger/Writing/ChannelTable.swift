import Channels
import GRDB

/// The channels of the database, those in use kept in memory. Owner: the writer.
///
/// Two generations bound the memory: when the young one is full, the old one is let go, and what is used again moves up.
final class ChannelTable {
    private static let generationLimit = 20_000

    private let rules: RetentionRules
    private var young: [ChannelName: KeptChannel] = [:]
    private var old: [ChannelName: KeptChannel] = [:]

    private let byName: SQLStatement
    private let afterID: SQLStatement
    private let insert: SQLStatement
    private let setStart: SQLStatement
    private let delete: SQLStatement
    private let firstEvent: SQLStatement
    private let lastEvent: SQLStatement
    private let forgottenThrough: SQLStatement

    init(_ database: Database, rules: RetentionRules) throws {
        self.rules = rules
        self.byName = try SQLStatement(database, "SELECT id, start FROM channel WHERE name = ?")
        self.afterID = try SQLStatement(
            database, "SELECT id, start, name FROM channel WHERE id > ? ORDER BY id LIMIT ?")
        self.insert = try SQLStatement(
            database, "INSERT INTO channel (name, start) SELECT ?, forgotten FROM ledger RETURNING id, start")
        self.setStart = try SQLStatement(database, "UPDATE channel SET start = ? WHERE id = ?")
        self.delete = try SQLStatement(database, "DELETE FROM channel WHERE id = ?")
        self.forgottenThrough = try SQLStatement(database, "SELECT forgotten FROM ledger")
        self.firstEvent = try SQLStatement(
            database,
            "SELECT \(EventRow.columns) FROM event WHERE channel = ? AND position > ? ORDER BY position LIMIT 1")
        self.lastEvent = try SQLStatement(
            database,
            """
            SELECT \(EventRow.columns), \(Schema.eventSize(database)) FROM event
            WHERE channel = ? AND position > ? ORDER BY position DESC LIMIT 1
            """)
    }

    /// The channel with this name, if it ever was.
    func find(_ name: ChannelName) throws -> KeptChannel? {
        if let channel = self.cached(name) { return channel }
        let row = try self.byName.first(name.bytes) { (id: $0.integer(0), start: try $0.position(1)) }
        guard let row else { return nil }
        return self.keep(try self.load(id: row.id, name: name, start: row.start))
    }

    /// The channel with this name, made if it is new.
    func findOrMake(_ name: ChannelName) throws -> KeptChannel {
        if let channel = try self.find(name) { return channel }
        let row = try self.insert.first(name.bytes) { (id: $0.integer(0), start: try $0.position(1)) }
        guard let row else { throw DatabaseError.damage("the table ledger is empty") }
        return self.keep(
            KeptChannel(
                id: row.id, name: name, retention: self.rules.retention(of: name), start: row.start, last: row.start,
                first: Tally(), next: Tally()))
    }

    /// The position up to which a channel that is not in the table may have had events.
    var forgotten: Position { get throws { try self.forgottenThrough.first { try $0.position(0) } ?? .zero } }

    /// The next channels in the order of their ids. They are not taken into memory if they are not there.
    func channels(after id: Int64, count: Int) throws -> [KeptChannel] {
        var rows: [(id: Int64, start: Position, name: [UInt8])] = []
        try self.afterID.forEach(id, count) { row in
            rows.append((row.integer(0), try row.position(1), row.bytes(2)))
            return true
        }
        return try rows.map { row in
            guard let name = try? ChannelName(row.name) else {
                throw DatabaseError.damage("channel \(row.id) has an impossible name")
            }
            return try self.cached(name) ?? self.load(id: row.id, name: name, start: row.start)
        }
    }

    /// From now on the events of the channel up to `position` are gone.
    func setStart(_ position: Position, of channel: KeptChannel) throws {
        channel.start = position
        channel.last = max(channel.last, position)
        try self.setStart.run(position, channel.id)
        channel.first = try self.firstRow(of: channel.id, after: position)?.tally ?? channel.next
    }

    /// Removes a channel that holds nothing.
    func forget(_ channel: KeptChannel) throws {
        try self.delete.run(channel.id)
        self.young[channel.name] = nil
        self.old[channel.name] = nil
    }

    /// Lets go of what is in memory, since the database has gone back to before it.
    func reset() {
        self.young = [:]
        self.old = [:]
    }

    private func cached(_ name: ChannelName) -> KeptChannel? {
        if let channel = self.young[name] { return channel }
        guard let channel = self.old.removeValue(forKey: name) else { return nil }
        return self.keep(channel)
    }

    private func keep(_ channel: KeptChannel) -> KeptChannel {
        if self.young.count >= Self.generationLimit {
            self.old = self.young
            self.young = [:]
        }
        self.young[channel.name] = channel
        return channel
    }

    private func load(id: Int64, name: ChannelName, start: Position) throws -> KeptChannel {
        let last = try self.lastEvent.first(id, start) { row in
            (event: try EventRow(row, of: id), bytes: row.integer(EventRow.nextColumn))
        }
        let first = try self.firstRow(of: id, after: start)
        try self.requireOrder(first, last?.event, of: id)
        let next = last.map { Tally(number: $0.event.tally.number + 1, offset: $0.event.tally.offset + $0.bytes) }
        return KeptChannel(
            id: id, name: name, retention: self.rules.retention(of: name), start: start,
            last: last?.event.position ?? start, first: first?.tally ?? Tally(), next: next ?? Tally())
    }

    /// Requires that the first and the last event of a channel can be those of one sequence.
    private func requireOrder(_ first: EventRow?, _ last: EventRow?, of id: Int64) throws {
        if first == nil, last == nil { return }
        if let first, let last, first.position <= last.position, first.tally.offset <= last.tally.offset {
            let numbers = last.tally.number - first.tally.number
            let positions = last.position.rawValue - first.position.rawValue
            if numbers >= min(1, positions), numbers <= positions { return }
        }
        throw DatabaseError.damage("the first and the last event of channel \(id) do not fit together")
    }

    private func firstRow(of id: Int64, after start: Position) throws -> EventRow? {
        try self.firstEvent.first(id, start) { try EventRow($0, of: id) }
    }
}
