/* Group commit: one transaction and one fsync for all that has arrived.
 *
 * An entry is wholly in or wholly out. Nearly all refusals come before an entry's first write, so
 * the batch runs without savepoints; when one does fail midway, the transaction is rolled back and
 * the batch runs again with a savepoint around each entry. An error of the storage fails the whole
 * batch: whoever asked is told so, whether or not SQLite has rolled back by itself. */
#include "base/crashpoint.h"
#include "base/log.h"
#include "ledger/sqlite.h"

enum batch { BATCH_DONE, BATCH_AGAIN, BATCH_FAILED };

static enum batch sqlite_commit_apply_one(struct backend_connection *connection,
                                          struct ledger_entry *entry, bool has_savepoint, int *code)
{
    connection->has_written = false;
    if (has_savepoint && (*code = sqlite_do_simple(connection, STATEMENT_SAVEPOINT)) != SQLITE_OK)
        return BATCH_FAILED;
    *code = SQLITE_OK;
    connection->refusal = NULL;
    enum ledger_result result = sqlite_apply(connection, entry, code);
    entry->outcome = (struct ledger_outcome){.result = result, .reason = connection->refusal};
    if (*code != SQLITE_OK || sqlite3_get_autocommit(connection->db)) {
        if (*code == SQLITE_OK)
            *code = SQLITE_ABORT_ROLLBACK;
        return BATCH_FAILED;
    }
    bool must_undo = result != LEDGER_DONE && connection->has_written;
    if (!has_savepoint)
        return must_undo ? BATCH_AGAIN : BATCH_DONE;
    if (must_undo && (*code = sqlite_do_simple(connection, STATEMENT_ROLLBACK_TO)) != SQLITE_OK)
        return BATCH_FAILED;
    *code = sqlite_do_simple(connection, STATEMENT_RELEASE);
    return *code == SQLITE_OK ? BATCH_DONE : BATCH_FAILED;
}

static enum batch sqlite_commit_apply_all(struct backend_connection *connection,
                                          struct ledger_entry **entries, size_t count,
                                          bool has_savepoints, int *code)
{
    *code = sqlite_do_simple(connection, STATEMENT_BEGIN);
    if (*code != SQLITE_OK)
        return BATCH_FAILED;
    for (size_t i = 0; i < count; i++) {
        enum batch batch = sqlite_commit_apply_one(connection, entries[i], has_savepoints, code);
        if (batch != BATCH_DONE)
            return batch;
        CRASH_POINT("ledger.batch");
    }
    if (count == 0 && (*code = sqlite_do_simple(connection, STATEMENT_TRY)) != SQLITE_OK)
        return BATCH_FAILED;
    CRASH_POINT("ledger.committing");
    *code = sqlite_do_simple(connection, STATEMENT_COMMIT);
    CRASH_POINT("ledger.committed");
    return *code == SQLITE_OK ? BATCH_DONE : BATCH_FAILED;
}

static void sqlite_commit_fail_all(struct ledger_entry **entries, size_t count,
                                   enum ledger_result result)
{
    for (size_t i = 0; i < count; i++)
        entries[i]->outcome = (struct ledger_outcome){.result = result};
}

static void sqlite_commit_roll_back(struct backend_connection *connection)
{
    if (connection->db && !sqlite3_get_autocommit(connection->db))
        sqlite_do_simple(connection, STATEMENT_ROLLBACK);
}

/* What a failed commit wrote into the log may be whole there, only never synced or never published;
 * the next commit writes over it. So that a crash cannot bring it back, that is done at once. */
static void sqlite_commit_write_over(struct backend_connection *connection)
{
    int code;
    if (connection->db && sqlite_commit_apply_all(connection, NULL, 0, false, &code) != BATCH_DONE)
        sqlite_commit_roll_back(connection);
}

bool sqlite_commit(struct backend_connection *connection, struct ledger_entry **entries,
                   size_t count)
{
    int code;
    if (!sqlite_revive(connection, NULL)) {
        sqlite_commit_fail_all(entries, count, connection->opening);
        return false;
    }
    if (!sqlite_is_in_place(connection)) {
        sqlite_commit_fail_all(entries, count, LEDGER_FAILED);
        return false;
    }
    enum batch batch = sqlite_commit_apply_all(connection, entries, count, false, &code);
    if (batch == BATCH_AGAIN) {
        sqlite_commit_roll_back(connection);
        batch = sqlite_commit_apply_all(connection, entries, count, true, &code);
        ASSERT(batch != BATCH_AGAIN);
    }
    if (batch == BATCH_DONE) {
        connection->trouble[0] = '\0';
        return true;
    }
    char before[sizeof connection->trouble];
    memcpy(before, connection->trouble, sizeof before);
    sqlite_commit_fail_all(entries, count, sqlite_result(connection, code));
    if (strcmp(before, connection->trouble) != 0) /* told once, however many ask meanwhile */
        log_event(LOG_ERROR, "ledger_commit_failed", "changes=%zu code=%d reason=%s", count, code,
                  log_value(str_of(connection->trouble)).text);
    sqlite_commit_roll_back(connection);
    if ((code & 0xff) == SQLITE_BUSY)
        return false; /* nothing was begun */
    sqlite_reopen(connection);
    sqlite_commit_write_over(connection);
    return false;
}
