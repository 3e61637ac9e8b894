/* struct pricebook: what we hold true of each price of one provider, also of services that left
 * its list. The refresh thread's. */
#ifndef CATALOGUE_PRICEBOOK_H
#define CATALOGUE_PRICEBOOK_H
#include "base/str.h"
#include "catalogue/quarantine.h"

enum { PRICEBOOK_MAX = 200000 };

struct price; /* uthash row */
struct pricebook {
    struct price *prices; /* owned */
};
/* Both borrowed; the pointer stays valid as long as the book. */
struct price_state *pricebook_find(const struct pricebook *book, struct str service);
/* Made at first sight; NULL when the book is full. */
struct price_state *pricebook_need(struct pricebook *book, struct str service);
/* Visits each; order is that of first sight. */
void pricebook_each(const struct pricebook *book,
                    void (*visit)(struct str service, struct price_state *state, void *arg),
                    void *arg);
void pricebook_fini(struct pricebook *book);

#endif
