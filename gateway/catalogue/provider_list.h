/* struct provider_list: one provider's list of services as we keep it: the rows that could be sold,
 * sorted by the panel's id, cleaned, compact. Rows without a readable rate, without an id, or
 * standing twice with different content are left out. Immutable once sealed. */
#ifndef CATALOGUE_PANELLIST_H
#define CATALOGUE_PANELLIST_H
#include "base/arena.h"
#include "money/money.h"
#include "protocol/ordertype.h"
#include "providers/upstream.h"

enum { PROVIDER_LIST_MAX = 100000, PROVIDER_LIST_ID_MAX = 120 };

struct panelrow {
    struct str id, name, category; /* in the list's arena */
    struct money rate;             /* per 1000, the panel's currency */
    int64_t min, max;
    enum ordertype type;
    bool has_limits; /* 0 <= min <= max, max > 0 */
    bool refill, cancel, dripfeed;
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
/* The sellable rows of a panel's answer, sealed. */
struct provider_list *provider_list_from_answer(const struct upstream_response *answer,
                                                int64_t fetched_at_ms);

const struct panelrow *provider_list_find(const struct provider_list *list, struct str id);
/* How many of the former list's services the next one lacks. */
size_t provider_list_missing(const struct provider_list *former, const struct provider_list *next);
/* More than the limit's share of the former list is missing in the next. */
bool provider_list_is_shrunken(const struct provider_list *former, const struct provider_list *next,
                               struct percent limit);

#endif
