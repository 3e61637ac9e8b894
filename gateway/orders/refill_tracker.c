/* See refill_tracker.h. Each tick has one provider: its unfinished refills are read from the
 * ledger, a batch of them is queried, and what has changed is written. */
#include "orders/refill_tracker.h"

#include <stdlib.h>

#include "base/clock.h"
#include "providers/upstream_call.h"

enum { BATCH_MAX = 100, READ_MAX = 1000, TICK_MAX_MS = 30000, CONNECTION_WAIT_MS = 2000 };

struct refill_tracker {
    struct order_context *context;
    struct loop_timer timer;
    size_t turn; /* which provider's it is, and which of its refills begin the batch */
    struct arena arena;
    struct str provider;
    struct ledger_request *rows; /* of the batch; in the arena */
    size_t count;
    struct provider_set *providers; /* pinned during a call */
    struct upstream_call *call;
};

static void refill_tracker_on_timer(void *arg);

static void refill_tracker_wait(struct refill_tracker *tracker)
{
    int64_t tick_ms = 3 * tracker->context->settings.track_after_ms;
    loop_timer_start(&tracker->timer, tracker->context->loop,
                     tick_ms > TICK_MAX_MS ? TICK_MAX_MS : tick_ms, refill_tracker_on_timer,
                     tracker);
}

/* A failed write is no loss: it is queried again. */
static void refill_tracker_write(struct refill_tracker *tracker, const struct ledger_request *row,
                                 enum refillstatus status)
{
    struct ledger_request after = *row;
    after.status = status;
    after.updated_at_ms = clock_wall_ms();
    struct ledger_change change = {
        .order = row->order, .order_request = &after, .event = "refill_status"};
    ledger_write(tracker->context->ledger, NULL, &change, NULL, NULL);
}

static void refill_tracker_on_response(const struct upstream_response *response, void *arg)
{
    struct refill_tracker *tracker = arg;
    struct order_context *context = tracker->context;
    tracker->call = NULL;
    health_note(context->health, provider_id_of(tracker->provider), HEALTH_READINGS, STR_NONE,
                response, MONEY_ZERO, loop_now_ms(context->loop));
    for (size_t i = 0;
         response->outcome == OUTCOME_ACCEPTED && i < tracker->count && i < response->item_count;
         i++) {
        const struct upstream_item *item = &response->items[i];
        if (!item->is_absent && item->is_accepted && item->status != REFILLSTATUS_UNKNOWN &&
            item->status != tracker->rows[i].status)
            refill_tracker_write(tracker, &tracker->rows[i], item->status);
    }
    provider_set_unpin(&tracker->providers);
    refill_tracker_wait(tracker);
}

/* ---- a batch ---- */

static void refill_tracker_keep(struct refill_tracker *tracker, const struct ledger_request *row)
{
    struct ledger_request *kept = &tracker->rows[tracker->count++];
    struct arena *arena = &tracker->arena;
    *kept = *row;
    kept->client = arena_str(arena, row->client);
    kept->provider = arena_str(arena, row->provider);
    kept->upstream_id = arena_str(arena, row->upstream_id);
    kept->text = arena_str(arena, row->text);
    kept->evidence = arena_str(arena, row->evidence);
    kept->request_id = arena_str(arena, row->request_id);
}

/* More than fit into one batch take turns. */
static void refill_tracker_choose(struct refill_tracker *tracker, const struct ledger_rows *rows)
{
    size_t total = rows->order_request_count, batches = (total + BATCH_MAX - 1) / BATCH_MAX;
    size_t first = batches > 0 ? tracker->turn % batches * BATCH_MAX : 0;
    tracker->count = 0;
    tracker->rows = arena_new(&tracker->arena, BATCH_MAX * sizeof *tracker->rows);
    for (size_t i = first; i < total && tracker->count < BATCH_MAX; i++)
        if (rows->order_requests[i].state == ATTEMPTSTATE_ACCEPTED &&
            rows->order_requests[i].upstream_id.len > 0)
            refill_tracker_keep(tracker, &rows->order_requests[i]);
}

static bool refill_tracker_send(struct refill_tracker *tracker)
{
    struct order_context *context = tracker->context;
    const struct provider *provider =
        provider_set_find(context->catalogue->providers, tracker->provider);
    int64_t now = loop_now_ms(context->loop);
    struct str ids[BATCH_MAX];
    if (provider == NULL || tracker->count == 0 ||
        health_take(context->health, provider->id, HEALTH_READINGS, STR_NONE, now) != SKIP_NONE)
        return false;
    if (provider_take_spare_token(provider, PROVIDER_LANE_OTHER, now) > 0) {
        health_unused(context->health, provider->id, HEALTH_READINGS, STR_NONE);
        return false;
    }
    for (size_t i = 0; i < tracker->count; i++)
        ids[i] = tracker->rows[i].upstream_id;
    struct upstream_request request = {.action = tracker->count > 1 ? UPSTREAM_REFILL_STATUS_MANY
                                                                    : UPSTREAM_REFILL_STATUS,
                                       .ids = ids,
                                       .id_count = tracker->count};
    struct upstream_call_options options = {.request_id = "refill_tracker",
                                            .wait_ms = CONNECTION_WAIT_MS};
    tracker->providers = provider_set_pin(context->catalogue->providers);
    tracker->call = upstream_call_start(context->loop, provider, &request, &options,
                                        refill_tracker_on_response, tracker);
    return true;
}

static void refill_tracker_on_rows(const struct ledger_rows *rows, void *arg)
{
    struct refill_tracker *tracker = arg;
    refill_tracker_choose(tracker, rows);
    if (tracker->context->is_stopping || !refill_tracker_send(tracker))
        refill_tracker_wait(tracker);
}

static void refill_tracker_on_timer(void *arg)
{
    struct refill_tracker *tracker = arg;
    struct order_context *context = tracker->context;
    if (context->is_stopping)
        return;
    if (context->catalogue == NULL || context->catalogue->providers->count == 0 ||
        !context->settings.is_tracking) {
        refill_tracker_wait(tracker);
        return;
    }
    const struct provider_set *providers = context->catalogue->providers;
    const struct provider *provider = &providers->list[tracker->turn % providers->count];
    struct ledger_query query = {.request = LEDGER_QUERY_REFILLS, .limit = READ_MAX};
    tracker->turn++;
    arena_fini(&tracker->arena);
    arena_init(&tracker->arena);
    tracker->provider = arena_str(&tracker->arena, str_of(provider->settings.name));
    query.provider = tracker->provider;
    ledger_query(context->ledger, context->loop, &query, refill_tracker_on_rows, tracker);
}

/* ---- its life ---- */

struct refill_tracker *refill_tracker_new(struct order_context *context)
{
    struct refill_tracker *tracker = memory_new(sizeof *tracker);
    tracker->context = context;
    arena_init(&tracker->arena);
    refill_tracker_wait(tracker);
    return tracker;
}

void refill_tracker_free(struct refill_tracker *tracker)
{
    if (tracker == NULL)
        return;
    if (tracker->call)
        upstream_call_cancel(tracker->call);
    if (tracker->providers)
        provider_set_unpin(&tracker->providers);
    loop_timer_fini(&tracker->timer);
    arena_fini(&tracker->arena);
    free(tracker);
}
