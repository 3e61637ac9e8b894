/* struct refresher: keeps the catalogue in step with the providers, on a loop and thread of its own
 * ("refresh"). Fetches each provider's list at start and every catalogue.refresh, its balance every
 * catalogue.balance and when health wants it; good lists go to the ledger and the cache, bad ones
 * (error, empty, truncated, more than vanish_limit gone) never replace good ones. Prices that jump
 * are quarantined. Every change ends in one new snapshot, published once.
 *
 * Calls marked "any thread" post to the refresh loop; done is called on the caller's loop. */
#ifndef CATALOGUE_REFRESHER_H
#define CATALOGUE_REFRESHER_H
#include "cache/cache.h"
#include "catalogue/acceptance.h"
#include "ledger/ledger.h"
#include "routing/health.h"

enum { CATALOGUE_CURRENCY_BYTES = 8 };

struct refresher;
/* Called on the refresh thread; the snapshot's pin is the callee's. */
typedef void refresher_publish_fn(struct catalogue *catalogue, void *arg);

struct refresher_parts {
    struct loop *loop; /* its own */
    struct ledger *ledger;
    struct cache *cache; /* opened on that loop */
    struct health *health;
    refresher_publish_fn *publish;
    void (*settled)(void *arg); /* once, on that loop, when refresher_is_settled; may be NULL */
    void *arg;
};
struct refresher *refresher_new(const struct refresher_parts *parts);
/* Before start: what the ledger kept (lists, import numbers, last prices). */
void refresher_take_list(struct refresher *refresher, struct str provider, struct str body,
                         int64_t fetched_at_ms);
void refresher_take_import(struct refresher *refresher, const struct ledger_import *import);
void refresher_take_price(struct refresher *refresher, const struct ledger_price *price,
                          int64_t at_ms);
/* A configuration to work with: settings are borrowed and stay valid until release(arg) is called
 * on the refresh thread; sets are pinned. The first call starts fetching; later ones are reloads
 * and always end in a new snapshot. Any thread. */
struct refresher_view {
    const struct catalogue_settings *settings;
    struct provider_set *providers;
    struct client_set *clients;
    void (*release)(void *arg);
    void *arg;
};
void refresher_configure(struct refresher *refresher, const struct refresher_view *view);
/* Fetch now: the list (a reload, an operator) or the balance of one provider. Any thread. */
void refresher_fetch_list(struct refresher *refresher, unsigned provider_id);
void refresher_fetch_balance(struct refresher *refresher, unsigned provider_id);
/* The provider refused an order that its list allows: its list is fetched anew, at most every half
 * minute. Any thread. */
void refresher_complain(struct refresher *refresher, unsigned provider_id);
/* What of the provider waits for an operator, valid while done runs. Any thread. */
typedef void refresher_quarantine_fn(const struct quarantine *quarantine, void *arg);
void refresher_quarantine(struct refresher *refresher, unsigned provider_id, struct loop *loop,
                          refresher_quarantine_fn *done, void *arg);
/* Ends the quarantine of prices, and takes a refused list: all that is wished, or nothing. done is
 * called once it is in force and in the ledger. The wish is copied. Any thread. */
typedef void refresher_accepted_fn(const struct acceptance *acceptance, void *arg);
void refresher_accept(struct refresher *refresher, unsigned provider_id,
                      const struct accept_wish *wish, struct loop *loop,
                      refresher_accepted_fn *done, void *arg);
/* True once each provider's list is held, has arrived, has failed or 10 s have passed. Any thread.
 */
bool refresher_is_settled(const struct refresher *refresher);
/* How a provider's list stands, for provider list, /metrics and /readyz. Any thread. */
struct refresher_report {
    bool has_list;
    int64_t fetched_at_ms; /* wall */
    size_t services, quarantined;
    size_t unsellable;    /* limits that leave nothing */
    char last_error[120]; /* a message of ours; "" when the last attempt went well */
    char panel_currency[CATALOGUE_CURRENCY_BYTES]; /* that the panel reported last; "": none */
    uint64_t refreshes, failures;
};
void refresher_report(struct refresher *refresher, unsigned provider_id,
                      struct refresher_report *out);
void refresher_stop(struct refresher *refresher); /* on its loop: cancels what is under way */
void refresher_free(struct refresher *refresher); /* after its loop has ended */

#endif
