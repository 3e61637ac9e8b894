/* See open_order.h. */
#include "orders/open_order.h"

#include "clients/client.h"
#include "orders/children.h"

bool open_order_is_tracked(const struct open_order *order)
{
    return order->upstream_id[0] != '\0' && order->provider_id < PROVIDER_MAX &&
           !orderstate_is_final(order->course.state);
}

struct client_view_order open_order_view(const struct open_order *order)
{
    return (struct client_view_order){.course = order->course,
                                      .type = order->type,
                                      .parent = order->parent,
                                      .has_moved = order->moves > 0,
                                      .quantity = order->quantity,
                                      .charge = order->charge,
                                      .decimals = open_order_decimals(order, 8)};
}

struct settlement_order open_order_settlement(const struct open_order *order, unsigned current)
{
    return (struct settlement_order){.course = order->course,
                                     .type = order->type,
                                     .is_child = order->parent != 0,
                                     .quantity = order->quantity,
                                     .delivered = order->delivered,
                                     .unit = order->unit,
                                     .charge = order->charge,
                                     .decimals = open_order_decimals(order, current)};
}

unsigned open_order_decimals(const struct open_order *order, unsigned current)
{
    return order->decimals ? order->decimals : current;
}

/* The most that a subscription, or one child of it, may be charged. A child's share of the quote
 * may be nothing; in an older ledger a child has none. */
static struct money open_order_ceiling(const struct ledger_order *order, unsigned decimals)
{
    struct money ceiling = OPEN_ORDER_NO_CEILING;
    struct fields fields;
    struct arena arena;
    if (order->type != ORDERTYPE_SUBSCRIPTIONS)
        return MONEY_ZERO;
    if (order->parent)
        return order->charge.units || order->sale.decimals ? order->charge : ceiling;
    arena_init(&arena);
    if (field_parse_all(order->fields, &arena, &fields)) {
        struct children_terms terms = children_terms_of(&fields, order->type, order->quantity,
                                                        order->rate, order->charge, decimals);
        if (!children_share_of_all(&terms, &ceiling))
            ceiling = OPEN_ORDER_NO_CEILING;
    }
    arena_fini(&arena);
    return ceiling;
}

/* A death may have come between a child's birth and its parent's row that names it. */
static bool open_order_is_parent(const struct ledger_order *order)
{
    bool is_drip_feed = str_find(order->fields, STR("\"runs\":")) != SIZE_MAX;
    return order->parent == 0 && (order->type == ORDERTYPE_SUBSCRIPTIONS || is_drip_feed);
}

void open_order_from_ledger(const struct ledger_order *order, struct open_order *out)
{
    unsigned provider_id = order->provider.len ? provider_id_of(order->provider) : PROVIDER_MAX;
    *out = (struct open_order){
        .id = order->id,
        .service = order->service,
        .parent = order->parent,
        .client_id = client_id(order->client),
        .provider_id = provider_id < PROVIDER_MAX ? (uint16_t)provider_id : OPEN_ORDER_NO_PROVIDER,
        .course = order->course,
        .type = order->type,
        .quantity = order->quantity,
        .rate = order->rate,
        .charge = order->charge,
        /* While it waits for its link, another has that. */
        .link_hash = order->course.state == ORDERSTATE_QUEUED ? 0 : order->link_hash,
        .moves = order->moves,
        .delivered = order->delivered,
        .cost = order->cost,
        /* A subscription's attempt costs by the thousand, whichever offer took it. */
        .bought = order->type == ORDERTYPE_SUBSCRIPTIONS && order->parent == 0 ? order->cost
                                                                               : order->sale.cost,
        .decimals = order->sale.decimals,
        .unit = order->sale.package_unit,
        .ceiling = open_order_ceiling(order, order->sale.decimals ? order->sale.decimals : 8),
        .placed_at_ms = order->created_at_ms,
        .has_children = open_order_is_parent(order),
        /* Borrowed: within the answer's or the visit's life. */
        .extra = order->extra.len ? order->extra.ptr : NULL,
    };
    /* In the ledger only once somebody took it. */
    if (order->course.state == ORDERSTATE_PLACING || order->course.state == ORDERSTATE_QUEUED)
        out->course.paid = order->charge;
    if (order->upstream_id.len < sizeof out->upstream_id)
        memcpy(out->upstream_id, order->upstream_id.ptr ? order->upstream_id.ptr : "",
               order->upstream_id.len);
}
