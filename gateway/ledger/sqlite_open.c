/* Opening, pragmas, closing, and what SQLite's errors mean to an operator. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "ledger/sqlite.h"

enum {
    BUSY_MS = 2000,             /* another program, such as the sqlite3 shell, holds the lock */
    WAL_KEPT = 64 * 1024 * 1024 /* bytes of the log's file that are kept for the next round */
};

static const char writer_pragmas[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF;"
    "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA secure_delete = OFF;"
    "PRAGMA cache_size = -4000;";
/* The size is for SQLite's own cache, where sqlite_pages.c could not take its place. */
static const char reader_pragmas[] =
    "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
    "PRAGMA cache_size = -1000;";

static int sqlite_open_note_pages(void *arg, sqlite3 *db, const char *name, int pages)
{
    struct backend_connection *connection = arg;
    (void)db;
    (void)name;
    connection->wal_pages = (size_t)pages;
    return SQLITE_OK;
}

/* Free room on the ledger's disk, so that a full one is called full whatever the error. */
static bool sqlite_open_is_disk_full(const char *path)
{
    struct statvfs facts;
    return statvfs(path, &facts) == 0 && facts.f_bavail == 0;
}

static enum ledger_result sqlite_open_judge(const struct backend_connection *connection, int code)
{
    int system = connection->db ? sqlite3_system_errno(connection->db) : 0;
    switch (code & 0xff) {
    case SQLITE_FULL:
        return LEDGER_FULL;
    case SQLITE_READONLY:
        return code == SQLITE_READONLY_DBMOVED ? LEDGER_FAILED : LEDGER_READ_ONLY;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return LEDGER_BUSY;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        if (system == ENOSPC || system == EDQUOT || sqlite_open_is_disk_full(connection->path))
            return LEDGER_FULL;
        return system == EROFS || system == EACCES || system == EPERM ? LEDGER_READ_ONLY
                                                                      : LEDGER_FAILED;
    default:
        return LEDGER_FAILED;
    }
}

enum ledger_result sqlite_result(struct backend_connection *connection, int code)
{
    enum ledger_result result = sqlite_open_judge(connection, code);
    const char *detail = connection->db ? sqlite3_errmsg(connection->db) : sqlite3_errstr(code);
    switch (result) {
    case LEDGER_FULL:
        snprintf(connection->trouble, sizeof connection->trouble,
                 "the ledger's disk is full; make room");
        break;
    case LEDGER_READ_ONLY:
        snprintf(connection->trouble, sizeof connection->trouble,
                 "the ledger cannot be written; make its file, folder and disk writable");
        break;
    case LEDGER_BUSY:
        snprintf(connection->trouble, sizeof connection->trouble,
                 "another program holds the ledger's lock");
        break;
    case LEDGER_DONE:
    case LEDGER_FAILED:
    case LEDGER_NO_FUNDS:
    case LEDGER_DUPLICATE:
    case LEDGER_NOT_ALLOWED:
    case LEDGER_REFUSED:
        snprintf(connection->trouble, sizeof connection->trouble, "%s (SQLite %d)", detail, code);
        break;
    }
    return result;
}

bool sqlite_fault(const struct backend_connection *connection, int code, struct fault *why)
{
    const char *path = connection->path;
    if ((code & 0xff) == SQLITE_NOTADB || (code & 0xff) == SQLITE_CORRUPT)
        return fault_set(why, FAULT_BROKEN,
                         "ledger %s: damaged, or not a ledger at all; put the last backup in its "
                         "place",
                         path);
    switch (sqlite_open_judge(connection, code)) {
    case LEDGER_FULL:
        return fault_set(why, FAULT_UNAVAILABLE, "ledger %s: the disk is full; make room", path);
    case LEDGER_READ_ONLY:
        return fault_set(why, FAULT_DENIED,
                         "ledger %s: read-only; make the file, its folder and its disk writable",
                         path);
    case LEDGER_BUSY:
        return fault_set(why, FAULT_UNAVAILABLE,
                         "ledger %s: locked by another program; end that one", path);
    case LEDGER_DONE:
    case LEDGER_FAILED:
    case LEDGER_NO_FUNDS:
    case LEDGER_DUPLICATE:
    case LEDGER_NOT_ALLOWED:
    case LEDGER_REFUSED:
        break;
    }
    if ((code & 0xff) == SQLITE_CANTOPEN)
        return fault_set(why, FAULT_BROKEN,
                         "ledger %s: cannot be opened; %s-wal may be of another version of SQLite, "
                         "or not readable",
                         path, path);
    return fault_set(why, FAULT_BROKEN, "ledger %s: %s (SQLite %d)", path,
                     connection->db ? sqlite3_errmsg(connection->db) : sqlite3_errstr(code), code);
}

bool sqlite_is_in_place(struct backend_connection *connection)
{
    char log[PATH_MAX];
    struct stat facts;
    int has_moved = 0;
    sqlite3_file_control(connection->db, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
    bool is_held = connection->lock == NULL || lock_is_in_place(connection->lock);
    int len = snprintf(log, sizeof log, "%s-wal", connection->path);
    bool has_log = connection->wal_pages == 0 || len < 0 || (size_t)len >= sizeof log ||
                   stat(log, &facts) == 0;
    if (!has_moved && is_held && has_log)
        return true;
    snprintf(connection->trouble, sizeof connection->trouble,
             "the ledger's file%s was moved or deleted; stop the gateway and put it back",
             has_moved ? ""
             : has_log ? " .lock"
                       : " -wal");
    return false;
}

bool sqlite_run(struct backend_connection *connection, const char *script, struct fault *why)
{
    int code = sqlite3_exec(connection->db, script, NULL, NULL, NULL);
    return code == SQLITE_OK || sqlite_fault(connection, code, why);
}

int64_t sqlite_number(struct backend_connection *connection, const char *query)
{
    sqlite3_stmt *statement = NULL;
    int64_t value = 0;
    if (sqlite3_prepare_v2(connection->db, query, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static int sqlite_open_prepare_writer(struct backend_connection *connection)
{
    /* SQLite opens a file it may not write for reading, without a word. */
    if (sqlite3_db_readonly(connection->db, "main") == 1)
        return SQLITE_READONLY;
    int code = sqlite3_exec(connection->db, writer_pragmas, NULL, NULL, NULL);
    if (code != SQLITE_OK)
        return code;
    sqlite3_int64 kept = WAL_KEPT;
    char limit[64];
    snprintf(limit, sizeof limit, "PRAGMA journal_size_limit = %lld", (long long)kept);
    code = sqlite3_exec(connection->db, limit, NULL, NULL, NULL);
    /* Replaces the automatic checkpoint, which would stall whoever commits. */
    sqlite3_wal_hook(connection->db, sqlite_open_note_pages, connection);
    return code;
}

/* Each connection has one thread at a time and nobody asks SQLite for its memory statistics:
 * without them no allocation takes a process-wide mutex. Too late (and no harm) when SQLite is in
 * use. */
static void sqlite_open_configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite_pages_configure();
}

static int sqlite_open_on(struct backend_connection *connection, const char *name, int flags)
{
    int code = sqlite3_open_v2(name, &connection->db,
                               flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (code != SQLITE_OK)
        return code;
    sqlite3_busy_timeout(connection->db, BUSY_MS);
    if (connection->is_writer)
        return sqlite_open_prepare_writer(connection);
    code = sqlite3_exec(connection->db, reader_pragmas, NULL, NULL, NULL);
    /* Opening is lazy: only a read shows whether the log can be used. */
    return code != SQLITE_OK ? code
                             : sqlite3_exec(connection->db, "SELECT 1 FROM sqlite_schema LIMIT 1",
                                            NULL, NULL, NULL);
}

static int sqlite_open_as(struct backend_connection *connection, const char *name, int flags)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, sqlite_open_configure);
    sqlite_pages_for_reading(!connection->is_writer);
    int code = sqlite_open_on(connection, name, flags);
    sqlite_pages_for_reading(false);
    return code;
}

static void sqlite_open_shut(struct backend_connection *connection)
{
    sqlite_sums_clear(connection);
    sqlite_statements_finish(connection);
    sqlite3_close(connection->db);
    connection->db = NULL;
}

/* In a folder that cannot be written SQLite cannot make its shared memory. Without a log the
 * database alone is the whole truth, and nobody can be writing there. */
static int sqlite_open_unchanging(struct backend_connection *connection)
{
    struct stat log;
    struct buf name;
    buf_init(&name, 16384);
    buf_printf(&name, "%s-wal", connection->path);
    bool has_log = name.is_over || (stat(name.ptr, &log) == 0 && log.st_size > 0);
    buf_clear(&name);
    buf_add_text(&name, "file:");
    for (const char *at = connection->path; *at; at++) {
        if (*at == '%' || *at == '?' || *at == '#')
            buf_printf(&name, "%%%02x", (unsigned char)*at);
        else
            buf_add_byte(&name, *at);
    }
    buf_add_text(&name, "?immutable=1");
    int code = SQLITE_CANTOPEN;
    if (!has_log && !name.is_over)
        code = sqlite_open_as(connection, name.ptr, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    buf_fini(&name);
    return code;
}

bool sqlite_revive(struct backend_connection *connection, struct fault *why)
{
    if (connection->db)
        return true;
    int code = sqlite_open_as(connection, connection->path,
                              connection->is_writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    if (!connection->is_writer &&
        ((code & 0xff) == SQLITE_CANTOPEN || (code & 0xff) == SQLITE_READONLY)) {
        sqlite_open_shut(connection);
        code = sqlite_open_unchanging(connection);
    }
    if (code == SQLITE_OK)
        return true;
    sqlite_fault(connection, code, why);
    connection->opening = sqlite_result(connection, code);
    sqlite_open_shut(connection);
    return false;
}

void sqlite_reopen(struct backend_connection *connection)
{
    struct backend_connection old = *connection;
    connection->db = NULL;
    connection->sums = NULL;
    memset(connection->statements, 0, sizeof connection->statements);
    char trouble[sizeof connection->trouble];
    memcpy(trouble, connection->trouble, sizeof trouble);
    /* The new one opens before the old one closes: were the last connection to close, the next
     * would read the log anew and might find the transaction that was just called failed. */
    if (!sqlite_revive(connection, NULL))
        log_event(LOG_ERROR, "ledger_reopen_failed", "reason=%s",
                  log_value(str_of(connection->trouble)).text);
    memcpy(connection->trouble, trouble, sizeof trouble);
    sqlite_open_shut(&old);
}

/* "panelmux.db", and "///srv/panelmux.db" as others write it. */
/* NULL: it names none. */
static const char *sqlite_open_file_of(const char *text, struct fault *why)
{
    const char *file = str_starts(str_of(text), STR("//")) ? text + 2 : text;
    if (*file != '\0' && strcmp(file, ":memory:") != 0)
        return file;
    fault_set(why, FAULT_INVALID,
              "ledger: it needs a file; write sqlite:FILE, as in sqlite:panelmux.db");
    return NULL;
}

static char *sqlite_open_locate(const char *text, bool may_create, struct fault *why)
{
    const char *file = sqlite_open_file_of(text, why);
    return file ? lock_path_of(file, may_create, why) : NULL;
}

static bool sqlite_open_check(const char *text, struct fault *why)
{
    const char *file = sqlite_open_file_of(text, why);
    return file && lock_check(file, why);
}

static void sqlite_open_close(struct backend_connection *connection)
{
    if (connection == NULL)
        return;
    if (connection->db && connection->is_writer) {
        sqlite3_busy_timeout(connection->db, 100);
        sqlite3_wal_checkpoint_v2(connection->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    }
    sqlite_open_shut(connection);
    lock_release(&connection->lock);
    sqlite_recent_free(connection->recent);
    free(connection->path);
    free(connection);
}

static struct backend_connection *sqlite_open(const char *location, enum backend_use use,
                                              struct fault *why)
{
    struct backend_connection *connection = memory_new(sizeof *connection);
    connection->path = memory_text(location);
    connection->is_writer = use != BACKEND_READER;
    connection->recent = connection->is_writer ? sqlite_recent_new() : NULL;
    if (use == BACKEND_OWNER)
        connection->lock = lock_take(location, why);
    bool is_refused = use == BACKEND_OWNER && connection->lock == NULL;
    if (!is_refused && sqlite_revive(connection, why))
        return connection;
    sqlite_open_close(connection);
    return NULL;
}

static const char *sqlite_open_trouble(struct backend_connection *connection)
{
    return connection->trouble;
}

const struct backend sqlite_backend = {
    .scheme = "sqlite",
    .form = "sqlite:FILE, as in sqlite:panelmux.db",
    .locate = sqlite_open_locate,
    .check = sqlite_open_check,
    .open = sqlite_open,
    .close = sqlite_open_close,
    .migrate = sqlite_migrate,
    .commit = sqlite_commit,
    .read = sqlite_read,
    .recover = sqlite_recover,
    .visit = sqlite_visit,
    .last_number = sqlite_last_number,
    .verify = sqlite_verify,
    .backup = sqlite_backup,
    .trouble = sqlite_open_trouble,
    .maintain = sqlite_maintain,
};
