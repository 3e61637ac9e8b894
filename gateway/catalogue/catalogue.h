/* struct catalogue: an immutable, counted snapshot of what we sell, with the rendered `services`
 * response of each price list. Made on the refresh thread, read by any thread that pins it.
 *
 * A price list is what clients with the same markup, prices and `services` see; a client's list is
 * found by its settings (pricelist_of), resolved when the snapshot was made. Providers' balances
 * stand beside the snapshots. */
#ifndef CATALOGUE_CATALOGUE_H
#define CATALOGUE_CATALOGUE_H
#include "catalogue/catalogue_settings.h"
#include "catalogue/pricebook.h"
#include "clients/client.h"
#include "providers/provider.h"

struct offer {
    unsigned provider_id;
    struct str service; /* the panel's id */
    unsigned weight;
    bool is_known; /* in the provider's last good list */
    bool is_gone;  /* was there once, no longer */
    bool is_void;  /* its limits there leave nothing: not for sale */
    bool is_quarantined;
    enum price_held why_held;        /* while it is, */
    const struct price_state *price; /* and what is known of its price; NULL: nothing */
    struct money rate;               /* per 1000, the panel's currency; valid when known */
    struct money cost;               /* per 1000, our currency, rounded up to 10^-8 */
    enum ordertype type;
    bool has_limits;
    int64_t min, max;
    bool refill, cancel, dripfeed;
};
struct service {
    uint32_t id;
    struct str name, category;
    enum ordertype type;
    int64_t min, max;
    bool refill, cancel, dripfeed;
    bool no_refill, no_cancel; /* its list says so: refused without a call to the panel */
    enum ranking_policy routing;
    bool allow_loss;
    bool cancel_goes_on, partial_goes_on; /* to the next offer */
    enum same_link same_link;             /* other than allow: one unfinished order per link */
    bool is_priced;                       /* published: at the base's price, or at its last one */
    bool is_unlisted;        /* it would be, but nobody could deliver it for `unlist` */
    int64_t unlist_at_ms;    /* wall; when it leaves the list for that; 0: it does not */
    struct rate_terms terms; /* all but the client's markup */
    struct offer *offers;
    size_t offer_count;
};
struct rendering { /* a prepared response */
    struct str plain, gzip;
    char etag_plain[40], etag_gzip[40]; /* with quotes */
};
struct pricelist;
struct catalogue {
    _Atomic unsigned pins;
    uint64_t version;
    unsigned decimals;
    const char *currency;
    size_t count;                   /* services */
    size_t unlisted;                /* of them: is_unlisted */
    const struct service *list;     /* by id */
    struct provider_set *providers; /* pinned: what provider_id refers to */
    struct client_set *clients;     /* pinned: whose price lists it holds */
    bool may_go_on;                 /* some service sends on what a panel left undone */
    bool has_lists;                 /* at least one provider's list was ever held */
    int64_t made_at_ms;             /* wall */
    int64_t unlist_at_ms;           /* wall; when the next service is to leave the list, 0: none */
};

struct catalogue *catalogue_pin(struct catalogue *catalogue);
void catalogue_unpin(struct catalogue **catalogue);
const struct service *catalogue_find(const struct catalogue *catalogue, uint32_t id); /* O(1)-ish */
/* The client's price list; never NULL for a client of the set the snapshot was made with; a client
 * that came later gets NULL until the next snapshot (app makes one at each reload). */
const struct pricelist *pricelist_of(const struct catalogue *catalogue,
                                     const struct client *client);
const struct rendering *pricelist_rendering(const struct pricelist *list);
/* Services in it; 0 only when nothing that the client may see can be sold now. */
size_t pricelist_count(const struct pricelist *list);
/* Published rate of the service for that list; false when it is not in it. */
bool pricelist_rate(const struct pricelist *list, const struct service *service,
                    struct money *rate_out);

/* What each provider holds for us, as last read: one cell for each provider, written by the
 * refresher, read by any thread. */
struct balance_cell {
    bool is_known;
    struct money amount; /* the provider's currency */
    int64_t at_ms;       /* wall */
};
struct balance_cell catalogue_balance(unsigned provider_id);
/* Read, and below its `low_balance`. */
bool catalogue_is_balance_low(const struct provider *provider);
void catalogue_set_balance(unsigned provider_id, struct money amount, int64_t wall_at_ms);
/* The sum over the set in our currency, each rounded down to 10^-8; unknown ones count nothing. */
struct money catalogue_sum_balances(const struct provider_set *set);

#endif
