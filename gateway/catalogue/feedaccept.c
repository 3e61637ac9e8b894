/* What of one provider waits for an operator, and his accept (acceptance.h). On the refresh thread.
 *
 * Accepting is all or nothing: first every price that is named is looked at, then all are taken.
 * What would be published is found out by trying it: prices are accepted in the book, a snapshot is
 * assembled and not published, and the book is put back. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "catalogue/feed.h"

enum { LOGGED_MAX = 100 }; /* prices of one accept that get a line of their own */

static struct factor feedaccept_exchange(const struct feed *feed)
{
    return provider_set_by_id(feed->refresher->view.providers, feed->id)->exchange;
}

static struct price_state *feedaccept_state_of(const struct feed *feed, const struct panelrow *row)
{
    struct price_state *state = pricebook_find(&feed->book, row->id);
    return state && state->is_quarantined ? state : NULL;
}

static size_t feedaccept_gone(const struct feed *feed)
{
    return feed->shrunken && feed->list ? provider_list_missing(feed->list, feed->shrunken) : 0;
}

/* ---- what waits ---- */

static void feedaccept_fill(const struct feed *feed, const struct panelrow *row,
                            const struct price_state *state, struct arena *arena,
                            struct held_price *out)
{
    *out = (struct held_price){.service = arena_str(arena, row->id),
                               .name = arena_str(arena, row->name),
                               .why = pricebook_why(state, feedaccept_exchange(feed)),
                               .has_accepted = state->has_accepted,
                               .accepted = state->accepted,
                               .pending = state->is_unreadable ? MONEY_ZERO : state->pending,
                               .since_ms = state->held_since_ms};
}

/* Good for comparing only: the same text is the same prices to accept. */
static void feedaccept_print_state(const struct feed *feed, char out[65])
{
    struct buf text;
    struct digest digest;
    buf_init(&text, 64 * 1024 * 1024);
    buf_printf(&text, "%zu\n", feedaccept_gone(feed));
    for (size_t i = 0; feed->list && i < feed->list->count; i++) {
        const struct price_state *state = feedaccept_state_of(feed, &feed->list->rows[i]);
        if (state)
            buf_printf(&text, STR_FMT " %d %lld\n", STR_ARG(feed->list->rows[i].id),
                       state->is_unreadable, (long long)state->pending.units);
    }
    digest = digest_sha256(buf_str(&text));
    digest_print(&digest, out);
    buf_fini(&text);
}

static struct catalogue *feedaccept_imagine(struct feed *feed)
{
    struct price_state **states = memory_array(feed->quarantined + 1, sizeof *states);
    struct price_state *before = memory_array(feed->quarantined + 1, sizeof *before);
    size_t count = 0;
    feedoutage_count(feed); /* now, for while it is imagined nothing is held */
    for (size_t i = 0; i < feed->list->count && count < feed->quarantined; i++) {
        struct price_state *state = feedaccept_state_of(feed, &feed->list->rows[i]);
        if (!state)
            continue;
        states[count] = state;
        before[count++] = *state;
        pricebook_accept(state);
    }
    struct catalogue *catalogue = refresher_imagine(feed->refresher);
    for (size_t i = 0; i < count; i++)
        *states[i] = before[i];
    free(states);
    free(before);
    return catalogue;
}

void feedaccept_describe(struct feed *feed, struct quarantine *out)
{
    feedaccept_print_state(feed, out->state);
    out->now = feed->refresher->last ? catalogue_pin(feed->refresher->last) : NULL;
    out->gone = feedaccept_gone(feed);
    out->listed = feed->list && out->gone ? feed->list->count : 0;
    if (!feed->list || feed->quarantined == 0)
        return;
    out->prices = arena_new(&out->arena, feed->quarantined * sizeof *out->prices);
    for (size_t i = 0; i < feed->list->count && out->count < feed->quarantined; i++) {
        const struct panelrow *row = &feed->list->rows[i];
        const struct price_state *state = feedaccept_state_of(feed, row);
        if (state)
            feedaccept_fill(feed, row, state, &out->arena, &out->prices[out->count++]);
    }
    out->then = feedaccept_imagine(feed);
}

/* ---- accept ---- */

static bool feedaccept_refuse(const struct feed *feed, struct str service,
                              const struct price_state *state, enum price_accept verdict,
                              struct fault *why)
{
    char rate[MONEY_TEXT];
    switch (verdict) {
    case PRICE_ACCEPT_GOOD:
        return true;
    case PRICE_ACCEPT_NOT_HELD:
        money_print(state->accepted, 2, rate);
        return fault_set(why, FAULT_CONFLICT,
                         "service %.60s of %.60s is not in quarantine: its price %s is in force",
                         log_value(service).text, feed->name, rate);
    case PRICE_ACCEPT_UNREADABLE:
        return fault_set(
            why, FAULT_CONFLICT,
            "service %.60s of %.60s has no readable price, so there is none to accept; "
            "it returns by itself when the panel lists an amount",
            log_value(service).text, feed->name);
    case PRICE_ACCEPT_MOVED:
        money_print(state->pending, 2, rate);
        return fault_set(why, FAULT_CONFLICT,
                         "the price of service %.60s of %.60s has changed since it was shown: it "
                         "is %s now; nothing was accepted, look again",
                         log_value(service).text, feed->name, rate);
    case PRICE_ACCEPT_ZERO:
        return fault_set(why, FAULT_CONFLICT,
                         "the price of service %.60s of %.60s is 0, so it would be sold for "
                         "nothing but what a markup adds; nothing was accepted, --zero takes it",
                         log_value(service).text, feed->name);
    }
    UNREACHABLE();
}

static bool feedaccept_check_one(const struct feed *feed, const struct accept_wish *wish, size_t i,
                                 struct fault *why)
{
    struct str service = wish->services[i];
    const struct panelrow *row = feed->list ? provider_list_find(feed->list, service) : NULL;
    const struct price_state *state = row ? pricebook_find(&feed->book, row->id) : NULL;
    if (!state)
        return fault_set(why, FAULT_NOT_FOUND,
                         "service %.60s is not in the list of %.60s; provider accept shows what "
                         "is in quarantine",
                         log_value(service).text, feed->name);
    enum price_accept verdict =
        pricebook_may_accept(state, wish->shown ? &wish->shown[i] : NULL, wish->takes_zero);
    return feedaccept_refuse(feed, service, state, verdict, why);
}

static bool feedaccept_check(const struct feed *feed, const struct accept_wish *wish,
                             struct fault *why)
{
    char state[65];
    for (size_t i = 0; i < wish->count; i++)
        if (!feedaccept_check_one(feed, wish, i, why))
            return false;
    if (!wish->is_all || !wish->state.ptr)
        return true;
    feedaccept_print_state(feed, state);
    return str_is(wish->state, state) ||
           fault_set(why, FAULT_CONFLICT,
                     "prices of %.60s have changed since they were shown; nothing was accepted, "
                     "look again",
                     feed->name);
}

static bool feedaccept_wants(const struct accept_wish *wish, struct str service)
{
    for (size_t i = 0; i < wish->count; i++)
        if (str_equal(wish->services[i], service))
            return true;
    return wish->is_all;
}

static void feedaccept_take_price(struct feed *feed, const struct accept_wish *wish,
                                  const struct panelrow *row, struct arena *arena,
                                  struct acceptance *out)
{
    struct price_state *state = feedaccept_state_of(feed, row);
    if (!state || !feedaccept_wants(wish, row->id))
        return;
    enum price_accept verdict = pricebook_may_accept(state, NULL, wish->takes_zero);
    out->left_zero += verdict == PRICE_ACCEPT_ZERO;
    out->left_unreadable += verdict == PRICE_ACCEPT_UNREADABLE;
    if (verdict != PRICE_ACCEPT_GOOD)
        return;
    feedaccept_fill(feed, row, state, arena, &out->taken[out->count++]);
    pricebook_accept(state);
}

static void feedaccept_log(const struct feed *feed, const struct held_price *price)
{
    char old[MONEY_TEXT] = "none", new[MONEY_TEXT];
    if (price->has_accepted)
        money_print(price->accepted, 2, old);
    money_print(price->pending, 2, new);
    log_event(LOG_INFO, "price_accepted", "provider=%s upstream_service=%s old=%s new=%s why=%s",
              log_value(str_of(feed->name)).text, log_value(price->service).text, old, new,
              pricebook_why_name(price->why));
}

static void feedaccept_note(struct feed *feed, const struct acceptance *acceptance)
{
    struct ledger_price *rows = memory_array(acceptance->count + 1, sizeof *rows);
    for (size_t i = 0; i < acceptance->count; i++) {
        const struct held_price *price = &acceptance->taken[i];
        rows[i] = (struct ledger_price){.provider = str_of(feed->name),
                                        .upstream_service = price->service,
                                        .rate = price->pending,
                                        .note = "accepted"};
        if (i < LOGGED_MAX)
            feedaccept_log(feed, price);
    }
    if (acceptance->count > 0 && feed->refresher->parts.ledger)
        ledger_keep_prices(feed->refresher->parts.ledger, rows, acceptance->count);
    free(rows);
    log_event(LOG_INFO, "list_accepted", "provider=%s services=%zu gone=%zu",
              log_value(str_of(feed->name)).text, acceptance->count, acceptance->gone);
}

void feedaccept_take(struct feed *feed, const struct accept_wish *wish, struct arena *arena,
                     struct acceptance *out)
{
    *out = (struct acceptance){0};
    if (!feedaccept_check(feed, wish, &out->why) || !feed->list)
        return;
    out->taken = arena_new(arena, (feed->quarantined + 1) * sizeof *out->taken);
    for (size_t i = 0; i < feed->list->count; i++)
        feedaccept_take_price(feed, wish, &feed->list->rows[i], arena, out);
    /* Afterwards: what its prices put into quarantine was shown to nobody, and stays there. */
    if (wish->is_all && feed->shrunken) {
        out->gone = feedaccept_gone(feed);
        feedlist_take_refused(feed);
        out->held = feed->quarantined;
    }
    if (out->count + out->gone > 0)
        feedaccept_note(feed, out);
}
