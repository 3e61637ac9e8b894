/* See status_query.h. A query lives until its last waiter and its last reading of the ledger have
 * come home, however early the client was answered. What is known and fresh needs none. */
#include "orders/status_query.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "orders/status_poll.h"

enum { IDS_MAX = 100, LEDGER_WITHIN_MS = 5000 };

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
    size_t outstanding; /* waiters and readings to come home */
    uint64_t begun;     /* queries it began itself */
    struct status_query_status *list;
    struct status_query_waiter *waiters; /* one for each, in the arena */
    bool *is_waiting;                    /* of each: its query is under way */
    bool is_done;
    bool is_last_wait;
    struct loop_timer timer;
    status_query_done_fn *done;
    void *arg;
    _Alignas(16) char first_bytes[]; /* the arena's: lists and waiters */
};

/* ---- one status ---- */

static void status_query_fill(struct status_query_status *out, const struct open_order *order)
{
    struct client_view_order view = open_order_view(order);
    out->is_found = true;
    out->word = client_view_word(&view);
    out->course = client_view_course(&view);
    out->extra = str_of(order->extra);
}

static bool status_query_is_fresh(const struct order_context *context,
                                  const struct open_order *order, int64_t now_ms)
{
    if (orderstate_is_final(order->course.state) || order->upstream_id[0] == '\0')
        return true;
    return order->asked_at_ms > 0 &&
           now_ms - order->asked_at_ms < context->settings.status_fresh_ms;
}

/* ---- its life ---- */

static struct status_query *status_query_new(struct order_context *context, unsigned client_id,
                                             size_t count)
{
    size_t one =
        sizeof(struct status_query_status) + sizeof(struct status_query_waiter) + sizeof(bool);
    size_t room = count * one + 3 * sizeof(max_align_t);
    struct status_query *query = memory_new(sizeof *query + room);
    arena_init_on(&query->arena, query->first_bytes, room);
    context->deferred++;
    query->context = context;
    query->client_id = client_id;
    query->count = count;
    query->list = arena_new(&query->arena, count * sizeof *query->list);
    query->waiters = arena_new(&query->arena, count * sizeof *query->waiters);
    query->is_waiting = arena_new(&query->arena, count * sizeof *query->is_waiting);
    return query;
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

/* ---- from the ledger ---- */

static void status_query_on_rows(const struct ledger_rows *rows, void *arg);

static void status_query_mark_unavailable(struct status_query *query, bool is_unavailable)
{
    for (size_t i = 0; i < query->count; i++)
        query->list[i].is_unavailable =
            is_unavailable && !query->list[i].is_found && !query->is_waiting[i];
}

static void status_query_read(struct status_query *query, const uint32_t *ids, size_t count)
{
    struct ledger_query reading = {.request = LEDGER_QUERY_ORDERS, .ids = ids, .id_count = count};
    query->pending++;
    query->outstanding++;
    ledger_query(query->context->ledger, query->context->loop, &reading, status_query_on_rows,
                 query);
}

/* As it is in the table now, else in the ledger. */
static void status_query_take_known(struct status_query *query, size_t index)
{
    struct open_order order;
    query->is_waiting[index] = false;
    if (!open_orders_get(query->context->open_orders, query->list[index].id, &query->arena, &order))
        status_query_read(query, &query->list[index].id, 1);
    else if (order.client_id == query->client_id)
        status_query_fill(&query->list[index], &order);
}

/* ---- from the panel ---- */

static void status_query_take_completed(struct status_query *query,
                                        const struct status_query_waiter *waiter)
{
    if (waiter->waiter.has_news) {
        struct status_query_status *status = &query->list[waiter->index];
        query->is_waiting[waiter->index] = false;
        status->is_found = true;
        status->word = waiter->waiter.news.word;
        status->course = waiter->waiter.news.course;
    } else {
        status_query_take_known(query, waiter->index);
    }
    query->pending--;
}

static void status_query_on_completed(struct loop_message *message)
{
    const struct status_query_waiter *waiter = (struct status_query_waiter *)message;
    struct status_query *query = waiter->query;
    query->outstanding--;
    if (!query->is_done && query->is_waiting[waiter->index])
        status_query_take_completed(query, waiter);
    if (!query->is_done && query->pending == 0)
        status_query_finish(query);
    status_query_release(query); /* and its waiters with it */
}

static struct open_orders_waiter *status_query_wait(struct status_query *query, size_t index)
{
    struct status_query_waiter *waiter = &query->waiters[index];
    waiter->waiter.message.run = status_query_on_completed;
    waiter->waiter.loop = query->context->loop;
    waiter->query = query;
    waiter->index = index;
    query->is_waiting[index] = true;
    query->pending++;
    query->outstanding++;
    return &waiter->waiter;
}

/* status_within is over: what is known has to do. A reading of the ledger alone is waited for once
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
        loop_timer_start(&query->timer, query->context->loop, LEDGER_WITHIN_MS,
                         status_query_on_timeout, query);
        return;
    }
    status_query_mark_unavailable(query, query->pending > 0);
    status_query_finish(query);
    status_query_release(query);
}

/* ---- one look at the table for each id ---- */

struct status_query_look {
    struct order_context *context;
    unsigned client_id;
    const uint32_t *ids;
    size_t count, index;
    int64_t now_ms;
    struct arena *arena;
    struct status_query_status *list; /* the caller's, or the query's once there is one */
    struct status_query *query;       /* NULL as long as all was known and fresh */
};

/* What was found so far moves over. */
static struct status_query *status_query_begin(struct status_query_look *look)
{
    struct status_query *query = look->query;
    if (query)
        return query;
    query = look->query = status_query_new(look->context, look->client_id, look->count);
    for (size_t i = 0; i <= look->index; i++) {
        query->list[i] = look->list[i];
        query->list[i].extra = arena_str(&query->arena, look->list[i].extra);
    }
    look->list = query->list;
    look->arena = &query->arena;
    return query;
}

static struct open_orders_waiter *status_query_want(const struct open_order *order, void *arg)
{
    struct status_query_look *look = arg;
    if (order->client_id != look->client_id ||
        status_query_is_fresh(look->context, order, look->now_ms))
        return NULL;
    return status_query_wait(status_query_begin(look), look->index);
}

/* False: it is not in the table. */
static bool status_query_look_up(struct status_query_look *look)
{
    struct order_context *context = look->context;
    struct open_order order;
    switch (open_orders_get_or_join(context->open_orders, look->list[look->index].id, look->arena,
                                    status_query_want, look, &order)) {
    case OPEN_ORDERS_ABSENT:
        return false;
    case OPEN_ORDERS_SEEN:
        if (order.client_id == look->client_id)
            status_query_fill(&look->list[look->index], &order);
        break;
    case OPEN_ORDERS_BEGUN:
        look->query->begun++;
        status_poll_add(context->status_poll, &order, look->now_ms,
                        context->settings.status_within_ms);
        break;
    case OPEN_ORDERS_JOINED:
        break;
    }
    return true;
}

static void status_query_look_up_all(struct status_query_look *look)
{
    uint32_t absent[IDS_MAX];
    size_t absent_count = 0;
    for (look->index = 0; look->index < look->count; look->index++) {
        uint32_t id = look->ids[look->index];
        look->list[look->index] = (struct status_query_status){.id = id};
        if (id == 0 || status_query_look_up(look))
            continue;
        status_query_begin(look);
        absent[absent_count++] = id;
    }
    if (absent_count > 0)
        status_query_read(look->query, absent, absent_count);
}

static void status_query_count(uint64_t fresh, uint64_t begun)
{
    if (fresh)
        atomic_fetch_add_explicit(&order_context_totals.status_fresh, fresh, memory_order_relaxed);
    if (begun)
        atomic_fetch_add_explicit(&order_context_totals.status_asked, begun, memory_order_relaxed);
}

bool status_query_start(struct order_context *context, unsigned client_id, const uint32_t *ids,
                        size_t count, struct arena *arena, struct status_query_status *out,
                        status_query_done_fn *done, void *arg)
{
    struct status_query_look look = {.context = context,
                                     .client_id = client_id,
                                     .ids = ids,
                                     .count = count,
                                     .now_ms = loop_now_ms(context->loop),
                                     .arena = arena,
                                     .list = out};
    ASSERT(count <= IDS_MAX);
    status_query_look_up_all(&look);
    struct status_query *query = look.query;
    if (query == NULL) {
        status_query_count(count, 0);
        return true;
    }
    query->done = done;
    query->arg = arg;
    status_query_count(0, query->begun);
    loop_timer_start(&query->timer, context->loop, context->settings.status_within_ms,
                     status_query_on_timeout, query);
    status_poll_flush(context->status_poll);
    return false;
}

/* ---- rows of what was not in the table ---- */

/* An unfinished one belongs in the table; then it is looked up there like any other. */
static bool status_query_take_open_row(struct status_query *query, const struct ledger_order *row,
                                       size_t index)
{
    struct order_context *context = query->context;
    struct open_order order;
    if (orderstate_is_final(row->course.state))
        return false;
    open_order_from_ledger(row, &order);
    char *extra = str_copy(row->extra);
    order.extra = extra;
    open_orders_load(context->open_orders, &order);
    free(extra);
    if (query->is_last_wait) {
        status_query_take_known(query, index);
        return true;
    }
    struct status_query_look look = {.context = context,
                                     .client_id = query->client_id,
                                     .count = query->count,
                                     .index = index,
                                     .now_ms = loop_now_ms(context->loop),
                                     .arena = &query->arena,
                                     .list = query->list,
                                     .query = query};
    return status_query_look_up(&look);
}

static void status_query_take_row(struct status_query *query, const struct ledger_order *row)
{
    if (client_id(row->client) != query->client_id || row->course.state == ORDERSTATE_REFUSED)
        return;
    for (size_t i = 0; i < query->count; i++) {
        struct status_query_status *status = &query->list[i];
        if (status->id != row->id || status->is_found || query->is_waiting[i] ||
            status_query_take_open_row(query, row, i))
            continue;
        struct open_order order;
        open_order_from_ledger(row, &order);
        status_query_fill(status, &order);
        status->extra = arena_str(&query->arena, row->extra);
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
        status_poll_flush(query->context->status_poll);
    }
    status_query_release(query);
}
