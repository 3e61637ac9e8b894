/* What takes long: checkpoints and copies of a ledger in use.
 *
 * Checkpoints are PASSIVE ones, which wait for nobody and let readers and the writer go on. The
 * automatic one is off, for it stalls whoever happens to commit.
 *
 * A copy is SQLite's backup in pieces from one held snapshot, so that neither readers nor the
 * writer wait and their changes do not make it begin again. It is written under another name and
 * gets its own only when it is whole and on disk. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "ledger/sqlite.h"

enum {
    CHECKPOINT_PAGES = 2048, /* 8 MiB of log */
    MEASURE_MS = 1000,
    PIECE_PAGES = 256,
    PAUSE_US = 1000
};

/* ---- checkpoints ---- */

static void sqlite_maintain_checkpoint(struct backend_connection *connection)
{
    int in_log = 0, done = 0;
    if (!sqlite_revive(connection, NULL))
        return;
    int code =
        sqlite3_wal_checkpoint_v2(connection->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &done);
    if (code == SQLITE_OK && in_log >= done)
        connection->wal_pages = (size_t)(in_log - done);
    else if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY)
        log_event(LOG_WARN, "ledger_checkpoint_failed", "code=%d reason=%s", code,
                  log_value(str_of(sqlite3_errmsg(connection->db))).text);
}

static int64_t sqlite_maintain_disk_bytes(const char *location)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    int64_t bytes = 0;
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        char path[PATH_MAX];
        struct stat facts;
        int len = snprintf(path, sizeof path, "%s%s", location, endings[i]);
        if (len > 0 && (size_t)len < sizeof path && stat(path, &facts) == 0)
            bytes += facts.st_size;
    }
    return bytes;
}

void sqlite_maintain(struct backend_connection *connection, enum backend_turn turn,
                     struct backend_upkeep *upkeep)
{
    if (turn != BACKEND_LOOK)
        sqlite_maintain_checkpoint(connection);
    upkeep->is_due =
        connection->wal_pages >= CHECKPOINT_PAGES || (upkeep->is_idle && connection->wal_pages > 0);
    int64_t now_ms = clock_monotonic_ms();
    if (turn == BACKEND_LOOK &&
        (connection->measured_at_ms == 0 || now_ms - connection->measured_at_ms >= MEASURE_MS)) {
        connection->measured_at_ms = now_ms;
        upkeep->disk_bytes = sqlite_maintain_disk_bytes(connection->path);
    }
}

/* ---- backups ---- */

static int sqlite_maintain_copy_pages(sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (backup == NULL)
        return sqlite3_extended_errcode(to);
    int code;
    while ((code = sqlite3_backup_step(backup, PIECE_PAGES)) == SQLITE_OK)
        usleep(PAUSE_US);
    int end = sqlite3_backup_finish(backup);
    return code == SQLITE_DONE ? end : code;
}

static int sqlite_maintain_copy_into(struct backend_connection *connection, const char *path)
{
    sqlite3 *copy = NULL;
    int code = sqlite3_open_v2(
        path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    /* The copy is nobody's before it is whole, so it needs no journal of its own. */
    if (code == SQLITE_OK)
        code = sqlite3_exec(copy, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL,
                            NULL);
    if (code == SQLITE_OK)
        code = sqlite_do_simple(connection, STATEMENT_BEGIN_READING);
    if (code == SQLITE_OK)
        code =
            sqlite3_exec(connection->db, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite_maintain_copy_pages(connection->db, copy);
    if (!sqlite3_get_autocommit(connection->db))
        sqlite_do_simple(connection, STATEMENT_ROLLBACK);
    sqlite3_close(copy);
    return code;
}

static bool sqlite_maintain_sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool is_synced = fsync(fd) == 0;
    close(fd);
    return is_synced;
}

/* The folder of a path, and the name in it. */
static const char *sqlite_maintain_split(const char *path, char folder[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) + 1 : 0;
    snprintf(folder, PATH_MAX, "%.*s", slash ? (int)len : 1, slash ? path : ".");
    return path + len;
}

static bool sqlite_maintain_sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    sqlite_maintain_split(path, folder);
    return sqlite_maintain_sync_path(folder, O_RDONLY | O_DIRECTORY);
}

/* Names beside the ledger that SQLite or our lock take for their own: a copy there would be read
 * as the ledger's journal. */
static bool sqlite_maintain_is_reserved(const char *path, const char *ledger)
{
    static const char *const suffixes[] = {"", "-journal", "-wal", "-shm", ".lock"};
    char folder[PATH_MAX], ledger_folder[PATH_MAX];
    struct stat a, b;
    const char *name = sqlite_maintain_split(path, folder);
    const char *ledger_name = sqlite_maintain_split(ledger, ledger_folder);
    size_t len = strlen(ledger_name);
    if (strncmp(name, ledger_name, len) != 0 || stat(folder, &a) != 0 ||
        stat(ledger_folder, &b) != 0 || a.st_dev != b.st_dev || a.st_ino != b.st_ino)
        return false;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (strcmp(name + len, suffixes[i]) == 0)
            return true;
    return false;
}

static bool sqlite_maintain_failed(const char *path, int error, struct fault *why)
{
    if (error == EEXIST)
        return fault_set(why, FAULT_CONFLICT, "backup %s: exists already; name a new file", path);
    if (error == ENOENT || error == ENOTDIR)
        return fault_set(why, FAULT_NOT_FOUND, "backup %s: no such folder; create it first", path);
    return fault_set(why, FAULT_UNAVAILABLE, "backup %s: %s", path, strerror(error));
}

bool sqlite_backup(struct backend_connection *connection, const char *path, struct fault *why)
{
    char partial[PATH_MAX];
    struct stat facts;
    int len = snprintf(partial, sizeof partial, "%s.partial-XXXXXX", path);
    if (len < 0 || (size_t)len >= sizeof partial)
        return sqlite_maintain_failed(path, ENAMETOOLONG, why);
    if (lstat(path, &facts) == 0)
        return sqlite_maintain_failed(path, EEXIST, why);
    if (sqlite_maintain_is_reserved(path, connection->path))
        return fault_set(why, FAULT_CONFLICT,
                         "backup %s: that name belongs to the ledger itself; name another file",
                         path);
    if (!sqlite_revive(connection, why))
        return false;
    int fd = mkostemp(partial, O_CLOEXEC); /* a new file, whatever is there */
    if (fd < 0)
        return sqlite_maintain_failed(path, errno, why);
    close(fd);
    int code = sqlite_maintain_copy_into(connection, partial);
    bool is_ok = code == SQLITE_OK;
    if ((code & 0xff) == SQLITE_FULL)
        sqlite_maintain_failed(path, ENOSPC, why);
    else if (!is_ok)
        fault_set(why, FAULT_UNAVAILABLE, "backup %s: %s (SQLite %d)", path, sqlite3_errstr(code),
                  code);
    /* link() instead of rename(): it refuses a name that has come up meanwhile. */
    if (is_ok && (!sqlite_maintain_sync_path(partial, O_RDWR) || link(partial, path) != 0))
        is_ok = sqlite_maintain_failed(path, errno, why);
    unlink(partial);
    if (is_ok && !sqlite_maintain_sync_folder_of(path))
        is_ok = sqlite_maintain_failed(path, errno, why);
    return is_ok;
}
