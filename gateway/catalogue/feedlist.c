/* The list of one provider: from the cache or the panel, judged, kept (feed.h). On the refresh
 * thread. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "catalogue/feed.h"

enum {
    RETRY_SHARE = 10, /* a failed list is fetched again after a tenth of the interval… */
    RETRY_MIN_MS = 5000,
    JITTER_SHARE = 20,
    COMPLAINT_GAP_MS = 30 * 1000,
    HELD_MAX_MS = 60 * 60 * 1000,
    KEEP_AGAIN_MS = 60 * 60 * 1000, /* the moment it was fetched is kept at least as often */
    CLOCKS_APART_MS = 60 * 1000,    /* of the gateways that share a cache */
    TURN_MARGIN_MS = 10 * 1000, /* beyond the panel's time-out, until a dead gateway's turn ends */
    TURN_LOOK_MS = 250,         /* while another gateway fetches */
};
#define CACHE_TTL_MS (INT64_C(7) * 24 * 60 * 60 * 1000)

static void feedlist_on_list_timer(void *arg);

/* The one function that changes the state. */
static void feedlist_go(struct feed *feed, enum feedlist_state state)
{
    static const bool may[][5] = {
        [FEEDLIST_OFF] =
            {[FEEDLIST_OFF] = true, [FEEDLIST_READING] = true, [FEEDLIST_WAITING] = true},
        [FEEDLIST_READING] = {[FEEDLIST_OFF] = true, [FEEDLIST_WAITING] = true},
        [FEEDLIST_WAITING] = {[FEEDLIST_OFF] = true,
                              [FEEDLIST_READING] = true,
                              [FEEDLIST_WAITING] = true,
                              [FEEDLIST_LOCKING] = true,
                              [FEEDLIST_FETCHING] = true},
        [FEEDLIST_LOCKING] = {[FEEDLIST_OFF] = true, [FEEDLIST_WAITING] = true},
        [FEEDLIST_FETCHING] = {[FEEDLIST_OFF] = true, [FEEDLIST_WAITING] = true},
    };
    ASSERT(may[feed->state][state]);
    loop_timer_cancel(&feed->list_timer);
    feed->state = state;
}

static void feedlist_wait_for(struct feed *feed, int64_t delay_ms)
{
    feedlist_go(feed, FEEDLIST_WAITING);
    loop_timer_start(&feed->list_timer, feed->refresher->parts.loop, delay_ms,
                     feedlist_on_list_timer, feed);
}

/* The round is over; the next one begins with the cache again. */
static void feedlist_wait_for_next(struct feed *feed, int64_t delay_ms)
{
    feed->is_cache_read = false;
    feedlist_wait_for(feed, feed->is_list_wanted ? 0 : delay_ms);
}

static int64_t feedlist_interval_ms(const struct feed *feed)
{
    int64_t refresh_ms = feed->refresher->view.settings->refresh_ms;
    return refresh_ms - refresher_jitter(feed->refresher, refresh_ms / JITTER_SHARE);
}

static int64_t feedlist_retry_ms(const struct feed *feed)
{
    int64_t refresh_ms = feed->refresher->view.settings->refresh_ms;
    int64_t retry = refresh_ms / RETRY_SHARE;
    if (retry < RETRY_MIN_MS)
        retry = RETRY_MIN_MS;
    return retry < refresh_ms ? retry : refresh_ms;
}

/* ---- how it stands ---- */

static void feedlist_tried(struct feed *feed)
{
    feed->is_tried = true;
    refresher_note(feed);
    refresher_settle(feed->refresher);
}

/* Said in the log when the kind of trouble changes, not each time. */
static void feedlist_note_trouble(struct feed *feed, enum feedlist_trouble kind,
                                  const char *message)
{
    if (kind != feed->trouble && kind != TROUBLE_NONE)
        log_event(LOG_WARN, "list_refused", "provider=%s why=%s held=%zu",
                  log_value(str_of(feed->name)).text, log_value(str_of(message)).text,
                  feed->list ? feed->list->count : 0);
    else if (kind != feed->trouble)
        log_event(LOG_INFO, "list_recovered", "provider=%s services=%zu",
                  log_value(str_of(feed->name)).text, feed->list ? feed->list->count : 0);
    feed->trouble = kind;
    snprintf(feed->trouble_message, sizeof feed->trouble_message, "%s", message);
}

/* ---- keeping ---- */

/* False: nothing is written, and done (which may be NULL) not called. */
static bool feedlist_keep(struct feed *feed, bool may_cache, ledger_done_fn *done, void *arg)
{
    struct refresher *refresher = feed->refresher;
    struct buf text;
    buf_init(&text, PROVIDER_LIST_TEXT_MAX);
    feedoutage_count(feed);
    if (!provider_list_print(feed->list, &feed->book, &feed->outage, &text)) {
        log_event(LOG_WARN, "list_too_large", "provider=%s", log_value(str_of(feed->name)).text);
        buf_fini(&text);
        return false;
    }
    struct str body = buf_str(&text);
    struct digest digest = digest_sha256(str_from(body, str_find(body, STR("\"rows\""))));
    int64_t age_ms = feed->list->fetched_at_ms - feed->kept_at_ms;
    bool is_due = feed->kept_at_ms == 0 || age_ms < 0 || age_ms >= KEEP_AGAIN_MS ||
                  !digest_equal(&digest, &feed->kept);
    bool is_written = is_due && refresher->parts.ledger;
    if (is_written) {
        ledger_keep_list(refresher->parts.ledger, done ? refresher->parts.loop : NULL,
                         str_of(feed->name), body, feed->list->fetched_at_ms, done, arg);
        feed->kept = digest;
        feed->is_outage_kept = feed->outage.why != OUTAGE_NONE;
        feed->kept_at_ms = feed->list->fetched_at_ms;
    }
    if (may_cache && refresher->parts.cache) {
        char name[CACHE_NAME_BYTES];
        refresher_cache_name(feed, "list", name);
        cache_put(refresher->parts.cache, name, body, CACHE_TTL_MS);
    }
    buf_fini(&text);
    return is_written;
}

void feedlist_keep_now(struct feed *feed)
{
    feed->kept_at_ms = 0;
    feedlist_keep(feed, false, NULL, NULL);
}

/* ---- prices ---- */

struct history { /* rows for the price history */
    struct ledger_price *list;
    size_t count, room;
};

static void feedlist_history_add(struct history *history, struct feed *feed, struct str service,
                                 struct money rate, const char *note)
{
    if (history->count == history->room) {
        history->room = history->room ? history->room * 2 : 64;
        history->list = memory_resize(history->list, history->room, sizeof *history->list);
    }
    history->list[history->count++] = (struct ledger_price){
        .provider = str_of(feed->name), .upstream_service = service, .rate = rate, .note = note};
}

static void feedlist_history_write(struct history *history, struct feed *feed)
{
    if (history->count > 0 && feed->refresher->parts.ledger)
        ledger_keep_prices(feed->refresher->parts.ledger, history->list, history->count);
    free(history->list);
}

static const char *feedlist_note_of(enum price_verdict verdict)
{
    switch (verdict) {
    case PRICE_ACCEPTED:
        return "seen";
    case PRICE_QUARANTINED:
        return "quarantined";
    case PRICE_AGREED:
        return "agreed";
    case PRICE_SAME:
    case PRICE_WAITING:
        return NULL;
    }
    UNREACHABLE();
}

static void feedlist_count_quarantined(struct feed *feed)
{
    feed->quarantined = 0;
    for (size_t i = 0; i < feed->list->count; i++) {
        const struct price_state *price = pricebook_find(&feed->book, feed->list->rows[i].id);
        feed->quarantined += price && price->is_quarantined;
    }
}

static void feedlist_judge_prices(struct feed *feed, const struct provider_list *list)
{
    struct refresher *refresher = feed->refresher;
    struct price_rules rules = {
        .jump = refresher->view.settings->price_jump,
        .exchange = provider_set_by_id(refresher->view.providers, feed->id)->exchange};
    struct history history = {0};
    size_t held = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct panelrow *row = &list->rows[i];
        struct price_state *price = pricebook_need(&feed->book, row->id);
        if (!price)
            continue;
        enum price_verdict verdict =
            row->is_unpriced ? pricebook_judge_unreadable(price, list->fetched_at_ms)
                             : pricebook_judge(price, row->rate, &rules, list->fetched_at_ms);
        const char *note = feedlist_note_of(verdict);
        if (note && !row->is_unpriced)
            feedlist_history_add(&history, feed, row->id, row->rate, note);
        held += verdict == PRICE_QUARANTINED;
    }
    if (held > 0)
        log_event(LOG_WARN, "prices_quarantined", "provider=%s services=%zu",
                  log_value(str_of(feed->name)).text, held);
    feedlist_history_write(&history, feed);
}

/* ---- arrival ---- */

static void feedlist_take(struct feed *feed, struct provider_list **list, bool is_from_cache)
{
    feedoutage_count(feed); /* what is quarantined from now on begins at 0 */
    feedlist_judge_prices(feed, *list);
    provider_list_free(&feed->list);
    provider_list_free(&feed->shrunken);
    feed->list = *list;
    *list = NULL;
    feedlist_count_quarantined(feed);
    feedlist_note_trouble(feed, TROUBLE_NONE, "");
    feedlist_keep(feed, !is_from_cache, NULL, NULL);
    refresher_publish_soon(feed->refresher);
}

/* Empty and shrunken lists stay outside. One from the cache does so in silence: the panel itself
 * is asked then. */
static bool feedlist_consider(struct feed *feed, struct provider_list **list, bool is_from_cache)
{
    struct percent limit = feed->refresher->view.settings->vanish_limit;
    char message[sizeof feed->trouble_message];
    bool is_empty = (*list)->count == 0 || (!feed->list && provider_list_priced(*list) == 0);
    bool is_shrunken = feed->list && provider_list_is_shrunken(feed->list, *list, limit);
    if (!is_empty && !is_shrunken) {
        feedlist_take(feed, list, is_from_cache);
        return true;
    }
    if (is_empty && !is_from_cache)
        feedlist_note_trouble(feed, TROUBLE_EMPTY, "the list holds no service that could be sold");
    if (!is_empty && !is_from_cache) {
        snprintf(message, sizeof message,
                 "%zu of %zu services gone at once; `provider accept --all` takes the list",
                 provider_list_missing(feed->list, *list), feed->list->count);
        feedlist_note_trouble(feed, TROUBLE_SHRUNKEN, message);
        provider_list_free(&feed->shrunken);
        feed->shrunken = *list;
        *list = NULL;
    }
    provider_list_free(list);
    return false;
}

static const char *feedlist_failure_words(const struct upstream_response *answer)
{
    if (answer->is_key)
        return "the panel refuses the key";
    if (answer->is_rate_limited)
        return "the panel limits our rate";
    if (answer->is_redirect)
        return "the panel's address redirects elsewhere; correct its url";
    if (answer->is_challenge)
        return "a browser challenge stands before the panel";
    switch (answer->outcome) {
    case OUTCOME_NOT_SENT:
        return "the panel cannot be reached";
    case OUTCOME_REFUSED:
        return "the panel refuses to give its list";
    case OUTCOME_DOUBT:
    case OUTCOME_ACCEPTED:
        return "no readable list came back";
    }
    UNREACHABLE();
}

static void feedlist_end_turn(struct feed *feed)
{
    char name[CACHE_NAME_BYTES];
    if (!feed->is_turn)
        return;
    feed->is_turn = false;
    refresher_cache_name(feed, "list", name);
    cache_unlock(feed->refresher->parts.cache, name);
}

static void feedlist_on_list(const struct upstream_response *answer, void *arg)
{
    struct feedcall *call = arg;
    struct feed *feed = call->feed;
    feedcall_end(call, answer);
    feed->refreshes++;
    if (answer->outcome == OUTCOME_ACCEPTED) {
        feed->has_answered = true;
        struct provider_list *list = provider_list_from_answer(answer, clock_wall_ms());
        feedlist_consider(feed, &list, false);
    } else {
        log_event(LOG_DEBUG, "list_failed", "provider=%s evidence=%s",
                  log_value(str_of(feed->name)).text, log_value(answer->evidence).text);
        feedlist_note_trouble(feed, TROUBLE_FAILED, feedlist_failure_words(answer));
    }
    feedlist_end_turn(feed); /* after the list was put */
    bool is_good = feed->trouble == TROUBLE_NONE;
    feed->failures += !is_good;
    feedlist_wait_for_next(feed, is_good ? feedlist_interval_ms(feed) : feedlist_retry_ms(feed));
    feedlist_tried(feed);
}

/* ---- fetching ---- */

static void feedlist_fetch(struct feed *feed)
{
    int64_t wait_ms;
    const char *why_not =
        feedcall_start(&feed->list_call, UPSTREAM_SERVICES, false, feedlist_on_list, &wait_ms);
    if (!why_not) {
        feed->is_list_wanted = false;
        feedlist_go(feed, FEEDLIST_FETCHING);
        return;
    }
    feedlist_end_turn(feed);
    feedlist_wait_for(feed, wait_ms < HELD_MAX_MS ? wait_ms : HELD_MAX_MS);
    if (why_not[0] == '\0')
        return; /* the rate limit is no trouble: it passes by itself */
    if (feed->trouble == TROUBLE_NONE)
        snprintf(feed->trouble_message, sizeof feed->trouble_message, "%s", why_not);
    feedlist_tried(feed);
}

static void feedlist_read_cache(struct feed *feed);

static void feedlist_on_turn(bool is_mine, void *arg)
{
    struct feed *feed = arg;
    if (feed->state != FEEDLIST_LOCKING)
        return; /* stopped meanwhile; the lock ends by itself */
    feedlist_go(feed, FEEDLIST_WAITING);
    feed->is_turn = is_mine;
    if (is_mine) {
        feedlist_read_cache(feed); /* whose turn it was may have put it since we looked */
        return;
    }
    if (feed->is_list_wanted) {
        feedlist_fetch(feed);
        return;
    }
    log_event(LOG_DEBUG, "list_left_to_another", "provider=%s", log_value(str_of(feed->name)).text);
    feedlist_wait_for_next(feed, TURN_LOOK_MS); /* then the cache has it, or it is our turn */
}

/* Asks the panel, unless another gateway is at it. An operator's wish waits for nobody. */
static void feedlist_take_turn(struct feed *feed)
{
    struct refresher *refresher = feed->refresher;
    char name[CACHE_NAME_BYTES];
    if (!refresher->parts.cache || feed->is_list_wanted) {
        feedlist_fetch(feed);
        return;
    }
    const struct provider *provider = provider_set_by_id(refresher->view.providers, feed->id);
    feedlist_go(feed, FEEDLIST_LOCKING);
    refresher_cache_name(feed, "list", name);
    cache_lock(refresher->parts.cache, name, provider->settings.timeout_ms + TURN_MARGIN_MS,
               feedlist_on_turn, feed);
}

/* ---- the cache: one gateway may have downloaded for all ---- */

/* Takes what is newer than ours; how long it may stay, 0 when the panel is to be called. */
static int64_t feedlist_take_cached(struct feed *feed, struct str value)
{
    int64_t now_ms = clock_wall_ms(), left_ms = 0;
    struct pricebook *book = feed->list ? NULL : &feed->book;
    struct provider_list *list = provider_list_parse(value, book, NULL, true);
    bool is_newer = list && list->fetched_at_ms <= now_ms + CLOCKS_APART_MS &&
                    (!feed->list || list->fetched_at_ms > feed->list->fetched_at_ms);
    if (is_newer) {
        int64_t fetched_at_ms = list->fetched_at_ms;
        if (feedlist_consider(feed, &list, true))
            left_ms = fetched_at_ms + feedlist_interval_ms(feed) - now_ms;
    }
    provider_list_free(&list);
    return left_ms > 0 ? left_ms : 0;
}

static void feedlist_on_cached(struct str value, int64_t age_ms, void *arg)
{
    struct feed *feed = arg;
    (void)age_ms;
    if (feed->state != FEEDLIST_READING)
        return; /* stopped meanwhile */
    int64_t left_ms = value.ptr && !feed->is_list_wanted ? feedlist_take_cached(feed, value) : 0;
    feedlist_go(feed, FEEDLIST_WAITING);
    if (left_ms > 0) {
        feedlist_end_turn(feed);
        feedlist_wait_for_next(feed, left_ms);
        feedlist_tried(feed);
    } else if (feed->is_turn) {
        feedlist_fetch(feed);
    } else {
        feedlist_take_turn(feed);
    }
}

static void feedlist_read_cache(struct feed *feed)
{
    char name[CACHE_NAME_BYTES];
    feedlist_go(feed, FEEDLIST_READING);
    feed->is_cache_read = true;
    refresher_cache_name(feed, "list", name);
    cache_get(feed->refresher->parts.cache, name, feedlist_on_cached, feed);
}

static void feedlist_on_list_timer(void *arg)
{
    struct feed *feed = arg;
    if (feed->refresher->parts.cache && !feed->is_cache_read && !feed->is_list_wanted)
        feedlist_read_cache(feed);
    else
        feedlist_take_turn(feed);
}

/* ---- what the others call ---- */

void feedlist_start(struct feed *feed)
{
    feed->is_cache_read = false;
    if (feed->list)
        feedlist_count_quarantined(feed);
    feedlist_wait_for(feed, 0);
    if (feed->refresher->parts.cache)
        feedlist_read_cache(feed);
    refresher_note(feed);
}

void feedlist_fetch_now(struct feed *feed)
{
    feed->is_list_wanted = true;
    if (feed->state == FEEDLIST_WAITING)
        feedlist_fetch(feed);
}

void feedlist_complain(struct feed *feed)
{
    int64_t now_ms = clock_monotonic_ms();
    int64_t wait_ms =
        feed->complained_at_ms > 0 ? feed->complained_at_ms + COMPLAINT_GAP_MS - now_ms : 0;
    if (wait_ms <= 0) {
        feed->complained_at_ms = now_ms;
        feedlist_fetch_now(feed);
    } else if (feed->state == FEEDLIST_WAITING && feed->list_timer.due_at_ms > now_ms + wait_ms) {
        feedlist_wait_for(feed, wait_ms);
    }
}

void feedlist_retime(struct feed *feed)
{
    int64_t latest_at_ms = clock_monotonic_ms() + feedlist_interval_ms(feed);
    if (feed->state == FEEDLIST_WAITING && feed->list_timer.due_at_ms > latest_at_ms)
        feedlist_wait_for(feed, feedlist_interval_ms(feed));
}

void feedlist_stop(struct feed *feed)
{
    feedlist_go(feed, FEEDLIST_OFF);
    loop_timer_fini(&feed->list_timer);
    feedcall_cancel(&feed->list_call);
    feedlist_end_turn(feed);
    feed->is_list_wanted = false;
}

/* ---- what an operator accepted ---- */

void feedlist_not_kept(struct feed *feed)
{
    feed->kept_at_ms = 0;
}

void feedlist_take_refused(struct feed *feed)
{
    struct provider_list *list = feed->shrunken;
    feed->shrunken = NULL;
    feedlist_take(feed, &list, false);
    feedlist_not_kept(feed); /* so that it is kept once more, and known when that is done */
}

bool feedlist_keep_accepted(struct feed *feed, ledger_done_fn *done, void *arg)
{
    feedlist_count_quarantined(feed);
    refresher_note(feed);
    return feedlist_keep(feed, true, done, arg);
}
