import Channels
import GRDB

/// The idempotency keys of the database. Owner: the writer.
final class KeyTable {
    private static let expiryStep = 1_000

    private let database: Database
    private let windowMilliseconds: Int64
    let limit: Int
    /// How many there are, those included whose window is over and that are still in the table.
    private(set) var count: Int

    private let find: SQLStatement
    private let insert: SQLStatement
    private let oldest: SQLStatement
    private let delete: SQLStatement

    init(_ database: Database, window: Duration, limit: Int) throws {
        self.database = database
        self.windowMilliseconds = window.milliseconds
        self.limit = limit
        self.count = try Int.fetchOne(database, sql: "SELECT count(*) FROM idempotencyKey") ?? 0
        self.find = try SQLStatement(
            database,
            """
            SELECT fingerprintHigh, fingerprintLow, first, count, time FROM idempotencyKey
            WHERE channel = ? AND key = ?
            """)
        self.insert = try SQLStatement(
            database,
            """
            INSERT INTO idempotencyKey (channel, key, fingerprintHigh, fingerprintLow, first, count, time)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """)
        self.oldest = try SQLStatement(
            database, "SELECT channel, key, first, time FROM idempotencyKey ORDER BY first LIMIT ?")
        self.delete = try SQLStatement(database, "DELETE FROM idempotencyKey WHERE channel = ? AND key = ?")
    }

    /// What a publication with this key is to be answered, if the key was used before; `nil` if it is new.
    ///
    /// - Parameter head: The newest position that was given.
    func outcome(
        of publication: Publication, key: IdempotencyKey, _ ages: Ages, head: Position
    ) throws -> PublishOutcome? {
        let known = try self.find.first(publication.channel.bytes, Array(key.text.utf8)) { row in
            (fingerprint: (row.integer(0), row.integer(1)), receipt: try Self.receipt(row, head: head))
        }
        guard let known, !self.isOver(known.receipt.first, known.receipt.time, ages) else { return nil }
        return known.fingerprint == Self.halves(of: publication) ? .replayed(known.receipt) : .keyConflict
    }

    /// Whether one key more can be remembered, once those are forgotten whose window is over.
    func makeRoom(_ ages: Ages) throws -> Bool {
        try self.expire(ages)
        return self.count < self.limit
    }

    func remember(_ key: IdempotencyKey, of publication: Publication, receipt: Receipt) throws {
        let (high, low) = Self.halves(of: publication)
        // An entry of the same name whose window is over may still be there.
        try self.delete.run(publication.channel.bytes, Array(key.text.utf8))
        self.count -= self.database.changesCount
        try self.insert.run(
            publication.channel.bytes, Array(key.text.utf8), high, low,
            receipt.first, receipt.count, receipt.time)
        self.count += 1
    }

    /// Forgets some of the keys whose window is over, the oldest first. As more are forgotten than remembered, the others
    /// do not pile up.
    func expire(_ ages: Ages) throws {
        var keys: [([UInt8], [UInt8])] = []
        try self.oldest.forEach(Self.expiryStep) { row in
            guard self.isOver(try row.position(2), try row.time(3), ages) else { return false }
            keys.append((row.bytes(0), row.bytes(1)))
            return true
        }
        for (channel, key) in keys { try self.delete.run(channel, key) }
        self.count -= keys.count
    }

    private func isOver(_ first: Position, _ time: Int64, _ ages: Ages) -> Bool {
        ages.instant(ofTime: time, at: first) < ages.now - self.windowMilliseconds
    }

    /// Reads a receipt from the third column on.
    private static func receipt(_ row: SQLStatement.Row, head: Position) throws -> Receipt {
        let first = try row.position(2)
        let count = try row.integer(3, within: 1...(1 << 32), "a number of events")
        let receipt = Receipt(first: first, count: Int(count), time: try row.time(4))
        guard first > .zero, receipt.last <= head else {
            throw DatabaseError.damage("an idempotency key is of events beyond the head")
        }
        return receipt
    }

    /// The database has gone back to where it had so many.
    func reset(to count: Int) {
        self.count = count
    }

    private static func halves(of publication: Publication) -> (Int64, Int64) {
        let fingerprint = Fingerprint(publication)
        return (Int64(bitPattern: fingerprint.high), Int64(bitPattern: fingerprint.low))
    }
}
