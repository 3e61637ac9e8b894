/* See pricebook.h. */
#include "catalogue/pricebook.h"

#include <stdlib.h>

#include "base/table.h"

struct price {
    UT_hash_handle hh;
    struct price_state state;
    unsigned len;
    char service[];
};

static struct price *pricebook_search(const struct pricebook *book, struct str service)
{
    struct price *price = NULL;
    if (service.len > 0)
        HASH_FIND(hh, book->prices, service.ptr, (unsigned)service.len, price);
    return price;
}

struct price_state *pricebook_find(const struct pricebook *book, struct str service)
{
    struct price *price = pricebook_search(book, service);
    return price ? &price->state : NULL;
}

struct price_state *pricebook_need(struct pricebook *book, struct str service)
{
    struct price *price = pricebook_search(book, service);
    if (price)
        return &price->state;
    if (service.len == 0 || HASH_COUNT(book->prices) >= PRICEBOOK_MAX)
        return NULL;
    price = memory_new(sizeof *price + service.len + 1);
    memcpy(price->service, service.ptr, service.len);
    price->len = (unsigned)service.len;
    HASH_ADD_KEYPTR(hh, book->prices, price->service, price->len, price);
    return &price->state;
}

void pricebook_each(const struct pricebook *book,
                    void (*visit)(struct str service, struct price_state *state, void *arg),
                    void *arg)
{
    for (struct price *price = book->prices; price; price = price->hh.next)
        visit(str_make(price->service, price->len), &price->state, arg);
}

void pricebook_fini(struct pricebook *book)
{
    struct price *price, *next;
    HASH_ITER(hh, book->prices, price, next)
    {
        HASH_DEL(book->prices, price);
        free(price);
    }
    book->prices = NULL;
}
