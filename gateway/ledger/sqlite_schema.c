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

    /* Version 3. Orders: what they were sold and bought at, holds, claims, refs, times; what
     * changes often stands first, and the states are checked by verify. Events have one sequence
     * over the whole ledger, each knows its predecessor, and a posting has the number of its event,
     * so that all three are only appended to. A posting moves a client's balance and, of it, what
     * is held; what the balance gains or loses is the other side's (view entries), so it sums to 0.
     * Beside: accounts, credits, refs, pauses, clients, and which answers were written whole. */
    "CREATE TABLE orders_3 ("
    " id INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 2147483647),"
    " state TEXT NOT NULL, paid INTEGER NOT NULL, held INTEGER NOT NULL, charge INTEGER NOT NULL,"
    " client TEXT NOT NULL, currency TEXT NOT NULL, type TEXT NOT NULL, parent INTEGER NOT NULL,"
    " last_event INTEGER NOT NULL, live_attempt INTEGER NOT NULL, last_attempt INTEGER NOT NULL,"
    " provider TEXT NOT NULL, upstream_service TEXT NOT NULL, upstream_id TEXT NOT NULL,"
    " cost INTEGER NOT NULL, attempt_started_at INTEGER NOT NULL,"
    " attempt_request_id TEXT," /* NULL: request_id */
    " request_id TEXT NOT NULL,"
    " is_number_given INTEGER NOT NULL, is_claimed INTEGER NOT NULL,"
    " start_count INTEGER, remains INTEGER NOT NULL, quantity INTEGER NOT NULL,"
    " package_unit INTEGER NOT NULL, ref TEXT NOT NULL, extra TEXT NOT NULL, reason TEXT NOT NULL,"
    " created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, accepted_at INTEGER NOT NULL,"
    " reported_at INTEGER NOT NULL, settled_at INTEGER,"
    " service INTEGER NOT NULL, fields TEXT NOT NULL, rate INTEGER NOT NULL,"
    " decimals INTEGER NOT NULL, sale_cost INTEGER NOT NULL,"
    " sale_provider TEXT NOT NULL, sale_service TEXT NOT NULL, link_hash INTEGER NOT NULL,"
    /* An older version could book one child of a parent more than once. */
    " is_duplicate INTEGER NOT NULL DEFAULT 0"
    ") STRICT;"
    "CREATE TABLE events_3 (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders(id),"
    " previous INTEGER NOT NULL, at INTEGER NOT NULL, word TEXT NOT NULL,"
    " from_state TEXT NOT NULL, to_state TEXT NOT NULL, reason TEXT NOT NULL,"
    " request_id TEXT" /* NULL: its order's */
    ") STRICT;"
    "CREATE TABLE postings_3 (id INTEGER PRIMARY KEY REFERENCES events(id),"
    " previous INTEGER NOT NULL, client TEXT NOT NULL, currency TEXT NOT NULL, order_id INTEGER,"
    " kind TEXT NOT NULL, amount INTEGER NOT NULL, held INTEGER NOT NULL,"
    " balance_after INTEGER NOT NULL, held_after INTEGER NOT NULL) STRICT;"
    "CREATE TABLE accounts (client TEXT NOT NULL, currency TEXT NOT NULL,"
    " balance INTEGER NOT NULL, held INTEGER NOT NULL, last_posting INTEGER NOT NULL,"
    " day INTEGER NOT NULL, charged INTEGER NOT NULL,"
    " floor INTEGER," /* NULL: nothing was ever held */
    " PRIMARY KEY (client, currency)) STRICT, WITHOUT ROWID;"
    /* Events by order, as they were numbered; a state stands in each. */
    "INSERT INTO events_3 SELECT row_number() OVER w, order_id,"
    " CASE WHEN number = 1 OR lag(order_id) OVER w IS NOT order_id THEN 0"
    "  ELSE row_number() OVER w - 1 END, at, word,"
    " CASE WHEN to_state <> '' THEN from_state ELSE coalesce((SELECT b.to_state FROM events AS b"
    "  WHERE b.order_id = events.order_id AND b.number < events.number AND b.to_state <> ''"
    "  ORDER BY b.number DESC LIMIT 1), '') END,"
    " CASE WHEN to_state <> '' THEN to_state ELSE coalesce((SELECT b.to_state FROM events AS b"
    "  WHERE b.order_id = events.order_id AND b.number < events.number AND b.to_state <> ''"
    "  ORDER BY b.number DESC LIMIT 1), '') END, reason, request_id"
    " FROM events WINDOW w AS (ORDER BY order_id, number);"
    /* What was paid of an order in doubt is held for it, as nothing is certain yet. */
    "INSERT INTO postings_3 SELECT id, coalesce(lag(id) OVER w, 0), client, currency, order_id,"
    " kind, amount, held, sum(amount) OVER w, sum(held) OVER w FROM (SELECT e.id AS id,"
    "  o.client AS client, p.currency AS currency, p.order_id AS order_id,"
    "  CASE WHEN o.state IN ('doubt','placing') AND p.to_account = 'sales' THEN 'hold'"
    "   WHEN o.state IN ('doubt','placing') THEN 'release'"
    "   WHEN p.to_account = 'sales' THEN 'capture' ELSE 'refund' END AS kind,"
    "  CASE WHEN o.state IN ('doubt','placing') THEN 0 WHEN p.to_account = 'sales' THEN -p.amount"
    "   ELSE p.amount END AS amount,"
    "  CASE WHEN o.state NOT IN ('doubt','placing') THEN 0 WHEN p.to_account = 'sales' THEN "
    "p.amount"
    "   ELSE -p.amount END AS held"
    "  FROM (SELECT row_number() OVER (ORDER BY order_id, number) AS id, order_id, number"
    "   FROM events) AS e JOIN postings AS p ON p.order_id = e.order_id AND p.number = e.number"
    "  JOIN orders AS o ON o.id = p.order_id)"
    " WINDOW w AS (PARTITION BY client, currency ORDER BY id);"
    "INSERT INTO accounts SELECT client, currency, sum(amount), sum(held), max(id), 0, 0, NULL"
    " FROM postings_3 GROUP BY client, currency;"
    "INSERT INTO orders_3 SELECT id, state, paid, CASE WHEN state IN ('doubt','placing') THEN paid "
    "ELSE 0 END,"
    " charge, client, currency, type, parent,"
    " 0, live_attempt,"
    " max(live_attempt, coalesce((SELECT max(number) FROM attempts WHERE order_id = orders.id), "
    "0)),"
    " provider, upstream_service, upstream_id,"
    " coalesce((SELECT cost FROM attempts WHERE order_id = orders.id AND number = live_attempt),"
    "  attempt_cost), attempt_started_at,"
    " nullif(attempt_request_id, request_id), request_id, is_number_given, 1, start_count, "
    "remains, quantity,"
    " 0, '', extra, reason, created_at, updated_at,"
    " coalesce((SELECT ended_at FROM attempts WHERE order_id = orders.id AND state = 'accepted'),"
    "  0), CASE WHEN state IN ('placing','doubt','refused') THEN 0 ELSE updated_at END, settled_at,"
    " service, fields, rate, 0, 0, provider, upstream_service, 0,"
    " parent <> 0 AND upstream_id <> '' AND EXISTS (SELECT 1 FROM orders AS o"
    "  WHERE o.parent = orders.parent AND o.parent <> 0 AND o.upstream_id = orders.upstream_id"
    "  AND o.id < orders.id) FROM orders;"
    "DROP TABLE postings;"
    "DROP TABLE events;"
    "DROP TABLE orders;"
    "ALTER TABLE orders_3 RENAME TO orders;"
    "ALTER TABLE events_3 RENAME TO events;"
    "ALTER TABLE postings_3 RENAME TO postings;"
    "UPDATE orders SET last_event = l.id FROM (SELECT order_id, max(id) AS id FROM events"
    " GROUP BY order_id) AS l WHERE l.order_id = orders.id;"
    "CREATE INDEX orders_by_client ON orders(client, id);"
    "CREATE INDEX orders_unfinished ON orders(id) WHERE " SQLITE_UNFINISHED ";"
    "CREATE INDEX orders_in_doubt ON orders(id) WHERE state = 'doubt';"
    "CREATE INDEX orders_by_upstream ON orders(provider, upstream_id) WHERE upstream_id <> '';"
    "CREATE INDEX orders_by_link ON orders(link_hash) WHERE link_hash <> 0"
    " AND " SQLITE_UNFINISHED ";"
    "CREATE INDEX orders_settled ON orders(settled_at, id) WHERE settled_at IS NOT NULL;"
    "CREATE INDEX orders_by_parent ON orders(parent, id) WHERE parent <> 0;"
    "CREATE UNIQUE INDEX orders_child ON orders(parent, upstream_id) WHERE parent <> 0"
    " AND upstream_id <> '' AND is_duplicate = 0;"
    "CREATE TRIGGER events_stay BEFORE UPDATE ON events"
    " BEGIN SELECT RAISE(ABORT, 'events are only added'); END;"
    "CREATE TRIGGER events_last BEFORE DELETE ON events"
    " BEGIN SELECT RAISE(ABORT, 'events are only added'); END;"
    "CREATE TRIGGER postings_stay BEFORE UPDATE ON postings"
    " BEGIN SELECT RAISE(ABORT, 'postings are only added'); END;"
    "CREATE TRIGGER postings_last BEFORE DELETE ON postings"
    " BEGIN SELECT RAISE(ABORT, 'postings are only added'); END;"
    /* Each posting as the entries of one transaction. */
    "CREATE VIEW entries AS SELECT id AS transaction_id, 'available:' || client AS account,"
    " currency, amount - held AS amount FROM postings"
    " UNION ALL SELECT id, 'held:' || client, currency, held FROM postings"
    " UNION ALL SELECT id, CASE WHEN kind IN ('deposit','correction') THEN 'cash' ELSE 'sales' END,"
    " currency, -amount FROM postings;"
    "CREATE INDEX aftersales_refills ON aftersales(provider, number) WHERE " SQLITE_OPEN_REFILL ";"
    "CREATE TABLE credits (client TEXT NOT NULL, id TEXT NOT NULL, amount INTEGER NOT NULL,"
    " posting INTEGER NOT NULL REFERENCES postings(id), at INTEGER NOT NULL,"
    " PRIMARY KEY (client, id)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE refs (client TEXT NOT NULL, ref TEXT NOT NULL, digest BLOB NOT NULL,"
    " order_id INTEGER NOT NULL REFERENCES orders(id), at INTEGER NOT NULL,"
    " PRIMARY KEY (client, ref)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX refs_by_time ON refs(at);"
    "CREATE TABLE answers (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, orders BLOB NOT NULL"
    ") STRICT;"
    "CREATE TABLE pauses (provider TEXT PRIMARY KEY, until INTEGER NOT NULL, at INTEGER NOT NULL,"
    " reason TEXT NOT NULL, who TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE clients (name TEXT PRIMARY KEY, settings TEXT NOT NULL,"
    " is_frozen INTEGER NOT NULL, created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE client_keys (client TEXT NOT NULL REFERENCES clients(name), label TEXT NOT NULL,"
    " sha256 BLOB NOT NULL UNIQUE, created_at INTEGER NOT NULL, last_used_at INTEGER NOT NULL,"
    " revoked_at INTEGER NOT NULL, PRIMARY KEY (client, label)) STRICT, WITHOUT ROWID;",

    /* Version 4: an order may go on from an attempt that its panel ended. The attempt says what it
     * delivered and keeps of its cost, the order how many such attempts it had, and their sums. */
    "ALTER TABLE orders ADD COLUMN moves INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE orders ADD COLUMN delivered INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE orders ADD COLUMN spent INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE attempts_4 ("
    " order_id INTEGER NOT NULL REFERENCES orders(id), number INTEGER NOT NULL,"
    " provider TEXT NOT NULL, upstream_service TEXT NOT NULL, cost INTEGER NOT NULL,"
    " state TEXT NOT NULL, upstream_id TEXT NOT NULL, text TEXT NOT NULL, evidence TEXT NOT NULL,"
    " request_id TEXT NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,"
    " delivered INTEGER NOT NULL, kept INTEGER NOT NULL,"
    " PRIMARY KEY (order_id, number)) STRICT, WITHOUT ROWID;"
    "INSERT INTO attempts_4 SELECT order_id, number, provider, upstream_service, cost, state,"
    " upstream_id, text, evidence, request_id, started_at, ended_at, 0, 0 FROM attempts;"
    "DROP TABLE attempts;"
    "ALTER TABLE attempts_4 RENAME TO attempts;"
    "CREATE INDEX attempts_ended_by_panel ON attempts(provider, upstream_id)"
    " WHERE " SQLITE_ENDED_BY_PANEL ";",
};

static bool sqlite_schema_migrate_from(struct backend_connection *connection, int version,
                                       struct fault *why)
{
    char stamp[96];
    snprintf(stamp, sizeof stamp, "PRAGMA user_version = %d; PRAGMA application_id = %d;",
             SQLITE_SCHEMA_VERSION, SQLITE_APPLICATION);
    /* A migration sorts more than memory should hold. */
    if (!sqlite_run(connection, "PRAGMA temp_store = FILE", why) ||
        !sqlite_run(connection, "BEGIN IMMEDIATE", why))
        return false;
    bool is_done = true;
    for (; is_done && version < SQLITE_SCHEMA_VERSION; version++)
        is_done = sqlite_run(connection, migrations[version], why);
    CRASH_POINT("ledger.migrating");
    is_done =
        is_done && sqlite_run(connection, stamp, why) && sqlite_run(connection, "COMMIT", why);
    CRASH_POINT("ledger.migrated");
    if (is_done)
        return sqlite_run(connection, "PRAGMA temp_store = MEMORY", why);
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
        return fault_set(why, version ? FAULT_UNAVAILABLE : FAULT_CONFLICT,
                         "ledger %s: %s; start the gateway on it once", connection->path,
                         version ? "from an older panelmux" : "empty");
    return version == SQLITE_SCHEMA_VERSION || sqlite_schema_migrate_from(connection, version, why);
}
