/* The tables, as a row a version. Migrations only ever grow: a row that was released is never
 * changed. All that a ledger lacks run in one transaction with the version number, so an
 * interrupted migration was never there. Words, not numbers, stand for states, so that the order of
 * an enum is not a file format; amounts are 10^-8 units, moments wall milliseconds. */
#include <stdio.h>

#include "base/crashpoint.h"
#include "ledger/sqlite.h"

#define UNFINISHED_1                                                                               \
    "(state = 'placing' OR state = 'doubt' OR state = 'pending' OR state = 'processing'"           \
    " OR state = 'in_progress')"
#define LIVE "(state = 'sending' OR state = 'accepted' OR state = 'doubt')"
#define ATTEMPT_STATES "CHECK (" LIVE " OR state = 'not_sent' OR state = 'refused')"

static const char *const migrations[SQLITE_SCHEMA_VERSION] = {
    "CREATE TABLE orders ("
    " id INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 2147483647),"
    " client TEXT NOT NULL, service INTEGER NOT NULL, type TEXT NOT NULL, fields TEXT NOT NULL,"
    " quantity INTEGER NOT NULL, rate INTEGER NOT NULL, charge INTEGER NOT NULL,"
    " paid INTEGER NOT NULL, currency TEXT NOT NULL,"
    " state TEXT NOT NULL CHECK (" UNFINISHED_1 " OR state = 'completed' OR state = 'partial'"
    "  OR state = 'canceled' OR state = 'refused'),"
    " is_number_given INTEGER NOT NULL, start_count INTEGER, remains INTEGER NOT NULL,"
    " provider TEXT NOT NULL, upstream_service TEXT NOT NULL, upstream_id TEXT NOT NULL,"
    " extra TEXT NOT NULL, parent INTEGER NOT NULL, reason TEXT NOT NULL,"
    " request_id TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX orders_by_client ON orders(client, id);"
    "CREATE INDEX orders_unfinished ON orders(id) WHERE " UNFINISHED_1 ";"
    "CREATE INDEX orders_in_doubt ON orders(id) WHERE state = 'doubt';"
    "CREATE INDEX orders_by_parent ON orders(parent, id) WHERE parent <> 0;"

    "CREATE TABLE attempts ("
    " order_id INTEGER NOT NULL REFERENCES orders(id), number INTEGER NOT NULL,"
    " provider TEXT NOT NULL, upstream_service TEXT NOT NULL, cost INTEGER NOT NULL,"
    " state TEXT NOT NULL " ATTEMPT_STATES ","
    " upstream_id TEXT NOT NULL, text TEXT NOT NULL, evidence TEXT NOT NULL,"
    " request_id TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,"
    " PRIMARY KEY (order_id, number)) STRICT, WITHOUT ROWID;"
    /* Never sent twice: while one attempt may have been executed there is no other. */
    "CREATE UNIQUE INDEX attempts_live ON attempts(order_id)"
    " WHERE " LIVE ";"
    "CREATE INDEX attempts_sending ON attempts(order_id, number) WHERE state = 'sending';"

    "CREATE TABLE events ("
    " order_id INTEGER NOT NULL REFERENCES orders(id), number INTEGER NOT NULL,"
    " at INTEGER NOT NULL, word TEXT NOT NULL, from_state TEXT NOT NULL, to_state TEXT NOT NULL,"
    " reason TEXT NOT NULL, request_id TEXT NOT NULL,"
    " PRIMARY KEY (order_id, number)) STRICT, WITHOUT ROWID;"
    "CREATE TRIGGER events_stay BEFORE UPDATE ON events"
    " BEGIN SELECT RAISE(ABORT, 'events are only added'); END;"
    "CREATE TRIGGER events_last BEFORE DELETE ON events"
    " BEGIN SELECT RAISE(ABORT, 'events are only added'); END;"

    "CREATE TABLE aftersales ("
    " number INTEGER PRIMARY KEY CHECK (number BETWEEN 1 AND 2147483647),"
    " kind TEXT NOT NULL CHECK (kind IN ('refill','cancel')),"
    " order_id INTEGER NOT NULL REFERENCES orders(id), client TEXT NOT NULL,"
    " provider TEXT NOT NULL,"
    " state TEXT NOT NULL " ATTEMPT_STATES ","
    " upstream_id TEXT NOT NULL, status TEXT NOT NULL, text TEXT NOT NULL, evidence TEXT NOT NULL,"
    " request_id TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX aftersales_by_order ON aftersales(order_id, number);"
    "CREATE INDEX aftersales_sending ON aftersales(number) WHERE state = 'sending';"

    /* Double entry: the rows of one (order_id, number) are one transaction and sum to 0. */
    "CREATE TABLE accounts (name TEXT PRIMARY KEY, opened_at INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE postings ("
    " order_id INTEGER NOT NULL, number INTEGER NOT NULL,"
    " account TEXT NOT NULL REFERENCES accounts(name), amount INTEGER NOT NULL,"
    " currency TEXT NOT NULL, at INTEGER NOT NULL,"
    " PRIMARY KEY (order_id, number, account)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE lists (provider TEXT PRIMARY KEY, body TEXT NOT NULL,"
    " fetched_at INTEGER NOT NULL) STRICT;"
    "CREATE TABLE imports (provider TEXT NOT NULL, upstream_service TEXT NOT NULL,"
    " service INTEGER NOT NULL UNIQUE, at INTEGER NOT NULL,"
    " PRIMARY KEY (provider, upstream_service)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE prices (id INTEGER PRIMARY KEY, provider TEXT NOT NULL,"
    " upstream_service TEXT NOT NULL, rate INTEGER NOT NULL, note TEXT NOT NULL,"
    " at INTEGER NOT NULL) STRICT;"
    "CREATE INDEX prices_by_service ON prices(provider, upstream_service, id);"

    "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO counters VALUES ('tries', 0);",

    /* Version 2: what an add changes lies in fewer trees. An order's row says itself how many
     * events it has, which attempt of it may have been executed, and when it was settled; a booking
     * is one row that names both accounts, so that it cannot but sum to 0. */
    "ALTER TABLE orders ADD COLUMN events INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE orders ADD COLUMN live_attempt INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE orders ADD COLUMN settled_at INTEGER;"
    "ALTER TABLE orders ADD COLUMN attempt_cost INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE orders ADD COLUMN attempt_started_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE orders ADD COLUMN attempt_request_id TEXT NOT NULL DEFAULT '';"
    /* The first version let an order move on without its attempt. */
    "UPDATE attempts SET state = 'doubt', ended_at = started_at,"
    " evidence = 'restart while it was being sent'"
    " WHERE state = 'sending' AND order_id NOT IN (SELECT id FROM orders WHERE state = 'placing');"
    /* It also let one stay in placing with its attempt in doubt, and made that a doubt at the next
     * start, as recovery does with what is being sent. */
    "UPDATE attempts SET state = 'sending' WHERE state = 'doubt'"
    " AND order_id IN (SELECT id FROM orders WHERE state = 'placing');"
    "UPDATE orders SET attempt_cost = a.cost, attempt_started_at = a.started_at,"
    " attempt_request_id = a.request_id, provider = a.provider,"
    " upstream_service = a.upstream_service FROM attempts AS a"
    " WHERE a.order_id = orders.id AND a.state = 'sending';"
    "UPDATE orders SET"
    " events = (SELECT coalesce(max(number), 0) FROM events WHERE order_id = id),"
    " live_attempt = coalesce((SELECT number FROM attempts WHERE order_id = id AND " LIVE "), 0),"
    " settled_at = CASE WHEN " UNFINISHED_1 " THEN NULL ELSE updated_at END;"
    "DELETE FROM attempts WHERE state = 'sending';"
    "DROP INDEX orders_unfinished;"
    "CREATE INDEX orders_unfinished ON orders(id) WHERE " SQLITE_UNFINISHED ";"
    "DROP INDEX attempts_live;"
    "DROP INDEX attempts_sending;"
    "ALTER TABLE postings RENAME TO halves;"
    "CREATE TABLE postings ("
    " order_id INTEGER NOT NULL REFERENCES orders(id), number INTEGER NOT NULL,"
    " from_account TEXT NOT NULL, to_account TEXT NOT NULL,"
    " amount INTEGER NOT NULL CHECK (amount > 0), currency TEXT NOT NULL, at INTEGER NOT NULL,"
    " CHECK (from_account <> to_account),"
    " PRIMARY KEY (order_id, number)) STRICT, WITHOUT ROWID;"
    "INSERT INTO postings SELECT f.order_id, f.number, f.account, t.account, t.amount, t.currency,"
    " t.at FROM halves AS f JOIN halves AS t ON t.order_id = f.order_id AND t.number = f.number"
    " WHERE f.amount < 0 AND t.amount > 0;"
    "DROP TABLE halves;"
    "DROP TABLE accounts;",

    /* Version 3: what operators decided outlives a restart, and clients live here too. */
    "CREATE TABLE pauses (provider TEXT PRIMARY KEY, until INTEGER NOT NULL, at INTEGER NOT NULL,"
    " reason TEXT NOT NULL, who TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE clients (name TEXT PRIMARY KEY, settings TEXT NOT NULL,"
    " is_frozen INTEGER NOT NULL, created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE client_keys (client TEXT NOT NULL REFERENCES clients(name), label TEXT NOT NULL,"
    " sha256 BLOB NOT NULL UNIQUE, created_at INTEGER NOT NULL, last_used_at INTEGER NOT NULL,"
    " revoked_at INTEGER NOT NULL, PRIMARY KEY (client, label)) STRICT, WITHOUT ROWID;",
};

static bool sqlite_schema_migrate_from(struct backend_connection *connection, int version,
                                       struct fault *why)
{
    char stamp[96];
    snprintf(stamp, sizeof stamp, "PRAGMA user_version = %d; PRAGMA application_id = %d;",
             SQLITE_SCHEMA_VERSION, SQLITE_APPLICATION);
    if (!sqlite_run(connection, "BEGIN IMMEDIATE", why))
        return false;
    bool is_done = true;
    for (; is_done && version < SQLITE_SCHEMA_VERSION; version++)
        is_done = sqlite_run(connection, migrations[version], why);
    CRASH_POINT("ledger.migrating");
    is_done =
        is_done && sqlite_run(connection, stamp, why) && sqlite_run(connection, "COMMIT", why);
    CRASH_POINT("ledger.migrated");
    if (is_done)
        return true;
    if (!sqlite3_get_autocommit(connection->db))
        (void)sqlite_run(connection, "ROLLBACK", NULL);
    return false;
}

bool sqlite_migrate(struct backend_connection *connection, struct fault *why)
{
    if (!sqlite_revive(connection, why))
        return false;
    int version = (int)sqlite_number(connection, "PRAGMA user_version");
    int64_t application = sqlite_number(connection, "PRAGMA application_id");
    int64_t tables = sqlite_number(connection, "SELECT count(*) FROM sqlite_schema");
    if (application != SQLITE_APPLICATION && (application != 0 || tables != 0 || version != 0))
        return fault_set(why, FAULT_INVALID,
                         "ledger %s: an SQLite database of another program; name another file",
                         connection->path);
    if (version < 0)
        return fault_set(why, FAULT_BROKEN,
                         "ledger %s: damaged (version %d of the books); put the last backup in its "
                         "place",
                         connection->path, version);
    if (version > SQLITE_SCHEMA_VERSION)
        return fault_set(why, FAULT_INVALID,
                         "ledger %s: written by a newer panelmux (version %d of the books, this "
                         "one knows %d); run that one",
                         connection->path, version, SQLITE_SCHEMA_VERSION);
    if (!connection->is_writer && version < SQLITE_SCHEMA_VERSION)
        return fault_set(why, FAULT_INVALID, "ledger %s: %s; start the gateway on it once",
                         connection->path, version ? "from an older panelmux" : "empty");
    return version == SQLITE_SCHEMA_VERSION || sqlite_schema_migrate_from(connection, version, why);
}
