/* See follow.h. A follow lives until its last waiter and its ledger question have come home,
 * however early the client was answered. */
#include "orders/follow.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "orders/statuspoll.h"

enum { IDS_MOST = 100, BOOKS_WITHIN_MS = 5000 };

struct follow;
struct follow_waiter {
    struct liveorders_waiter waiter; /* first: the message comes home as this */
    struct follow *follow;
    size_t index;
};

struct follow {
    struct desk *desk;
    unsigned client_id;
    struct arena arena;
    size_t count;
    size_t pending;     /* results not there yet */
    size_t outstanding; /* waiters and questions to come home */
    struct follow_status *list;
    struct follow_waiter *waiters; /* one for each, in the arena */
    bool *is_waiting;              /* of each: a flight is under way */
    bool is_done;
    bool is_last_wait;
    struct loop_timer timer;
    follow_done_fn *done;
    void *arg;
    _Alignas(16) char first_bytes[]; /* the arena's: lists and waiters */
};

static void follow_fill(struct follow_status *out, enum orderstate state, int64_t quantity,
                        bool has_start_count, int64_t start_count, int64_t remains,
                        struct money paid)
{
    out->is_found = true;
    out->status = orderstate_status(state);
    out->charge = out->status == ORDERSTATUS_CANCELED ? MONEY_ZERO : paid;
    out->start_count = has_start_count ? start_count : 0;
    out->remains = out->status == ORDERSTATUS_CANCELED && quantity > 0 ? quantity : remains;
}

static void follow_fill_live(struct follow_status *out, const struct liveorder *order)
{
    follow_fill(out, order->state, order->quantity, order->has_start_count, order->start_count,
                order->remains, order->paid);
    out->type = order->type;
    out->extra = str_of(order->extra);
}

static void follow_fill_news(struct follow_status *out, const struct liveorders_news *news)
{
    follow_fill(out, news->state, news->quantity, news->has_start_count, news->start_count,
                news->remains, news->paid);
    out->type = news->type;
}

static bool follow_is_fresh(const struct desk *desk, const struct liveorder *order)
{
    if (orderstate_is_final(order->state) || order->upstream_id[0] == '\0')
        return true;
    return order->asked_at_ms > 0 &&
           loop_now_ms(desk->loop) - order->asked_at_ms < desk->settings.status_fresh_ms;
}

bool follow_now(struct desk *desk, unsigned client_id_asking, const uint32_t *ids, size_t count,
                struct arena *arena, struct follow_status *out)
{
    for (size_t i = 0; i < count; i++) {
        struct liveorder order;
        out[i] = (struct follow_status){.id = ids[i]};
        if (!liveorders_get(desk->liveorders, ids[i], arena, &order) ||
            !follow_is_fresh(desk, &order))
            return false;
        if (order.client_id == client_id_asking)
            follow_fill_live(&out[i], &order);
    }
    atomic_fetch_add_explicit(&desk_totals.status_fresh, count, memory_order_relaxed);
    return true;
}

static void follow_release(struct follow *follow)
{
    if (!follow->is_done || follow->outstanding > 0)
        return;
    follow->desk->errands--;
    loop_timer_fini(&follow->timer);
    arena_fini(&follow->arena);
    free(follow);
}

static void follow_finish(struct follow *follow)
{
    if (follow->is_done)
        return;
    follow->is_done = true;
    loop_timer_cancel(&follow->timer);
    follow->done(follow->list, follow->count, follow->arg);
}

static void follow_on_rows(const struct ledger_rows *rows, void *arg);

static void follow_mark_unavailable(struct follow *follow, bool is_unavailable)
{
    for (size_t i = 0; i < follow->count; i++)
        follow->list[i].is_unavailable =
            is_unavailable && !follow->list[i].is_found && !follow->is_waiting[i];
}

static void follow_look_up(struct follow *follow, const uint32_t *ids, size_t count)
{
    struct ledger_query query = {.question = LEDGER_ASK_ORDERS, .ids = ids, .id_count = count};
    follow->pending++;
    follow->outstanding++;
    ledger_ask(follow->desk->ledger, follow->desk->loop, &query, follow_on_rows, follow);
}

/* What left the table meanwhile is finished and in the books. */
static void follow_take_known(struct follow *follow, size_t index)
{
    struct liveorder order;
    follow->is_waiting[index] = false;
    if (!liveorders_get(follow->desk->liveorders, follow->list[index].id, &follow->arena, &order))
        follow_look_up(follow, &follow->list[index].id, 1);
    else if (order.client_id == follow->client_id)
        follow_fill_live(&follow->list[index], &order);
}

/* status_within is over: what is known has to do. A look-up in the books alone is waited for once
 * more: it cannot depend on a panel. */
static void follow_on_timeout(void *arg)
{
    struct follow *follow = arg;
    size_t waiting = 0;
    for (size_t i = 0; i < follow->count; i++) {
        if (!follow->is_waiting[i])
            continue;
        waiting++;
        follow_take_known(follow, i);
        atomic_fetch_add_explicit(&desk_totals.status_stale, 1, memory_order_relaxed);
    }
    follow->pending -= waiting;
    if (follow->pending > 0 && !follow->is_last_wait) {
        follow->is_last_wait = true;
        loop_timer_start(&follow->timer, follow->desk->loop, BOOKS_WITHIN_MS, follow_on_timeout,
                         follow);
        return;
    }
    follow_mark_unavailable(follow, follow->pending > 0);
    follow_finish(follow);
    follow_release(follow);
}

static void follow_take_landed(struct follow *follow, const struct follow_waiter *waiter)
{
    if (waiter->waiter.has_news) {
        follow->is_waiting[waiter->index] = false;
        follow_fill_news(&follow->list[waiter->index], &waiter->waiter.news);
    } else {
        follow_take_known(follow, waiter->index);
    }
    follow->pending--;
}

static void follow_on_landed(struct loop_message *message)
{
    struct liveorders_waiter *waiter = (struct liveorders_waiter *)message;
    struct follow *follow = ((struct follow_waiter *)waiter)->follow;
    for (; waiter; waiter = waiter->same) {
        const struct follow_waiter *landed = (struct follow_waiter *)waiter;
        follow->outstanding--;
        if (!follow->is_done && follow->is_waiting[landed->index])
            follow_take_landed(follow, landed);
    }
    if (!follow->is_done && follow->pending == 0)
        follow_finish(follow);
    follow_release(follow); /* and its waiters with it */
}

static void follow_take_row(struct follow *follow, const struct ledger_order *row)
{
    if (client_id(row->client) != follow->client_id || row->state == ORDERSTATE_REFUSED)
        return;
    for (size_t i = 0; i < follow->count; i++) {
        if (follow->list[i].id != row->id || follow->list[i].is_found)
            continue;
        follow_fill(&follow->list[i], row->state, row->quantity, row->has_start_count,
                    row->start_count, row->remains,
                    row->state == ORDERSTATE_PLACING ? row->charge : row->paid);
        follow->list[i].type = row->type;
        follow->list[i].extra = arena_str(&follow->arena, row->extra);
    }
}

static void follow_on_rows(const struct ledger_rows *rows, void *arg)
{
    struct follow *follow = arg;
    follow->outstanding--;
    if (!follow->is_done) {
        for (size_t i = 0; i < rows->order_count; i++)
            follow_take_row(follow, &rows->orders[i]);
        if (rows->result != LEDGER_DONE)
            follow_mark_unavailable(follow, true);
        if (--follow->pending == 0)
            follow_finish(follow);
    }
    follow_release(follow);
}

static bool follow_is_to_be_asked(const struct liveorder *order, void *arg)
{
    const struct follow *follow = arg;
    return order->client_id == follow->client_id && !follow_is_fresh(follow->desk, order);
}

/* True when the order's result is there or waited for; false: it must be looked up in the books. */
static bool follow_live(struct follow *follow, size_t index, uint64_t *asked)
{
    struct desk *desk = follow->desk;
    struct liveorder order;
    struct follow_waiter *waiter = &follow->waiters[index];
    waiter->waiter.message.run = follow_on_landed;
    waiter->waiter.loop = desk->loop;
    waiter->waiter.owner = follow;
    waiter->follow = follow;
    waiter->index = index;
    switch (liveorders_get_or_join(desk->liveorders, follow->list[index].id, &follow->arena,
                                   follow_is_to_be_asked, follow, &waiter->waiter, &order)) {
    case LIVEORDERS_GONE:
        return false;
    case LIVEORDERS_SEEN:
        if (order.client_id == follow->client_id)
            follow_fill_live(&follow->list[index], &order);
        return true;
    case LIVEORDERS_LEAD:
        ++*asked;
        statuspoll_ask(desk->statuspoll, &order, desk->settings.status_within_ms);
        break;
    case LIVEORDERS_WAIT:
        break;
    }
    follow->is_waiting[index] = true;
    follow->pending++;
    follow->outstanding++;
    return true;
}

static void follow_on_nothing_pending(void *arg)
{
    struct follow *follow = arg;
    follow_finish(follow);
    follow_release(follow);
}

static struct follow *follow_new(struct desk *desk, unsigned client_id_asking, const uint32_t *ids,
                                 size_t count)
{
    size_t one = sizeof(struct follow_status) + sizeof(struct follow_waiter) + sizeof(bool);
    size_t room = count * one + 3 * sizeof(max_align_t);
    struct follow *follow = memory_new(sizeof *follow + room);
    arena_init_on(&follow->arena, follow->first_bytes, room);
    desk->errands++;
    follow->desk = desk;
    follow->client_id = client_id_asking;
    follow->count = count;
    follow->list = arena_new(&follow->arena, count * sizeof *follow->list);
    follow->waiters = arena_new(&follow->arena, count * sizeof *follow->waiters);
    follow->is_waiting = arena_new(&follow->arena, count * sizeof *follow->is_waiting);
    for (size_t i = 0; i < count; i++)
        follow->list[i].id = ids[i];
    return follow;
}

void follow_start(struct desk *desk, unsigned client_id_asking, const uint32_t *ids, size_t count,
                  follow_done_fn *done, void *arg)
{
    uint32_t in_books[IDS_MOST];
    size_t in_books_count = 0;
    uint64_t asked = 0;
    ASSERT(count <= IDS_MOST);
    struct follow *follow = follow_new(desk, client_id_asking, ids, count);
    follow->done = done;
    follow->arg = arg;
    for (size_t i = 0; i < count; i++)
        if (ids[i] != 0 && !follow_live(follow, i, &asked))
            in_books[in_books_count++] = ids[i];
    if (asked)
        atomic_fetch_add_explicit(&desk_totals.status_asked, asked, memory_order_relaxed);
    if (in_books_count > 0)
        follow_look_up(follow, in_books, in_books_count);
    loop_timer_start(&follow->timer, desk->loop,
                     follow->pending ? desk->settings.status_within_ms : 0,
                     follow->pending ? follow_on_timeout : follow_on_nothing_pending, follow);
    /* Last: a landing may come home at once, but only by message. */
    statuspoll_flush(desk->statuspoll);
}
