/* See ref_add.h.
 *
 *   join ──> READING ──┬─ not there ──> place_start ──> answer
 *     │                ├─ given ──────────────────────> answer
 *     │                └─ not given ──> GIVING ───────> answer
 *     └────> WAITING for whoever places it now ───────> answer, or join again
 *
 * The first one holds the ref in context->refs until the ledger knows how its order ended: place.c
 * ends it. A refusal frees the ref, and those who waited with the same order get the same refusal;
 * who waited with another one tries in its turn. Answering a number is giving it, so that is made
 * durable first: a doubt whose client never had its number keeps it from then on. */
#include "orders/ref_add.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "orders/claims.h"
#include "orders/messages.h"
#include "orders/refs.h"
#include "orders/reply_once.h"

enum { REF_ADD_READINGS_MAX = 3 };

struct ref_add {
    struct refs_waiter waiter; /* first: the message comes home as this */
    struct order_context *context;
    struct ref_add_request request; /* only until the reply was given */
    struct arena arena;
    unsigned client_id;
    struct str ref; /* in the arena */
    struct digest digest;
    bool is_begun;        /* holds the ref */
    bool is_waiting;      /* for whoever holds it */
    bool is_placed;       /* by this one */
    unsigned outstanding; /* what will come home: a message, a reading, a write, a placing */
    unsigned readings;
    uint32_t order; /* whose number is being given */
    struct reply_once reply;
    place_done_fn *done;
    void *arg;
};

static void ref_add_join(struct ref_add *add);
static void ref_add_read(struct ref_add *add);

struct digest ref_add_digest(struct str client, uint32_t service, const struct fields *fields)
{
    struct buf text;
    buf_init(&text, 4 * DRAFT_LIST_BYTES);
    field_print_all(fields, &text);
    struct digest digest = claims_digest(client, service, buf_str(&text));
    buf_fini(&text);
    return digest;
}

/* ---- the end ---- */

static void ref_add_release(struct ref_add *add)
{
    if (!add->reply.is_given || add->outstanding > 0)
        return;
    order_context_end_work(add->context, &add->context->places);
    reply_once_fini(&add->reply);
    arena_fini(&add->arena);
    free(add);
}

static void ref_add_answer(struct ref_add *add, uint32_t order, const char *message)
{
    if (!reply_once_take(&add->reply))
        return;
    if (order && !add->is_placed)
        atomic_fetch_add_explicit(&order_context_totals.repeated, 1, memory_order_relaxed);
    add->done(order, message, add->arg);
}

/* What the ledger knows is the answer, to those who wait as well. */
static void ref_add_finish(struct ref_add *add, uint32_t order, const char *message)
{
    if (add->is_begun)
        refs_end(add->context->refs, add->client_id, add->ref, order, message);
    add->is_begun = false;
    ref_add_answer(add, order, message);
    ref_add_release(add);
}

static void ref_add_on_deadline(void *arg)
{
    struct ref_add *add = arg;
    ref_add_answer(add, 0, add->is_waiting ? MESSAGES_REF_BUSY : MESSAGES_UNSAVED);
    ref_add_release(add);
}

/* ---- placing ---- */

static void ref_add_on_placed(uint32_t order, const char *message, void *arg)
{
    struct ref_add *add = arg;
    add->outstanding--;
    ref_add_answer(add, order, message);
    ref_add_release(add);
}

static void ref_add_place(struct ref_add *add)
{
    struct place_request request = {.client = add->request.client,
                                    .draft = add->request.draft,
                                    .request_id = add->request.request_id,
                                    .ref = {.ref = add->ref}};
    memcpy(request.ref.digest, add->digest.bytes, sizeof request.ref.digest);
    loop_timer_cancel(&add->reply.deadline); /* the placing has its own */
    add->is_begun = false;                   /* it ends the ref */
    add->is_placed = true;
    add->outstanding++;
    place_start(add->context, &request, ref_add_on_placed, add);
}

/* ---- an order that is there already ---- */

static void ref_add_on_given(struct ledger_outcome outcome, void *arg)
{
    struct ref_add *add = arg;
    add->outstanding--;
    if (outcome.result == LEDGER_DONE)
        ref_add_finish(add, add->order, NULL);
    else if (ledger_is_decided(outcome.result) && !add->reply.is_given &&
             add->readings < REF_ADD_READINGS_MAX)
        ref_add_read(add); /* it ended meanwhile */
    else
        ref_add_finish(add, 0, MESSAGES_UNSAVED);
}

static void ref_add_give(struct ref_add *add, uint32_t order)
{
    struct ledger_update update = {.gives_number = true, .only_if_unsettled = true};
    struct ledger_change change = {.order = order,
                                   .update = &update,
                                   .event = "number_given",
                                   .reason = STR("its ref was sent again"),
                                   .request_id = add->request.request_id};
    add->order = order;
    add->outstanding++;
    ledger_write(add->context->ledger, add->context->loop, &change, ref_add_on_given, add);
}

/* Whether what is sent now is what was ordered then: read by that order's type, for its service may
 * have changed, or be sold no more. */
static bool ref_add_is_same(struct ref_add *add, const struct ledger_order *order,
                            const struct ledger_ref *ref)
{
    struct service service = {
        .id = order->service, .type = order->type, .min = 1, .max = INT32_MAX};
    struct draft draft;
    struct fault why;
    if (order->service != add->request.service ||
        !draft_make(&service, order->rate, 8, add->request.given, &add->arena, &draft, &why))
        return false;
    struct digest digest = ref_add_digest(order->client, order->service, &draft.fields);
    return memcmp(digest.bytes, ref->digest, sizeof ref->digest) == 0;
}

static void ref_add_judge(struct ref_add *add, const struct ledger_order *order,
                          const struct ledger_ref *ref)
{
    if (!ref_add_is_same(add, order, ref))
        ref_add_finish(add, 0, MESSAGES_REF_OTHER);
    else if (order->is_number_given || orderstate_is_final(order->course.state))
        ref_add_finish(add, order->id, NULL);
    else if (order->course.state == ORDERSTATE_PLACING)
        ref_add_finish(add, 0, MESSAGES_REF_BUSY); /* it may still be refused, and have no number */
    else
        ref_add_give(add, order->id);
}

static void ref_add_on_rows(const struct ledger_rows *rows, void *arg)
{
    struct ref_add *add = arg;
    add->outstanding--;
    if (add->reply.is_given || rows->result != LEDGER_DONE)
        ref_add_finish(add, 0, MESSAGES_UNSAVED);
    else if (rows->order_count > 0 && rows->ref)
        ref_add_judge(add, &rows->orders[0], rows->ref);
    else if (add->request.draft)
        ref_add_place(add);
    else
        ref_add_finish(add, 0, add->request.refusal);
}

static void ref_add_read(struct ref_add *add)
{
    struct ledger_query query = {.request = LEDGER_QUERY_REF,
                                 .client = str_of(add->request.client->settings.name),
                                 .text = add->ref};
    add->readings++;
    add->outstanding++;
    ledger_query(add->context->ledger, add->context->loop, &query, ref_add_on_rows, add);
}

/* ---- someone else is placing it ---- */

static void ref_add_take_answer(struct ref_add *add)
{
    const struct refs_waiter *waiter = &add->waiter;
    if (waiter->order)
        ref_add_finish(add, waiter->is_same ? waiter->order : 0, MESSAGES_REF_OTHER);
    else if (waiter->is_same)
        ref_add_finish(add, 0, waiter->refusal);
    else
        ref_add_join(add);
}

static void ref_add_on_message(struct loop_message *message)
{
    struct ref_add *add = (struct ref_add *)message;
    add->outstanding--;
    add->is_waiting = false;
    if (add->reply.is_given)
        ref_add_release(add);
    else
        ref_add_take_answer(add);
}

static void ref_add_join(struct ref_add *add)
{
    add->waiter.message.run = ref_add_on_message;
    add->waiter.loop = add->context->loop;
    /* Counted first: another thread may post the message at once. */
    add->is_waiting = true;
    add->outstanding++;
    enum refs_join join =
        refs_join(add->context->refs, add->client_id, add->ref, &add->digest, &add->waiter);
    if (join == REFS_JOINED)
        return;
    add->is_waiting = false;
    add->outstanding--;
    if (join == REFS_GIVEN) {
        ref_add_take_answer(add);
        return;
    }
    add->is_begun = true;
    ref_add_read(add);
}

/* ---- the start ---- */

void ref_add_start(struct order_context *context, const struct ref_add_request *request,
                   place_done_fn *done, void *arg)
{
    struct ref_add *add = memory_new(sizeof *add);
    arena_init(&add->arena);
    context->places++;
    add->context = context;
    add->request = *request;
    add->client_id = request->client->id;
    add->ref = arena_str(&add->arena, request->ref);
    add->done = done;
    add->arg = arg;
    reply_once_start(&add->reply, context->loop, context->settings.answer_within_ms,
                     ref_add_on_deadline, add);
    if (request->draft == NULL) {
        ref_add_read(add);
        return;
    }
    add->digest = ref_add_digest(str_of(request->client->settings.name), request->service,
                                 &request->draft->fields);
    ref_add_join(add);
}
