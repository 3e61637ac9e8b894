/* See status_query.h. A follow lives until its last waiter and its ledger question have come home,
 * however early the client was answered. */
#include "orders/status_query.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "orders/status_poll.h"

enum { IDS_MAX = 100, BOOKS_WITHIN_MS = 5000 };

struct status_query;
struct status_query_waiter {
    struct open_orders_waiter waiter; /* first: the message comes home as this */
    struct status_query *query;
    size_t index;
};

struct status_query {
    struct order_context *context;
    unsigned client_id;
    struct arena arena;
    size_t count;
    size_t pending;     /* results not there yet */
    size_t outstanding; /* waiters and questions to come home */
    struct status_query_status *list;
    struct status_query_waiter *waiters; /* one for each, in the arena */
    bool *is_waiting;                    /* of each: a flight is under way */
    bool is_done;
    bool is_last_wait;
    struct loop_timer timer;
    status_query_done_fn *done;
    void *arg;
    _Alignas(16) char first_bytes[]; /* the arena's: lists and waiters */
};

static void status_query_fill(struct status_query_status *out, struct order_course course,
                              enum ordertype type, int64_t quantity)
{
    if (orderstate_status(course.state) == ORDERSTATUS_CANCELED) {
        course.paid = MONEY_ZERO;
        course.remains = quantity > 0 ? quantity : course.remains;
    }
    out->is_found = true;
    out->course = course;
    out->type = type;
}

static void status_query_fill_live(struct status_query_status *out, const struct open_order *order)
{
    status_query_fill(out, order->course, order->type, order->quantity);
    out->extra = str_of(order->extra);
}

static void status_query_fill_news(struct status_query_status *out,
                                   const struct open_orders_news *news)
{
    status_query_fill(out, news->course, news->type, news->quantity);
}

static bool status_query_is_fresh(const struct order_context *context,
                                  const struct open_order *order)
{
    if (orderstate_is_final(order->course.state) || order->upstream_id[0] == '\0')
        return true;
    return order->asked_at_ms > 0 &&
           loop_now_ms(context->loop) - order->asked_at_ms < context->settings.status_fresh_ms;
}

bool status_query_now(struct order_context *context, unsigned client_id_asking, const uint32_t *ids,
                      size_t count, struct arena *arena, struct status_query_status *out)
{
    for (size_t i = 0; i < count; i++) {
        struct open_order order;
        out[i] = (struct status_query_status){.id = ids[i]};
        if (!open_orders_get(context->open_orders, ids[i], arena, &order) ||
            !status_query_is_fresh(context, &order))
            return false;
        if (order.client_id == client_id_asking)
            status_query_fill_live(&out[i], &order);
    }
    atomic_fetch_add_explicit(&order_context_totals.status_fresh, count, memory_order_relaxed);
    return true;
}

static void status_query_release(struct status_query *query)
{
    if (!query->is_done || query->outstanding > 0)
        return;
    order_context_end_work(query->context, &query->context->deferred);
    loop_timer_fini(&query->timer);
    arena_fini(&query->arena);
    free(query);
}

static void status_query_finish(struct status_query *query)
{
    if (query->is_done)
        return;
    query->is_done = true;
    loop_timer_cancel(&query->timer);
    query->done(query->list, query->count, query->arg);
}

static void status_query_on_rows(const struct ledger_rows *rows, void *arg);

static void status_query_mark_unavailable(struct status_query *query, bool is_unavailable)
{
    for (size_t i = 0; i < query->count; i++)
        query->list[i].is_unavailable =
            is_unavailable && !query->list[i].is_found && !query->is_waiting[i];
}

static void status_query_look_up(struct status_query *query, const uint32_t *ids, size_t count)
{
    struct ledger_query lookup = {.request = LEDGER_QUERY_ORDERS, .ids = ids, .id_count = count};
    query->pending++;
    query->outstanding++;
    ledger_query(query->context->ledger, query->context->loop, &lookup, status_query_on_rows,
                 query);
}

/* What left the table meanwhile is finished and in the books. */
static void status_query_take_known(struct status_query *query, size_t index)
{
    struct open_order order;
    query->is_waiting[index] = false;
    if (!open_orders_get(query->context->open_orders, query->list[index].id, &query->arena, &order))
        status_query_look_up(query, &query->list[index].id, 1);
    else if (order.client_id == query->client_id)
        status_query_fill_live(&query->list[index], &order);
}

/* status_within is over: what is known has to do. A look-up in the books alone is waited for once
 * more: it cannot depend on a panel. */
static void status_query_on_timeout(void *arg)
{
    struct status_query *query = arg;
    size_t waiting = 0;
    for (size_t i = 0; i < query->count; i++) {
        if (!query->is_waiting[i])
            continue;
        waiting++;
        status_query_take_known(query, i);
        atomic_fetch_add_explicit(&order_context_totals.status_stale, 1, memory_order_relaxed);
    }
    query->pending -= waiting;
    if (query->pending > 0 && !query->is_last_wait) {
        query->is_last_wait = true;
        loop_timer_start(&query->timer, query->context->loop, BOOKS_WITHIN_MS,
                         status_query_on_timeout, query);
        return;
    }
    status_query_mark_unavailable(query, query->pending > 0);
    status_query_finish(query);
    status_query_release(query);
}

static void status_query_take_landed(struct status_query *query,
                                     const struct status_query_waiter *waiter)
{
    if (waiter->waiter.has_news) {
        query->is_waiting[waiter->index] = false;
        status_query_fill_news(&query->list[waiter->index], &waiter->waiter.news);
    } else {
        status_query_take_known(query, waiter->index);
    }
    query->pending--;
}

static void status_query_on_landed(struct loop_message *message)
{
    struct open_orders_waiter *waiter = (struct open_orders_waiter *)message;
    struct status_query *query = ((struct status_query_waiter *)waiter)->query;
    for (; waiter; waiter = waiter->same) {
        const struct status_query_waiter *landed = (struct status_query_waiter *)waiter;
        query->outstanding--;
        if (!query->is_done && query->is_waiting[landed->index])
            status_query_take_landed(query, landed);
    }
    if (!query->is_done && query->pending == 0)
        status_query_finish(query);
    status_query_release(query); /* and its waiters with it */
}

static void status_query_take_row(struct status_query *query, const struct ledger_order *row)
{
    if (client_id(row->client) != query->client_id || row->course.state == ORDERSTATE_REFUSED)
        return;
    struct order_course course = row->course;
    if (course.state == ORDERSTATE_PLACING)
        course.paid = row->charge;
    for (size_t i = 0; i < query->count; i++) {
        if (query->list[i].id != row->id || query->list[i].is_found)
            continue;
        status_query_fill(&query->list[i], course, row->type, row->quantity);
        query->list[i].extra = arena_str(&query->arena, row->extra);
    }
}

static void status_query_on_rows(const struct ledger_rows *rows, void *arg)
{
    struct status_query *query = arg;
    query->outstanding--;
    if (!query->is_done) {
        for (size_t i = 0; i < rows->order_count; i++)
            status_query_take_row(query, &rows->orders[i]);
        if (rows->result != LEDGER_DONE)
            status_query_mark_unavailable(query, true);
        if (--query->pending == 0)
            status_query_finish(query);
    }
    status_query_release(query);
}

static bool status_query_is_to_be_asked(const struct open_order *order, void *arg)
{
    const struct status_query *query = arg;
    return order->client_id == query->client_id && !status_query_is_fresh(query->context, order);
}

/* True when the order's result is there or waited for; false: it must be looked up in the books. */
static bool status_query_live(struct status_query *query, size_t index, uint64_t *asked)
{
    struct order_context *context = query->context;
    struct open_order order;
    struct status_query_waiter *waiter = &query->waiters[index];
    waiter->waiter.message.run = status_query_on_landed;
    waiter->waiter.loop = context->loop;
    waiter->waiter.owner = query;
    waiter->query = query;
    waiter->index = index;
    switch (open_orders_get_or_join(context->open_orders, query->list[index].id, &query->arena,
                                    status_query_is_to_be_asked, query, &waiter->waiter, &order)) {
    case OPEN_ORDERS_GONE:
        return false;
    case OPEN_ORDERS_SEEN:
        if (order.client_id == query->client_id)
            status_query_fill_live(&query->list[index], &order);
        return true;
    case OPEN_ORDERS_LEAD:
        ++*asked;
        status_poll_ask(context->status_poll, &order, context->settings.status_within_ms);
        break;
    case OPEN_ORDERS_WAIT:
        break;
    }
    query->is_waiting[index] = true;
    query->pending++;
    query->outstanding++;
    return true;
}

static void status_query_on_nothing_pending(void *arg)
{
    struct status_query *query = arg;
    status_query_finish(query);
    status_query_release(query);
}

static struct status_query *status_query_new(struct order_context *context,
                                             unsigned client_id_asking, const uint32_t *ids,
                                             size_t count)
{
    size_t one =
        sizeof(struct status_query_status) + sizeof(struct status_query_waiter) + sizeof(bool);
    size_t room = count * one + 3 * sizeof(max_align_t);
    struct status_query *query = memory_new(sizeof *query + room);
    arena_init_on(&query->arena, query->first_bytes, room);
    context->deferred++;
    query->context = context;
    query->client_id = client_id_asking;
    query->count = count;
    query->list = arena_new(&query->arena, count * sizeof *query->list);
    query->waiters = arena_new(&query->arena, count * sizeof *query->waiters);
    query->is_waiting = arena_new(&query->arena, count * sizeof *query->is_waiting);
    for (size_t i = 0; i < count; i++)
        query->list[i].id = ids[i];
    return query;
}

void status_query_start(struct order_context *context, unsigned client_id_asking,
                        const uint32_t *ids, size_t count, status_query_done_fn *done, void *arg)
{
    uint32_t in_books[IDS_MAX];
    size_t in_books_count = 0;
    uint64_t asked = 0;
    ASSERT(count <= IDS_MAX);
    struct status_query *query = status_query_new(context, client_id_asking, ids, count);
    query->done = done;
    query->arg = arg;
    for (size_t i = 0; i < count; i++)
        if (ids[i] != 0 && !status_query_live(query, i, &asked))
            in_books[in_books_count++] = ids[i];
    if (asked)
        atomic_fetch_add_explicit(&order_context_totals.status_asked, asked, memory_order_relaxed);
    if (in_books_count > 0)
        status_query_look_up(query, in_books, in_books_count);
    loop_timer_start(
        &query->timer, context->loop, query->pending ? context->settings.status_within_ms : 0,
        query->pending ? status_query_on_timeout : status_query_on_nothing_pending, query);
    /* Last: a landing may come home at once, but only by message. */
    status_poll_flush(context->status_poll);
}
