/* A storage that fails on command: an SQLite VFS around the usual one. Register it before a ledger
 * opens; it becomes the one that everything of this process uses. Switches may be turned at any
 * time from any thread. */
#ifndef CONTRACT_FAULTVFS_H
#define CONTRACT_FAULTVFS_H
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct faultvfs {
    _Atomic int write_code;      /* what xWrite and xTruncate give; SQLITE_OK: as usual */
    _Atomic int sync_code;       /* likewise xSync */
    _Atomic int read_code;       /* likewise xRead */
    _Atomic bool is_readonly;    /* files open read-only, as on a read-only disk */
    _Atomic int64_t writes_left; /* then write_code; negative: at once */
    _Atomic uint64_t writes, syncs;
};

static struct faultvfs faultvfs;
static sqlite3_vfs faultvfs_itself, *faultvfs_usual;

struct faultvfs_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
};

static inline sqlite3_file *faultvfs_real(sqlite3_file *file)
{
    return ((struct faultvfs_file *)(void *)file)->real;
}

static inline int faultvfs_close(sqlite3_file *file)
{
    return faultvfs_real(file)->pMethods->xClose(faultvfs_real(file));
}

static inline int faultvfs_read(sqlite3_file *file, void *to, int amount, sqlite3_int64 offset)
{
    int code = atomic_load(&faultvfs.read_code);
    return code ? code
                : faultvfs_real(file)->pMethods->xRead(faultvfs_real(file), to, amount, offset);
}

static inline int faultvfs_write(sqlite3_file *file, const void *bytes, int amount,
                                 sqlite3_int64 offset)
{
    int code = atomic_load(&faultvfs.write_code);
    atomic_fetch_add(&faultvfs.writes, 1);
    if (code && atomic_fetch_sub(&faultvfs.writes_left, 1) <= 0)
        return code;
    return faultvfs_real(file)->pMethods->xWrite(faultvfs_real(file), bytes, amount, offset);
}

static inline int faultvfs_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return faultvfs_real(file)->pMethods->xTruncate(faultvfs_real(file), size);
}

static inline int faultvfs_sync(sqlite3_file *file, int flags)
{
    int code = atomic_load(&faultvfs.sync_code);
    atomic_fetch_add(&faultvfs.syncs, 1);
    return code ? code : faultvfs_real(file)->pMethods->xSync(faultvfs_real(file), flags);
}

static inline int faultvfs_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return faultvfs_real(file)->pMethods->xFileSize(faultvfs_real(file), size);
}

static inline int faultvfs_lock(sqlite3_file *file, int lock)
{
    return faultvfs_real(file)->pMethods->xLock(faultvfs_real(file), lock);
}

static inline int faultvfs_unlock(sqlite3_file *file, int lock)
{
    return faultvfs_real(file)->pMethods->xUnlock(faultvfs_real(file), lock);
}

static inline int faultvfs_check_lock(sqlite3_file *file, int *out)
{
    return faultvfs_real(file)->pMethods->xCheckReservedLock(faultvfs_real(file), out);
}

static inline int faultvfs_control(sqlite3_file *file, int what, void *arg)
{
    return faultvfs_real(file)->pMethods->xFileControl(faultvfs_real(file), what, arg);
}

static inline int faultvfs_sector(sqlite3_file *file)
{
    return faultvfs_real(file)->pMethods->xSectorSize(faultvfs_real(file));
}

static inline int faultvfs_traits(sqlite3_file *file)
{
    return faultvfs_real(file)->pMethods->xDeviceCharacteristics(faultvfs_real(file));
}

static inline int faultvfs_shm_map(sqlite3_file *file, int page, int size, int extend,
                                   void volatile **out)
{
    return faultvfs_real(file)->pMethods->xShmMap(faultvfs_real(file), page, size, extend, out);
}

static inline int faultvfs_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return faultvfs_real(file)->pMethods->xShmLock(faultvfs_real(file), offset, count, flags);
}

static inline void faultvfs_shm_barrier(sqlite3_file *file)
{
    faultvfs_real(file)->pMethods->xShmBarrier(faultvfs_real(file));
}

static inline int faultvfs_shm_unmap(sqlite3_file *file, int is_deleted)
{
    return faultvfs_real(file)->pMethods->xShmUnmap(faultvfs_real(file), is_deleted);
}

static const sqlite3_io_methods faultvfs_methods = {
    .iVersion = 2,
    .xClose = faultvfs_close,
    .xRead = faultvfs_read,
    .xWrite = faultvfs_write,
    .xTruncate = faultvfs_truncate,
    .xSync = faultvfs_sync,
    .xFileSize = faultvfs_size,
    .xLock = faultvfs_lock,
    .xUnlock = faultvfs_unlock,
    .xCheckReservedLock = faultvfs_check_lock,
    .xFileControl = faultvfs_control,
    .xSectorSize = faultvfs_sector,
    .xDeviceCharacteristics = faultvfs_traits,
    .xShmMap = faultvfs_shm_map,
    .xShmLock = faultvfs_shm_lock,
    .xShmBarrier = faultvfs_shm_barrier,
    .xShmUnmap = faultvfs_shm_unmap,
};

static inline int faultvfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                                int *flags_out)
{
    struct faultvfs_file *wrapped = (struct faultvfs_file *)(void *)file;
    (void)vfs;
    wrapped->base.pMethods = NULL;
    wrapped->real = (sqlite3_file *)(void *)(wrapped + 1);
    if (atomic_load(&faultvfs.is_readonly) && (flags & SQLITE_OPEN_READWRITE))
        flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
    int code = faultvfs_usual->xOpen(faultvfs_usual, name, wrapped->real, flags, flags_out);
    if (wrapped->real->pMethods)
        wrapped->base.pMethods = &faultvfs_methods;
    return code;
}

static inline void faultvfs_register(void)
{
    faultvfs_usual = sqlite3_vfs_find(NULL);
    faultvfs_itself = *faultvfs_usual;
    faultvfs_itself.zName = "fault";
    faultvfs_itself.pNext = NULL;
    faultvfs_itself.szOsFile = (int)sizeof(struct faultvfs_file) + faultvfs_usual->szOsFile;
    faultvfs_itself.xOpen = faultvfs_open;
    sqlite3_vfs_register(&faultvfs_itself, 1);
}

static inline void faultvfs_heal(void)
{
    atomic_store(&faultvfs.write_code, SQLITE_OK);
    atomic_store(&faultvfs.sync_code, SQLITE_OK);
    atomic_store(&faultvfs.read_code, SQLITE_OK);
    atomic_store(&faultvfs.is_readonly, false);
    atomic_store(&faultvfs.writes_left, 0);
}

#endif
