/* See link_turns.h. The order is read before it is placed: it may have been canceled meanwhile. */
#include "orders/link_turns.h"

#include <stdlib.h>

#include "orders/links.h"
#include "orders/place.h"

enum { READ_AGAIN_MS = 1000 };

struct link_turns {
    struct loop_message message; /* first: it comes back as this */
    struct order_context *context;
    _Atomic bool is_posted;
};

struct link_turns_turn { /* one order's */
    struct order_context *context;
    uint32_t order;
    struct loop_timer again;
};

static void link_turns_read(void *arg);

static void link_turns_end(struct link_turns_turn *turn)
{
    order_context_end_work(turn->context, &turn->context->deferred);
    loop_timer_fini(&turn->again);
    free(turn);
}

/* At the end of the gateway it stays queued; the next start goes on. */
static void link_turns_on_rows(const struct ledger_rows *rows, void *arg)
{
    struct link_turns_turn *turn = arg;
    struct order_context *context = turn->context;
    if (rows->result != LEDGER_DONE && !context->is_stopping) {
        loop_timer_start(&turn->again, context->loop, READ_AGAIN_MS, link_turns_read, turn);
        return;
    }
    bool is_queued = rows->result == LEDGER_DONE && rows->order_count > 0 &&
                     rows->orders[0].course.state == ORDERSTATE_QUEUED;
    if (is_queued && !context->is_stopping)
        place_resume(context, &rows->orders[0], rows->attempts, rows->attempt_count);
    else if (!is_queued)
        open_orders_remove(context->open_orders, turn->order); /* canceled meanwhile */
    link_turns_end(turn);
}

static void link_turns_read(void *arg)
{
    struct link_turns_turn *turn = arg;
    struct ledger_query query = {.request = LEDGER_QUERY_SHOW, .id = turn->order};
    ledger_query(turn->context->ledger, turn->context->loop, &query, link_turns_on_rows, turn);
}

static void link_turns_take_link(struct open_order *order, void *arg)
{
    order->link_hash = *(const int64_t *)arg;
}

/* From now on the order itself keeps the link. */
static void link_turns_begin(struct order_context *context, const struct links_turn *turn)
{
    int64_t hash = turn->hash;
    if (!open_orders_change(context->open_orders, turn->order, link_turns_take_link, &hash)) {
        links_release(open_orders_links(context->open_orders), hash); /* canceled meanwhile */
        return;
    }
    struct link_turns_turn *begun = memory_new(sizeof *begun);
    begun->context = context;
    begun->order = turn->order;
    context->deferred++;
    link_turns_read(begun);
}

static void link_turns_on_message(struct loop_message *message)
{
    struct link_turns *turns = (struct link_turns *)message;
    struct order_context *context = turns->context;
    struct links_turn turn;
    atomic_store(&turns->is_posted, false);
    while (!context->is_stopping && links_take_turn(open_orders_links(context->open_orders), &turn))
        link_turns_begin(context, &turn);
}

static void link_turns_on_turn(void *arg)
{
    struct link_turns *turns = arg;
    if (!atomic_exchange(&turns->is_posted, true))
        loop_post(turns->context->loop, &turns->message);
}

struct link_turns *link_turns_new(struct order_context *context)
{
    struct link_turns *turns = memory_new(sizeof *turns);
    turns->message.run = link_turns_on_message;
    turns->context = context;
    links_on_turn(open_orders_links(context->open_orders), link_turns_on_turn, turns);
    return turns;
}

void link_turns_start(struct link_turns *turns)
{
    links_start(open_orders_links(turns->context->open_orders));
}

void link_turns_free(struct link_turns *turns)
{
    free(turns);
}
