/* struct pricelist: what clients with the same markup, prices and `services` see: rates by
 * service index, and the rendered response. Made on the refresh thread, then immutable. */
#ifndef CATALOGUE_PRICELIST_H
#define CATALOGUE_PRICELIST_H
#include <stdatomic.h>

#include "base/buf.h"
#include "catalogue/catalogue.h"
#include "catalogue/catalogue_private.h"

/* The `services` response of one price list: plain JSON in the profile of protocol.md 7.2, and the
 * same gzipped. Pure, any thread. */
enum { PRICELIST_RENDERED_MAX = 256 * 1024 * 1024 };

/* A counted rendering: snapshots with the same response share it. */
struct rendered {
    struct rendering open; /* plain and gzip are owned */
    atomic_uint pins;
};
/* Units below 0 in rates[index] leave the service out. */
void pricelist_print(const struct catalogue *catalogue, const struct money *rates, struct buf *out);
/* Takes the plain text out of the buffer; level: zlib's 1 to 9. With one pin. */
struct rendered *pricelist_make_rendered(struct buf *plain, int level);
struct rendered *pricelist_pin_rendered(struct rendered *rendered);
void pricelist_unpin_rendered(struct rendered **rendered);

/* So many lists are made ready with the snapshot. Should there be more, the others are made when
 * they are first needed, by the thread that needs them: 5,000 services are 1.3 MB and 10 ms each.
 */
enum { PRICELIST_READY = 64 };

struct pricelist {
    uint64_t hash; /* of what follows */
    struct markup markup;
    struct client_price *prices; /* owned; by service, before all markups */
    size_t price_count;
    struct client_range *ranges; /* owned; count 0: all services */
    size_t range_count;
    const struct catalogue *catalogue; /* borrowed: the one it is in */
    struct money *rates;               /* owned; by service index, below 0: not in this list */
    size_t count;                      /* services in it */
    struct rendered *_Atomic rendered; /* a pin; rates and count are there once it is */
};

/* One list for each distinct set of markup, prices and services among the clients, into the
 * catalogue, which keeps a pin of the clients.
 * Renderings that did not change are shared with the former snapshot (may be NULL). */
void pricelist_make_all(struct catalogue *catalogue, struct client_set *clients,
                        const struct catalogue *former);
void pricelist_fini(struct pricelist *list);

#endif
