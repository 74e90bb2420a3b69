import Channels
import GRDB
import Logging

/// Which ledger a database is: it goes on as the one that it was, or, where that could give a position away a second time,
/// under a new epoch.
struct Identity {
    let state: LedgerState

    /// - Parameter isNew: Whether the database was made just now.
    init(
        of queue: DatabaseQueue, _ file: DatabaseFile, _ durability: Durability, _ mark: Mark, isNew: Bool,
        _ logger: Logger
    ) throws {
        let found = try file.explained { try queue.write { try Self.state(in: $0) } }
        let breach = isNew ? nil : Mark.Content.breach(of: mark.content, by: found, boot: Boot.name)
        if let breach {
            self.state = LedgerState(epoch: .random(), head: found.head)
            logger.warning(
                "the ledger begins a new epoch; readers are told of a gap",
                metadata: ["file": "\(file.path)", "reason": "\(breach)", "epoch": "\(self.state.epoch)"])
            try file.explained { [state] in try queue.write { try Self.setEpoch(state.epoch, in: $0) } }
        } else {
            self.state = found
        }
        try mark.write(
            Mark.Content(
                epoch: self.state.epoch, head: self.state.head, boot: Boot.name, isSafe: durability == .power))
    }

    private static func state(in database: Database) throws -> LedgerState {
        try database.execute(
            sql: "INSERT INTO ledger (id, epoch) VALUES (1, ?) ON CONFLICT DO NOTHING", arguments: ["\(Epoch.random())"]
        )
        guard let row = try Row.fetchOne(database, sql: "SELECT epoch, head FROM ledger"),
            let epoch = Epoch(Array((row[0] as String).utf8)[...])
        else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the table ledger has no epoch")
        }
        return LedgerState(epoch: epoch, head: Position(rawValue: UInt64(clamping: row[1] as Int64)))
    }

    /// Gives a database another epoch.
    static func setEpoch(_ epoch: Epoch, in database: Database) throws {
        try database.execute(sql: "UPDATE ledger SET epoch = ?", arguments: ["\(epoch)"])
    }
}
