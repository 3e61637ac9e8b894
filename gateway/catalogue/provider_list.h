/* struct provider_list: one provider's list of services as we keep it, sorted by the panel's id,
 * cleaned, compact. A row that cannot be sold is there all the same: what spoils one row never
 * makes a list look as if services had gone. Only rows without an id are left out. Immutable once
 * sealed. */
#ifndef CATALOGUE_PROVIDER_LIST_H
#define CATALOGUE_PROVIDER_LIST_H
#include "base/arena.h"
#include "base/buf.h"
#include "catalogue/outage.h"
#include "catalogue/pricebook.h"
#include "money/money.h"
#include "protocol/ordertype.h"
#include "providers/upstream.h"

enum { PROVIDER_LIST_MAX = 100000, PROVIDER_LIST_ID_MAX = 120 };

struct panelrow {
    struct str id, name, category; /* in the list's arena */
    struct money rate;             /* per 1000, the panel's currency */
    int64_t min, max;
    enum ordertype type;
    bool has_limits;  /* 0 <= min <= max, max > 0 */
    bool is_void;     /* its limits leave nothing: not for sale */
    bool is_unpriced; /* no amount that could be read, or two different ones: rate is 0 */
    bool refill, cancel, dripfeed;
    bool no_refill, no_cancel; /* said, rather than left out */
};
struct provider_list {
    struct arena arena;
    struct panelrow *rows; /* owned */
    size_t count, room;
    int64_t fetched_at_ms; /* wall */
};

struct provider_list *provider_list_new(int64_t fetched_at_ms);
void provider_list_free(struct provider_list **list);
/* Copies and cleans the row; beyond PROVIDER_LIST_MAX it is dropped. */
void provider_list_add(struct provider_list *list, const struct panelrow *row);
/* Sorts; of rows with the same id the first stays. */
void provider_list_seal(struct provider_list *list);
/* The rows of a panel's response, sealed. */
struct provider_list *provider_list_from_answer(const struct upstream_response *answer,
                                                int64_t fetched_at_ms);

const struct panelrow *provider_list_find(const struct provider_list *list, struct str id);
/* How many rows have an amount; how many have limits that leave nothing. */
size_t provider_list_priced(const struct provider_list *list);
size_t provider_list_void(const struct provider_list *list);
/* How many of the former list's services the next one lacks. */
size_t provider_list_missing(const struct provider_list *former, const struct provider_list *next);
/* More than the limit's share of the former list is missing in the next. */
bool provider_list_is_shrunken(const struct provider_list *former, const struct provider_list *next,
                               struct percent limit);

/* A kept list as text, for the ledger and the cache: compact JSON of our own,
 *   {"version":1,"fetched":<wall ms>,
 *    "outage":[why,ran,balance],"ran":{id:ms,…},
 *    "rows":[[id,name,category,type,rate,min,max,flags],…],
 *    "held":[[id,pending,accepted,lists,since,held since],…]}
 * rate null: unreadable; min and max null: not said; flags: 1 refill, 2 cancel, 4 dripfeed, 8 the
 * limits leave nothing, 16 and 32 refill and cancel are denied. held: the quarantined prices;
 * pending null: unreadable, accepted null: none; the version before wrote no "held since". ran: how
 * long the gateway ran since then. outage and ran may be missing, and are left out where they are
 * ill-formed. What is ill-formed in any other place is absent as a whole: the cache is not the
 * truth. Pure. */
enum { PROVIDER_LIST_TEXT_MAX = 64 * 1024 * 1024 };

/* False when it would pass the buffer's ceiling. book and outage may be NULL. */
bool provider_list_print(const struct provider_list *list, const struct pricebook *book,
                         const struct outage *outage, struct buf *out) MUST_USE;
/* NULL when ill-formed. outage, when not NULL, gets what was kept. book, when not NULL, gets the
 * accepted price of each row and what was held; prices that it holds already stay as they are when
 * keep_known. */
struct provider_list *provider_list_parse(struct str text, struct pricebook *book,
                                          struct outage *outage, bool keep_known);

#endif
