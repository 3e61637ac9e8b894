/* See children.h. */
#include "orders/children.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/table.h"
#include "money/quote.h"
#include "orders/order_context.h"
#include "orders/status_poll.h"

enum { LIST_BYTES = 64 * 1024, READINGS_MAX = 4 };

/* ---- the plan ---- */

static int64_t children_number(const struct fields *fields, enum field field)
{
    int64_t number = 0;
    return fields->value[field].len > 0 && str_to_i64(fields->value[field], &number) && number > 0
               ? number
               : 0;
}

struct children_terms children_terms_of(const struct fields *fields, enum ordertype type,
                                        int64_t quantity, struct money rate, struct money charge,
                                        unsigned decimals)
{
    struct children_terms terms = {
        .type = type, .max = CHILDREN_MAX, .rate = rate, .charge = charge, .decimals = decimals};
    bool is_subscription = type == ORDERTYPE_SUBSCRIPTIONS;
    int64_t max = children_number(fields, is_subscription ? FIELD_POSTS : FIELD_RUNS);
    if (max > 0 && max < CHILDREN_MAX)
        terms.max = (size_t)max;
    if (is_subscription)
        terms.per_child = children_number(fields, FIELD_MAX);
    else if (max > 0)
        terms.quantity = quantity / max;
    else
        terms.max = 0; /* neither a subscription nor a drip-feed */
    return terms;
}

/* What the first `count` children may be charged together. */
static bool children_share_of_first(const struct children_terms *terms, size_t count,
                                    struct money *out)
{
    int64_t pieces;
    if (terms->type != ORDERTYPE_SUBSCRIPTIONS)
        return terms->max > 0 && money_share_up(terms->charge, (int64_t)count, (int64_t)terms->max,
                                                terms->decimals, out);
    return terms->per_child > 0 &&
           !__builtin_mul_overflow(terms->per_child, (int64_t)count, &pieces) &&
           quote_charge(terms->rate, pieces, false, terms->decimals, out);
}

bool children_share(const struct children_terms *terms, size_t place, struct money *out)
{
    struct money before, after;
    if (!children_share_of_first(terms, place, &before) ||
        !children_share_of_first(terms, place + 1, &after))
        return false;
    out->units = after.units - before.units;
    return true;
}

bool children_share_of_all(const struct children_terms *terms, struct money *out)
{
    return children_share_of_first(terms, terms->max, out);
}

struct children_node { /* one upstream id */
    struct str id;
    enum children_verdict verdict;
    uint32_t number;
    bool is_seen;
    UT_hash_handle hh;
};

struct children_index {
    struct children_node *nodes; /* owned */
    size_t count;
    struct children_node *by_id;
};

static struct children_node *children_find(const struct children_index *index, struct str id)
{
    struct children_node *node;
    HASH_FIND(hh, index->by_id, id.ptr, id.len, node);
    return node;
}

static struct children_node *children_add(struct children_index *index, struct str id,
                                          enum children_verdict verdict, uint32_t number)
{
    struct children_node *node = children_find(index, id);
    if (node)
        return node;
    node = &index->nodes[index->count++];
    *node = (struct children_node){.id = id, .verdict = verdict, .number = number};
    HASH_ADD_KEYPTR(hh, index->by_id, node->id.ptr, node->id.len, node);
    return node;
}

void children_plan(size_t max, struct str parent_upstream_id, const struct str *reported,
                   size_t count, const struct children_known *known, size_t known_count,
                   const struct str *taken, size_t taken_count,
                   struct children_planned *planned_out)
{
    struct children_index index = {0};
    size_t place = known_count;
    index.nodes = memory_array(count + known_count + taken_count + 1, sizeof *index.nodes);
    for (size_t i = 0; i < known_count; i++)
        children_add(&index, known[i].upstream_id, CHILD_KNOWN, known[i].number);
    children_add(&index, parent_upstream_id, CHILD_TAKEN, 0);
    for (size_t i = 0; i < taken_count; i++)
        children_add(&index, taken[i], CHILD_TAKEN, 0);
    for (size_t i = 0; i < count; i++) {
        struct children_planned *planned = &planned_out[i];
        struct children_node *node = children_find(&index, reported[i]);
        if (node == NULL) {
            node = children_add(&index, reported[i], place < max ? CHILD_NEW : CHILD_BEYOND, 0);
            planned->place = place;
            place += node->verdict == CHILD_NEW;
        }
        planned->upstream_id = reported[i];
        planned->verdict = node->is_seen ? CHILD_REPEATED : node->verdict;
        planned->number = node->number;
        node->is_seen = true;
    }
    HASH_CLEAR(hh, index.by_id);
    free(index.nodes);
}

/* ---- the work ---- */

/* A parent whose children are being looked up, and given numbers. */
struct children {
    struct order_context *context;
    struct arena arena;
    struct open_order parent;
    struct children_terms terms;
    struct str *reported;
    size_t count;
    struct children_known *known;
    size_t known_count;
    struct children_planned *planned;
    struct str *taken; /* new ids that are orders of ours */
    size_t taken_count, looked_up;
    bool is_final; /* the parent has ended: its children are queried before it is settled */
    struct children_result result;
    struct buf list;
    size_t outstanding; /* births on their way to disk, or queries of children */
    bool has_failed;
    unsigned readings; /* of the rows, for what is undelivered */
    children_done_fn *done;
    void *arg;
};

static void children_end(struct children *c)
{
    struct order_context *context = c->context;
    c->result.is_known = !c->has_failed;
    c->result.orders = c->list.is_over || c->list.len == 0 ? NULL : c->list.ptr;
    c->done(&c->result, c->arg);
    order_context_end_work(context, &context->deferred);
    buf_fini(&c->list);
    arena_fini(&c->arena);
    free(c);
}

/* ---- what is undelivered ---- */

static void children_add_undelivered(struct children *c, const struct order_course *course,
                                     int64_t quantity, struct money charge)
{
    struct money delivered = charge;
    if (course->state == ORDERSTATE_CANCELED)
        delivered = MONEY_ZERO;
    else if (course->state != ORDERSTATE_PARTIAL || quantity <= 0 ||
             !money_share_up(charge, quantity - course->remains, quantity, c->terms.decimals,
                             &delivered) ||
             money_compare(delivered, charge) > 0)
        return;
    c->result.undelivered.units += charge.units - delivered.units;
}

/* As far as is known: of a run under way, what it has delivered until now. */
static void children_add_delivered(struct children *c, const struct order_course *course,
                                   int64_t quantity, struct money charge)
{
    int64_t pieces = quantity - (course->remains > 0 ? course->remains : 0);
    struct money share = MONEY_ZERO;
    if (course->state == ORDERSTATE_COMPLETED)
        pieces = quantity;
    if (course->state == ORDERSTATE_CANCELED || pieces <= 0 || quantity <= 0)
        return;
    if (!money_share_up(charge, pieces, quantity, c->terms.decimals, &share) ||
        money_compare(share, charge) > 0)
        share = charge;
    c->result.delivered += pieces;
    c->result.delivered_paid.units += share.units;
}

static void children_count_undelivered(struct children *c);

/* As the table has them, which may be newer than the ledger. One that was unfinished when its row
 * was read and is not in the table has ended, and was saved, in between: its row is older than
 * that. */
static void children_on_final_rows(const struct ledger_rows *rows, void *arg)
{
    struct children *c = arg;
    bool is_outdated = false;
    c->has_failed = c->has_failed || rows->result != LEDGER_DONE;
    c->result.undelivered = c->result.delivered_paid = MONEY_ZERO;
    c->result.delivered = 0;
    for (size_t i = 0; i < rows->order_count; i++) {
        const struct ledger_order *row = &rows->orders[i];
        struct open_order open;
        bool is_open = open_orders_get(c->context->open_orders, row->id, NULL, &open);
        is_outdated = is_outdated || (!is_open && !orderstate_is_final(row->course.state));
        const struct order_course *course = is_open ? &open.course : &row->course;
        children_add_undelivered(c, course, row->quantity, row->charge);
        children_add_delivered(c, course, row->quantity, row->charge);
    }
    if (is_outdated && ++c->readings < READINGS_MAX) {
        children_count_undelivered(c);
        return;
    }
    c->has_failed = c->has_failed || is_outdated; /* nothing to settle by; the next report may */
    children_end(c);
}

/* Whether a subscription may end: not before each of its children that has ended is paid for. */
static void children_look_for_unpriced(struct children *c)
{
    struct open_order child;
    for (size_t i = 0; i < c->known_count; i++)
        c->result.has_unpriced |=
            open_orders_get(c->context->open_orders, c->known[i].number, NULL, &child) &&
            child.is_unpriced;
    for (size_t i = 0; i < c->count; i++)
        c->result.has_unpriced |=
            c->planned[i].number > 0 &&
            open_orders_get(c->context->open_orders, c->planned[i].number, NULL, &child) &&
            child.is_unpriced;
}

/* Only a drip-feed's runs were paid with their parent. */
static void children_count_undelivered(struct children *c)
{
    struct ledger_query query = {.request = LEDGER_QUERY_CHILDREN, .id = c->parent.id};
    if (c->is_final && !c->has_failed && c->terms.type == ORDERTYPE_SUBSCRIPTIONS)
        children_look_for_unpriced(c);
    if (c->has_failed || c->terms.type == ORDERTYPE_SUBSCRIPTIONS || !c->result.has_any)
        children_end(c);
    else
        ledger_query(c->context->ledger, c->context->loop, &query, children_on_final_rows, c);
}

/* ---- before a parent ends, its children are asked once more ---- */

struct children_waiter {
    struct open_orders_waiter waiter; /* first */
    struct children *children;
};

static void children_on_child(struct loop_message *message)
{
    struct children *c = ((struct children_waiter *)message)->children;
    free(message);
    if (--c->outstanding == 0)
        children_count_undelivered(c);
}

static struct open_orders_waiter *children_want(const struct open_order *order, void *arg)
{
    return orderstate_is_final(order->course.state) || order->upstream_id[0] == '\0' ? NULL : arg;
}

static void children_query(struct children *c, uint32_t number)
{
    struct order_context *context = c->context;
    struct open_order child;
    struct children_waiter *waiter = memory_new(sizeof *waiter);
    waiter->waiter.message.run = children_on_child;
    waiter->waiter.loop = context->loop;
    waiter->children = c;
    switch (open_orders_get_or_join(context->open_orders, number, NULL, children_want,
                                    &waiter->waiter, &child)) {
    case OPEN_ORDERS_BEGUN:
        c->outstanding++;
        status_poll_add(context->status_poll, &child, loop_now_ms(context->loop),
                        context->settings.status_within_ms);
        break;
    case OPEN_ORDERS_JOINED:
        c->outstanding++;
        break;
    case OPEN_ORDERS_SEEN:
    case OPEN_ORDERS_ABSENT:
        free(waiter);
        break;
    }
}

static void children_query_all(struct children *c)
{
    c->outstanding = 1; /* until all are begun */
    if (c->is_final && !c->has_failed)
        for (size_t i = 0; i < c->count; i++)
            if (c->planned[i].number)
                children_query(c, c->planned[i].number);
    status_poll_flush(c->context->status_poll);
    if (--c->outstanding == 0)
        children_count_undelivered(c);
}

/* ---- births ---- */

struct children_birth { /* a child on its way to disk */
    struct children *children;
    struct children_planned *planned;
    struct open_order child;
};

/* What a panel reports beyond what was sold is for the operator; it is never an order of ours. */
static void children_note_odd(struct children *c, size_t taken, size_t beyond)
{
    c->result.odd = taken + beyond;
    if (c->result.odd == 0 || c->result.odd == c->parent.odd_children)
        return;
    atomic_fetch_add_explicit(&order_context_totals.odd_children, c->result.odd,
                              memory_order_relaxed);
    log_event(LOG_WARN, "children_odd",
              "order=%u taken=%zu beyond=%zu most=%zu why=\"the panel names children that are "
              "orders of their own, or more than were sold; they are not charged\"",
              c->parent.id, taken, beyond, c->terms.max);
}

/* All that were to be born are, or never will be. */
static void children_name_all(struct children *c)
{
    size_t taken = 0, beyond = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct children_planned *planned = &c->planned[i];
        taken += planned->verdict == CHILD_TAKEN;
        beyond += planned->verdict == CHILD_BEYOND;
        if (planned->verdict == CHILD_REPEATED || planned->number == 0)
            continue;
        c->result.has_any = true;
        buf_printf(&c->list, c->list.len ? ",\"%u\"" : "\"%u\"", planned->number);
    }
    children_note_odd(c, taken, beyond);
    children_query_all(c);
}

static void children_on_born(struct ledger_outcome outcome, void *arg)
{
    struct children_birth *birth = arg;
    struct children *c = birth->children;
    if (outcome.result == LEDGER_DONE) {
        open_orders_put(c->context->open_orders, &birth->child);
    } else if (outcome.result == LEDGER_DUPLICATE && !outcome.is_repeat) {
        /* An order of ours since it was looked up. */
        birth->planned->verdict = CHILD_TAKEN;
        birth->planned->number = 0;
    } else {
        c->has_failed = true; /* the numbers were never given; the next report tries again */
    }
    free(birth);
    if (--c->outstanding == 0)
        children_name_all(c);
}

static uint32_t children_bear(struct children *c, struct children_planned *planned)
{
    struct order_context *context = c->context;
    const struct open_order *parent = &c->parent;
    const struct provider *provider =
        provider_set_by_id(context->catalogue->providers, parent->provider_id);
    struct money share = MONEY_ZERO;
    (void)children_share(&c->terms, planned->place, &share);
    struct ledger_order child = {
        .id = ledger_take_order_number(context->ledger),
        .client = client_name(parent->client_id),
        .service = parent->service,
        .type =
            parent->type == ORDERTYPE_SUBSCRIPTIONS ? ORDERTYPE_SUBSCRIPTIONS : ORDERTYPE_DEFAULT,
        .fields = STR("{}"),
        .quantity = c->terms.quantity,
        .rate = parent->rate,
        .charge = share,
        .currency = str_of(context->settings.currency),
        .course.state = ORDERSTATE_PENDING,
        .course.remains = c->terms.quantity,
        .is_number_given = true,
        .provider = provider ? str_of(provider->settings.name) : STR(""),
        .upstream_service = STR(""),
        .upstream_id = planned->upstream_id,
        .parent = parent->id,
        .sale = {.decimals = parent->decimals, .cost = parent->bought},
        .reason = STR("child"),
        .created_at_ms = clock_wall_ms(),
    };
    struct ledger_change change = {.order = child.id, .insert = &child, .event = "child"};
    if (child.id == 0)
        return 0;
    struct children_birth *birth = memory_new(sizeof *birth);
    birth->children = c;
    birth->planned = planned;
    open_order_from_ledger(&child, &birth->child);
    birth->child.provider_id = parent->provider_id;
    birth->child.bought = parent->bought;
    birth->child.decimals = parent->decimals;
    birth->child.due_at_ms = loop_now_ms(context->loop) + context->settings.track_after_ms;
    c->outstanding++;
    ledger_write(context->ledger, context->loop, &change, children_on_born, birth);
    return child.id;
}

static void children_carry_out(struct children *c)
{
    c->outstanding = 1; /* until all are on their way */
    for (size_t i = 0; i < c->count; i++)
        if (c->planned[i].verdict == CHILD_NEW)
            c->planned[i].number = children_bear(c, &c->planned[i]);
    if (--c->outstanding == 0)
        children_name_all(c);
}

/* ---- reading ---- */

static void children_make_plan(struct children *c)
{
    children_plan(c->terms.max, str_of(c->parent.upstream_id), c->reported, c->count, c->known,
                  c->known_count, c->taken, c->taken_count, c->planned);
}

/* ---- each new one is looked up: it may be an order of ours, of anybody ---- */

static void children_look_up_next(struct children *c);

static void children_on_upstream(const struct ledger_rows *rows, void *arg)
{
    struct children *c = arg;
    if (rows->result != LEDGER_DONE) {
        c->has_failed = true;
        children_end(c);
        return;
    }
    if (rows->order_count > 0)
        c->taken[c->taken_count++] = c->planned[c->looked_up].upstream_id;
    c->looked_up++;
    children_look_up_next(c);
}

static void children_look_up_next(struct children *c)
{
    while (c->looked_up < c->count && c->planned[c->looked_up].verdict != CHILD_NEW)
        c->looked_up++;
    if (c->looked_up < c->count) {
        struct ledger_query query = {.request = LEDGER_QUERY_UPSTREAM,
                                     .provider = provider_name(c->parent.provider_id),
                                     .text = c->planned[c->looked_up].upstream_id};
        ledger_query(c->context->ledger, c->context->loop, &query, children_on_upstream, c);
        return;
    }
    if (c->taken_count > 0)
        children_make_plan(c);
    children_carry_out(c);
}

/* An answer that names no child leaves those there are: they stay its client's, and are queried
 * before the parent ends. */
static void children_name_known(struct children *c)
{
    c->count = c->known_count;
    c->reported = arena_new(&c->arena, c->count * sizeof *c->reported);
    for (size_t i = 0; i < c->count; i++)
        c->reported[i] = c->known[i].upstream_id;
}

static void children_on_known(const struct ledger_rows *rows, void *arg)
{
    struct children *c = arg;
    if (rows->result != LEDGER_DONE) {
        c->has_failed = true;
        children_end(c);
        return;
    }
    c->known_count = rows->order_count;
    c->result.has_any = rows->order_count > 0;
    c->known = arena_new(&c->arena, rows->order_count * sizeof *c->known);
    for (size_t i = 0; i < rows->order_count; i++)
        c->known[i] = (struct children_known){arena_str(&c->arena, rows->orders[i].upstream_id),
                                              rows->orders[i].id};
    if (c->count == 0)
        children_name_known(c);
    c->planned = arena_new(&c->arena, c->count * sizeof *c->planned);
    c->taken = arena_new(&c->arena, c->count * sizeof *c->taken);
    children_make_plan(c);
    children_look_up_next(c);
}

static void children_on_parent(const struct ledger_rows *rows, void *arg)
{
    struct children *c = arg;
    struct fields fields;
    struct ledger_query query = {.request = LEDGER_QUERY_CHILDREN, .id = c->parent.id};
    if (rows->result != LEDGER_DONE || rows->order_count != 1 ||
        !field_parse_all(rows->orders[0].fields, &c->arena, &fields)) {
        c->has_failed = true;
        children_end(c);
        return;
    }
    const struct ledger_order *row = &rows->orders[0];
    c->terms = children_terms_of(&fields, row->type, row->quantity, row->rate, row->charge,
                                 c->parent.decimals);
    ledger_query(c->context->ledger, c->context->loop, &query, children_on_known, c);
}

void children_take(struct order_context *context, const struct open_order *parent,
                   const struct str *reported, size_t count, bool is_final, children_done_fn *done,
                   void *arg)
{
    struct children *c = memory_new(sizeof *c);
    context->deferred++;
    arena_init(&c->arena);
    buf_init(&c->list, LIST_BYTES);
    c->context = context;
    c->parent = *parent;
    c->parent.decimals = open_order_decimals(parent, context->settings.decimals);
    c->parent.extra = NULL;
    c->is_final = is_final;
    c->count = count;
    c->reported = arena_new(&c->arena, count * sizeof *c->reported);
    for (size_t i = 0; i < count; i++)
        c->reported[i] = arena_str(&c->arena, reported[i]);
    c->done = done;
    c->arg = arg;
    struct ledger_query query = {.request = LEDGER_QUERY_ORDERS, .ids = &parent->id, .id_count = 1};
    ledger_query(context->ledger, context->loop, &query, children_on_parent, c);
}
