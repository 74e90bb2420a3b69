// insert: rows into a plain SQLite database, as fast as one loop can make them durable; prints one line of JSON.
//
//   insert FILE GROUP SECONDS
//
// WAL, synchronous=FULL, a transaction for each GROUP of rows with 100 bytes.
#include "common.h"
#include <sqlite3.h>

enum { SIZE = 100 };

static sqlite3 *database;

static void check(bool is_good)
{
    if (is_good) return;
    fprintf(stderr, "%s\n", sqlite3_errmsg(database));
    exit(1);
}

static void run(const char *statement) { check(sqlite3_exec(database, statement, NULL, NULL, NULL) == SQLITE_OK); }

static sqlite3_stmt *prepare(const char *text)
{
    sqlite3_stmt *statement;
    check(sqlite3_prepare_v2(database, text, -1, &statement, NULL) == SQLITE_OK);
    return statement;
}

static long row_count(void)
{
    sqlite3_stmt *statement = prepare("SELECT count(*) FROM events");
    check(sqlite3_step(statement) == SQLITE_ROW);
    long count = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return count;
}

static void insert_group(sqlite3_stmt *insert, int group, long first)
{
    char data[SIZE + 1];
    memset(data, 'x', SIZE);
    run("BEGIN IMMEDIATE");
    for (int i = 0; i < group; i++) {
        int length = snprintf(data, sizeof data, "%ld", first + i);
        data[length] = 'x';
        sqlite3_bind_text(insert, 1, data, SIZE, SQLITE_STATIC);
        check(sqlite3_step(insert) == SQLITE_DONE);
        sqlite3_reset(insert);
    }
    run("COMMIT");
}

int main(int count, char **arguments)
{
    if (count != 4) return 2;
    int group = atoi(arguments[2]);
    double limit = atof(arguments[3]) * 1e9;
    check(sqlite3_open(arguments[1], &database) == SQLITE_OK);
    run("PRAGMA journal_mode = WAL");
    run("PRAGMA synchronous = FULL");
    run("CREATE TABLE events (position INTEGER PRIMARY KEY, data TEXT NOT NULL)");
    sqlite3_stmt *insert = prepare("INSERT INTO events (data) VALUES (?)");
    long events = 0;
    uint64_t start = now_ns();
    for (; now_ns() - start < limit; events += group) insert_group(insert, group, events);
    double seconds = (now_ns() - start) / 1e9;
    sqlite3_finalize(insert);
    errno = 0;
    if (row_count() != events) die("rows are missing");
    printf("{\"events\":%ld,\"seconds\":%.3f,\"per_s\":%.1f,\"own_cpu\":%.3f}\n", events, seconds, events / seconds,
        cpu_seconds() / seconds);
    sqlite3_close(database);
    return 0;
}
