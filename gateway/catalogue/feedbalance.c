/* The balance of one provider: every catalogue.balance, and at once when health wants it because a
 * panel spoke of funds or the key is parked (feed.h). */
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "catalogue/catalogue.h"
#include "catalogue/feed.h"

enum {
    JITTER_SHARE = 20,
    HELD_MAX_MS = 60 * 60 * 1000,
    CLOCKS_APART_MS = 60 * 1000, /* of the gateways that share a cache */
};
#define CACHE_TTL_MS (INT64_C(7) * 24 * 60 * 60 * 1000)

static void feedbalance_on_balance_timer(void *arg);

static void feedbalance_wait_for(struct feed *feed, int64_t delay_ms)
{
    loop_timer_start(&feed->balance_timer, feed->refresher->parts.loop, delay_ms,
                     feedbalance_on_balance_timer, feed);
}

static int64_t feedbalance_interval_ms(const struct feed *feed)
{
    int64_t balance_ms = feed->refresher->view.settings->balance_ms;
    return balance_ms - refresher_jitter(feed->refresher, balance_ms / JITTER_SHARE);
}

/* Said in the log when it begins and when it is over. */
void feedbalance_judge_low(struct feed *feed, const struct provider *provider)
{
    bool is_low = catalogue_is_balance_low(provider);
    struct balance_cell cell = catalogue_balance(provider->id);
    char balance[MONEY_TEXT], low[MONEY_TEXT];
    if (is_low == feed->is_balance_low)
        return;
    feed->is_balance_low = is_low;
    money_print(cell.amount, 2, balance);
    money_print(provider->settings.low_balance, 2, low);
    log_event(is_low ? LOG_WARN : LOG_INFO, is_low ? "balance_low" : "balance_no_longer_low",
              "provider=%s balance=%s low_balance=%s currency=%s",
              log_value(str_of(feed->name)).text, balance,
              provider->settings.has_low_balance ? low : "none", provider->settings.currency);
}

/* ---- the cache: what another gateway has read lately need not be fetched, and a restart with a
 * dead panel still shows what it held ---- */

/* "<amount> <wall ms>" */
static void feedbalance_put(struct feed *feed, struct money amount, int64_t wall_at_ms)
{
    char name[CACHE_NAME_BYTES], text[MONEY_TEXT], value[MONEY_TEXT + 32];
    if (!feed->refresher->parts.cache)
        return;
    money_print(amount, 0, text);
    int len = snprintf(value, sizeof value, "%s %lld", text, (long long)wall_at_ms);
    refresher_cache_name(feed, "balance", name);
    cache_put(feed->refresher->parts.cache, name, str_make(value, (size_t)len), CACHE_TTL_MS);
}

/* Takes what is newer than ours; when that was read, 0 when there is nothing. Health hears only of
 * answers to ourselves: it is told what a key of ours may do. */
static int64_t feedbalance_take_cached(struct feed *feed, struct str value)
{
    struct balance_cell held = catalogue_balance(feed->id);
    struct str rest = value, amount_text, at_text;
    struct money amount;
    int64_t at_ms;
    bool is_good = value.ptr && str_next(&rest, ' ', &amount_text) &&
                   str_next(&rest, ' ', &at_text) &&
                   money_parse(amount_text, MONEY_EXACT, &amount) && str_to_i64(at_text, &at_ms) &&
                   at_ms > 0 && at_ms <= clock_wall_ms() + CLOCKS_APART_MS;
    if (!is_good || (held.is_known && at_ms <= held.at_ms))
        return 0;
    catalogue_set_balance(feed->id, amount, at_ms);
    feedbalance_judge_low(feed, provider_set_by_id(feed->refresher->view.providers, feed->id));
    return at_ms;
}

static void feedbalance_on_cached(struct str value, int64_t age_ms, void *arg)
{
    struct feed *feed = arg;
    (void)age_ms;
    if (!feed->is_active || feed->refresher->is_stopped || feed->balance_timer.is_armed ||
        feed->balance_call.call)
        return; /* stopped, or being fetched, meanwhile */
    int64_t at_ms = feedbalance_take_cached(feed, value);
    int64_t left_ms = at_ms > 0 ? at_ms + feedbalance_interval_ms(feed) - clock_wall_ms() : 0;
    if (left_ms > 0)
        feed->is_balance_read = false; /* the next round begins with the cache again */
    feedbalance_wait_for(feed, left_ms);
}

static void feedbalance_read_cache(struct feed *feed)
{
    char name[CACHE_NAME_BYTES];
    feed->is_balance_read = true;
    refresher_cache_name(feed, "balance", name);
    cache_get(feed->refresher->parts.cache, name, feedbalance_on_cached, feed);
}

/* ---- fetching ---- */

void feedbalance_judge_currency(struct feed *feed, const struct provider *provider)
{
    struct str expected = str_of(provider->settings.currency);
    bool is_wrong = feed->currency[0] && expected.len > 0 &&
                    !str_equal_folded(str_of(feed->currency), expected);
    if (is_wrong)
        log_event(LOG_WARN, "currency_mismatch", "provider=%s configured=%s panel=%s",
                  log_value(str_of(feed->name)).text, log_value(expected).text,
                  log_value(str_of(feed->currency)).text);
    health_currency(feed->refresher->parts.health, feed->id, is_wrong, clock_monotonic_ms());
}

/* Panels write all kinds of things where a code should be; what is none says nothing. */
static bool feedbalance_is_code(struct str currency)
{
    bool is_code = currency.len >= 3 && currency.len < CURRENCY_BYTES;
    for (size_t i = 0; i < currency.len && is_code; i++) {
        char letter = (char)(currency.ptr[i] | 0x20);
        is_code = letter >= 'a' && letter <= 'z';
    }
    return is_code;
}

/* The amount counts as configured, yet in another currency every cost may be wrong. */
static void feedbalance_note_currency(struct feed *feed, const struct provider *provider,
                                      struct str currency)
{
    bool is_code = feedbalance_is_code(currency);
    if (!is_code && feed->currency[0] == '\0') /* what an earlier run saw is no longer said */
        feedbalance_judge_currency(feed, provider);
    if (!is_code || str_equal_folded(currency, str_of(feed->currency)))
        return;
    snprintf(feed->currency, sizeof feed->currency, STR_FMT, STR_ARG(currency));
    refresher_note(feed);
    feedbalance_judge_currency(feed, provider);
}

static void feedbalance_on_balance(const struct upstream_response *answer, void *arg)
{
    struct feedcall *call = arg;
    struct feed *feed = call->feed;
    if (answer->outcome == OUTCOME_ACCEPTED && answer->has_balance) {
        int64_t wall_at_ms = clock_wall_ms();
        feed->has_answered = feed->has_balance = true;
        feed->balance = answer->balance;
        feedbalance_note_currency(feed, call->provider, answer->balance_currency);
        catalogue_set_balance(feed->id, answer->balance, wall_at_ms);
        feedbalance_judge_low(feed, call->provider);
        health_balance(feed->refresher->parts.health, feed->id, answer->balance,
                       clock_monotonic_ms());
        feedbalance_put(feed, answer->balance, wall_at_ms);
    }
    feedcall_end(call, answer);
    feed->is_balance_read = false;
    feedbalance_wait_for(feed, feed->is_balance_wanted ? 0 : feedbalance_interval_ms(feed));
}

static void feedbalance_on_balance_timer(void *arg)
{
    struct feed *feed = arg;
    int64_t wait_ms;
    if (feed->refresher->parts.cache && !feed->is_balance_wanted && !feed->is_balance_read) {
        feedbalance_read_cache(feed);
        return;
    }
    const char *why_not = feedcall_start(&feed->balance_call, UPSTREAM_BALANCE,
                                         feed->is_balance_wanted, feedbalance_on_balance, &wait_ms);
    if (!why_not)
        feed->is_balance_wanted = false;
    else
        feedbalance_wait_for(feed, wait_ms < HELD_MAX_MS ? wait_ms : HELD_MAX_MS);
}

void feedbalance_fetch_now(struct feed *feed)
{
    feed->is_balance_wanted = true;
    if (!feed->balance_call.call)
        feedbalance_wait_for(feed, 0);
}

void feedbalance_start_closed(struct feed *feed)
{
    if (feed->outage.is_kept && feed->outage.why == OUTAGE_CURRENCY)
        health_currency(feed->refresher->parts.health, feed->id, true, clock_monotonic_ms());
}

void feedbalance_start(struct feed *feed)
{
    feed->is_balance_read = false;
    feedbalance_wait_for(feed, 0);
}

void feedbalance_retime(struct feed *feed)
{
    int64_t latest_at_ms = clock_monotonic_ms() + feedbalance_interval_ms(feed);
    if (!feed->balance_call.call && feed->balance_timer.due_at_ms > latest_at_ms)
        feedbalance_wait_for(feed, feedbalance_interval_ms(feed));
}

void feedbalance_stop(struct feed *feed)
{
    loop_timer_fini(&feed->balance_timer);
    feedcall_cancel(&feed->balance_call);
    feed->is_balance_wanted = false;
}
