/* Linked to the gateway of the crash preset only: an SQLite VFS around the usual one that knows
 * power cuts, slow and read-only disks. It registers itself before main. Two variables of the
 * environment switch it:
 *
 *   PANELMUX_POWER_LOSS=all   what was written and not synced is lost when the process dies,
 *                             however it dies
 *   PANELMUX_POWER_LOSS=some  the same, but at a crash point an arbitrary part of it reaches the
 *                             disk, in whole and in torn sectors
 *   PANELMUX_DISK=FILE        while FILE says "slow MS" every sync takes so long; while it says
 *                             "read-only" nothing can be written; while it says "full" there is
 *                             no room for it
 *   PANELMUX_CRASH_BY=full    at the crash point the process does not die: FILE says "full" from
 *                             there on
 *
 * Its own crash points: ledger.wal_write, ledger.syncing, ledger.synced, ledger.checkpoint (a page
 * of the log is being copied back), ledger.checkpoint_syncing. Any thread.
 *
 * With PANELMUX_POWER_LOSS a file's content is kept in memory, one copy for all connections of the
 * process, with a list of what was written since the last sync; a sync carries that to the disk. So
 * the page cache is ours, and it dies with us. */
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crashpoint.h"
#include "base/memory.h"

enum { SECTOR = 512, SLOW_STEP_US = 2000 };

struct span {
    size_t at, len;
};

struct shadow { /* a file as its writers see it */
    struct shadow *next;
    char *name;
    int fd; /* its own: to close it before the last user would drop SQLite's locks */
    unsigned char *bytes;
    size_t size, room, size_on_disk;
    struct span *dirty;
    size_t dirty_count, dirty_room;
    unsigned users;
};

struct crashfile {
    sqlite3_file base;
    struct shadow *shadow; /* NULL: straight to the disk */
    bool is_log, is_watched;
    sqlite3_file *real; /* behind this struct */
};

static sqlite3_vfs vfs, *usual;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct shadow *shadows;
static bool is_power_lost, is_part_kept;
static const char *disk_path;

static struct crashfile *crashvfs_file_of(sqlite3_file *file)
{
    return (struct crashfile *)(void *)file;
}

static sqlite3_file *crashvfs_real_of(sqlite3_file *file)
{
    return crashvfs_file_of(file)->real;
}

/* ---- shadows; the mutex is held ---- */

static void crashvfs_shadow_reserve(struct shadow *shadow, size_t size)
{
    if (size <= shadow->room)
        return;
    shadow->room = size * 2;
    shadow->bytes = memory_resize(shadow->bytes, shadow->room, 1);
}

static void crashvfs_shadow_put(struct shadow *shadow, const void *bytes, size_t at, size_t len)
{
    crashvfs_shadow_reserve(shadow, at + len);
    if (at > shadow->size)
        memset(shadow->bytes + shadow->size, 0, at - shadow->size);
    memcpy(shadow->bytes + at, bytes, len);
    if (at + len > shadow->size)
        shadow->size = at + len;
    if (shadow->dirty_count == shadow->dirty_room) {
        shadow->dirty_room = shadow->dirty_room ? shadow->dirty_room * 2 : 64;
        shadow->dirty = memory_resize(shadow->dirty, shadow->dirty_room, sizeof *shadow->dirty);
    }
    shadow->dirty[shadow->dirty_count++] = (struct span){at, len};
}

static int crashvfs_shadow_carry(struct shadow *shadow, struct span span)
{
    if (span.at >= shadow->size)
        return SQLITE_OK; /* cut off since */
    if (span.at + span.len > shadow->size)
        span.len = shadow->size - span.at;
    ssize_t put = pwrite(shadow->fd, shadow->bytes + span.at, span.len, (off_t)span.at);
    return put == (ssize_t)span.len ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

static int crashvfs_shadow_to_disk(struct shadow *shadow)
{
    int code = SQLITE_OK;
    if (shadow->size < shadow->size_on_disk && ftruncate(shadow->fd, (off_t)shadow->size) != 0)
        code = SQLITE_IOERR_TRUNCATE;
    for (size_t i = 0; i < shadow->dirty_count && code == SQLITE_OK; i++)
        code = crashvfs_shadow_carry(shadow, shadow->dirty[i]);
    if (code != SQLITE_OK)
        return code;
    shadow->dirty_count = 0;
    shadow->size_on_disk = shadow->size;
    return SQLITE_OK;
}

static int crashvfs_shadow_load(struct shadow *shadow)
{
    struct stat facts;
    shadow->fd = open(shadow->name, O_RDWR | O_CLOEXEC);
    if (shadow->fd < 0)
        shadow->fd = open(shadow->name, O_RDONLY | O_CLOEXEC);
    if (shadow->fd < 0 || fstat(shadow->fd, &facts) != 0)
        return SQLITE_CANTOPEN;
    crashvfs_shadow_reserve(shadow, (size_t)facts.st_size + 1);
    while (shadow->size < (size_t)facts.st_size) {
        ssize_t got = pread(shadow->fd, shadow->bytes + shadow->size,
                            (size_t)facts.st_size - shadow->size, (off_t)shadow->size);
        if (got <= 0)
            return SQLITE_IOERR_READ;
        shadow->size += (size_t)got;
    }
    shadow->size_on_disk = shadow->size;
    return SQLITE_OK;
}

static struct shadow *crashvfs_shadow_find(const char *name)
{
    struct shadow *shadow = shadows;
    while (shadow && strcmp(shadow->name, name) != 0)
        shadow = shadow->next;
    return shadow;
}

static void crashvfs_shadow_free(struct shadow *shadow)
{
    for (struct shadow **at = &shadows; *at; at = &(*at)->next)
        if (*at == shadow) {
            *at = shadow->next;
            break;
        }
    if (shadow->fd >= 0)
        close(shadow->fd);
    free(shadow->name);
    free(shadow->bytes);
    free(shadow->dirty);
    free(shadow);
}

static int crashvfs_shadow_join(struct crashfile *file, const char *name)
{
    struct shadow *shadow = crashvfs_shadow_find(name);
    int code = SQLITE_OK;
    if (shadow == NULL) {
        shadow = memory_new(sizeof *shadow);
        shadow->name = memory_text(name);
        shadow->next = shadows;
        shadows = shadow;
        code = crashvfs_shadow_load(shadow);
    }
    shadow->users++;
    file->shadow = shadow;
    return code;
}

/* A random part of what was not synced, for the disk is free to write it in any order. */
static void crashvfs_keep_part(void)
{
    unsigned seed = (unsigned)clock_wall_ms() ^ (unsigned)getpid();
    pthread_mutex_lock(&mutex);
    for (struct shadow *shadow = shadows; shadow; shadow = shadow->next)
        for (size_t i = 0; i < shadow->dirty_count; i++) {
            struct span span = shadow->dirty[i];
            for (size_t at = 0; at < span.len; at += SECTOR)
                if (rand_r(&seed) % 2)
                    crashvfs_shadow_carry(shadow, (struct span){span.at + at, span.len - at < SECTOR
                                                                                  ? span.len - at
                                                                                  : SECTOR});
        }
}

/* ---- troubles of the disk ---- */

enum { DISK_FULL = -2, DISK_READ_ONLY = -1 };

/* DISK_FULL, DISK_READ_ONLY, how many ms a sync shall take, or 0: as usual. */
static long crashvfs_disk_trouble(void)
{
    long slow = 0;
    char word[16] = "";
    FILE *file = disk_path ? fopen(disk_path, "re") : NULL;
    if (file == NULL)
        return 0;
    int found = fscanf(file, "%15s %ld", word, &slow);
    fclose(file);
    if (found >= 1 && strcmp(word, "read-only") == 0)
        return DISK_READ_ONLY;
    if (found >= 1 && strcmp(word, "full") == 0)
        return DISK_FULL;
    return found == 2 && strcmp(word, "slow") == 0 ? slow : 0;
}

static void crashvfs_fill_disk(void)
{
    FILE *file = fopen(disk_path, "we");
    ASSERT(file && fputs("full", file) >= 0 && fclose(file) == 0);
}

/* Looked at again and again, so that a test can make the disk fast in the middle of a sync. */
static void crashvfs_be_slow(void)
{
    int64_t began = clock_monotonic_ms();
    while (clock_monotonic_ms() - began < crashvfs_disk_trouble())
        usleep(SLOW_STEP_US);
}

/* ---- one file ---- */

static int crashvfs_crash_close(sqlite3_file *file)
{
    struct crashfile *own = crashvfs_file_of(file);
    struct shadow *shadow = own->shadow;
    pthread_mutex_lock(&mutex);
    /* Closed in peace, the kernel has it all. */
    if (shadow && --shadow->users == 0) {
        crashvfs_shadow_to_disk(shadow);
        crashvfs_shadow_free(shadow);
    }
    pthread_mutex_unlock(&mutex);
    return own->real->pMethods->xClose(own->real);
}

static int crashvfs_crash_read(sqlite3_file *file, void *to, int amount, sqlite3_int64 offset)
{
    struct shadow *shadow = crashvfs_file_of(file)->shadow;
    if (shadow == NULL)
        return crashvfs_real_of(file)->pMethods->xRead(crashvfs_real_of(file), to, amount, offset);
    pthread_mutex_lock(&mutex);
    size_t at = (size_t)offset, len = (size_t)amount;
    size_t there = at >= shadow->size ? 0 : shadow->size - at;
    if (there > len)
        there = len;
    memcpy(to, shadow->bytes + (there ? at : 0), there);
    memset((char *)to + there, 0, len - there);
    pthread_mutex_unlock(&mutex);
    return there == len ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int crashvfs_crash_write(sqlite3_file *file, const void *bytes, int amount,
                                sqlite3_int64 offset)
{
    struct crashfile *own = crashvfs_file_of(file);
    int code = SQLITE_OK;
    long trouble = own->is_watched ? crashvfs_disk_trouble() : 0;
    if (trouble < 0)
        return trouble == DISK_FULL ? SQLITE_FULL : SQLITE_READONLY;
    if (own->shadow) {
        pthread_mutex_lock(&mutex);
        crashvfs_shadow_put(own->shadow, bytes, (size_t)offset, (size_t)amount);
        pthread_mutex_unlock(&mutex);
    } else {
        code = own->real->pMethods->xWrite(own->real, bytes, amount, offset);
    }
    if (own->is_watched)
        crashpoint_reach(own->is_log ? "ledger.wal_write" : "ledger.checkpoint");
    return code;
}

static int crashvfs_crash_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct shadow *shadow = crashvfs_file_of(file)->shadow;
    if (shadow == NULL)
        return crashvfs_real_of(file)->pMethods->xTruncate(crashvfs_real_of(file), size);
    pthread_mutex_lock(&mutex);
    if ((size_t)size < shadow->size)
        shadow->size = (size_t)size;
    pthread_mutex_unlock(&mutex);
    return SQLITE_OK;
}

static int crashvfs_crash_sync(sqlite3_file *file, int flags)
{
    struct crashfile *own = crashvfs_file_of(file);
    int code = SQLITE_OK;
    if (own->is_watched)
        crashpoint_reach(own->is_log ? "ledger.syncing" : "ledger.checkpoint_syncing");
    if (own->is_watched && disk_path)
        crashvfs_be_slow();
    if (own->shadow) {
        pthread_mutex_lock(&mutex);
        code = crashvfs_shadow_to_disk(own->shadow);
        pthread_mutex_unlock(&mutex);
    }
    /* With shadows the kernel's page cache survives us anyway: what is carried there is "on disk".
     */
    if (code == SQLITE_OK && own->shadow == NULL)
        code = own->real->pMethods->xSync(own->real, flags);
    if (own->is_watched && own->is_log)
        crashpoint_reach("ledger.synced");
    return code;
}

static int crashvfs_crash_size(sqlite3_file *file, sqlite3_int64 *size)
{
    struct shadow *shadow = crashvfs_file_of(file)->shadow;
    if (shadow == NULL)
        return crashvfs_real_of(file)->pMethods->xFileSize(crashvfs_real_of(file), size);
    pthread_mutex_lock(&mutex);
    *size = (sqlite3_int64)shadow->size;
    pthread_mutex_unlock(&mutex);
    return SQLITE_OK;
}

static int crashvfs_crash_lock(sqlite3_file *file, int lock)
{
    return crashvfs_real_of(file)->pMethods->xLock(crashvfs_real_of(file), lock);
}

static int crashvfs_crash_unlock(sqlite3_file *file, int lock)
{
    return crashvfs_real_of(file)->pMethods->xUnlock(crashvfs_real_of(file), lock);
}

static int crashvfs_crash_check_lock(sqlite3_file *file, int *out)
{
    return crashvfs_real_of(file)->pMethods->xCheckReservedLock(crashvfs_real_of(file), out);
}

/* A hint about the size to come would grow the file behind the shadow's back. */
static int crashvfs_crash_control(sqlite3_file *file, int what, void *arg)
{
    if (crashvfs_file_of(file)->shadow &&
        (what == SQLITE_FCNTL_SIZE_HINT || what == SQLITE_FCNTL_CHUNK_SIZE))
        return SQLITE_OK;
    return crashvfs_real_of(file)->pMethods->xFileControl(crashvfs_real_of(file), what, arg);
}

static int crashvfs_crash_sector(sqlite3_file *file)
{
    return crashvfs_real_of(file)->pMethods->xSectorSize(crashvfs_real_of(file));
}

static int crashvfs_crash_traits(sqlite3_file *file)
{
    return crashvfs_real_of(file)->pMethods->xDeviceCharacteristics(crashvfs_real_of(file));
}

static int crashvfs_crash_shm_map(sqlite3_file *file, int page, int size, int extend,
                                  void volatile **out)
{
    return crashvfs_real_of(file)->pMethods->xShmMap(crashvfs_real_of(file), page, size, extend,
                                                     out);
}

static int crashvfs_crash_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return crashvfs_real_of(file)->pMethods->xShmLock(crashvfs_real_of(file), offset, count, flags);
}

static void crashvfs_crash_shm_barrier(sqlite3_file *file)
{
    crashvfs_real_of(file)->pMethods->xShmBarrier(crashvfs_real_of(file));
}

static int crashvfs_crash_shm_unmap(sqlite3_file *file, int is_deleted)
{
    return crashvfs_real_of(file)->pMethods->xShmUnmap(crashvfs_real_of(file), is_deleted);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = crashvfs_crash_close,
    .xRead = crashvfs_crash_read,
    .xWrite = crashvfs_crash_write,
    .xTruncate = crashvfs_crash_truncate,
    .xSync = crashvfs_crash_sync,
    .xFileSize = crashvfs_crash_size,
    .xLock = crashvfs_crash_lock,
    .xUnlock = crashvfs_crash_unlock,
    .xCheckReservedLock = crashvfs_crash_check_lock,
    .xFileControl = crashvfs_crash_control,
    .xSectorSize = crashvfs_crash_sector,
    .xDeviceCharacteristics = crashvfs_crash_traits,
    .xShmMap = crashvfs_crash_shm_map,
    .xShmLock = crashvfs_crash_shm_lock,
    .xShmBarrier = crashvfs_crash_shm_barrier,
    .xShmUnmap = crashvfs_crash_shm_unmap,
};

static int crashvfs_crash_open(sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags,
                               int *flags_out)
{
    struct crashfile *own = crashvfs_file_of(file);
    int given = 0;
    (void)self;
    if ((flags & SQLITE_OPEN_MAIN_DB) && (flags & SQLITE_OPEN_READWRITE) &&
        crashvfs_disk_trouble() == DISK_READ_ONLY)
        flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
    *own = (struct crashfile){.real = (sqlite3_file *)(void *)(own + 1)};
    int code = usual->xOpen(usual, name, own->real, flags, &given);
    if (own->real->pMethods)
        own->base.pMethods = &methods;
    if (flags_out)
        *flags_out = given;
    if (code != SQLITE_OK || name == NULL)
        return code;
    own->is_log = (flags & SQLITE_OPEN_WAL) != 0;
    own->is_watched = own->is_log || (flags & SQLITE_OPEN_MAIN_DB);
    if (is_power_lost && own->is_watched) {
        pthread_mutex_lock(&mutex);
        code = crashvfs_shadow_join(own, name);
        pthread_mutex_unlock(&mutex);
    }
    return code;
}

static __attribute__((constructor)) void crashvfs_register(void)
{
    const char *power = getenv("PANELMUX_POWER_LOSS");
    is_power_lost = power != NULL;
    is_part_kept = power && strcmp(power, "some") == 0;
    disk_path = getenv("PANELMUX_DISK");
    if (is_part_kept)
        crashpoint_before_end(crashvfs_keep_part);
    const char *how = getenv("PANELMUX_CRASH_BY");
    if (how && disk_path && strcmp(how, "full") == 0)
        crashpoint_instead(crashvfs_fill_disk);
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD); /* as the gateway would, but this starts SQLite */
    usual = sqlite3_vfs_find(NULL);
    vfs = *usual;
    vfs.zName = "crash";
    vfs.pNext = NULL;
    vfs.szOsFile = (int)sizeof(struct crashfile) + usual->szOsFile;
    vfs.xOpen = crashvfs_crash_open;
    sqlite3_vfs_register(&vfs, 1);
}
