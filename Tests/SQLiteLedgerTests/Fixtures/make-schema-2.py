#!/usr/bin/env python3
"""Makes schema-2.db: a ledger before events had attributes. Its schema is frozen here, whatever becomes of the sources."""

import os
import sqlite3
from pathlib import Path

FILE = Path(__file__).with_name("schema-2.db")
SCHEMA = """
    CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
    INSERT INTO grdb_migrations VALUES ('1'), ('2');
    CREATE TABLE ledger (
        id INTEGER PRIMARY KEY CHECK (id = 1), epoch TEXT NOT NULL, head INTEGER NOT NULL DEFAULT 0,
        forgotten INTEGER NOT NULL DEFAULT 0, probed INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE channel (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, start INTEGER NOT NULL) STRICT;
    CREATE TABLE event (
        channel INTEGER NOT NULL, position INTEGER NOT NULL, time INTEGER NOT NULL, number INTEGER NOT NULL,
        offset INTEGER NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (channel, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE idempotencyKey (
        channel TEXT NOT NULL, key TEXT NOT NULL, fingerprintHigh INTEGER NOT NULL, fingerprintLow INTEGER NOT NULL,
        first INTEGER NOT NULL, count INTEGER NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (channel, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX idempotencyKeyByPosition ON idempotencyKey (first, time);
"""
TIME = 1_795_000_000_000
# The fingerprint of one event of the type `order` with the data `{"n":8}`.
FINGERPRINT = (5894745868962196895, -6540475376231625067)


def main():
    FILE.unlink(missing_ok=True)
    with sqlite3.connect(FILE) as database:
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")
        database.execute(f"PRAGMA application_id = {0x506C7578}")
        database.executescript(SCHEMA)
        # 12 positions were given out; of `orders` the first two events are gone, of `gone` all.
        database.execute("INSERT INTO ledger (id, epoch, head) VALUES (1, 'secondone', 12)")
        database.executemany("INSERT INTO channel VALUES (?, ?, ?)", [(1, "orders", 3), (2, "dätes", 0), (3, "gone", 12)])
        offset = 0
        for number, position in enumerate([4, 6, 8]):
            data = f'{{"n":{position}}}'
            row = (1, position, TIME + position, number + 2, 100 + offset, "order", data)
            database.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            offset += len("order") + len(data)
        database.execute("INSERT INTO event VALUES (2, 5, ?, 0, 0, '', 'é')", (TIME + 5,))
        database.execute(
            "INSERT INTO idempotencyKey VALUES ('orders', 'k', ?, ?, 8, 1, ?)", (*FINGERPRINT, TIME + 8))
    database.close()
    os.chmod(FILE, 0o644)


main()
