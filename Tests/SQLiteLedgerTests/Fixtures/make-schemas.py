#!/usr/bin/env python3
"""Makes schema-1.db and schema-2.db: ledgers as earlier releases wrote them. Their schemas are frozen here, whatever becomes of the sources.

The first release kept idempotency keys by time; the second by position, and no attributes of events yet.
"""

import os
import sqlite3
from pathlib import Path

SCHEMA = """
    CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
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
"""
TIME = 1_795_000_000_000
# The fingerprint of one event of the type `order` with the data `{"n":8}`.
FINGERPRINT = (5894745868962196895, -6540475376231625067)


def make(version, epoch, index, keys=()):
    file = Path(__file__).with_name(f"schema-{version}.db")
    file.unlink(missing_ok=True)
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")
        database.execute(f"PRAGMA application_id = {0x506C7578}")
        database.executescript(SCHEMA + index)
        database.executemany("INSERT INTO grdb_migrations VALUES (?)", [(str(number + 1),) for number in range(version)])
        # 12 positions were given out; of `orders` the first two events are gone, of `gone` all.
        database.execute("INSERT INTO ledger (id, epoch, head) VALUES (1, ?, 12)", (epoch,))
        database.executemany("INSERT INTO channel VALUES (?, ?, ?)", [(1, "orders", 3), (2, "dätes", 0), (3, "gone", 12)])
        offset = 0
        for number, position in enumerate([4, 6, 8]):
            data = f'{{"n":{position}}}'
            row = (1, position, TIME + position, number + 2, 100 + offset, "order", data)
            database.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            offset += len("order") + len(data)
        database.execute("INSERT INTO event VALUES (2, 5, ?, 0, 0, '', 'é')", (TIME + 5,))
        database.executemany("INSERT INTO idempotencyKey VALUES ('orders', 'k', ?, ?, 8, 1, ?)", keys)
    database.close()
    os.chmod(file, 0o644)


make(1, "firstone", "CREATE INDEX idempotencyKeyByTime ON idempotencyKey (time);")
make(2, "secondone", "CREATE INDEX idempotencyKeyByPosition ON idempotencyKey (first, time);", [(*FINGERPRINT, TIME + 8)])
