/* See health.h. One mutex for each provider, held for a few comparisons; what a response means is
 * judged in impact.c, how long a cool-down lasts in availability.c. */
#include "routing/health.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "providers/provider.h"
#include "routing/availability.h"
#include "routing/judge.h"

enum {
    HEALTH_KINDS = 2,
    HEALTH_KEY_PROBE_MS = 15 * 60 * 1000,
    HEALTH_SUPPLIER_COOL_DOWN_MS = 5 * 60 * 1000, /* the offer whose supplier is out of funds */
    HEALTH_SINGLY_MS = 24 * 60 * 60 * 1000,
    HEALTH_LIMITED_MS = 1000, /* too many requests, x n, without a Retry-After */
    HEALTH_LIMITED_STEPS = 5,
};

struct limited { /* too many requests */
    int64_t since_ms, until_ms;
    unsigned times; /* in a row */
};

struct provider_health {
    pthread_mutex_t mutex; /* guards all below */
    struct availability watches[HEALTH_KINDS];
    struct limited limited[HEALTH_KINDS];
    bool is_proven;
    bool is_currency_wrong;
    int64_t currency_since_ms;
    bool is_key_parked;
    int64_t key_since_ms;
    int64_t key_probe_at_ms; /* parked: when the balance may be read next */
    struct funds {
        bool is_out, wants_balance;
        struct money cost; /* of the order refused; 0 when not known */
        bool has_seen;     /* a balance was read since */
        struct money seen; /* the last one */
        int64_t since_ms;
        int64_t until_ms; /* ends by itself then, should no balance ever be read */
        size_t service_len;
        char service[AVAILABILITY_SERVICE_BYTES]; /* the offer that was refused */
    } funds;
    struct availability_table offers;
    int64_t singly_until_ms; /* no multi-status before then; 0: not known to lack it */
};

struct health {
    struct provider_health providers[PROVIDER_MAX];
};

struct health *health_new(void)
{
    struct health *health = memory_new(sizeof *health);
    for (unsigned id = 0; id < PROVIDER_MAX; id++)
        pthread_mutex_init(&health->providers[id].mutex, NULL);
    return health;
}

void health_free(struct health *health)
{
    if (health == NULL)
        return;
    for (unsigned id = 0; id < PROVIDER_MAX; id++) {
        availability_table_clear(&health->providers[id].offers);
        pthread_mutex_destroy(&health->providers[id].mutex);
    }
    free(health);
}

/* ---- changes of state to be logged: gathered under the lock and written after it, for a log line
 * is a system call ---- */

enum { HEALTH_NEWS_MAX = 8 };
struct health_news {
    unsigned provider_id;
    struct str service; /* of the offer, borrowed; STR_NONE */
    size_t count;
    struct health_item {
        enum log_level level;
        const char *event;  /* "provider_cooling_down" */
        const char *reason; /* a snake_case word */
    } items[HEALTH_NEWS_MAX];
};
static void health_news_add(struct health_news *news, enum log_level level, const char *event,
                            const char *reason)
{
    ASSERT(news->count < HEALTH_NEWS_MAX);
    news->items[news->count++] = (struct health_item){level, event, reason};
}

static void health_news_log(const struct health_news *news)
{
    struct str name = provider_name(news->provider_id);
    for (size_t i = 0; i < news->count; i++) {
        const struct health_item *item = &news->items[i];
        if (news->service.len && str_starts(str_of(item->event), STR("offer_")))
            log_event(item->level, item->event, "provider=" STR_FMT " service=%s reason=%s",
                      STR_ARG(name), log_value(news->service).text, item->reason);
        else
            log_event(item->level, item->event, "provider=" STR_FMT " reason=%s", STR_ARG(name),
                      item->reason);
    }
}

static struct provider_health *health_lock(struct health *health, unsigned provider_id)
{
    ASSERT(provider_id < PROVIDER_MAX);
    pthread_mutex_lock(&health->providers[provider_id].mutex);
    return &health->providers[provider_id];
}

static void health_unlock(struct provider_health *provider)
{
    pthread_mutex_unlock(&provider->mutex);
}

static bool health_is_out_of_funds(const struct funds *funds, int64_t now_ms)
{
    return funds->is_out && (funds->has_seen || now_ms < funds->until_ms);
}

/* *offer_out: what is remembered of the offer, NULL when that is nothing. */
static enum skip health_look_locked(struct provider_health *provider, enum health_kind kind,
                                    struct str upstream_service, int64_t now_ms,
                                    struct availability **offer_out)
{
    enum skip skip;
    *offer_out = NULL;
    if (provider->is_key_parked)
        return SKIP_KEY;
    if (kind == HEALTH_ORDERS && provider->is_currency_wrong)
        return SKIP_CURRENCY;
    if (kind == HEALTH_ORDERS && health_is_out_of_funds(&provider->funds, now_ms))
        return SKIP_FUNDS;
    if (now_ms < provider->limited[kind].until_ms)
        return SKIP_COOL_DOWN;
    skip = availability_look(&provider->watches[kind], now_ms);
    if (skip != SKIP_NONE || kind != HEALTH_ORDERS)
        return skip;
    *offer_out = availability_table_find(&provider->offers, upstream_service);
    return *offer_out ? availability_look(*offer_out, now_ms) : SKIP_NONE;
}

enum skip health_look(struct health *health, unsigned provider_id, enum health_kind kind,
                      struct str upstream_service, int64_t now_ms)
{
    struct provider_health *provider = health_lock(health, provider_id);
    struct availability *offer;
    enum skip skip = health_look_locked(provider, kind, upstream_service, now_ms, &offer);
    health_unlock(provider);
    return skip;
}

enum skip health_take(struct health *health, unsigned provider_id, enum health_kind kind,
                      struct str upstream_service, int64_t now_ms)
{
    struct provider_health *provider = health_lock(health, provider_id);
    struct availability *offer;
    enum skip skip = health_look_locked(provider, kind, upstream_service, now_ms, &offer);
    if (skip == SKIP_NONE) {
        bool is_taken = breaker_take(&provider->watches[kind].breaker, now_ms) &&
                        (offer == NULL || breaker_take(&offer->breaker, now_ms));
        ASSERT(is_taken); /* both were looked at under this lock */
    }
    health_unlock(provider);
    return skip;
}

static void health_give_back(struct provider_health *provider, enum health_kind kind,
                             struct str upstream_service)
{
    struct availability *offer =
        kind == HEALTH_ORDERS ? availability_table_find(&provider->offers, upstream_service) : NULL;
    breaker_give_back(&provider->watches[kind].breaker);
    if (offer)
        breaker_give_back(&offer->breaker);
}

void health_unused(struct health *health, unsigned provider_id, enum health_kind kind,
                   struct str upstream_service)
{
    struct provider_health *provider = health_lock(health, provider_id);
    health_give_back(provider, kind, upstream_service);
    health_unlock(provider);
}

/* One note being taken: the provider is locked. */
struct note {
    struct provider_health *provider;
    enum health_kind kind;
    struct str service;
    const struct upstream_response *answer;
    struct money cost;
    int64_t now_ms;
    struct health_news *news;
};

static const char *health_kind_reason(enum health_kind kind, const char *orders,
                                      const char *readings)
{
    return kind == HEALTH_ORDERS ? orders : readings;
}

static void health_end_key(struct provider_health *provider, struct health_news *news,
                           const char *why)
{
    if (!provider->is_key_parked)
        return;
    provider->is_key_parked = false;
    health_news_add(news, LOG_INFO, "provider_recovered", why);
}

static void health_end_funds(struct provider_health *provider, struct health_news *news,
                             const char *why)
{
    if (!provider->funds.is_out)
        return;
    provider->funds = (struct funds){0};
    health_news_add(news, LOG_INFO, "provider_recovered", why);
}

static void health_provider_works(const struct note *note, bool is_success)
{
    struct availability *watch = &note->provider->watches[note->kind];
    availability_recover(watch, is_success, note->now_ms);
    if (watch->is_announced && availability_is_clear(watch)) {
        watch->is_announced = false;
        health_news_add(note->news, LOG_INFO, "provider_recovered",
                        health_kind_reason(note->kind, "takes_orders", "answers_readings"));
    }
}

static void health_offer_works(const struct note *note, bool is_success)
{
    struct availability *offer = availability_table_find(&note->provider->offers, note->service);
    if (note->kind != HEALTH_ORDERS || offer == NULL)
        return;
    availability_recover(offer, is_success, note->now_ms);
    if (!availability_is_clear(offer))
        return;
    if (offer->is_announced)
        health_news_add(note->news, LOG_INFO, "offer_recovered", "takes_orders");
    availability_table_forget(&note->provider->offers, note->service);
}

static void health_announce_provider(const struct note *note, enum log_level level,
                                     const char *reason)
{
    struct availability *watch = &note->provider->watches[note->kind];
    if (watch->is_announced || availability_look(watch, note->now_ms) == SKIP_NONE)
        return;
    watch->is_announced = true;
    health_news_add(note->news, level, "provider_cool_down", reason);
}

static void health_announce_offer(const struct note *note, struct availability *offer,
                                  const char *reason)
{
    if (offer->is_announced || availability_look(offer, note->now_ms) == SKIP_NONE)
        return;
    offer->is_announced = true;
    health_news_add(note->news, LOG_WARN, "offer_cool_down", reason);
}

static void health_provider_fails(const struct note *note)
{
    breaker_note(&note->provider->watches[note->kind].breaker, false, note->now_ms);
    health_announce_provider(note, LOG_WARN,
                             health_kind_reason(note->kind, "orders_fail", "readings_fail"));
}

static void health_offer_fails(const struct note *note)
{
    struct availability *offer =
        note->kind == HEALTH_ORDERS ? availability_table_get(&note->provider->offers, note->service)
                                    : NULL;
    if (offer == NULL)
        return;
    breaker_note(&offer->breaker, false, note->now_ms);
    health_announce_offer(note, offer, "orders_fail");
}

/* How long the provider wants us to wait; 0 when it did not say. */
static int64_t health_retry_after_ms(const struct upstream_response *answer)
{
    if (answer->retry_after_s <= 0)
        return 0;
    if (answer->retry_after_s > BREAKER_MAX_MS / 1000)
        return BREAKER_MAX_MS;
    return answer->retry_after_s * 1000;
}

static void health_cool_down_provider(const struct note *note, enum log_level level,
                                      enum trouble_why why, const char *reason)
{
    struct availability *watch = &note->provider->watches[note->kind];
    breaker_note(&watch->breaker, false, note->now_ms);
    availability_cool_down(watch, why, health_retry_after_ms(note->answer), note->now_ms);
    health_announce_provider(note, level, reason);
}

static void health_cool_down_offer(const struct note *note, int64_t min_ms, const char *reason)
{
    struct availability *offer = availability_table_get(&note->provider->offers, note->service);
    if (offer == NULL)
        return;
    breaker_give_back(&offer->breaker);
    availability_cool_down(offer, WHY_REFUSED, min_ms, note->now_ms);
    health_announce_offer(note, offer, reason);
}

static void health_limit(const struct note *note)
{
    struct limited *limited = &note->provider->limited[note->kind];
    int64_t cool_down_ms = health_retry_after_ms(note->answer);
    if (cool_down_ms == 0 && note->now_ms < limited->until_ms)
        return; /* several calls were under way */
    if (limited->times == 0)
        limited->since_ms = note->now_ms;
    if (limited->times < HEALTH_LIMITED_STEPS)
        limited->times++;
    if (cool_down_ms == 0)
        cool_down_ms = (int64_t)limited->times * HEALTH_LIMITED_MS;
    if (note->now_ms + cool_down_ms > limited->until_ms)
        limited->until_ms = note->now_ms + cool_down_ms;
}

static void health_park_key(const struct note *note)
{
    if (note->provider->is_key_parked)
        return;
    note->provider->is_key_parked = true;
    note->provider->key_since_ms = note->now_ms;
    note->provider->key_probe_at_ms = note->now_ms + HEALTH_KEY_PROBE_MS;
    health_news_add(note->news, LOG_ERROR, "provider_cool_down", "bad_key");
}

static void health_park_funds(const struct note *note)
{
    struct funds *funds = &note->provider->funds;
    bool is_new = !funds->is_out;
    if (health_is_out_of_funds(funds, note->now_ms))
        return;
    *funds = (struct funds){.is_out = true,
                            .wants_balance = true,
                            .cost = note->cost,
                            .since_ms = is_new ? note->now_ms : funds->since_ms,
                            .until_ms = note->now_ms + BREAKER_MAX_MS};
    if (note->service.len <= sizeof funds->service && note->service.len > 0) {
        memcpy(funds->service, note->service.ptr, note->service.len);
        funds->service_len = note->service.len;
    }
    if (is_new)
        health_news_add(note->news, LOG_WARN, "provider_cool_down", "out_of_funds");
}

static void health_note_success(const struct note *note)
{
    health_provider_works(note, true);
    health_offer_works(note, true);
    health_end_key(note->provider, note->news, "key_works");
    if (note->kind == HEALTH_ORDERS)
        note->provider->is_proven = true;
    if (note->kind == HEALTH_ORDERS)
        health_end_funds(note->provider, note->news, "takes_orders");
    if (note->now_ms >= note->provider->limited[note->kind].until_ms)
        note->provider->limited[note->kind] = (struct limited){0};
}

static void health_apply(const struct note *note, enum impact impact)
{
    switch (impact) {
    case IMPACT_UNUSED:
        break;
    case IMPACT_SUCCESS:
        health_note_success(note);
        break;
    case IMPACT_ANSWERED:
        health_provider_works(note, false);
        health_offer_works(note, false);
        break;
    case IMPACT_UNREACHABLE:
        health_provider_fails(note);
        break;
    case IMPACT_FAILED:
        health_provider_fails(note);
        health_offer_fails(note);
        break;
    case IMPACT_COOL_DOWN_OFFER:
        health_provider_works(note, false);
        health_cool_down_offer(note, health_retry_after_ms(note->answer), "refused");
        break;
    case IMPACT_COOL_DOWN_PROVIDER:
        health_cool_down_provider(note, LOG_WARN, WHY_OFF,
                                  health_kind_reason(note->kind, "orders_off", "readings_off"));
        break;
    case IMPACT_LIMITED:
        health_limit(note);
        break;
    case IMPACT_REDIRECT:
        health_cool_down_provider(note, LOG_ERROR, WHY_REDIRECT, "redirect_so_its_url_is_wrong");
        break;
    case IMPACT_FUNDS:
        health_provider_works(note, false);
        health_park_funds(note);
        break;
    case IMPACT_KEY:
        health_park_key(note);
        break;
    }
    /* Whoever was not judged above did not use the probe he may have taken. */
    health_give_back(note->provider, note->kind, note->service);
}

void health_note(struct health *health, unsigned provider_id, enum health_kind kind,
                 struct str upstream_service, const struct upstream_response *answer,
                 struct money cost, int64_t now_ms)
{
    struct health_news news = {.provider_id = provider_id, .service = upstream_service};
    enum impact impact = judge_impact(kind, answer);
    struct provider_health *provider = health_lock(health, provider_id);
    struct note note = {provider, kind, upstream_service, answer, cost, now_ms, &news};
    health_apply(&note, impact);
    health_unlock(provider);
    health_news_log(&news);
}

static bool health_covers(const struct funds *funds, struct money balance)
{
    if (funds->cost.units <= 0) /* not known */
        return balance.units > 0;
    return money_compare(balance, funds->cost) >= 0;
}

/* The refusal was about their supplier: the money here would have done. */
static void health_blame_supplier(struct provider_health *provider, struct health_news *news,
                                  int64_t now_ms)
{
    struct str service = str_make(provider->funds.service, provider->funds.service_len);
    struct availability *offer = availability_table_get(&provider->offers, service);
    if (offer == NULL)
        return;
    availability_cool_down(offer, WHY_SUPPLIER, HEALTH_SUPPLIER_COOL_DOWN_MS, now_ms);
    offer->is_announced = true;
    health_news_add(news, LOG_WARN, "offer_cool_down", "its_supplier_is_out_of_funds");
}

void health_balance(struct health *health, unsigned provider_id, struct money balance,
                    int64_t now_ms)
{
    struct health_news news = {.provider_id = provider_id};
    struct provider_health *provider = health_lock(health, provider_id);
    struct funds *funds = &provider->funds;
    char service[AVAILABILITY_SERVICE_BYTES];
    memcpy(service, funds->service, sizeof service);
    news.service = str_make(service, funds->service_len);
    health_end_key(provider, &news, "key_works");
    if (funds->is_out && funds->has_seen && money_compare(balance, funds->seen) > 0) {
        health_end_funds(provider, &news, "balance_rose");
    } else if (funds->is_out && !funds->has_seen && health_covers(funds, balance)) {
        health_blame_supplier(provider, &news, now_ms);
        health_end_funds(provider, &news, "balance_covers");
    } else if (funds->is_out) {
        funds->has_seen = true;
        funds->seen = balance;
    }
    health_unlock(provider);
    health_news_log(&news);
}

void health_currency(struct health *health, unsigned provider_id, bool is_wrong, int64_t now_ms)
{
    struct health_news news = {.provider_id = provider_id};
    struct provider_health *provider = health_lock(health, provider_id);
    if (is_wrong && !provider->is_currency_wrong)
        health_news_add(&news, LOG_ERROR, "provider_closed", "wrong_currency");
    else if (!is_wrong && provider->is_currency_wrong)
        health_news_add(&news, LOG_INFO, "provider_recovered", "currency_agrees");
    if (!provider->is_currency_wrong)
        provider->currency_since_ms = now_ms;
    provider->is_currency_wrong = is_wrong;
    health_unlock(provider);
    health_news_log(&news);
}

bool health_wants_balance(struct health *health, unsigned provider_id, int64_t now_ms)
{
    struct provider_health *provider = health_lock(health, provider_id);
    bool wants;
    if (provider->is_key_parked) { /* nothing else may be called, whatever the funds */
        wants = now_ms >= provider->key_probe_at_ms;
        if (wants)
            provider->key_probe_at_ms = now_ms + HEALTH_KEY_PROBE_MS;
    } else {
        wants = provider->funds.wants_balance;
    }
    if (wants)
        provider->funds.wants_balance = false;
    health_unlock(provider);
    return wants;
}

void health_set_singly(struct health *health, unsigned provider_id, int64_t now_ms)
{
    struct provider_health *provider = health_lock(health, provider_id);
    bool is_news = provider->singly_until_ms <= now_ms;
    provider->singly_until_ms = now_ms + HEALTH_SINGLY_MS;
    health_unlock(provider);
    if (is_news)
        log_event(LOG_INFO, "provider_asked_singly", "provider=" STR_FMT,
                  STR_ARG(provider_name(provider_id)));
}

bool health_asks_singly(struct health *health, unsigned provider_id, int64_t now_ms)
{
    struct provider_health *provider = health_lock(health, provider_id);
    bool is_singly = now_ms < provider->singly_until_ms;
    health_unlock(provider);
    return is_singly;
}

void health_reset(struct health *health, unsigned provider_id)
{
    struct health_news news = {.provider_id = provider_id};
    struct provider_health *provider = health_lock(health, provider_id);
    bool was_cooling_down = provider->is_key_parked || provider->funds.is_out;
    for (size_t kind = 0; kind < HEALTH_KINDS; kind++) {
        was_cooling_down = was_cooling_down || provider->watches[kind].is_announced;
        provider->watches[kind] = (struct availability){0};
        provider->limited[kind] = (struct limited){0};
    }
    provider->is_key_parked = false;
    provider->is_proven = true;
    provider->funds = (struct funds){0};
    provider->singly_until_ms = 0;
    availability_table_clear(&provider->offers);
    health_unlock(provider);
    if (was_cooling_down)
        health_news_add(&news, LOG_INFO, "provider_recovered", "by_operator");
    health_news_log(&news);
}

/* ---- for people ---- */

static void health_describe_funds(const struct funds *funds, struct trouble *out)
{
    out->why = WHY_FUNDS;
    out->since_ms = funds->since_ms;
    out->until_ms = funds->has_seen ? 0 : funds->until_ms;
    out->cost = funds->cost;
    out->has_seen = funds->has_seen;
    out->seen = funds->seen;
}

/* What health_look_locked found: its order. offer: what is remembered of the offer, or NULL. */
static void health_describe(const struct provider_health *provider, enum health_kind kind,
                            const struct availability *offer, int64_t now_ms, struct trouble *out)
{
    const struct limited *limited = &provider->limited[kind];
    if (out->skip == SKIP_KEY) {
        out->why = WHY_KEY;
        out->since_ms = provider->key_since_ms;
        out->until_ms = provider->key_probe_at_ms;
    } else if (out->skip == SKIP_CURRENCY) {
        out->why = WHY_CURRENCY;
        out->since_ms = provider->currency_since_ms;
    } else if (out->skip == SKIP_FUNDS) {
        health_describe_funds(&provider->funds, out);
    } else if (now_ms < limited->until_ms) {
        out->why = WHY_LIMITED;
        out->since_ms = limited->since_ms;
        out->until_ms = limited->until_ms;
    } else {
        availability_describe(&provider->watches[kind], now_ms, out);
        if (out->why == WHY_NONE && offer) {
            availability_describe(offer, now_ms, out);
            out->is_offer = out->why != WHY_NONE;
        }
    }
}

void health_explain(struct health *health, unsigned provider_id, enum health_kind kind,
                    struct str upstream_service, int64_t now_ms, struct trouble *out)
{
    struct availability *offer;
    struct provider_health *provider = health_lock(health, provider_id);
    *out = (struct trouble){0};
    out->skip = health_look_locked(provider, kind, upstream_service, now_ms, &offer);
    health_describe(provider, kind, offer, now_ms, out);
    out->is_reading = kind == HEALTH_READINGS;
    health_unlock(provider);
}

size_t health_explain_offers(struct health *health, unsigned provider_id, int64_t now_ms,
                             struct trouble *out, size_t room)
{
    struct provider_health *provider = health_lock(health, provider_id);
    size_t count = availability_table_describe(&provider->offers, now_ms, out, room);
    health_unlock(provider);
    for (size_t i = 0; i < count; i++)
        out[i].is_offer = true;
    return count;
}

void health_report(struct health *health, unsigned provider_id, int64_t now_ms,
                   struct health_report *out)
{
    struct provider_health *provider = health_lock(health, provider_id);
    int64_t until_ms = 0;
    for (size_t kind = 0; kind < HEALTH_KINDS; kind++) {
        int64_t watch_ms = availability_until_ms(&provider->watches[kind]);
        int64_t limited_ms = provider->limited[kind].until_ms;
        until_ms = watch_ms > until_ms ? watch_ms : until_ms;
        until_ms = limited_ms > until_ms ? limited_ms : until_ms;
    }
    *out = (struct health_report){
        .is_key_parked = provider->is_key_parked,
        .is_proven = provider->is_proven,
        .is_currency_wrong = provider->is_currency_wrong,
        .is_out_of_funds = health_is_out_of_funds(&provider->funds, now_ms),
        .orders = breaker_state(&provider->watches[HEALTH_ORDERS].breaker, now_ms),
        .readings = breaker_state(&provider->watches[HEALTH_READINGS].breaker, now_ms),
        .cool_down_ms = until_ms > now_ms ? until_ms - now_ms : 0,
        .offers_cooling_down = availability_table_cooling_down(&provider->offers, now_ms)};
    health_unlock(provider);
}
