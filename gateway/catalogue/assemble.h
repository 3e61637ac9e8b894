/* Lists x configuration -> a snapshot without its price lists. Pure (it allocates the snapshot),
 * any thread.
 *
 * Name, category, type, min, max and the flags refill, cancel, dripfeed come from the first offer
 * in configured order that is in its provider's list, quarantined or not, so that a service does
 * not change its looks with outages. A panel's type that no table knows is the service's own
 * `type:` where one is written.
 *
 * A service is published when its type is known, min <= max, and its price is known: that of the
 * first offer with a cost that is not quarantined (`cheapest`: of the cheapest such), else the last
 * one. It leaves the list when no offer could be used for `unlist`: clients switch off for good
 * what once left it. All that holds for a fixed `rate` too. */
#ifndef CATALOGUE_ASSEMBLE_H
#define CATALOGUE_ASSEMBLE_H
#include "catalogue/catalogue_private.h"
#include "catalogue/importplan.h"
#include "catalogue/pricebook.h"
#include "catalogue/provider_list.h"

/* Published as the greatest quantity where nobody says one. */
#define ASSEMBLE_MAX INT64_C(2147483647)

struct assemble_input {
    const struct catalogue_settings *settings;
    struct provider_set *providers; /* gets a pin */
    const struct provider_list *const
        *lists; /* PROVIDER_MAX of them, by provider id; NULL: none held */
    const struct pricebook *const *books; /* likewise */
    const int64_t *blocked_since_ms;      /* likewise, wall; 0: takes orders. NULL: all do */
    const struct importplan *plan;
};
/* With one pin, version 0, no price lists. */
struct catalogue *assemble_make(const struct assemble_input *input, int64_t wall_now_ms);

#endif
