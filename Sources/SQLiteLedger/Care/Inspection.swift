public import Channels
import GRDB

/// What is in a ledger. It may be in use meanwhile: what is seen is one moment of it.
public struct Inspection: Sendable {
    /// What is in a channel.
    public struct Kept: Sendable {
        public let name: ChannelName
        public let events: Int
        /// Bytes of types and data.
        public let bytes: Int
        /// Milliseconds since 1970.
        public let oldest: Int64
        public let newest: Int64
    }

    public let path: String
    public let epoch: Epoch
    public let head: Position
    /// The name of the last migration.
    public let schema: String
    /// All channels that are known, also those that hold nothing now.
    public let channelCount: Int
    /// Those that hold events, the fullest first.
    public let channels: [Kept]
    public let keyCount: Int
    /// Bytes of the file, and how many of them are free for new events.
    public let fileSize: Int
    public let freeSize: Int
    /// What is wrong with it; `nil` if that was not looked for.
    public let damage: [String]?

    // In a damaged file the numbers may be any.
    public var eventCount: Int { self.channels.reduce(0) { $0 &+ $1.events } }
    public var byteCount: Int { self.channels.reduce(0) { $0 &+ $1.bytes } }
    public var oldest: Int64? { self.channels.map(\.oldest).min() }
    public var newest: Int64? { self.channels.map(\.newest).max() }

    /// Looks at a ledger.
    ///
    /// - Parameter checks: Whether every page and every event is looked at, which takes about a second for each GB.
    /// - Throws: ``LedgerError`` when there is none, or it cannot be read.
    public init(of path: String, checks: Bool = false) throws(LedgerError) {
        let file = DatabaseFile(path: path)
        let queue = try file.openForReading()
        defer { try? queue.close() }
        self = try file.explained { try queue.read { try Inspection($0, path, checks: checks) } }
    }

    private init(_ database: Database, _ path: String, checks: Bool) throws {
        self.path = path
        let state = try LedgerState(of: database)
        self.epoch = state.epoch
        self.head = state.head
        self.schema = try Schema.migrator.appliedMigrations(database).last ?? "none"
        self.channelCount = try Self.number(database, "SELECT count(*) FROM channel")
        self.keyCount = try Self.number(database, "SELECT count(*) FROM idempotencyKey")
        let pageSize = try Self.number(database, "PRAGMA page_size")
        self.fileSize = try Self.number(database, "PRAGMA page_count") * pageSize
        self.freeSize = try Self.number(database, "PRAGMA freelist_count") * pageSize
        var damage = checks ? try Self.damage(in: database) : nil
        do {
            self.channels = try Self.channels(database).sorted { $0.bytes > $1.bytes }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT && damage != nil {
            self.channels = []
            damage?.append(error.message ?? "a channel cannot be read")
        }
        self.damage = damage
    }

    private static func number(_ database: Database, _ sql: String) throws -> Int {
        try Int.fetchOne(database, sql: sql) ?? 0
    }

    private static func channels(_ database: Database) throws -> [Kept] {
        let table = try ChannelTable(database, rules: RetentionRules())
        let time = try SQLStatement(
            database,
            "SELECT time FROM event WHERE channel = ? AND position > ? ORDER BY position LIMIT 1")
        var kept: [Kept] = []
        var id: Int64 = 0
        while true {
            let channels = try table.channels(after: id, count: 1_000)
            guard let last = channels.last else { return kept }
            id = last.id
            for channel in channels where !channel.isEmpty {
                let times = try [channel.start, channel.last.predecessor].map { position in
                    try time.first(channel.id, position) { try $0.time(0) } ?? 0
                }
                kept.append(
                    Kept(
                        name: channel.name, events: Int(channel.next.number - channel.first.number),
                        bytes: Int(channel.next.offset - channel.first.offset), oldest: times[0], newest: times[1]))
            }
        }
    }

    /// What SQLite finds, and what must be so in every ledger.
    private static func damage(in database: Database) throws -> [String] {
        let findings = try String.fetchAll(database, sql: "PRAGMA integrity_check(20)").filter { $0 != "ok" }
        guard findings.isEmpty else { return findings }
        let rules = [
            ("events beyond the head", "SELECT count(*) FROM event, ledger WHERE position > head"),
            (
                "positions that were used twice",
                """
                SELECT count(*) FROM (
                    SELECT 1 FROM event GROUP BY position
                    HAVING count(*) > 1
                        AND (min(time) <> max(time) OR min(type) <> max(type) OR min(data) <> max(data)))
                """
            ),
            ("events of unknown channels", "SELECT count(*) FROM event WHERE channel NOT IN (SELECT id FROM channel)"),
            (
                "channels whose events are not numbered one by one",
                """
                SELECT count(*) FROM (
                    SELECT 1 FROM event JOIN channel ON channel.id = event.channel WHERE position > start
                    GROUP BY channel HAVING max(number) - min(number) + 1 <> count(*))
                """
            ),
            (
                "events that do not begin where the ones before them end",
                """
                SELECT count(*) FROM (
                    SELECT offset, lag(offset + \(try Schema.eventSize(database))) OVER (
                        PARTITION BY channel ORDER BY position) AS expected
                    FROM event JOIN channel ON channel.id = event.channel WHERE position > start)
                WHERE offset <> expected
                """
            ),
            ("events of impossible times", "SELECT count(*) FROM event WHERE time NOT BETWEEN 0 AND 8640000000000000"),
            (
                "idempotency keys of events that never were",
                "SELECT count(*) FROM idempotencyKey, ledger WHERE first < 1 OR count < 1 OR first > head - count + 1"
            ),
        ]
        return try rules.compactMap { text, sql in
            let count = try Self.number(database, sql)
            return count > 0 ? "\(count) \(text)" : nil
        }
    }
}
