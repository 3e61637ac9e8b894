/* How long one provider has taken no orders, and how long its prices have been in quarantine, in
 * time that the gateway ran: counted here, kept beside its list in the ledger (outage.h). On the
 * refresh thread. */
#include "base/clock.h"
#include "catalogue/feed.h"

enum {
    KEEP_SHARE = 24, /* a crash forgets no more of it than this part of `unlist`… */
    KEEP_MIN_MS = 1000,
    KEEP_MAX_MS = 60 * 60 * 1000, /* …and no more than this */
};

void feedoutage_count(struct feed *feed)
{
    int64_t now_ms = clock_monotonic_ms();
    if (feed->held_counted_ms != 0)
        pricebook_count(&feed->book, now_ms - feed->held_counted_ms);
    feed->held_counted_ms = now_ms;
    outage_count(&feed->outage, now_ms);
}

void feedoutage_keep(struct feed *feed)
{
    if (feed->list == NULL)
        return; /* nothing of it was ever on a list of ours */
    feedoutage_count(feed);
    feed->outage_kept_ms = clock_monotonic_ms();
    feedlist_keep_now(feed);
}

static bool feedoutage_is_due(const struct feed *feed)
{
    int64_t interval_ms = feed->refresher->view.settings->unlist_ms / KEEP_SHARE;
    if (feed->outage.why == OUTAGE_NONE && feed->quarantined == 0)
        return false;
    if (interval_ms < KEEP_MIN_MS)
        interval_ms = KEEP_MIN_MS;
    if (interval_ms > KEEP_MAX_MS)
        interval_ms = KEEP_MAX_MS;
    return clock_monotonic_ms() - feed->outage_kept_ms >= interval_ms;
}

void feedoutage_look(struct feed *feed)
{
    struct refresher *refresher = feed->refresher;
    const struct provider *provider = provider_set_by_id(refresher->view.providers, feed->id);
    struct health_report health;
    health_report(refresher->parts.health, feed->id, clock_monotonic_ms(), &health);
    struct outage_facts facts = {.is_stopped =
                                     provider->settings.is_closed || provider_is_paused(provider),
                                 .is_key_parked = health.is_key_parked,
                                 .is_currency_wrong = health.is_currency_wrong,
                                 .is_out_of_funds = health.is_out_of_funds,
                                 .is_silent = health.readings != BREAKER_CLOSED,
                                 .has_answered = feed->has_answered,
                                 .is_proven = health.is_proven,
                                 .has_balance = feed->has_balance,
                                 .balance = feed->balance};
    bool is_news = outage_note(&feed->outage, &facts, clock_monotonic_ms());
    if (is_news)
        refresher_publish_soon(refresher);
    /* Funds may come and go by the second, and each keeping writes the whole list. */
    bool is_over = feed->outage.why == OUTAGE_NONE && feed->is_outage_kept;
    feed->is_outage_kept = feed->is_outage_kept && !is_over; /* said once */
    if (is_over || feedoutage_is_due(feed))
        feedoutage_keep(feed);
}
