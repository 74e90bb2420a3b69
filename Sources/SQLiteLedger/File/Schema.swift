import GRDB

/// What is in the file. Each version is a migration; none is ever changed once it was released.
enum Schema {
    /// Marks a database as a ledger of Pollux: the letters `Plux`.
    static let applicationID = 0x506C_7578

    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { try $0.execute(sql: Self.first) }
        migrator.registerMigration("2") { try $0.execute(sql: Self.second) }
        migrator.registerMigration("3") { try $0.execute(sql: Self.third) }
        migrator.registerMigration("4") { try $0.execute(sql: Self.fourth) }
        return migrator
    }()

    /// All text is compared byte by byte. Times are milliseconds since 1970.
    private static let first = """
        -- One row: which ledger this is, and the position of the newest event that ever was.
        CREATE TABLE ledger (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            epoch TEXT NOT NULL,
            head INTEGER NOT NULL DEFAULT 0,
            -- Channels that are not in the table count as trimmed up to here.
            forgotten INTEGER NOT NULL DEFAULT 0,
            -- When a write was last tried.
            probed INTEGER NOT NULL DEFAULT 0
        ) STRICT;

        CREATE TABLE channel (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            -- Events up to and including this position are gone, even where their rows are still there.
            start INTEGER NOT NULL
        ) STRICT;

        -- By channel, then by position: what one reader wants lies together, and so does what goes first.
        CREATE TABLE event (
            channel INTEGER NOT NULL,
            position INTEGER NOT NULL,
            time INTEGER NOT NULL,
            -- How many events the channel had before this one, and how many bytes of types and data: how much it holds
            -- is known from its first and its last event.
            number INTEGER NOT NULL,
            offset INTEGER NOT NULL,
            type TEXT NOT NULL,
            data TEXT NOT NULL,
            PRIMARY KEY (channel, position)
        ) STRICT, WITHOUT ROWID;

        -- The receipt that each idempotency key was answered with.
        CREATE TABLE idempotencyKey (
            channel TEXT NOT NULL,
            key TEXT NOT NULL,
            fingerprintHigh INTEGER NOT NULL,
            fingerprintLow INTEGER NOT NULL,
            first INTEGER NOT NULL,
            count INTEGER NOT NULL,
            time INTEGER NOT NULL,
            PRIMARY KEY (channel, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX idempotencyKeyByTime ON idempotencyKey (time);
        """

    /// Positions tell which keys are older, whatever the time of day was.
    private static let second = """
        DROP INDEX idempotencyKeyByTime;
        CREATE INDEX idempotencyKeyByPosition ON idempotencyKey (first, time);
        """

    private static let third = """
        -- As `Attributes` writes them; NULL for none. An event that several channels have has a row in each, under one position.
        ALTER TABLE event ADD COLUMN attributes BLOB;

        CREATE TABLE record (
            name TEXT PRIMARY KEY,
            bytes BLOB NOT NULL,
            -- From when on it is gone; NULL if it stays.
            ends INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX recordByEnd ON record (ends) WHERE ends IS NOT NULL;

        -- The lives before the one that `ledger` names: the events up to `through`, behind those of the life before, were born
        -- under this epoch.
        CREATE TABLE pastLife (
            epoch TEXT PRIMARY KEY,
            through INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    /// Lives have an order of their own: one that ended without an event ended where the one before it did.
    private static let fourth = """
        CREATE TABLE life (
            number INTEGER PRIMARY KEY,
            epoch TEXT NOT NULL UNIQUE,
            through INTEGER NOT NULL
        ) STRICT;
        INSERT INTO life (epoch, through) SELECT epoch, through FROM pastLife ORDER BY through;
        DROP TABLE pastLife;
        ALTER TABLE life RENAME TO pastLife;
        """

    /// The bytes of an event that count, as an expression; also in a database that was not brought up to date.
    static func eventSize(_ database: Database) throws -> String {
        let size = "length(CAST(type AS BLOB)) + length(CAST(data AS BLOB))"
        let hasAttributes = try database.columns(in: "event").contains { $0.name == "attributes" }
        return hasAttributes ? size + " + ifnull(length(attributes), 0)" : size
    }
}
