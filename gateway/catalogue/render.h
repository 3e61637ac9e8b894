/* The `services` answer of one price list: plain JSON in the profile of protocol.md 7.2, and the
 * same gzipped. Pure, any thread. */
#ifndef CATALOGUE_RENDER_H
#define CATALOGUE_RENDER_H
#include <stdatomic.h>

#include "base/buf.h"
#include "catalogue/catalogue.h"

enum { RENDER_MAX = 256 * 1024 * 1024 };

/* A counted rendering: snapshots with the same answer share it. */
struct rendered {
    struct rendering open; /* plain and gzip are owned */
    atomic_uint pins;
};
/* Units below 0 in rates[index] leave the service out. */
void render_plain(const struct catalogue *catalogue, const struct money *rates, struct buf *out);
/* Takes the plain text out of the buffer; level: zlib's 1 to 9. With one pin. */
struct rendered *render_make(struct buf *plain, int level);
struct rendered *render_pin(struct rendered *rendered);
void render_unpin(struct rendered **rendered);

#endif
