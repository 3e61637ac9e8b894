/* See status_poll.h. */
#include "orders/status_poll.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "base/log.h"
#include "orders/order_context.h"
#include "orders/status_apply.h"
#include "providers/upstream_call.h"

enum { BATCH_MAX = 100, QUEUE_MAX = 20000, CONNECTION_WAIT_MS = 2000, DUE_CALLS_MAX = 4 };

struct waiting { /* an order whose query waits to be sent */
    uint32_t order;
    unsigned batch_max;    /* it goes out with no more than these */
    int64_t give_up_at_ms; /* monotonic */
    char upstream_id[OPEN_ORDER_UPSTREAM_BYTES];
};

struct status_poll_queue { /* of one provider */
    struct status_poll *poll;
    unsigned provider_id;
    struct waiting *list; /* owned; first in, first out from `first` */
    size_t first, count, room;
    unsigned due_calls;   /* under way, of due orders */
    bool is_dirty;        /* added to since the last flush, and found open */
    int64_t looked_at_ms; /* then: the loop's turn in which it was found so last */
    struct loop_timer timer;
};

struct status_poll_call { /* one upstream call under way */
    struct status_poll *poll;
    struct status_poll_queue *queue;
    struct provider_set *providers; /* pinned */
    struct upstream_call *call;
    bool is_due;
    size_t count;
    LIST_ENTRY(status_poll_call) link;
    struct waiting orders[];
};

struct status_poll {
    struct loop_deferred deferred; /* first: it comes back as this */
    struct order_context *context;
    bool is_stopped;
    struct status_poll_queue *queues[PROVIDER_MAX];
    size_t queues_end; /* none from there on */
    LIST_HEAD(, status_poll_call) calls;
};

struct status_poll *status_poll_new(struct order_context *context)
{
    struct status_poll *poll = memory_new(sizeof *poll);
    poll->context = context;
    LIST_INIT(&poll->calls);
    return poll;
}

/* Without news. */
static void status_poll_complete(struct status_poll *poll, const struct waiting *list, size_t count)
{
    struct open_orders_completed completed = {0};
    for (size_t i = 0; i < count; i++)
        open_orders_complete(poll->context->open_orders, list[i].order, &completed);
    open_orders_notify(&completed, NULL);
}

static void status_poll_call_free(struct status_poll_call *call)
{
    if (call->is_due)
        call->queue->due_calls--;
    LIST_REMOVE(call, link);
    provider_set_unpin(&call->providers);
    free(call);
}

/* ---- the queue ---- */

static struct status_poll_queue *status_poll_queue_of(struct status_poll *poll,
                                                      unsigned provider_id)
{
    struct status_poll_queue *queue = poll->queues[provider_id];
    if (queue == NULL) {
        queue = poll->queues[provider_id] = memory_new(sizeof *queue);
        if (provider_id >= poll->queues_end)
            poll->queues_end = provider_id + 1;
        queue->poll = poll;
        queue->provider_id = provider_id;
    }
    return queue;
}

static void status_poll_queue_add(struct status_poll_queue *queue, const struct waiting *waiting)
{
    if (queue->first + queue->count == queue->room) {
        if (queue->first > 0)
            memmove(queue->list, queue->list + queue->first, queue->count * sizeof *queue->list);
        queue->first = 0;
        if (queue->count == queue->room) {
            queue->room = queue->room ? 2 * queue->room : 16;
            queue->list = memory_resize(queue->list, queue->room, sizeof *queue->list);
        }
    }
    queue->list[queue->first + queue->count++] = *waiting;
    queue->is_dirty = true;
}

static void status_poll_queue_drop(struct status_poll_queue *queue, size_t count)
{
    queue->first += count;
    queue->count -= count;
    if (queue->count == 0)
        queue->first = 0;
}

static void status_poll_queue_complete(struct status_poll_queue *queue, size_t count)
{
    status_poll_complete(queue->poll, queue->list + queue->first, count);
    status_poll_queue_drop(queue, count);
}

static void status_poll_queue_give_up_late_ones(struct status_poll_queue *queue, int64_t now)
{
    size_t late = 0;
    while (late < queue->count && queue->list[queue->first + late].give_up_at_ms < now)
        late++;
    status_poll_queue_complete(queue, late);
}

/* ---- the end ---- */

void status_poll_stop(struct status_poll *poll)
{
    poll->is_stopped = true;
    while (!LIST_EMPTY(&poll->calls)) {
        struct status_poll_call *call = LIST_FIRST(&poll->calls);
        if (call->call)
            upstream_call_cancel(call->call);
        status_poll_complete(poll, call->orders, call->count);
        status_poll_call_free(call);
    }
    for (size_t i = 0; i < PROVIDER_MAX; i++) {
        if (poll->queues[i] == NULL)
            continue;
        loop_timer_cancel(&poll->queues[i]->timer);
        status_poll_queue_complete(poll->queues[i], poll->queues[i]->count);
    }
}

void status_poll_free(struct status_poll *poll)
{
    if (poll == NULL)
        return;
    status_poll_stop(poll);
    for (size_t i = 0; i < PROVIDER_MAX; i++) {
        if (poll->queues[i] == NULL)
            continue;
        loop_timer_fini(&poll->queues[i]->timer);
        free(poll->queues[i]->list);
        free(poll->queues[i]);
    }
    free(poll);
}

/* ---- a call ---- */

static void status_poll_pump(struct status_poll_queue *queue);

/* One bad id must not hide the others: each half goes out by itself. */
static bool status_poll_is_refused_as_a_whole(const struct status_poll_call *call,
                                              const struct upstream_response *response)
{
    if (call->count < 2 || response->is_key || response->is_rate_limited || response->is_redirect ||
        response->is_challenge)
        return false;
    if (response->outcome == OUTCOME_REFUSED)
        return response->class == VERDICT_CLIENT || response->refusal == REFUSAL_ORDER_ID;
    return response->outcome == OUTCOME_DOUBT && response->error.len > 0;
}

static void status_poll_queue_again(struct status_poll_call *call, unsigned batch_max)
{
    for (size_t i = 0; i < call->count; i++) {
        call->orders[i].batch_max = batch_max;
        status_poll_queue_add(call->queue, &call->orders[i]);
    }
}

static void status_poll_on_response(const struct upstream_response *response, void *arg)
{
    struct status_poll_call *call = arg;
    struct status_poll *poll = call->poll;
    struct status_poll_queue *queue = call->queue;
    struct order_context *context = poll->context;
    struct status_apply_batch batch = status_apply_begin(context);
    call->call = NULL;
    health_note(context->health, queue->provider_id, HEALTH_READINGS, STR_NONE, response,
                MONEY_ZERO, batch.now_ms);
    if (call->count > 1 && response->outcome == OUTCOME_REFUSED &&
        response->refusal == REFUSAL_UNSUPPORTED) {
        health_set_singly(context->health, queue->provider_id, batch.now_ms);
        status_poll_queue_again(call, 1);
    } else if (status_poll_is_refused_as_a_whole(call, response)) {
        status_poll_queue_again(call, (unsigned)(call->count + 1) / 2);
    } else {
        for (size_t i = 0; i < call->count; i++) {
            if (response->outcome == OUTCOME_ACCEPTED && i < response->status_count)
                status_apply_take(&batch, call->orders[i].order, call->orders[i].upstream_id,
                                  &response->statuses[i]);
            else if (response->refusal == REFUSAL_ORDER_ID && call->count == 1)
                status_apply_unknown(&batch, call->orders[i].order, call->orders[i].upstream_id);
            else
                open_orders_complete(context->open_orders, call->orders[i].order, &batch.completed);
        }
    }
    status_poll_call_free(call);
    status_poll_pump(queue);
    open_orders_notify(&batch.completed, context->loop);
}

static void status_poll_send(struct status_poll_queue *queue, const struct provider *provider,
                             const struct waiting *list, size_t count, bool is_due)
{
    struct status_poll *poll = queue->poll;
    struct status_poll_call *call = memory_take(sizeof *call + count * sizeof call->orders[0]);
    struct str ids[BATCH_MAX];
    *call = (struct status_poll_call){.poll = poll,
                                      .queue = queue,
                                      .providers =
                                          provider_set_pin(poll->context->catalogue->providers),
                                      .is_due = is_due,
                                      .count = count};
    memcpy(call->orders, list, count * sizeof call->orders[0]);
    for (size_t i = 0; i < count; i++)
        ids[i] = str_of(call->orders[i].upstream_id);
    struct upstream_request request = {.action = count > 1 ? UPSTREAM_STATUS_MANY : UPSTREAM_STATUS,
                                       .ids = ids,
                                       .id_count = count};
    struct upstream_call_options options = {.request_id = is_due ? "tracker" : "status",
                                            .wait_ms = CONNECTION_WAIT_MS};
    queue->due_calls += is_due;
    LIST_INSERT_HEAD(&poll->calls, call, link);
    call->call = upstream_call_start(poll->context->loop, provider, &request, &options,
                                     status_poll_on_response, call);
}

/* ---- for clients that wait ---- */

/* Of what is added in one turn the first stands for all; pump looks again. */
static bool status_poll_is_open(struct status_poll *poll, unsigned provider_id, int64_t now)
{
    struct order_context *context = poll->context;
    struct status_poll_queue *queue = poll->queues[provider_id];
    if (queue && queue->is_dirty && queue->looked_at_ms == now)
        return true;
    if (context->catalogue == NULL ||
        provider_set_by_id(context->catalogue->providers, provider_id) == NULL ||
        health_look(context->health, provider_id, HEALTH_READINGS, STR_NONE, now) != SKIP_NONE)
        return false;
    status_poll_queue_of(poll, provider_id)->looked_at_ms = now;
    return true;
}

void status_poll_add(struct status_poll *poll, const struct open_order *order, int64_t now_ms,
                     int64_t wait_ms)
{
    struct waiting waiting = {
        .order = order->id, .batch_max = BATCH_MAX, .give_up_at_ms = now_ms + wait_ms};
    memcpy(waiting.upstream_id, order->upstream_id, sizeof waiting.upstream_id);
    if (poll->is_stopped || order->provider_id >= PROVIDER_MAX || order->upstream_id[0] == '\0' ||
        !status_poll_is_open(poll, order->provider_id, now_ms) ||
        status_poll_queue_of(poll, order->provider_id)->count >= QUEUE_MAX)
        status_poll_complete(poll, &waiting, 1);
    else
        status_poll_queue_add(status_poll_queue_of(poll, order->provider_id), &waiting);
}

static void status_poll_on_timer(void *arg)
{
    status_poll_pump(arg);
}

/* For its token, but no longer than who waits for the first one does: nobody else can begin that
 * order's query before this one completes. */
static void status_poll_wait_for_token(struct status_poll_queue *queue, int64_t wait_ms,
                                       int64_t now)
{
    int64_t left_ms = queue->list[queue->first].give_up_at_ms + 1 - now;
    loop_timer_start(&queue->timer, queue->poll->context->loop,
                     wait_ms < left_ms ? wait_ms : left_ms, status_poll_on_timer, queue);
}

/* How many of those in front go out together. */
static size_t status_poll_batch_size(const struct status_poll_queue *queue, bool is_singly)
{
    const struct waiting *list = queue->list + queue->first;
    size_t max = is_singly ? 1 : list[0].batch_max, count = 1;
    while (count < queue->count && count < max && list[count].batch_max == list[0].batch_max)
        count++;
    return count;
}

static void status_poll_pump(struct status_poll_queue *queue)
{
    struct order_context *context = queue->poll->context;
    int64_t now = loop_now_ms(context->loop);
    const struct provider *provider =
        provider_set_by_id(context->catalogue->providers, queue->provider_id);
    queue->is_dirty = false;
    status_poll_queue_give_up_late_ones(queue, now);
    while (queue->count > 0) {
        if (provider == NULL || health_take(context->health, queue->provider_id, HEALTH_READINGS,
                                            STR_NONE, now) != SKIP_NONE) {
            status_poll_queue_complete(queue, queue->count);
            return;
        }
        int64_t wait = provider_take_token(provider, PROVIDER_LANE_OTHER, now);
        if (wait > 0) {
            health_unused(context->health, queue->provider_id, HEALTH_READINGS, STR_NONE);
            status_poll_wait_for_token(queue, wait, now);
            return;
        }
        size_t count = status_poll_batch_size(
            queue, health_asks_singly(context->health, queue->provider_id, now));
        status_poll_send(queue, provider, queue->list + queue->first, count, false);
        status_poll_queue_drop(queue, count);
    }
}

static void status_poll_pump_dirty(struct loop_deferred *deferred)
{
    struct status_poll *poll = (struct status_poll *)deferred;
    /* All of them: one may have left the configuration since it was added to. */
    for (size_t id = 0; id < poll->queues_end; id++)
        if (poll->queues[id] && poll->queues[id]->is_dirty)
            status_poll_pump(poll->queues[id]);
}

void status_poll_flush(struct status_poll *poll)
{
    if (!loop_defer(poll->context->loop, &poll->deferred, status_poll_pump_dirty))
        status_poll_pump_dirty(&poll->deferred);
}

/* ---- for the tracker ---- */

static bool status_poll_take_spare(struct status_poll *poll, const struct provider *provider,
                                   int64_t now)
{
    struct health *health = poll->context->health;
    if (health_take(health, provider->id, HEALTH_READINGS, STR_NONE, now) != SKIP_NONE)
        return false;
    if (provider_take_spare_token(provider, PROVIDER_LANE_OTHER, now) == 0)
        return true;
    health_unused(health, provider->id, HEALTH_READINGS, STR_NONE);
    return false;
}

/* Those their provider does not know go out by themselves: they would have a whole batch refused.
 */
static void status_poll_send_due(struct status_poll_queue *queue, const struct provider *provider,
                                 const struct open_order_due *due, size_t count,
                                 int64_t give_up_at_ms)
{
    struct waiting known[BATCH_MAX];
    size_t known_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct waiting waiting = {.order = due[i].id,
                                  .batch_max = due[i].is_unknown ? 1 : BATCH_MAX,
                                  .give_up_at_ms = give_up_at_ms};
        memcpy(waiting.upstream_id, due[i].upstream_id, sizeof waiting.upstream_id);
        if (due[i].is_unknown && count > 1)
            status_poll_queue_add(queue, &waiting);
        else
            known[known_count++] = waiting;
    }
    if (known_count > 0)
        status_poll_send(queue, provider, known, known_count, true);
    else
        health_unused(queue->poll->context->health, provider->id, HEALTH_READINGS, STR_NONE);
    if (queue->is_dirty)
        status_poll_flush(queue->poll);
}

size_t status_poll_due(struct status_poll *poll, const struct provider *provider, int64_t lease_ms)
{
    struct order_context *context = poll->context;
    struct status_poll_queue *queue = status_poll_queue_of(poll, provider->id);
    struct open_order_due due[BATCH_MAX];
    int64_t now = loop_now_ms(context->loop);
    if (poll->is_stopped || queue->count > 0 || queue->due_calls >= DUE_CALLS_MAX ||
        open_orders_next_due(context->open_orders, provider->id) > now ||
        !status_poll_take_spare(poll, provider, now))
        return 0;
    size_t max = health_asks_singly(context->health, provider->id, now) ? 1 : BATCH_MAX;
    size_t count =
        open_orders_take_due(context->open_orders, provider->id, now, lease_ms, due, max);
    if (count == 0)
        health_unused(context->health, provider->id, HEALTH_READINGS, STR_NONE);
    else
        status_poll_send_due(queue, provider, due, count, now + lease_ms);
    return count;
}
