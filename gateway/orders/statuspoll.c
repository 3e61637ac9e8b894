/* See statuspoll.h. */
#include "orders/statuspoll.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/log.h"
#include "orders/desk.h"
#include "orders/landing.h"
#include "providers/ask.h"

enum { BATCH = 100, QUEUE_MOST = 20000, CONNECTION_WAIT_MS = 2000 };

struct waiting { /* an order whose flight waits to be asked */
    uint32_t order;
    int64_t give_up_at_ms; /* steady */
    char upstream_id[LIVEORDER_UPSTREAM_BYTES];
};

struct queue { /* of one provider */
    struct statuspoll *poll;
    unsigned provider_id;
    struct waiting *list; /* owned; first in, first out from `first` */
    size_t first, count, room;
    bool is_dirty;        /* asked since the last flush, and found askable */
    int64_t looked_at_ms; /* then: the loop's turn in which it was found so last */
    struct loop_timer timer;
};

struct call { /* one question under way */
    struct statuspoll *poll;
    struct queue *queue;
    struct provider_set *providers; /* pinned */
    struct ask *ask;
    bool is_many;
    size_t count;
    LIST_ENTRY(call) link;
    struct waiting orders[];
};

struct statuspoll {
    struct loop_errand errand; /* first: it comes back as this */
    struct desk *desk;
    bool is_stopped;
    struct queue *queues[PROVIDER_MAX];
    size_t queues_end; /* none from there on */
    LIST_HEAD(, call) calls;
};

/* Panels that turned out not to know multi-status; learnt once for all threads. */
static _Atomic bool asks_singly[PROVIDER_MAX];

struct statuspoll *statuspoll_new(struct desk *desk)
{
    struct statuspoll *poll = memory_new(sizeof *poll);
    poll->desk = desk;
    LIST_INIT(&poll->calls);
    return poll;
}

static void statuspoll_land(struct statuspoll *poll, uint32_t order)
{
    liveorders_land(poll->desk->liveorders, order);
}

static void statuspoll_call_free(struct call *call)
{
    LIST_REMOVE(call, link);
    provider_set_unpin(&call->providers);
    free(call);
}

static void statuspoll_land_all(struct queue *queue);

void statuspoll_stop(struct statuspoll *poll)
{
    poll->is_stopped = true;
    while (!LIST_EMPTY(&poll->calls)) {
        struct call *call = LIST_FIRST(&poll->calls);
        if (call->ask)
            ask_cancel(call->ask);
        for (size_t i = 0; i < call->count; i++)
            statuspoll_land(poll, call->orders[i].order);
        statuspoll_call_free(call);
    }
    for (size_t i = 0; i < PROVIDER_MAX; i++) {
        if (poll->queues[i] == NULL)
            continue;
        loop_timer_cancel(&poll->queues[i]->timer);
        statuspoll_land_all(poll->queues[i]);
    }
}

void statuspoll_free(struct statuspoll *poll)
{
    if (poll == NULL)
        return;
    statuspoll_stop(poll);
    for (size_t i = 0; i < PROVIDER_MAX; i++) {
        if (poll->queues[i] == NULL)
            continue;
        loop_timer_fini(&poll->queues[i]->timer);
        free(poll->queues[i]->list);
        free(poll->queues[i]);
    }
    free(poll);
}

static struct queue *statuspoll_queue_of(struct statuspoll *poll, unsigned provider_id)
{
    struct queue *queue = poll->queues[provider_id];
    if (queue == NULL) {
        queue = poll->queues[provider_id] = memory_new(sizeof *queue);
        if (provider_id >= poll->queues_end)
            poll->queues_end = provider_id + 1;
        queue->poll = poll;
        queue->provider_id = provider_id;
    }
    return queue;
}

static void statuspoll_queue_add(struct queue *queue, const struct waiting *waiting)
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

static void statuspoll_queue_drop(struct queue *queue, size_t count)
{
    queue->first += count;
    queue->count -= count;
    if (queue->count == 0)
        queue->first = 0;
}

/* Of what is asked for in one turn the first stands for all; pump looks again. */
static bool statuspoll_may_be_asked(struct statuspoll *poll, unsigned provider_id, int64_t now)
{
    struct desk *desk = poll->desk;
    struct queue *queue = poll->queues[provider_id];
    if (queue && queue->is_dirty && queue->looked_at_ms == now)
        return true;
    if (desk->catalogue == NULL ||
        provider_set_by_id(desk->catalogue->providers, provider_id) == NULL ||
        health_look(desk->health, provider_id, HEALTH_READINGS, STR_NONE, now) != SKIP_NONE)
        return false;
    statuspoll_queue_of(poll, provider_id)->looked_at_ms = now;
    return true;
}

void statuspoll_ask(struct statuspoll *poll, const struct liveorder *order, int64_t wait_ms)
{
    struct desk *desk = poll->desk;
    int64_t now = loop_now_ms(desk->loop);
    struct waiting waiting = {.order = order->id, .give_up_at_ms = now + wait_ms};
    memcpy(waiting.upstream_id, order->upstream_id, sizeof waiting.upstream_id);
    if (poll->is_stopped || order->provider_id >= PROVIDER_MAX || order->upstream_id[0] == '\0' ||
        !statuspoll_may_be_asked(poll, order->provider_id, now) ||
        statuspoll_queue_of(poll, order->provider_id)->count >= QUEUE_MOST) {
        statuspoll_land(poll, order->id);
        return;
    }
    statuspoll_queue_add(statuspoll_queue_of(poll, order->provider_id), &waiting);
}

static void statuspoll_pump(struct queue *queue);

static void statuspoll_on_timer(void *arg)
{
    statuspoll_pump(arg);
}

/* The panel cannot do it in this form: singly from now on, and what was asked goes back. */
static void statuspoll_ask_singly(struct call *call)
{
    if (!atomic_exchange(&asks_singly[call->queue->provider_id], true))
        log_event(LOG_INFO, "provider_asked_singly", "provider=" STR_FMT,
                  STR_ARG(provider_name(call->queue->provider_id)));
    for (size_t i = 0; i < call->count; i++)
        statuspoll_queue_add(call->queue, &call->orders[i]);
}

static void statuspoll_on_answer(const struct answer *answer, void *arg)
{
    struct call *call = arg;
    struct statuspoll *poll = call->poll;
    struct queue *queue = call->queue;
    call->ask = NULL;
    health_note(poll->desk->health, queue->provider_id, HEALTH_READINGS, STR_NONE, answer,
                MONEY_ZERO, loop_now_ms(poll->desk->loop));
    if (call->is_many && answer->outcome == OUTCOME_REFUSED &&
        answer->refusal == REFUSAL_UNSUPPORTED) {
        statuspoll_ask_singly(call);
    } else {
        struct liveorders_landed landed = {0};
        for (size_t i = 0; i < call->count; i++) {
            if (answer->outcome == OUTCOME_ACCEPTED && i < answer->status_count)
                landing_take(poll->desk, call->orders[i].order, &answer->statuses[i], &landed);
            else
                statuspoll_land(poll, call->orders[i].order);
        }
        liveorders_tell(&landed);
    }
    statuspoll_call_free(call);
    statuspoll_pump(queue);
}

static void statuspoll_send_batch(struct queue *queue, const struct provider *provider,
                                  size_t count)
{
    struct statuspoll *poll = queue->poll;
    struct call *call = memory_new(sizeof *call + count * sizeof call->orders[0]);
    struct str ids[BATCH];
    call->poll = poll;
    call->queue = queue;
    call->providers = provider_set_pin(poll->desk->catalogue->providers);
    call->is_many = count > 1;
    call->count = count;
    memcpy(call->orders, queue->list + queue->first, count * sizeof call->orders[0]);
    statuspoll_queue_drop(queue, count);
    for (size_t i = 0; i < count; i++)
        ids[i] = str_of(call->orders[i].upstream_id);
    struct question question = {.action = count > 1 ? QUESTION_STATUS_MANY : QUESTION_STATUS,
                                .ids = ids,
                                .id_count = count};
    struct ask_options options = {.request_id = "status", .wait_ms = CONNECTION_WAIT_MS};
    LIST_INSERT_HEAD(&poll->calls, call, link);
    call->ask =
        ask_start(poll->desk->loop, provider, &question, &options, statuspoll_on_answer, call);
}

static void statuspoll_give_up_late_ones(struct queue *queue, int64_t now)
{
    while (queue->count > 0 && queue->list[queue->first].give_up_at_ms < now) {
        statuspoll_land(queue->poll, queue->list[queue->first].order);
        statuspoll_queue_drop(queue, 1);
    }
}

static void statuspoll_land_all(struct queue *queue)
{
    while (queue->count > 0) {
        statuspoll_land(queue->poll, queue->list[queue->first].order);
        statuspoll_queue_drop(queue, 1);
    }
}

/* For its token, but no longer than who asks for the first one waits: the others can join no new
 * flight before that one lands. */
static void statuspoll_wait_for_token(struct queue *queue, int64_t wait_ms, int64_t now)
{
    int64_t left_ms = queue->list[queue->first].give_up_at_ms + 1 - now;
    loop_timer_start(&queue->timer, queue->poll->desk->loop, wait_ms < left_ms ? wait_ms : left_ms,
                     statuspoll_on_timer, queue);
}

static void statuspoll_pump(struct queue *queue)
{
    struct desk *desk = queue->poll->desk;
    int64_t now = loop_now_ms(desk->loop);
    const struct provider *provider =
        provider_set_by_id(desk->catalogue->providers, queue->provider_id);
    queue->is_dirty = false;
    statuspoll_give_up_late_ones(queue, now);
    while (queue->count > 0) {
        if (provider == NULL || health_take(desk->health, queue->provider_id, HEALTH_READINGS,
                                            STR_NONE, now) != SKIP_NONE) {
            statuspoll_land_all(queue);
            return;
        }
        int64_t wait = provider_take_token(provider, PROVIDER_LANE_OTHER, now);
        if (wait > 0) {
            health_unused(desk->health, queue->provider_id, HEALTH_READINGS, STR_NONE);
            statuspoll_wait_for_token(queue, wait, now);
            return;
        }
        size_t most = atomic_load_explicit(&asks_singly[queue->provider_id], memory_order_relaxed)
                          ? 1
                          : BATCH;
        statuspoll_send_batch(queue, provider, queue->count < most ? queue->count : most);
    }
}

static void statuspoll_pump_dirty(struct loop_errand *errand)
{
    struct statuspoll *poll = (struct statuspoll *)errand;
    /* All of them: one may have left the configuration since it was asked for. */
    for (size_t id = 0; id < poll->queues_end; id++)
        if (poll->queues[id] && poll->queues[id]->is_dirty)
            statuspoll_pump(poll->queues[id]);
}

void statuspoll_flush(struct statuspoll *poll)
{
    if (!loop_when_quiet(poll->desk->loop, &poll->errand, statuspoll_pump_dirty))
        statuspoll_pump_dirty(&poll->errand);
}
