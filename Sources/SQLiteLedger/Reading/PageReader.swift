import Channels
import GRDB

/// Reads pages of history on one connection. Owner: the connection's thread.
final class PageReader {
    /// The fewest events of each channel that are read at once, where a reader has many.
    private static let leastOfEach = 16

    private struct Source {
        let id: Int64
        let name: ChannelName
        let start: Position
    }

    private let channel: SQLStatement
    private let forgotten: SQLStatement
    private let firstEvent: SQLStatement
    private let lastEvents: SQLStatement
    private let events: SQLStatement

    init(_ database: Database) throws {
        self.channel = try SQLStatement(database, "SELECT id, start FROM channel WHERE name = ?")
        self.forgotten = try SQLStatement(database, "SELECT forgotten FROM ledger")
        self.firstEvent = try SQLStatement(
            database,
            "SELECT position FROM event WHERE channel = ? AND position > ? AND position <= ? ORDER BY position LIMIT 1")
        self.lastEvents = try SQLStatement(
            database,
            """
            SELECT position FROM event WHERE channel = ? AND position > ? AND position <= ?
            ORDER BY position DESC LIMIT ?
            """)
        self.events = try SQLStatement(
            database,
            """
            SELECT \(EventRow.columns), type, data, attributes FROM event WHERE channel = ? AND position > ? AND position <= ?
            ORDER BY position
            """)
    }

    /// A page of what was told of: nothing beyond `head`.
    func page(_ query: ReadQuery, head: Position) throws -> Page {
        let sources = try query.selection.channels.compactMap { try self.source($0) }
        let after = try self.beginning(of: query, sources, head)
        let limit = PageLimit(
            events: max(query.limit.events / max(1, sources.count), min(query.limit.events, Self.leastOfEach)),
            bytes: query.limit.bytes)
        let slices = try sources.map { try self.slice($0, after: after, through: head, limit: limit) }
        try Self.requireSame(slices)
        return Page(
            after: after, slices: slices, head: max(head, after), limit: query.limit,
            isTrimmed: try self.isTrimmed(query, sources, head))
    }

    /// Requires that channels which have one position have the same event there. Within a channel the rows have been looked at.
    private static func requireSame(_ slices: [Slice]) throws {
        guard slices.count > 1 else { return }
        var events: [Position: Event] = [:]
        for event in slices.lazy.flatMap(\.events) {
            guard let other = events.updateValue(event, forKey: event.position) else { continue }
            let isSame = event.time == other.time && event.type == other.type && event.data == other.data
            guard isSame, event.attributes == other.attributes else {
                throw DatabaseError.damage("two events have the position \(event.position.rawValue)")
            }
        }
    }

    private func source(_ name: ChannelName) throws -> Source? {
        try self.channel.first(name.bytes) { Source(id: $0.integer(0), name: name, start: try $0.position(1)) }
    }

    private func beginning(of query: ReadQuery, _ sources: [Source], _ head: Position) throws -> Position {
        try query.start.position(head: head) {
            try sources.compactMap { source in
                try self.firstEvent.first(source.id, source.start, head) { try $0.position(0) }
            }
        } newest: { count in
            try sources.flatMap { try self.newest(count, of: $0, head) }
        }
    }

    private func newest(_ count: Int, of source: Source, _ head: Position) throws -> [Position] {
        var newest: [Position] = []
        try self.lastEvents.forEach(source.id, source.start, head, count) { row in
            newest.append(try row.position(0))
            return true
        }
        return newest
    }

    private func isTrimmed(_ query: ReadQuery, _ sources: [Source], _ head: Position) throws -> Bool {
        guard case .after(let position) = query.start else { return false }
        if sources.contains(where: { min($0.start, head) > position }) { return true }
        guard sources.count < query.selection.channels.count else { return false }
        return try self.forgotten.first { try $0.position(0) > position } ?? false
    }

    private func slice(_ source: Source, after: Position, through: Position, limit: PageLimit) throws -> Slice {
        var builder = SliceBuilder(limit)
        var previous: (row: EventRow, bytes: Int)?
        let after = max(after, source.start)
        try self.events.forEach(
            source.id, after, through
        ) { columns in
            let row = try EventRow(columns, of: source.id)
            let event = try Self.event(row, columns, source.name)
            try row.requireNext(to: previous?.row, bytes: previous?.bytes)
            guard row.position > after, row.position <= through else {
                throw DatabaseError.damage("event \(row.position.rawValue) stands among others")
            }
            previous = (row, event.size)
            return builder.take(event)
        }
        return builder.slice
    }

    private static func event(_ row: EventRow, _ columns: SQLStatement.Row, _ channel: ChannelName) throws -> Event {
        let (type, data) = (columns.bytes(EventRow.nextColumn), columns.bytes(EventRow.nextColumn + 1))
        guard Draft.isKept(type: type, data: data) else {
            throw DatabaseError.damage("the type or the data of event \(row.position.rawValue) cannot be")
        }
        return Event(
            position: row.position, time: row.time, channel: channel, type: type, data: data,
            attributes: try columns.attributes(EventRow.nextColumn + 2))
    }
}
