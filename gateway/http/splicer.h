/* Sends large bytes without a copy: vmsplice lends their pages to a pipe, splice hands them to the
 * socket, and the kernel holds the pages until the last byte is acknowledged. Therefore only for
 * pages that are never written again and end by munmap. One thread's own. */
#ifndef HTTP_SPLICER_H
#define HTTP_SPLICER_H
#include <stdbool.h>
#include <stddef.h>

struct splicer { /* zero it before the first use */
    int in, out; /* the pipe, empty between calls */
    int sink;    /* /dev/null */
    bool is_open;
    bool is_refused; /* by this kernel or its guards; not tried again */
};

enum { SPLICER_MIN_BYTES = 256 * 1024 }; /* below that a copy is cheaper */

/* How many bytes the socket took at once: 0 when it is full, has an error, or nothing can be
 * spliced here. */
size_t splicer_send(struct splicer *splicer, int socket, const char *bytes, size_t len);
void splicer_fini(struct splicer *splicer);

#endif
