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
            let epoch = Epoch.random()
            logger.warning(
                "the ledger begins a new epoch; readers of the last one are told of a gap where that ends",
                metadata: ["file": "\(file.path)", "reason": "\(breach)", "epoch": "\(epoch)"])
            self.state = try file.explained {
                try queue.write { database in
                    try Self.setEpoch(epoch, in: database)
                    return try Self.state(in: database)
                }
            }
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
        let present = try LedgerState(of: database)
        return LedgerState(epoch: present.epoch, head: present.head, past: try Self.pastLives(in: database))
    }

    private static func pastLives(in database: Database) throws -> [PastLife] {
        let statement = try SQLStatement(database, "SELECT epoch, through FROM pastLife ORDER BY number")
        var lives: [PastLife] = []
        try statement.forEach { row in
            guard let epoch = Epoch(row.bytes(0)[...]) else { throw DatabaseError.damage("pastLife has no epoch") }
            lives.append(PastLife(epoch: epoch, through: try row.position(1)))
            return true
        }
        return lives
    }

    /// Gives a database another epoch, and notes where the life under the last one has ended.
    static func setEpoch(_ epoch: Epoch, in database: Database) throws {
        try database.execute(sql: "INSERT INTO pastLife (epoch, through) SELECT epoch, head FROM ledger")
        try database.execute(sql: "UPDATE ledger SET epoch = ?", arguments: ["\(epoch)"])
    }
}

extension LedgerState {
    /// What a database says of the life that it is in, whatever version it is of.
    ///
    /// - Throws: `DatabaseError`.
    init(of database: Database) throws {
        let statement = try SQLStatement(database, "SELECT epoch, head FROM ledger")
        let row = try statement.first { (epoch: Epoch($0.bytes(0)[...]), head: try $0.position(1)) }
        guard let row, let epoch = row.epoch else { throw DatabaseError.damage("the table ledger has no epoch") }
        self.init(epoch: epoch, head: row.head)
    }
}
