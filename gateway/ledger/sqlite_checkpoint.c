/* Checkpoints: PASSIVE ones, which wait for nobody and let readers and the writer go on. The
 * automatic one is off, for it stalls whoever happens to commit. */
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/log.h"
#include "ledger/sqlite.h"

void sqlite_checkpoint(struct backend_connection *connection)
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

size_t sqlite_backlog(struct backend_connection *connection)
{
    return connection->wal_pages;
}

int64_t sqlite_disk_bytes(const char *location)
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
