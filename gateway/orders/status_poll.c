/* See status_poll.h. */
#include "orders/status_poll.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/log.h"
#include "orders/order_context.h"
#include "orders/status_apply.h"
#include "providers/upstream_call.h"

enum { BATCH = 100, QUEUE_MAX = 20000, CONNECTION_WAIT_MS = 2000 };

struct waiting { /* an order whose flight waits to be asked */
    uint32_t order;
    int64_t give_up_at_ms; /* steady */
    char upstream_id[OPEN_ORDER_UPSTREAM_BYTES];
};

struct status_poll_queue { /* of one provider */
    struct status_poll *poll;
    unsigned provider_id;
    struct waiting *list; /* owned; first in, first out from `first` */
    size_t first, count, room;
    bool is_dirty;        /* asked since the last flush, and found askable */
    int64_t looked_at_ms; /* then: the loop's turn in which it was found so last */
    struct loop_timer timer;
};

struct status_poll_call { /* one question under way */
    struct status_poll *poll;
    struct status_poll_queue *queue;
    struct provider_set *providers; /* pinned */
    struct upstream_call *call;
    bool is_many;
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

/* Panels that turned out not to know multi-status; learnt once for all threads. */
static _Atomic bool asks_singly[PROVIDER_MAX];

struct status_poll *status_poll_new(struct order_context *context)
{
    struct status_poll *poll = memory_new(sizeof *poll);
    poll->context = context;
    LIST_INIT(&poll->calls);
    return poll;
}

static void status_poll_land(struct status_poll *poll, uint32_t order)
{
    open_orders_land(poll->context->open_orders, order);
}

static void status_poll_call_free(struct status_poll_call *call)
{
    LIST_REMOVE(call, link);
    provider_set_unpin(&call->providers);
    free(call);
}

static void status_poll_land_all(struct status_poll_queue *queue);

void status_poll_stop(struct status_poll *poll)
{
    poll->is_stopped = true;
    while (!LIST_EMPTY(&poll->calls)) {
        struct status_poll_call *call = LIST_FIRST(&poll->calls);
        if (call->call)
            upstream_call_cancel(call->call);
        for (size_t i = 0; i < call->count; i++)
            status_poll_land(poll, call->orders[i].order);
        status_poll_call_free(call);
    }
    for (size_t i = 0; i < PROVIDER_MAX; i++) {
        if (poll->queues[i] == NULL)
            continue;
        loop_timer_cancel(&poll->queues[i]->timer);
        status_poll_land_all(poll->queues[i]);
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

/* Of what is asked for in one turn the first stands for all; pump looks again. */
static bool status_poll_may_be_asked(struct status_poll *poll, unsigned provider_id, int64_t now)
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

void status_poll_ask(struct status_poll *poll, const struct open_order *order, int64_t wait_ms)
{
    struct order_context *context = poll->context;
    int64_t now = loop_now_ms(context->loop);
    struct waiting waiting = {.order = order->id, .give_up_at_ms = now + wait_ms};
    memcpy(waiting.upstream_id, order->upstream_id, sizeof waiting.upstream_id);
    if (poll->is_stopped || order->provider_id >= PROVIDER_MAX || order->upstream_id[0] == '\0' ||
        !status_poll_may_be_asked(poll, order->provider_id, now) ||
        status_poll_queue_of(poll, order->provider_id)->count >= QUEUE_MAX) {
        status_poll_land(poll, order->id);
        return;
    }
    status_poll_queue_add(status_poll_queue_of(poll, order->provider_id), &waiting);
}

static void status_poll_pump(struct status_poll_queue *queue);

static void status_poll_on_timer(void *arg)
{
    status_poll_pump(arg);
}

/* The panel cannot do it in this form: singly from now on, and what was asked goes back. */
static void status_poll_ask_singly(struct status_poll_call *call)
{
    if (!atomic_exchange(&asks_singly[call->queue->provider_id], true))
        log_event(LOG_INFO, "provider_asked_singly", "provider=" STR_FMT,
                  STR_ARG(provider_name(call->queue->provider_id)));
    for (size_t i = 0; i < call->count; i++)
        status_poll_queue_add(call->queue, &call->orders[i]);
}

static void status_poll_on_answer(const struct upstream_response *answer, void *arg)
{
    struct status_poll_call *call = arg;
    struct status_poll *poll = call->poll;
    struct status_poll_queue *queue = call->queue;
    call->call = NULL;
    health_note(poll->context->health, queue->provider_id, HEALTH_READINGS, STR_NONE, answer,
                MONEY_ZERO, loop_now_ms(poll->context->loop));
    if (call->is_many && answer->outcome == OUTCOME_REFUSED &&
        answer->refusal == REFUSAL_UNSUPPORTED) {
        status_poll_ask_singly(call);
    } else {
        struct open_orders_landed landed = {0};
        for (size_t i = 0; i < call->count; i++) {
            if (answer->outcome == OUTCOME_ACCEPTED && i < answer->status_count)
                status_apply_take(poll->context, call->orders[i].order, &answer->statuses[i],
                                  &landed);
            else
                status_poll_land(poll, call->orders[i].order);
        }
        open_orders_tell(&landed);
    }
    status_poll_call_free(call);
    status_poll_pump(queue);
}

static void status_poll_send_batch(struct status_poll_queue *queue, const struct provider *provider,
                                   size_t count)
{
    struct status_poll *poll = queue->poll;
    struct status_poll_call *call = memory_new(sizeof *call + count * sizeof call->orders[0]);
    struct str ids[BATCH];
    call->poll = poll;
    call->queue = queue;
    call->providers = provider_set_pin(poll->context->catalogue->providers);
    call->is_many = count > 1;
    call->count = count;
    memcpy(call->orders, queue->list + queue->first, count * sizeof call->orders[0]);
    status_poll_queue_drop(queue, count);
    for (size_t i = 0; i < count; i++)
        ids[i] = str_of(call->orders[i].upstream_id);
    struct upstream_request request = {.action = count > 1 ? UPSTREAM_STATUS_MANY : UPSTREAM_STATUS,
                                       .ids = ids,
                                       .id_count = count};
    struct upstream_call_options options = {.request_id = "status", .wait_ms = CONNECTION_WAIT_MS};
    LIST_INSERT_HEAD(&poll->calls, call, link);
    call->call = upstream_call_start(poll->context->loop, provider, &request, &options,
                                     status_poll_on_answer, call);
}

static void status_poll_give_up_late_ones(struct status_poll_queue *queue, int64_t now)
{
    while (queue->count > 0 && queue->list[queue->first].give_up_at_ms < now) {
        status_poll_land(queue->poll, queue->list[queue->first].order);
        status_poll_queue_drop(queue, 1);
    }
}

static void status_poll_land_all(struct status_poll_queue *queue)
{
    while (queue->count > 0) {
        status_poll_land(queue->poll, queue->list[queue->first].order);
        status_poll_queue_drop(queue, 1);
    }
}

/* For its token, but no longer than who asks for the first one waits: the others can join no new
 * flight before that one lands. */
static void status_poll_wait_for_token(struct status_poll_queue *queue, int64_t wait_ms,
                                       int64_t now)
{
    int64_t left_ms = queue->list[queue->first].give_up_at_ms + 1 - now;
    loop_timer_start(&queue->timer, queue->poll->context->loop,
                     wait_ms < left_ms ? wait_ms : left_ms, status_poll_on_timer, queue);
}

static void status_poll_pump(struct status_poll_queue *queue)
{
    struct order_context *context = queue->poll->context;
    int64_t now = loop_now_ms(context->loop);
    const struct provider *provider =
        provider_set_by_id(context->catalogue->providers, queue->provider_id);
    queue->is_dirty = false;
    status_poll_give_up_late_ones(queue, now);
    while (queue->count > 0) {
        if (provider == NULL || health_take(context->health, queue->provider_id, HEALTH_READINGS,
                                            STR_NONE, now) != SKIP_NONE) {
            status_poll_land_all(queue);
            return;
        }
        int64_t wait = provider_take_token(provider, PROVIDER_LANE_OTHER, now);
        if (wait > 0) {
            health_unused(context->health, queue->provider_id, HEALTH_READINGS, STR_NONE);
            status_poll_wait_for_token(queue, wait, now);
            return;
        }
        size_t max = atomic_load_explicit(&asks_singly[queue->provider_id], memory_order_relaxed)
                         ? 1
                         : BATCH;
        status_poll_send_batch(queue, provider, queue->count < max ? queue->count : max);
    }
}

static void status_poll_pump_dirty(struct loop_deferred *deferred)
{
    struct status_poll *poll = (struct status_poll *)deferred;
    /* All of them: one may have left the configuration since it was asked for. */
    for (size_t id = 0; id < poll->queues_end; id++)
        if (poll->queues[id] && poll->queues[id]->is_dirty)
            status_poll_pump(poll->queues[id]);
}

void status_poll_flush(struct status_poll *poll)
{
    if (!loop_defer(poll->context->loop, &poll->deferred, status_poll_pump_dirty))
        status_poll_pump_dirty(&poll->deferred);
}
