/* See splicer.h. */
#include "http/splicer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PIPE_BYTES = 1024 * 1024 };

static bool splicer_open_pipe(struct splicer *splicer)
{
    int ends[2];
    int sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (sink < 0)
        return false;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        close(sink);
        return false;
    }
    splicer->out = ends[0];
    splicer->in = ends[1];
    splicer->sink = sink;
    splicer->is_open = true;
    /* With the usual 64 KiB it is no gain. */
    splicer->is_refused = fcntl(splicer->in, F_SETPIPE_SZ, PIPE_BYTES) < PIPE_BYTES;
    return !splicer->is_refused;
}

static bool splicer_is_refusal(int error)
{
    return error == EPERM || error == ENOSYS || error == EINVAL || error == EACCES;
}

static size_t splicer_move(struct splicer *splicer, int to, size_t len)
{
    size_t moved = 0;
    while (moved < len) {
        ssize_t got = splice(splicer->out, NULL, to, NULL, len - moved, SPLICE_F_NONBLOCK);
        if (got <= 0)
            break;
        moved += (size_t)got;
    }
    return moved;
}

static void splicer_close_all(struct splicer *splicer)
{
    close(splicer->in);
    close(splicer->out);
    close(splicer->sink);
    splicer->is_open = false;
}

size_t splicer_send(struct splicer *splicer, int socket, const char *bytes, size_t len)
{
    size_t sent = 0;
    if (splicer->is_refused || (!splicer->is_open && !splicer_open_pipe(splicer)))
        return 0;
    while (sent < len) {
        size_t want = len - sent < PIPE_BYTES ? len - sent : PIPE_BYTES;
        struct iovec part = {.iov_base = (void *)(uintptr_t)(bytes + sent), .iov_len = want};
        ssize_t lent = vmsplice(splicer->in, &part, 1, SPLICE_F_NONBLOCK);
        if (lent <= 0) {
            splicer->is_refused = splicer_is_refusal(errno);
            break;
        }
        size_t moved = splicer_move(splicer, socket, (size_t)lent);
        sent += moved;
        if (moved == (size_t)lent)
            continue;
        splicer->is_refused = moved == 0 && splicer_is_refusal(errno);
        if (splicer_move(splicer, splicer->sink, (size_t)lent - moved) != (size_t)lent - moved)
            splicer_close_all(splicer);
        break;
    }
    return sent;
}

void splicer_fini(struct splicer *splicer)
{
    if (splicer->is_open)
        splicer_close_all(splicer);
}
