/* See ledger_private.h. The lock file stays when it is released: removing it would let two
 * processes hold locks on two files of the same name. */
#include "ledger/ledger_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct lock {
    char *path, *beside; /* the ledger, its lock file */
    int ledger_fd, fd;
};

static bool lock_refused(const char *what, const char *path, int error, struct fault *why)
{
    switch (error) {
    case EROFS:
    case EACCES:
    case EPERM:
        return fault_set(why, FAULT_DENIED,
                         "%s %s: no permission to write; run as the user who owns it, or put the "
                         "ledger on a writable disk",
                         what, path);
    case ENOENT:
    case ENOTDIR:
        return fault_set(why, FAULT_NOT_FOUND, "%s %s: no such folder; create it first", what,
                         path);
    case ENOSPC:
    case EDQUOT:
        return fault_set(why, FAULT_UNAVAILABLE, "%s %s: the disk is full; make room", what, path);
    default:
        return fault_set(why, FAULT_BROKEN, "%s %s: %s", what, path, strerror(error));
    }
}

char *lock_path_of(const char *file, bool may_create, struct fault *why)
{
    char path[PATH_MAX];
    struct stat facts;
    int fd = may_create ? open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600)
                        : open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        if (!may_create && errno == ENOENT)
            fault_set(
                why, FAULT_NOT_FOUND,
                "ledger %s: no such file; correct `ledger`, or start the gateway, which makes it",
                file);
        else
            lock_refused("ledger", file, errno, why);
        return NULL;
    }
    bool is_file = fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
    close(fd);
    if (!is_file || realpath(file, path) == NULL) {
        fault_set(why, FAULT_INVALID, "ledger %s: not a file; name one, as in sqlite:panelmux.db",
                  file);
        return NULL;
    }
    return memory_text(path);
}

/* Who holds a lock on the inode, as the kernel lists it: "1: FLOCK ADVISORY WRITE 123 fe:01:77 …".
 * 0 when it is not listed. */
static long lock_find_holder(int fd)
{
    struct stat facts;
    char line[256];
    long pid = 0;
    FILE *locks = fstat(fd, &facts) == 0 ? fopen("/proc/locks", "re") : NULL;
    while (locks && pid == 0 && fgets(line, sizeof line, locks)) {
        long holder;
        unsigned long long inode;
        if (sscanf(line, "%*d: FLOCK %*s %*s %ld %*x:%*x:%llu", &holder, &inode) == 2 &&
            inode == facts.st_ino)
            pid = holder;
    }
    if (locks)
        fclose(locks);
    return pid;
}

static void lock_refuse_held(int fd, const char *path, struct fault *why)
{
    char pid[24] = "";
    long holder = lock_find_holder(fd);
    ssize_t len =
        holder ? snprintf(pid, sizeof pid, "%ld", holder) : pread(fd, pid, sizeof pid - 1, 0);
    pid[len > 0 ? len : 0] = '\0';
    pid[strspn(pid, "0123456789")] = '\0';
    fault_set(why, FAULT_CONFLICT,
              "ledger %s: in use by another panelmux (pid %s); stop that one first, or give this "
              "one a ledger of its own",
              path, pid[0] ? pid : "unknown");
}

/* Opens and locks; -1 and a fault. */
static int lock_open(const char *file, int flags, const char *ledger, struct fault *why)
{
    int fd = open(file, flags | O_CLOEXEC, 0600);
    if (fd < 0) {
        lock_refused("lock file", file, errno, why);
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    lock_refuse_held(fd, ledger, why);
    close(fd);
    return -1;
}

/* For people; a full disk must not keep a gateway from starting. */
static void lock_write_pid(int fd)
{
    char pid[24];
    int len = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, (size_t)len, 0) != len)
        errno = 0;
}

/* ---- whether it could be taken ---- */

static bool lock_check_folder(const char *file, struct fault *why)
{
    char folder[PATH_MAX];
    struct stat facts;
    const char *slash = strrchr(file, '/');
    size_t len = slash == NULL ? 0 : slash == file ? 1 : (size_t)(slash - file);
    snprintf(folder, sizeof folder, "%.*s", (int)(slash ? len : 1), slash ? file : ".");
    if (stat(folder, &facts) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return fault_set(
            why, FAULT_NOT_FOUND,
            "ledger %s: there is no folder %s; make it, writable for the user who runs "
            "serve",
            file, folder);
    if (stat(folder, &facts) != 0)
        return lock_refused("ledger", file, errno, why);
    if (!S_ISDIR(facts.st_mode))
        return fault_set(why, FAULT_INVALID, "ledger %s: %s is no folder; name one that is", file,
                         folder);
    if (access(folder, R_OK | W_OK | X_OK) != 0)
        return fault_set(
            why, FAULT_DENIED,
            "ledger %s: the folder %s cannot be written (%s); run as the user who owns "
            "it, or put the ledger elsewhere",
            file, folder, strerror(errno));
    return true;
}

/* True where there is no such file yet. */
static bool lock_check_held(const char *file, const char *ledger, struct fault *why)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool is_held = fd >= 0 && lock_find_holder(fd) > 0;
    if (is_held)
        lock_refuse_held(fd, ledger, why);
    if (fd >= 0)
        close(fd);
    return !is_held;
}

/* Never takes a lock: a gateway that starts at this moment would be refused for it. */
bool lock_check(const char *file, struct fault *why)
{
    char beside[PATH_MAX];
    struct fault absent = {0};
    char *path = lock_path_of(file, false, &absent);
    if (path == NULL && absent.code != FAULT_NOT_FOUND) {
        *why = absent;
        return false;
    }
    bool is_good = lock_check_folder(path ? path : file, why);
    if (is_good && path && access(path, R_OK | W_OK) != 0)
        is_good = lock_refused("ledger", path, errno, why);
    if (is_good && path) {
        snprintf(beside, sizeof beside, "%s.lock", path);
        is_good = lock_check_held(path, path, why) && lock_check_held(beside, path, why);
    }
    free(path);
    return is_good;
}

struct lock *lock_take(const char *path, struct fault *why)
{
    char file[PATH_MAX];
    int len = snprintf(file, sizeof file, "%s.lock", path);
    if (len < 0 || (size_t)len >= sizeof file) {
        fault_set(why, FAULT_INVALID, "ledger: the path is too long");
        return NULL;
    }
    int fd = lock_open(file, O_RDWR | O_CREAT, path, why);
    if (fd < 0)
        return NULL;
    int ledger_fd = lock_open(path, O_RDONLY, path, why);
    if (ledger_fd < 0) {
        close(fd);
        return NULL;
    }
    lock_write_pid(fd);
    struct lock *lock = memory_new(sizeof *lock);
    *lock = (struct lock){memory_text(path), memory_text(file), ledger_fd, fd};
    return lock;
}

static bool lock_leads_to(const char *path, int fd)
{
    struct stat named, held;
    return stat(path, &named) == 0 && fstat(fd, &held) == 0 && named.st_ino == held.st_ino &&
           named.st_dev == held.st_dev;
}

bool lock_is_in_place(struct lock *lock)
{
    if (!lock_leads_to(lock->path, lock->ledger_fd))
        return false;
    if (lock_leads_to(lock->beside, lock->fd))
        return true;
    int fd = lock_open(lock->beside, O_RDWR | O_CREAT, lock->path, NULL);
    if (fd < 0)
        return false;
    close(lock->fd);
    lock->fd = fd;
    lock_write_pid(fd);
    return true;
}

void lock_release(struct lock **lock)
{
    struct lock *l = *lock;
    if (l == NULL)
        return;
    if (ftruncate(l->fd, 0) != 0)
        errno = 0;
    close(l->fd);
    close(l->ledger_fd);
    free(l->path);
    free(l->beside);
    free(l);
    *lock = NULL;
}
