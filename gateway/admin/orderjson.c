/* See orderjson.h. */
#include "admin/orderjson.h"

#include "orders/cost.h"
#include "orders/open_order.h"
#include "orders/settlement.h"

/* A state's name; of a subscription the words of its kind, which are kept as others. */
static struct str orderjson_state(const struct ledger_order *order, struct str name)
{
    static const struct {
        enum orderstate state;
        const char *word;
    } words[] = {{ORDERSTATE_IN_PROGRESS, "active"},
                 {ORDERSTATE_PROCESSING, "paused"},
                 {ORDERSTATE_PARTIAL, "expired"}};
    bool is_subscription = settlement_is_subscription(order->type, order->parent != 0);
    for (size_t i = 0; is_subscription && i < COUNT_OF(words); i++)
        if (str_is(name, orderstate_name(words[i].state)))
            return str_of(words[i].word);
    return name;
}

/* The ledger keeps it as an object, or only the members of one. */
static void orderjson_print_extra(struct jsonwriter *w, struct str extra)
{
    if (extra.len == 0)
        return;
    if (extra.ptr[0] == '{') {
        jsonwriter_raw(w, "extra", extra);
        return;
    }
    jsonwriter_object(w, "extra");
    buf_add_str(w->out, extra);
    jsonwriter_object_end(w);
}

static void orderjson_print_attempt(struct jsonwriter *w, const char *key,
                                    const struct ledger_attempt *a)
{
    jsonwriter_object(w, key);
    jsonwriter_number(w, "attempt", a->number);
    jsonwriter_text(w, "provider", a->provider);
    jsonwriter_text(w, "upstream_service", a->upstream_service);
    jsonwriter_text(w, "state", str_of(attemptstate_name(a->state)));
    money_write_json(w, "cost", a->cost);
    jsonwriter_text(w, "upstream_id", a->upstream_id);
    jsonwriter_text(w, "text", a->text);
    jsonwriter_text(w, "evidence", a->evidence);
    jsonwriter_text(w, "request_id", a->request_id);
    jsonwriter_time(w, "started_at", a->started_at_ms);
    jsonwriter_time(w, "ended_at", a->ended_at_ms);
    if (attemptstate_is_ended_by_panel(a->state)) {
        jsonwriter_number(w, "delivered", a->delivered);
        money_write_json(w, "kept", a->kept);
    }
    jsonwriter_object_end(w);
}

/* As things stand; before a panel has it for certain the cost is what is expected, and there is no
 * profit to speak of. */
static void orderjson_print_cost(struct jsonwriter *w, const struct ledger_order *o)
{
    struct money cost, profit;
    bool is_known = cost_so_far(o, &cost);
    money_write_json(w, "cost", is_known ? cost : (struct money){o->spent.units + o->cost.units});
    if (is_known && money_subtract(o->course.paid, cost, &profit))
        money_write_json(w, "profit", profit);
    else
        jsonwriter_null(w, "profit");
}

/* A JSON text as it stands in the fields, of which it is the first; or null. */
static void orderjson_print_link(struct jsonwriter *w, struct str fields)
{
    static const struct str head = {"{\"link\":\"", 9};
    size_t end = head.len;
    while (end < fields.len && fields.ptr[end] != '"')
        end += fields.ptr[end] == '\\' ? 2 : 1;
    if (str_starts(fields, head) && end < fields.len)
        jsonwriter_raw(w, "link", str_make(fields.ptr + head.len - 1, end + 2 - head.len));
    else
        jsonwriter_null(w, "link");
}

static void orderjson_print_ledger(struct jsonwriter *w, const struct ledger_order *o)
{
    jsonwriter_number(w, "quantity", o->quantity);
    money_write_json(w, "rate", o->rate);
    money_write_json(w, "charge", o->charge);
    money_write_json(w, "paid", o->course.paid);
    orderjson_print_cost(w, o);
    jsonwriter_text(w, "currency", o->currency);
    if (o->course.has_start_count)
        jsonwriter_number(w, "start_count", o->course.start_count);
    else
        jsonwriter_null(w, "start_count");
    jsonwriter_number(w, "remains", o->course.remains);
    if (o->moves > 0) {
        jsonwriter_number(w, "moves", o->moves);
        jsonwriter_number(w, "delivered_before", o->delivered);
    }
}

/* As its client sees it. */
static struct str orderjson_status(const struct ledger_order *order)
{
    struct open_order known;
    open_order_from_ledger(order, &known);
    struct client_view_order view = open_order_view(&known);
    return str_of(client_view_word(&view));
}

static void orderjson_print_order(struct jsonwriter *w, const char *key,
                                  const struct ledger_order *o, const struct ledger_attempt *doubt)
{
    jsonwriter_object(w, key);
    jsonwriter_number(w, "order", o->id);
    jsonwriter_text(w, "client", o->client);
    jsonwriter_number(w, "service", o->service);
    jsonwriter_text(w, "ref", o->ref);
    orderjson_print_link(w, o->fields);
    jsonwriter_text(w, "type", str_of(ordertype_name(o->type)));
    jsonwriter_text(w, "state", orderjson_state(o, str_of(orderstate_name(o->course.state))));
    jsonwriter_text(w, "status", orderjson_status(o));
    jsonwriter_bool(w, "number_given", o->is_number_given);
    orderjson_print_ledger(w, o);
    jsonwriter_text(w, "provider", o->provider);
    jsonwriter_text(w, "upstream_service", o->upstream_service);
    jsonwriter_text(w, "upstream_id", o->upstream_id);
    if (o->parent)
        jsonwriter_number(w, "parent", o->parent);
    jsonwriter_text(w, "reason", o->reason);
    jsonwriter_text(w, "request_id", o->request_id);
    jsonwriter_time(w, "created_at", o->created_at_ms);
    jsonwriter_time(w, "updated_at", o->updated_at_ms);
    jsonwriter_raw(w, "fields", o->fields.len ? o->fields : STR("{}"));
    orderjson_print_extra(w, o->extra);
    if (doubt)
        orderjson_print_attempt(w, "doubt", doubt);
    jsonwriter_object_end(w);
}

void orderjson_order(struct jsonwriter *w, const struct ledger_order *order,
                     const struct ledger_attempt *doubt)
{
    orderjson_print_order(w, NULL, order, doubt);
}

const struct ledger_attempt *orderjson_doubt(const struct ledger_rows *rows)
{
    for (size_t i = rows->attempt_count; i > 0; i--)
        if (rows->attempts[i - 1].state == ATTEMPTSTATE_DOUBT)
            return &rows->attempts[i - 1];
    return NULL;
}

static void orderjson_print_events(struct jsonwriter *w, const struct ledger_rows *rows)
{
    jsonwriter_array(w, "events");
    for (size_t i = 0; i < rows->event_count; i++) {
        const struct ledger_event *event = &rows->events[i];
        jsonwriter_object(w, NULL);
        jsonwriter_time(w, "at", event->at_ms);
        jsonwriter_text(w, "event", event->word);
        jsonwriter_text(w, "from", orderjson_state(&rows->orders[0], event->from));
        jsonwriter_text(w, "to", orderjson_state(&rows->orders[0], event->to));
        jsonwriter_text(w, "reason", event->reason);
        jsonwriter_text(w, "request_id", event->request_id);
        jsonwriter_object_end(w);
    }
    jsonwriter_array_end(w);
}

static void orderjson_print_request(struct jsonwriter *w, const struct ledger_request *a)
{
    jsonwriter_object(w, NULL);
    jsonwriter_text(w, "kind", a->kind == ORDER_REQUEST_REFILL ? STR("refill") : STR("cancel"));
    jsonwriter_number(w, "number", a->number);
    jsonwriter_text(w, "provider", a->provider);
    jsonwriter_text(w, "state", str_of(attemptstate_name(a->state)));
    jsonwriter_text(w, "upstream_id", a->upstream_id);
    if (a->kind == ORDER_REQUEST_REFILL)
        jsonwriter_text(w, "status", str_of(orderstatus_refill_name(a->status)));
    jsonwriter_text(w, "text", a->text);
    jsonwriter_text(w, "evidence", a->evidence);
    jsonwriter_text(w, "request_id", a->request_id);
    jsonwriter_time(w, "created_at", a->created_at_ms);
    jsonwriter_time(w, "updated_at", a->updated_at_ms);
    jsonwriter_object_end(w);
}

void orderjson_show(struct buf *out, const struct ledger_rows *rows)
{
    struct jsonwriter w = jsonwriter_to(out);
    jsonwriter_object(&w, NULL);
    orderjson_print_order(&w, "order", &rows->orders[0], NULL);
    jsonwriter_array(&w, "attempts");
    for (size_t i = 0; i < rows->attempt_count; i++)
        orderjson_print_attempt(&w, NULL, &rows->attempts[i]);
    jsonwriter_array_end(&w);
    orderjson_print_events(&w, rows);
    jsonwriter_array(&w, "aftersales");
    for (size_t i = 0; i < rows->order_request_count; i++)
        orderjson_print_request(&w, &rows->order_requests[i]);
    jsonwriter_array_end(&w);
    jsonwriter_object_end(&w);
}

struct jsonwriter orderjson_list_begin(struct buf *out)
{
    struct jsonwriter w = jsonwriter_to(out);
    jsonwriter_object(&w, NULL);
    jsonwriter_array(&w, "orders");
    return w;
}

void orderjson_list_end(struct jsonwriter *w, uint32_t next_before)
{
    jsonwriter_array_end(w);
    if (next_before)
        jsonwriter_number(w, "next_before", next_before);
    else
        jsonwriter_null(w, "next_before");
    jsonwriter_object_end(w);
}
