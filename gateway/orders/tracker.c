/* See tracker.h. */
#include "orders/tracker.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "orders/schedule.h"
#include "orders/status_poll.h"
#include "orders/usual_course.h"

enum { TICK_MIN_MS = 20, TICK_MAX_MS = 1000, LEASE_MIN_MS = 1000, STUCK_LOGGED_MAX = 64 };

struct tracker {
    struct order_context *context;
    struct loop_timer timer;
    unsigned part;               /* of the table, looked through for stuck orders next */
    int64_t oldest_placed_at_ms; /* of the stuck ones in the parts looked through in this round */
};

/* Of the last round, or of this one where that is older; the process has one tracker. */
static _Atomic int64_t tracker_oldest_placed_at_ms = OPEN_ORDER_NEVER;

static int64_t tracker_first_ms(const struct tracker *tracker)
{
    return tracker->context->settings.track_after_ms;
}

/* ---- what is due ---- */

/* Half of the first wait is soon enough for anybody; the rate buckets pace the rest. */
static int64_t tracker_tick_ms(const struct tracker *tracker)
{
    int64_t tick_ms = tracker_first_ms(tracker) / 4;
    return tick_ms < TICK_MIN_MS ? TICK_MIN_MS : tick_ms > TICK_MAX_MS ? TICK_MAX_MS : tick_ms;
}

static void tracker_poll(struct tracker *tracker)
{
    struct order_context *context = tracker->context;
    int64_t lease_ms = 3 * tracker_first_ms(tracker);
    if (context->catalogue == NULL)
        return;
    const struct provider_set *providers = context->catalogue->providers;
    for (size_t i = 0; i < providers->count; i++)
        while (status_poll_due(context->status_poll, &providers->list[i],
                               lease_ms < LEASE_MIN_MS ? LEASE_MIN_MS : lease_ms) > 0)
            ;
}

/* ---- what is stuck ---- */

struct tracker_look {
    struct usual_course *usual;
    unsigned stuck;
    int64_t wall_ms, now_ms;
    int64_t oldest_placed_at_ms;
    size_t count;
    struct tracker_stuck {
        uint32_t order, service;
        unsigned provider_id;
        enum schedule_verdict why;
        int64_t age_ms, usual_ms;
    } found[STUCK_LOGGED_MAX];
};

static void tracker_judge(struct open_order *order, void *arg)
{
    struct tracker_look *look = arg;
    if (order->upstream_id[0] == '\0' || orderstate_is_final(order->course.state))
        return;
    int64_t age_ms = look->wall_ms - order->placed_at_ms;
    int64_t usual_ms = usual_course_ms(look->usual, order->service);
    enum schedule_verdict was = order->stuck;
    order->stuck =
        schedule_judge(order->is_review, look->stuck, age_ms, usual_ms,
                       order->unknown_since_ms ? look->now_ms - order->unknown_since_ms : 0);
    if (order->stuck != SCHEDULE_ON_COURSE && order->placed_at_ms < look->oldest_placed_at_ms)
        look->oldest_placed_at_ms = order->placed_at_ms;
    if (order->stuck == SCHEDULE_ON_COURSE || order->stuck == was ||
        look->count == STUCK_LOGGED_MAX)
        return;
    look->found[look->count++] = (struct tracker_stuck){.order = order->id,
                                                        .service = order->service,
                                                        .provider_id = order->provider_id,
                                                        .why = order->stuck,
                                                        .age_ms = age_ms,
                                                        .usual_ms = usual_ms};
}

/* An older one counts at once; that the oldest is on its course again shows at a round's end. */
static void tracker_note_oldest(struct tracker *tracker, int64_t placed_at_ms)
{
    bool is_end = tracker->part % OPEN_ORDERS_PARTS == 0;
    if (placed_at_ms < tracker->oldest_placed_at_ms)
        tracker->oldest_placed_at_ms = placed_at_ms;
    if (is_end || tracker->oldest_placed_at_ms <
                      atomic_load_explicit(&tracker_oldest_placed_at_ms, memory_order_relaxed))
        atomic_store_explicit(&tracker_oldest_placed_at_ms, tracker->oldest_placed_at_ms,
                              memory_order_relaxed);
    if (is_end)
        tracker->oldest_placed_at_ms = OPEN_ORDER_NEVER;
}

static const char *tracker_why(enum schedule_verdict verdict)
{
    return verdict == SCHEDULE_UNKNOWN  ? "unknown_at_provider"
           : verdict == SCHEDULE_REVIEW ? "review"
                                        : "slow";
}

static void tracker_look_for_stuck(struct tracker *tracker)
{
    struct order_context *context = tracker->context;
    struct tracker_look look = {.usual = open_orders_usual(context->open_orders),
                                .stuck = context->settings.stuck,
                                .wall_ms = clock_wall_ms(),
                                .now_ms = loop_now_ms(context->loop),
                                .oldest_placed_at_ms = OPEN_ORDER_NEVER};
    open_orders_each_of(context->open_orders, tracker->part++, tracker_judge, &look);
    tracker_note_oldest(tracker, look.oldest_placed_at_ms);
    for (size_t i = 0; i < look.count; i++) {
        const struct tracker_stuck *found = &look.found[i];
        log_event(LOG_WARN, "order_stuck",
                  "order=%u service=%u provider=" STR_FMT " why=%s age_s=%lld usual_s=%lld",
                  found->order, found->service, STR_ARG(provider_name(found->provider_id)),
                  tracker_why(found->why), (long long)found->age_ms / 1000,
                  (long long)found->usual_ms / 1000);
    }
}

/* ---- its life ---- */

static void tracker_on_tick(void *arg)
{
    struct tracker *tracker = arg;
    if (tracker->context->is_stopping)
        return;
    if (tracker->context->settings.is_tracking) {
        tracker_poll(tracker);
        tracker_look_for_stuck(tracker);
    }
    loop_timer_start(&tracker->timer, tracker->context->loop, tracker_tick_ms(tracker),
                     tracker_on_tick, tracker);
}

struct tracker_spread {
    int64_t first_ms, now_ms;
    uint64_t count, random;
};

static void tracker_set_due(struct open_order *order, void *arg)
{
    struct tracker_spread *spread = arg;
    spread->random = spread->random * 6364136223846793005u + 1442695040888963407u;
    order->due_at_ms =
        spread->now_ms + schedule_restart_ms(spread->first_ms, spread->count, spread->random >> 20);
}

struct tracker *tracker_new(struct order_context *context)
{
    struct tracker *tracker = memory_new(sizeof *tracker);
    struct tracker_spread spread = {.first_ms = context->settings.track_after_ms,
                                    .now_ms = loop_now_ms(context->loop),
                                    .count = open_orders_count(context->open_orders)};
    tracker->context = context;
    tracker->oldest_placed_at_ms = OPEN_ORDER_NEVER;
    digest_random(&spread.random, sizeof spread.random);
    open_orders_each(context->open_orders, tracker_set_due, &spread);
    tracker_reconfigure(tracker);
    return tracker;
}

void tracker_reconfigure(struct tracker *tracker)
{
    loop_timer_start(&tracker->timer, tracker->context->loop, tracker_tick_ms(tracker),
                     tracker_on_tick, tracker);
}

void tracker_free(struct tracker *tracker)
{
    if (tracker == NULL)
        return;
    loop_timer_fini(&tracker->timer);
    free(tracker);
}

int64_t tracker_oldest_stuck_ms(int64_t wall_ms)
{
    int64_t placed_at_ms = atomic_load_explicit(&tracker_oldest_placed_at_ms, memory_order_relaxed);
    return placed_at_ms == OPEN_ORDER_NEVER ? 0 : wall_ms - placed_at_ms;
}
