/* See lock.h. The lock file stays when it is released: removing it would let two processes hold
 * locks on two files of the same name. */
#include "ledger/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct lock {
    int fd;
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
            fault_set(why, FAULT_NOT_FOUND, "ledger %s: no such file", file);
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

static void lock_name_holder(int fd, const char *path, struct fault *why)
{
    char pid[24] = "";
    ssize_t len = pread(fd, pid, sizeof pid - 1, 0);
    pid[len > 0 ? len : 0] = '\0';
    pid[strcspn(pid, "\n")] = '\0';
    fault_set(why, FAULT_CONFLICT,
              "ledger %s: in use by another panelmux (pid %s); stop that one first, or give this "
              "one a ledger of its own",
              path, pid[0] ? pid : "unknown");
}

struct lock *lock_take(const char *path, struct fault *why)
{
    char file[PATH_MAX], pid[24];
    int len = snprintf(file, sizeof file, "%s.lock", path);
    if (len < 0 || (size_t)len >= sizeof file) {
        fault_set(why, FAULT_INVALID, "ledger: the path is too long");
        return NULL;
    }
    int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        lock_refused("lock file", file, errno, why);
        return NULL;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        lock_name_holder(fd, path, why);
        close(fd);
        return NULL;
    }
    /* The pid is for people; a full disk must not keep a gateway from starting. */
    len = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, (size_t)len, 0) != len)
        errno = 0;
    struct lock *lock = memory_new(sizeof *lock);
    lock->fd = fd;
    return lock;
}

void lock_release(struct lock **lock)
{
    if (*lock == NULL)
        return;
    if (ftruncate((*lock)->fd, 0) != 0)
        errno = 0;
    close((*lock)->fd);
    free(*lock);
    *lock = NULL;
}
