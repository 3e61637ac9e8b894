/* Whole lists into services with numbers of ours: filters, and who gets which number.
 *
 * A number is first_id + theirs when theirs is decimal, the sum is at most 2147483647 and free;
 * else the highest free one below that. Numbers are given at first sight and stored: a service that
 * returns gets its own again, and nobody else ever does. One whose number is written out in the
 * configuration gets a further number, stored as well. Pure but for the table it fills; the refresh
 * thread's. */
#ifndef CATALOGUE_IMPORTPLAN_H
#define CATALOGUE_IMPORTPLAN_H
#include "catalogue/catalogue_settings.h"
#include "catalogue/importnumbers.h"
#include "catalogue/provider_list.h"
#include "providers/provider.h"

struct importrow {
    uint32_t id;
    unsigned provider_id;
    const struct panelrow *row;           /* borrowed from its list */
    const struct import_settings *import; /* borrowed from the settings */
};
struct importplan {
    struct importrow *rows; /* owned; by id, each once */
    size_t count, room;
    size_t moved;     /* at first sight only: did not get first_id + theirs */
    size_t left_over; /* no number was free */
};
/* lists by provider id, NULL where none is held. */
void importplan_make(const struct catalogue_settings *settings,
                     const struct provider_set *providers,
                     const struct provider_list *const lists[PROVIDER_MAX],
                     struct importnumbers *numbers, struct importplan *out);
void importplan_fini(struct importplan *plan);
/* The row passes the import's filters, has a known type and is neither decoration nor heading. */
bool importplan_wants(const struct import_settings *import, const struct panelrow *row,
                      struct factor exchange);
/* "=== NEW ===", with a price that nobody pays or one piece only: a heading of the panel's page.
 * name is clean. */
bool importplan_is_heading(const struct panelrow *row, struct factor exchange);

#endif
