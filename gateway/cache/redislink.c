/* See redislink.h. */
#include "cache/redislink.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "cache/redislookup.h"

enum { COOL_DOWN_MIN_MS = 50, COOL_DOWN_MAX_MS = 700, LOOK_MS = 800 };
/* The longest from Redis' return to READY: a try that began just before, a rest, a try. */
_Static_assert(REDISWIRE_HANDSHAKE_MS + COOL_DOWN_MAX_MS < 2000 - 400, "in use again within 2 s");

enum redislink_state { RESTING, LOOKING, CONNECTING, READY };

struct redislink {
    struct loop *loop;
    struct redisurl url;
    enum redislink_state state;
    struct loop_timer timer; /* of a rest or a look-up */
    struct redislookup *lookup;
    struct redislookup_result found;
    size_t next; /* of found, to be tried */
    struct rediswire *wire;
    int64_t cool_down_ms; /* the next one */
    int64_t down_at_ms;   /* steady; since when it has not been ready */
    unsigned set;         /* a bit for each trouble told of this outage */
    _Atomic enum redistrouble standing;
    redislink_news_fn *news;
    void *arg;
};

static void redislink_go(struct redislink *link, enum redislink_state state)
{
    static const bool may[][4] = {
        [RESTING] = {[LOOKING] = true, [CONNECTING] = true},
        [LOOKING] = {[RESTING] = true, [CONNECTING] = true},
        [CONNECTING] = {[RESTING] = true, [CONNECTING] = true, [READY] = true},
        [READY] = {[RESTING] = true},
    };
    ASSERT(may[link->state][state]);
    loop_timer_cancel(&link->timer);
    link->state = state;
}

/* ---- telling ---- */

/* Within one outage these follow each other in any order, and mean the same: it is not there. */
enum {
    AWAY = 1U << REDISTROUBLE_NAME | 1U << REDISTROUBLE_UNREACHABLE | 1U << REDISTROUBLE_SILENT |
           1U << REDISTROUBLE_LOST | 1U << REDISTROUBLE_LOADING
};

static void redislink_tell_trouble(struct redislink *link, enum redistrouble why, struct str word)
{
    unsigned bit = 1U << why;
    atomic_store_explicit(&link->standing, why, memory_order_relaxed);
    if (link->set & bit)
        return;
    link->set |= bit & AWAY ? AWAY : bit;
    log_event(LOG_WARN, "cache_unusable", "address=%s why=\"%s\"%s%.*s goes_on=\"from memory\"",
              log_value(str_of(link->url.shown)).text, redistrouble_words(why),
              word.len ? " error=" : "", (int)word.len, word.ptr);
}

static void redislink_tell_ready(struct redislink *link)
{
    atomic_store_explicit(&link->standing, REDISTROUBLE_NONE, memory_order_relaxed);
    log_event(LOG_INFO, "cache_usable", "address=%s after_ms=%lld",
              log_value(str_of(link->url.shown)).text,
              (long long)(clock_monotonic_ms() - link->down_at_ms));
    link->set = 0;
}

/* ---- trying ---- */

static void redislink_try_again(void *arg);

static void redislink_back_off(struct redislink *link, enum redistrouble why, struct str word)
{
    if (link->state == READY)
        link->down_at_ms = clock_monotonic_ms();
    redislink_go(link, RESTING);
    redislink_tell_trouble(link, why, word);
    loop_timer_start(&link->timer, link->loop, link->cool_down_ms, redislink_try_again, link);
    link->cool_down_ms =
        link->cool_down_ms * 2 < COOL_DOWN_MAX_MS ? link->cool_down_ms * 2 : COOL_DOWN_MAX_MS;
    link->news(REDISLINK_DOWN, link->arg);
}

static void redislink_connect_to(struct redislink *link, const char *address);

static void redislink_on_ended(enum redistrouble why, struct str word, void *arg)
{
    struct redislink *link = arg;
    char kept[24];
    snprintf(kept, sizeof kept, STR_FMT, STR_ARG(word));
    bool has_more = link->state == CONNECTING && why == REDISTROUBLE_UNREACHABLE &&
                    link->next < link->found.count;
    rediswire_close(&link->wire);
    if (has_more)
        redislink_connect_to(link, link->found.addresses[link->next++]);
    else
        redislink_back_off(link, why, str_of(kept));
}

static void redislink_on_ready(void *arg)
{
    struct redislink *link = arg;
    redislink_go(link, READY);
    redislink_tell_ready(link);
    link->news(REDISLINK_READY, link->arg);
}

static void redislink_connect_to(struct redislink *link, const char *address)
{
    static const struct rediswire_events events = {.ready = redislink_on_ready,
                                                   .ended = redislink_on_ended};
    redislink_go(link, CONNECTING);
    link->wire = rediswire_open(link->loop, &link->url, address, &events, link);
}

static void redislink_on_found(const struct redislookup_result *result, void *arg)
{
    struct redislink *link = arg;
    link->lookup = NULL;
    link->found = *result;
    link->next = 1;
    if (result->count > 0)
        redislink_connect_to(link, link->found.addresses[0]);
    else
        redislink_back_off(link, REDISTROUBLE_NAME, STR(""));
}

static void redislink_on_look_deadline(void *arg)
{
    struct redislink *link = arg;
    redislookup_cancel(link->lookup);
    link->lookup = NULL;
    redislink_back_off(link, REDISTROUBLE_NAME, STR(""));
}

static bool redislink_is_numeric(const char *host)
{
    unsigned char address[16];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

static void redislink_try_again(void *arg)
{
    struct redislink *link = arg;
    link->found.count = 0;
    if (link->url.path || redislink_is_numeric(link->url.host)) {
        redislink_connect_to(link, link->url.host);
        return;
    }
    redislink_go(link, LOOKING);
    link->lookup = redislookup_start(link->loop, link->url.host, redislink_on_found, link);
    loop_timer_start(&link->timer, link->loop, LOOK_MS, redislink_on_look_deadline, link);
}

/* ---- life and use ---- */

struct redislink *redislink_new(struct loop *loop, struct redisurl *url, redislink_news_fn *news,
                                void *arg)
{
    struct redislink *link = memory_new(sizeof *link);
    link->loop = loop;
    link->url = *url;
    *url = (struct redisurl){0};
    link->news = news;
    link->arg = arg;
    link->cool_down_ms = COOL_DOWN_MIN_MS;
    link->down_at_ms = clock_monotonic_ms();
    atomic_init(&link->standing, REDISTROUBLE_UNREACHABLE);
    redislink_try_again(link);
    return link;
}

void redislink_free(struct redislink **link)
{
    struct redislink *old = *link;
    *link = NULL;
    if (!old)
        return;
    if (old->lookup)
        redislookup_cancel(old->lookup);
    rediswire_close(&old->wire);
    loop_timer_fini(&old->timer);
    redisurl_fini(&old->url);
    free(old);
}

bool redislink_is_promising(const struct redislink *link)
{
    return (link->state == LOOKING || link->state == CONNECTING) &&
           link->cool_down_ms == COOL_DOWN_MIN_MS;
}

bool redislink_send(struct redislink *link, struct str command, rediswire_reply_fn *reply,
                    void *arg)
{
    return link->state == READY && rediswire_send(link->wire, command, reply, arg);
}

void redislink_served(struct redislink *link)
{
    link->cool_down_ms = COOL_DOWN_MIN_MS;
}

enum redistrouble redislink_standing(const struct redislink *link)
{
    return atomic_load_explicit(&link->standing, memory_order_relaxed);
}

const char *redislink_address(const struct redislink *link)
{
    return link->url.shown;
}
