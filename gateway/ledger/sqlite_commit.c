/* Group commit: one transaction and one fsync for all that has arrived.
 *
 *   begin -> load what the batch concerns -> plan each entry -> store -> commit
 *
 * An entry is wholly in or wholly out, for the plan refuses before anything is written. Should the
 * storage refuse what the plan allowed, the batch is rolled back and its entries are committed one
 * by one, so that only the culprit is refused. An error of the storage fails the whole batch, and
 * every asker hears of it, whether or not SQLite has rolled back by itself. */
#include "base/clock.h"
#include "base/crashpoint.h"
#include "base/log.h"
#include "ledger/sqlite.h"

enum { SWEEP_MS = 60 * 1000 };

static struct ledger_outcome sqlite_commit_plan(struct backend_connection *connection,
                                                struct plan *plan, const struct ledger_entry *entry,
                                                int *code)
{
    if (entry->kind == ENTRY_CHANGE) {
        *code = sqlite_plan_load_number(connection, plan, entry->of.change);
        return *code == SQLITE_OK ? plan_change(plan, entry->of.change, entry->at_ms)
                                  : (struct ledger_outcome){.result = LEDGER_FAILED};
    }
    if (entry->kind == ENTRY_CREDIT)
        return plan_credit(plan, entry->of.credit, entry->at_ms);
    return sqlite_keep(connection, entry, code);
}

static int sqlite_commit_apply(struct backend_connection *connection, struct plan *plan,
                               struct ledger_entry **entries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        plan_want(plan, entries[i]);
    int code = sqlite_plan_load(connection, plan);
    for (size_t i = 0; i < count && code == SQLITE_OK; i++)
        entries[i]->outcome = sqlite_commit_plan(connection, plan, entries[i], &code);
    if (code == SQLITE_OK)
        code = sqlite_plan_store(connection, plan);
    if (code == SQLITE_OK && clock_monotonic_ms() - connection->swept_at_ms >= SWEEP_MS) {
        connection->swept_at_ms = clock_monotonic_ms();
        code = sqlite_keep_sweep(connection);
    }
    if (code == SQLITE_OK && count == 0)
        code = sqlite_do_simple(connection, STATEMENT_TRY);
    return code;
}

static int sqlite_commit_all(struct backend_connection *connection, struct ledger_entry **entries,
                             size_t count)
{
    struct plan plan;
    int code = sqlite_do_simple(connection, STATEMENT_BEGIN);
    if (code != SQLITE_OK)
        return code;
    plan_init(&plan);
    code = sqlite_commit_apply(connection, &plan, entries, count);
    if (code == SQLITE_OK && sqlite3_get_autocommit(connection->db))
        code = SQLITE_ABORT_ROLLBACK;
    CRASH_POINT("ledger.committing");
    if (code == SQLITE_OK)
        code = sqlite_do_simple(connection, STATEMENT_COMMIT);
    CRASH_POINT("ledger.committed");
    if (code == SQLITE_OK)
        sqlite_recent_keep(connection, &plan);
    plan_fini(&plan);
    return code;
}

static void sqlite_commit_fail_all(struct ledger_entry **entries, size_t count,
                                   enum ledger_result result)
{
    for (size_t i = 0; i < count; i++)
        entries[i]->outcome = (struct ledger_outcome){.result = result};
}

static void sqlite_commit_roll_back(struct backend_connection *connection)
{
    connection->next_event = 0;
    sqlite_recent_clear(connection->recent);
    if (connection->db && !sqlite3_get_autocommit(connection->db))
        sqlite_do_simple(connection, STATEMENT_ROLLBACK);
}

/* What a failed commit wrote into the log may be whole there, only never synced or never published;
 * the next commit writes over it. So that a crash cannot bring it back, that is done at once. */
static void sqlite_commit_write_over(struct backend_connection *connection)
{
    if (connection->db && sqlite_commit_all(connection, NULL, 0) != SQLITE_OK)
        sqlite_commit_roll_back(connection);
}

/* Of a batch that the storage refused; how many entries were decided before an error. */
static size_t sqlite_commit_singly(struct backend_connection *connection,
                                   struct ledger_entry **entries, size_t count, int *code)
{
    sqlite_commit_roll_back(connection);
    for (size_t i = 0; i < count; i++) {
        *code = sqlite_commit_all(connection, &entries[i], 1);
        if (*code != SQLITE_OK && (*code & 0xff) != SQLITE_CONSTRAINT)
            return i;
        if (*code == SQLITE_OK)
            continue;
        log_event(LOG_ERROR, "ledger_refused", "code=%d reason=%s", *code,
                  log_value(str_of(sqlite3_errmsg(connection->db))).text);
        sqlite_commit_roll_back(connection);
        entries[i]->outcome = (struct ledger_outcome){.result = LEDGER_REFUSED,
                                                      .reason = "the storage does not take that"};
    }
    *code = SQLITE_OK;
    return count;
}

static bool sqlite_commit_failed(struct backend_connection *connection,
                                 struct ledger_entry **entries, size_t count, int code)
{
    char before[sizeof connection->trouble];
    memcpy(before, connection->trouble, sizeof before);
    sqlite_commit_fail_all(entries, count, sqlite_result(connection, code));
    if (strcmp(before, connection->trouble) != 0) /* logged once, however many ask meanwhile */
        log_event(LOG_ERROR, "ledger_commit_failed", "changes=%zu code=%d reason=%s", count, code,
                  log_value(str_of(connection->trouble)).text);
    sqlite_commit_roll_back(connection);
    if ((code & 0xff) == SQLITE_BUSY)
        return false; /* nothing was begun */
    sqlite_reopen(connection);
    sqlite_commit_write_over(connection);
    return false;
}

bool sqlite_commit(struct backend_connection *connection, struct ledger_entry **entries,
                   size_t count)
{
    if (!sqlite_revive(connection, NULL)) {
        sqlite_commit_fail_all(entries, count, connection->opening);
        return false;
    }
    if (!sqlite_is_in_place(connection)) {
        sqlite_commit_fail_all(entries, count, LEDGER_FAILED);
        return false;
    }
    size_t decided = 0;
    int code = sqlite_commit_all(connection, entries, count);
    if ((code & 0xff) == SQLITE_CONSTRAINT)
        decided = sqlite_commit_singly(connection, entries, count, &code);
    if (code != SQLITE_OK)
        return sqlite_commit_failed(connection, entries + decided, count - decided, code);
    /* What went into a file that is no longer the ledger is lost: nobody may be told that it is
     * done. */
    if (!sqlite_is_in_place(connection)) {
        sqlite_commit_fail_all(entries, count, LEDGER_FAILED);
        sqlite_recent_clear(connection->recent);
        return false;
    }
    connection->trouble[0] = '\0';
    return true;
}
