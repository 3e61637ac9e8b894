/* The inside of a snapshot, for the files of this room: what stands behind struct catalogue. */
#ifndef CATALOGUE_CATALOGUE_PRIVATE_H
#define CATALOGUE_CATALOGUE_PRIVATE_H
#include <pthread.h>

#include "base/arena.h"
#include "catalogue/catalogue.h"

struct catalogue_body {
    struct catalogue open;   /* first: a struct catalogue is the start of its body */
    struct arena arena;      /* services, offers, texts */
    struct pricelist *lists; /* owned; sorted by their settings' hash */
    size_t list_count;
    pthread_mutex_t late; /* held while a list is made late */
};
static inline struct catalogue_body *catalogue_body(struct catalogue *catalogue)
{
    return (struct catalogue_body *)(void *)catalogue;
}
/* The same services, offers and facts, whatever the version, the moment and the price lists. */
bool catalogue_is_same(const struct catalogue *a, const struct catalogue *b);

#endif
