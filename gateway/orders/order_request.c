/* See order_request.h: refill and cancel as one small machine over a list of orders.
 *
 *   READING ──> INTENDING ──> SENDING ──> BOOKING ──> done
 *
 *   READING    the orders are read from the ledger (they are often finished)
 *   INTENDING  "this request is being sent" is on its way to disk, one write per order
 *   SENDING    one upstream call per provider (singly where it has no plural form)
 *   BOOKING    the outcomes are on their way to disk
 *
 * A request in doubt keeps its number: the client sees it as taken, the ledger shows the doubt.
 * A cancel that may have been taken is not sent again while its order's state is the same.
 * What cannot be booked is retried; the client is answered after the first try. */
#include "orders/order_request.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/crashpoint.h"
#include "base/log.h"
#include "orders/links.h"
#include "orders/messages.h"
#include "orders/paced_call.h"
#include "orders/reply_once.h"

enum { ORDERS_MAX = 100, BOOK_AGAIN_MS = 500 };
#define TOO_EARLY "Order cannot be canceled at this time"

#define ORDER_REQUEST_CRASH_POINT(a, step)                                                         \
    do {                                                                                           \
        if ((a)->kind == ORDER_REQUEST_REFILL)                                                     \
            CRASH_POINT("refill." step);                                                           \
        else                                                                                       \
            CRASH_POINT("cancel." step);                                                           \
    } while (0)

enum item_state {
    ITEM_NEW,
    ITEM_QUEUED,
    ITEM_READY,
    ITEM_INTENDED,
    ITEM_SENT,
    ITEM_ENDED,
    ITEM_BOOKED
};

struct item {
    uint32_t order;
    enum item_state state;
    struct str provider, upstream_order; /* in the arena */
    int64_t link_hash, quantity;         /* of one that waits for its link: ITEM_QUEUED */
    uint32_t number;                     /* ours, once intended */
    enum attemptstate outcome;
    struct str upstream_id, text, evidence;
    const char *message; /* for the client, when refused */
};

struct batch { /* one upstream call under way */
    struct order_request *order_request;
    struct paced_call call;
    size_t count;
    size_t items[ORDERS_MAX];
    struct str ids[ORDERS_MAX]; /* the call's */
};

struct order_request {
    struct order_context *context;
    struct arena arena;
    struct provider_set *providers; /* pinned */
    enum order_request_kind kind;
    struct str client, request_id;
    size_t count, wanted_count;
    struct item *items;       /* each order once */
    uint32_t *wanted;         /* as the client gave them, doubles and all */
    unsigned writes, batches; /* outstanding */
    size_t unbooked;
    size_t checked;    /* refills: items whose earlier requests were read */
    bool is_intended;  /* every intent that will be is durable */
    bool is_abandoned; /* the client was told an error before that: nothing is sent */
    struct reply_once reply;
    struct loop_timer again;
    struct batch **batch_list;
    size_t batch_count;
    order_request_done_fn *done;
    void *arg;
};

static void order_request_send(struct order_request *a);
static void order_request_book(struct order_request *a);

/* ---- the end ---- */

static const struct item *order_request_find_item(const struct order_request *a, uint32_t order)
{
    for (size_t i = 0; i < a->count; i++)
        if (a->items[i].order == order)
            return &a->items[i];
    return NULL;
}

static void order_request_answer(struct order_request *a)
{
    if (!reply_once_take(&a->reply))
        return;
    struct order_request_result *list = arena_new(&a->arena, a->wanted_count * sizeof *list);
    for (size_t i = 0; i < a->wanted_count; i++) {
        const struct item *item = order_request_find_item(a, a->wanted[i]);
        list[i].order = a->wanted[i];
        if (item == NULL)
            list[i].message = MESSAGES_ORDER_ID;
        else if (item->message)
            list[i].message = item->message;
        else
            list[i].number = a->kind == ORDER_REQUEST_CANCEL ? 1 : item->number;
    }
    a->done(list, a->wanted_count, a->arg);
}

static void order_request_free(struct order_request *a)
{
    for (size_t i = 0; i < a->batch_count; i++) {
        paced_call_fini(&a->batch_list[i]->call);
        free(a->batch_list[i]);
    }
    order_context_end_work(a->context, &a->context->order_requests);
    free(a->batch_list);
    reply_once_fini(&a->reply);
    loop_timer_fini(&a->again);
    provider_set_unpin(&a->providers);
    arena_fini(&a->arena);
    free(a);
}

/* answer_within is over: with durable intents each request has its number and goes on; without, the
 * client is told so and nothing is sent. */
static void order_request_on_deadline(void *arg)
{
    struct order_request *a = arg;
    if (!a->is_intended) {
        a->is_abandoned = true;
        for (size_t i = 0; i < a->count; i++)
            a->items[i].message = MESSAGES_UNSAVED;
    }
    order_request_answer(a);
}

static void order_request_on_end(void *arg)
{
    struct order_request *a = arg;
    order_request_answer(a);
    order_request_free(a);
}

/* ---- booking ---- */

struct write_of { /* which item a ledger write is about */
    struct order_request *order_request;
    size_t item;
};

static void order_request_write_item(struct order_request *a, size_t i, const char *event,
                                     ledger_done_fn *done)
{
    struct item *item = &a->items[i];
    struct write_of *of = memory_new(sizeof *of);
    *of = (struct write_of){a, i};
    struct ledger_request row = {.kind = a->kind,
                                 .number = item->number,
                                 .order = item->order,
                                 .client = a->client,
                                 .provider = item->provider,
                                 .state = item->outcome,
                                 .upstream_id = item->upstream_id,
                                 .status = REFILLSTATUS_PENDING,
                                 .text = item->text,
                                 .evidence = item->evidence,
                                 .request_id = a->request_id,
                                 .created_at_ms = clock_wall_ms()};
    struct ledger_change change = {.order = item->order,
                                   .order_request = &row,
                                   .event = event,
                                   .reason = item->text,
                                   .request_id = a->request_id};
    a->writes++;
    ledger_write(a->context->ledger, a->context->loop, &change, done, of);
}

static void order_request_on_book_again(void *arg)
{
    order_request_book(arg);
}

static void order_request_on_booked(struct ledger_outcome outcome, void *arg)
{
    struct write_of *of = arg;
    struct order_request *a = of->order_request;
    if (ledger_is_decided(outcome.result))
        a->items[of->item].state = ITEM_BOOKED;
    else
        a->unbooked++;
    free(of);
    ORDER_REQUEST_CRASH_POINT(a, "booked");
    if (--a->writes > 0)
        return;
    if (a->unbooked == 0) {
        order_request_on_end(a);
        return;
    }
    a->unbooked = 0;
    log_event(LOG_WARN, "booking_failed", "request=%s result=%s", a->request_id.ptr,
              ledger_result_name(outcome.result));
    order_request_answer(a);
    loop_timer_start(&a->again, a->context->loop, BOOK_AGAIN_MS, order_request_on_book_again, a);
}

static void order_request_book(struct order_request *a)
{
    static const char *const events[] = {"refill", "cancel"};
    ORDER_REQUEST_CRASH_POINT(a, "booking");
    for (size_t i = 0; i < a->count; i++)
        if (a->items[i].state == ITEM_ENDED)
            order_request_write_item(a, i, events[a->kind], order_request_on_booked);
    if (a->writes == 0)
        order_request_on_end(a);
}

/* ---- sending ---- */

static void order_request_end_item(struct order_request *a, size_t i,
                                   const struct upstream_response *response,
                                   const struct upstream_item *said)
{
    struct item *item = &a->items[i];
    item->state = ITEM_ENDED;
    item->evidence = arena_str(&a->arena, response->evidence);
    item->text = arena_str(&a->arena, said && said->error.len ? said->error : response->error);
    if (response->outcome == OUTCOME_ACCEPTED && said && said->is_accepted) {
        item->outcome = ATTEMPTSTATE_ACCEPTED;
        item->upstream_id = arena_str(&a->arena, said->refill);
    } else if (response->outcome == OUTCOME_ACCEPTED && said && !said->is_absent) {
        item->outcome = ATTEMPTSTATE_REFUSED;
        item->message = messages_refusal(said->refusal != REFUSAL_OTHER    ? said->refusal
                                         : a->kind == ORDER_REQUEST_REFILL ? REFUSAL_REFILL
                                                                           : REFUSAL_CANCEL);
    } else if (response->outcome == OUTCOME_REFUSED) {
        item->outcome = ATTEMPTSTATE_REFUSED;
        item->message = messages_refusal(response->refusal);
    } else if (response->outcome == OUTCOME_NOT_SENT) {
        item->outcome = ATTEMPTSTATE_NOT_SENT;
        item->message = MESSAGES_UNAVAILABLE;
    } else {
        item->outcome = ATTEMPTSTATE_DOUBT;
    }
}

static void order_request_start_batch(struct batch *batch);
static void order_request_on_response(const struct upstream_response *response, void *arg);

static struct batch *order_request_batch_new(struct order_request *a,
                                             const struct provider *provider)
{
    struct batch *batch = memory_new(sizeof *batch);
    batch->order_request = a;
    batch->call = (struct paced_call){.context = a->context,
                                      .provider = provider,
                                      .request_id = a->request_id.ptr,
                                      .give_up_at_ms = loop_now_ms(a->context->loop) +
                                                       a->context->settings.answer_within_ms,
                                      .done = order_request_on_response,
                                      .arg = batch};
    a->batch_list = memory_resize(a->batch_list, a->batch_count + 1, sizeof *a->batch_list);
    a->batch_list[a->batch_count++] = batch;
    a->batches++;
    return batch;
}

/* The panel has no plural form: nothing was executed, each is asked by itself. */
static void order_request_ask_singly(struct batch *batch)
{
    struct order_request *a = batch->order_request;
    for (size_t i = 0; i < batch->count; i++) {
        struct batch *single = order_request_batch_new(a, batch->call.provider);
        single->items[single->count++] = batch->items[i];
        order_request_start_batch(single);
    }
}

static void order_request_end_batch(struct batch *batch, const struct upstream_response *response)
{
    struct order_request *a = batch->order_request;
    for (size_t i = 0; i < batch->count; i++)
        order_request_end_item(a, batch->items[i], response,
                               i < response->item_count ? &response->items[i] : NULL);
    if (--a->batches == 0)
        order_request_book(a);
}

static void order_request_on_response(const struct upstream_response *response, void *arg)
{
    struct batch *batch = arg;
    struct order_request *a = batch->order_request;
    ORDER_REQUEST_CRASH_POINT(a, "answered");
    if (batch->count > 1 && response->outcome == OUTCOME_REFUSED &&
        response->refusal == REFUSAL_UNSUPPORTED) {
        order_request_ask_singly(batch);
        a->batches--;
        return;
    }
    order_request_end_batch(batch, response);
}

static void order_request_start_batch(struct batch *batch)
{
    struct order_request *a = batch->order_request;
    for (size_t i = 0; i < batch->count; i++)
        batch->ids[i] = a->items[batch->items[i]].upstream_order;
    batch->call.request =
        (struct upstream_request){.action = a->kind == ORDER_REQUEST_CANCEL ? UPSTREAM_CANCEL
                                            : batch->count > 1              ? UPSTREAM_REFILL_MANY
                                                                            : UPSTREAM_REFILL,
                                  .ids = batch->ids,
                                  .id_count = batch->count};
    ORDER_REQUEST_CRASH_POINT(a, "sending");
    paced_call_start(&batch->call);
}

/* One batch per provider. */
static void order_request_send(struct order_request *a)
{
    struct batch *batches[PROVIDER_MAX] = {NULL};
    a->is_intended = true;
    for (size_t i = 0; a->is_abandoned && i < a->count; i++)
        if (a->items[i].state == ITEM_INTENDED) {
            a->items[i].outcome = ATTEMPTSTATE_NOT_SENT;
            a->items[i].state = ITEM_ENDED;
        }
    for (size_t i = 0; i < a->count; i++) {
        struct item *item = &a->items[i];
        if (item->state != ITEM_INTENDED)
            continue;
        const struct provider *provider = provider_set_find(a->providers, item->provider);
        if (batches[provider->id] == NULL)
            batches[provider->id] = order_request_batch_new(a, provider);
        batches[provider->id]->items[batches[provider->id]->count++] = i;
        item->state = ITEM_SENT;
    }
    if (a->batches == 0) {
        order_request_book(a);
        return;
    }
    for (size_t i = 0; i < PROVIDER_MAX; i++)
        if (batches[i])
            order_request_start_batch(batches[i]);
}

/* ---- intending ---- */

static void order_request_on_intended(struct ledger_outcome outcome, void *arg)
{
    struct write_of *of = arg;
    struct order_request *a = of->order_request;
    struct item *item = &a->items[of->item];
    ORDER_REQUEST_CRASH_POINT(a, "intended");
    if (outcome.result == LEDGER_DONE) {
        item->state = ITEM_INTENDED;
    } else if (outcome.result == LEDGER_DUPLICATE) {
        item->state = ITEM_BOOKED; /* a cancel of this state may have been taken: it stands */
    } else {
        /* Refused: its panel has ended it meanwhile, and it went on to another one; or another
         * refill was faster. */
        enum refusal refusal = a->kind == ORDER_REQUEST_CANCEL ? REFUSAL_CANCEL : REFUSAL_REFILL;
        item->message =
            ledger_is_decided(outcome.result) ? messages_refusal(refusal) : MESSAGES_UNSAVED;
        item->state = ITEM_BOOKED; /* nothing in the books, nothing to send */
    }
    free(of);
    if (--a->writes == 0)
        order_request_send(a);
}

/* ---- an order that waits for its link: it ends here ---- */

/* It was canceled, or its turn came, since it was read. */
static const char *order_request_explain(struct ledger_outcome outcome)
{
    if (!ledger_is_decided(outcome.result))
        return MESSAGES_UNSAVED;
    bool is_being_placed =
        outcome.result == LEDGER_NOT_ALLOWED && !orderstate_is_final(outcome.from);
    return is_being_placed ? TOO_EARLY : messages_refusal(REFUSAL_CANCEL);
}

static void order_request_on_withdrawn(struct ledger_outcome outcome, void *arg)
{
    struct write_of *of = arg;
    struct order_request *a = of->order_request;
    struct item *item = &a->items[of->item];
    item->state = ITEM_BOOKED;
    if (outcome.result == LEDGER_DONE) {
        links_leave(open_orders_links(a->context->open_orders), item->link_hash, item->order);
        open_orders_remove(a->context->open_orders, item->order);
    } else {
        item->message = order_request_explain(outcome);
    }
    free(of);
    if (--a->writes == 0)
        order_request_send(a);
}

/* Only while it waits: from the intent of its first attempt on a panel may have it. */
static void order_request_withdraw(struct order_request *a, size_t i)
{
    struct write_of *of = memory_new(sizeof *of);
    *of = (struct write_of){a, i};
    struct ledger_update update = {
        .has_course = true,
        .only_if_queued = true,
        .course = {.state = ORDERSTATE_CANCELED, .remains = a->items[i].quantity}};
    struct ledger_change change = {.order = a->items[i].order,
                                   .update = &update,
                                   .event = "canceled",
                                   .reason = STR("by its client, before it was sent"),
                                   .request_id = a->request_id};
    a->writes++;
    ledger_write(a->context->ledger, a->context->loop, &change, order_request_on_withdrawn, of);
}

static void order_request_intend(struct order_request *a)
{
    ORDER_REQUEST_CRASH_POINT(a, "intending");
    for (size_t i = 0; i < a->count; i++) {
        struct item *item = &a->items[i];
        if (item->state == ITEM_QUEUED)
            order_request_withdraw(a, i);
        if (item->state != ITEM_READY)
            continue;
        item->number = ledger_take_request_number(a->context->ledger);
        item->outcome = ATTEMPTSTATE_SENDING;
        if (item->number == 0)
            item->message = MESSAGES_UNAVAILABLE;
        else
            order_request_write_item(
                a, i, a->kind == ORDER_REQUEST_CANCEL ? "cancel_asked" : "refill_asked",
                order_request_on_intended);
    }
    if (a->writes == 0)
        order_request_on_end(a);
}

/* ---- reading ---- */

/* Its list says that the service has none: the panel need not be asked. NULL: it may be. */
static const char *order_request_denial(const struct order_request *a, uint32_t id)
{
    const struct service *service =
        a->context->catalogue ? catalogue_find(a->context->catalogue, id) : NULL;
    if (a->kind == ORDER_REQUEST_REFILL && service && service->no_refill)
        return MESSAGES_NO_REFILL;
    if (a->kind == ORDER_REQUEST_CANCEL && service && service->no_cancel)
        return MESSAGES_NO_CANCEL;
    return NULL;
}

static void order_request_take_row(struct order_request *a, struct item *item,
                                   const struct ledger_order *row)
{
    if (!str_equal(row->client, a->client) || row->course.state == ORDERSTATE_REFUSED)
        return;
    item->provider = arena_str(&a->arena, row->provider);
    item->upstream_order = arena_str(&a->arena, row->upstream_id);
    if (row->course.state == ORDERSTATE_QUEUED && a->kind == ORDER_REQUEST_CANCEL) {
        item->state = ITEM_QUEUED; /* nothing was sent: no panel has a say in it */
        item->link_hash = row->link_hash;
        item->quantity = row->quantity;
        item->message = NULL;
        return;
    }
    item->message = order_request_denial(a, row->service);
    if (item->message != NULL)
        return;
    if (row->upstream_id.len == 0)
        item->message = a->kind == ORDER_REQUEST_CANCEL ? TOO_EARLY : "The order is not completed";
    else if (a->kind == ORDER_REQUEST_CANCEL && orderstate_is_final(row->course.state))
        item->message = messages_refusal(REFUSAL_CANCEL);
    else if (provider_set_find(a->providers, row->provider) == NULL)
        item->message = MESSAGES_UNAVAILABLE;
    else
        item->state = ITEM_READY;
}

/* ---- one open refill per order, for as long as panels want to wait for the next ---- */

static void order_request_check_next(struct order_request *a);

static bool order_request_is_open(const struct ledger_request *row)
{
    return ledger_is_open_refill(row) &&
           clock_wall_ms() - row->created_at_ms < LEDGER_REFILL_WINDOW_MS;
}

static void order_request_on_earlier(const struct ledger_rows *rows, void *arg)
{
    struct order_request *a = arg;
    struct item *item = &a->items[a->checked++];
    for (size_t i = 0; i < rows->order_request_count; i++) {
        if (!order_request_is_open(&rows->order_requests[i]))
            continue;
        item->state = ITEM_NEW;
        item->message = messages_refusal(REFUSAL_REFILL);
    }
    if (rows->result != LEDGER_DONE) {
        item->state = ITEM_NEW;
        item->message = MESSAGES_UNAVAILABLE;
    }
    order_request_check_next(a);
}

static void order_request_check_next(struct order_request *a)
{
    while (a->checked < a->count && a->items[a->checked].state != ITEM_READY)
        a->checked++;
    if (a->checked == a->count) {
        order_request_intend(a);
        return;
    }
    struct ledger_query query = {.request = LEDGER_QUERY_SHOW, .id = a->items[a->checked].order};
    ledger_query(a->context->ledger, a->context->loop, &query, order_request_on_earlier, a);
}

static void order_request_on_rows(const struct ledger_rows *rows, void *arg)
{
    struct order_request *a = arg;
    for (size_t i = 0; i < a->count; i++) {
        a->items[i].message =
            rows->result == LEDGER_DONE ? MESSAGES_ORDER_ID : MESSAGES_UNAVAILABLE;
        for (size_t j = 0; j < rows->order_count; j++)
            if (rows->orders[j].id == a->items[i].order)
                order_request_take_row(a, &a->items[i], &rows->orders[j]);
    }
    if (a->kind == ORDER_REQUEST_REFILL)
        order_request_check_next(a);
    else
        order_request_intend(a);
}

void order_request_start(struct order_context *context, const struct order_request_args *request,
                         order_request_done_fn *done, void *arg)
{
    struct order_request *a = memory_new(sizeof *a);
    uint32_t ids[ORDERS_MAX];
    ASSERT(request->count <= ORDERS_MAX && context->catalogue);
    arena_init(&a->arena);
    a->context = context;
    a->providers = provider_set_pin(context->catalogue->providers);
    a->kind = request->kind;
    a->client = arena_str(&a->arena, str_of(request->client->settings.name));
    a->request_id = str_make(arena_text(&a->arena, request->request_id), request->request_id.len);
    a->wanted_count = request->count;
    a->wanted = arena_new(&a->arena, request->count * sizeof *a->wanted);
    a->items = arena_new(&a->arena, request->count * sizeof *a->items);
    a->done = done;
    a->arg = arg;
    for (size_t i = 0; i < request->count; i++) {
        a->wanted[i] = request->orders[i];
        if (request->orders[i] && !order_request_find_item(a, request->orders[i])) {
            ids[a->count] = request->orders[i];
            a->items[a->count++].order = request->orders[i];
        }
    }
    context->order_requests++;
    reply_once_start(&a->reply, context->loop, context->settings.answer_within_ms,
                     order_request_on_deadline, a);
    atomic_fetch_add_explicit(a->kind == ORDER_REQUEST_CANCEL ? &order_context_totals.cancels
                                                              : &order_context_totals.refills,
                              a->count, memory_order_relaxed);
    struct ledger_query query = {.request = LEDGER_QUERY_ORDERS, .ids = ids, .id_count = a->count};
    if (a->count > 0)
        ledger_query(context->ledger, context->loop, &query, order_request_on_rows, a);
    else
        loop_timer_start(&a->again, context->loop, 0, order_request_on_end, a);
}
