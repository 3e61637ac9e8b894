/* See regularfile.h. */
#include "base/regularfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int regularfile_open(const char *path, const char **reason_out)
{
    struct stat facts;
    /* Not to wait for whoever would write to a pipe. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode))
        return fd;
    if (fd < 0)
        *reason_out = errno == ENXIO ? "it is not a regular file" : strerror(errno);
    else
        *reason_out = S_ISDIR(facts.st_mode) ? strerror(EISDIR) : "it is not a regular file";
    if (fd >= 0) {
        close(fd);
        errno = EINVAL; /* there is something of that name */
    }
    return -1;
}

bool regularfile_is(const char *path, const char **reason_out)
{
    int fd = regularfile_open(path, reason_out);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}
