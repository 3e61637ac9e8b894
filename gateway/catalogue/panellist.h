/* struct panellist: one provider's list of services as we keep it: the rows that could be sold,
 * sorted by the panel's id, cleaned, compact. Rows without a readable rate, without an id, or
 * standing twice with different content are left out. Immutable once sealed. */
#ifndef CATALOGUE_PANELLIST_H
#define CATALOGUE_PANELLIST_H
#include "base/arena.h"
#include "money/money.h"
#include "protocol/ordertype.h"
#include "providers/question.h"

enum { PANELLIST_MAX = 100000, PANELLIST_ID_MAX = 120 };

struct panelrow {
    struct str id, name, category; /* in the list's arena */
    struct money rate;             /* per 1000, the panel's currency */
    int64_t min, max;
    enum ordertype type;
    bool has_limits; /* 0 <= min <= max, max > 0 */
    bool refill, cancel, dripfeed;
};
struct panellist {
    struct arena arena;
    struct panelrow *rows; /* owned */
    size_t count, room;
    int64_t fetched_at_ms; /* wall */
};

struct panellist *panellist_new(int64_t fetched_at_ms);
void panellist_free(struct panellist **list);
/* Copies and cleans the row; beyond PANELLIST_MAX it is dropped. */
void panellist_add(struct panellist *list, const struct panelrow *row);
/* Sorts; of rows with the same id the first stays. */
void panellist_seal(struct panellist *list);
/* The sellable rows of a panel's answer, sealed. */
struct panellist *panellist_from_answer(const struct answer *answer, int64_t fetched_at_ms);

const struct panelrow *panellist_find(const struct panellist *list, struct str id);
/* How many of the former list's services the next one lacks. */
size_t panellist_missing(const struct panellist *former, const struct panellist *next);
/* More than the limit's share of the former list is missing in the next. */
bool panellist_is_shrunken(const struct panellist *former, const struct panellist *next,
                           struct percent limit);

#endif
