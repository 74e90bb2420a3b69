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
    ) throws(LedgerError) {
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
        return try LedgerState(of: database)
    }

    /// Gives a database another epoch, and notes where the life under the last one has ended.
    static func setEpoch(_ epoch: Epoch, in database: Database) throws {
        try database.execute(sql: "INSERT OR REPLACE INTO pastLife (epoch, through) SELECT epoch, head FROM ledger")
        try database.execute(sql: "UPDATE ledger SET epoch = ?", arguments: ["\(epoch)"])
    }
}

extension LedgerState {
    /// What a database says of itself.
    ///
    /// - Throws: `DatabaseError`.
    init(of database: Database) throws {
        let statement = try SQLStatement(database, "SELECT epoch, head FROM ledger")
        let row = try statement.first { (epoch: Epoch($0.bytes(0)[...]), head: try $0.position(1)) }
        guard let row, let epoch = row.epoch else { throw DatabaseError.damage("the table ledger has no epoch") }
        self.init(epoch: epoch, head: row.head)
    }
}
