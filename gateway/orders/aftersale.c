/* See aftersale.h: refill and cancel as one small machine over a list of orders.
 *
 *   LOOKING ──> INTENDING ──> ASKING ──> BOOKING ──> done
 *
 *   LOOKING    the orders are read from the books (they are often finished)
 *   INTENDING  "this request is being sent" is on its way to disk, one write an order
 *   ASKING     each provider is asked for its orders, one batch a provider (singly where it cannot)
 *   BOOKING    the outcomes are on their way to disk
 *
 * A request in doubt keeps its number: the client sees it as taken, the books show the doubt. What
 * cannot be booked is tried again; the client is answered after the first try. */
#include "orders/aftersale.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/crashpoint.h"
#include "base/log.h"
#include "orders/words.h"
#include "providers/ask.h"

enum { ORDERS_MOST = 100, CONNECTION_WAIT_MS = 2000, BOOK_AGAIN_MS = 500 };

#define AFTERSALE_CRASH_POINT(a, step)                                                             \
    do {                                                                                           \
        if ((a)->kind == AFTERSALE_REFILL)                                                         \
            CRASH_POINT("refill." step);                                                           \
        else                                                                                       \
            CRASH_POINT("cancel." step);                                                           \
    } while (0)

enum item_state { ITEM_NEW, ITEM_READY, ITEM_INTENDED, ITEM_ASKED, ITEM_ENDED, ITEM_BOOKED };

struct item {
    uint32_t order;
    enum item_state state;
    struct str provider, upstream_order; /* in the arena */
    uint32_t number;                     /* ours, once intended */
    enum attemptstate outcome;
    struct str upstream_id, text, evidence;
    const char *words; /* for the client, when refused */
};

struct batch { /* one question under way */
    struct aftersale *aftersale;
    struct ask *ask;
    const struct provider *provider;
    size_t count;
    bool is_single;
    struct loop_timer timer; /* waiting for the bucket */
    int64_t give_up_at_ms;
    size_t items[ORDERS_MOST];
};

struct aftersale {
    struct desk *desk;
    struct arena arena;
    struct provider_set *providers; /* pinned */
    enum aftersale_kind kind;
    struct str client, request_id;
    size_t count, asked_count;
    struct item *items;       /* each order once */
    uint32_t *asked;          /* as the client asked, doubles and all */
    unsigned writes, batches; /* outstanding */
    size_t unbooked;
    bool is_answered;
    bool is_intended;  /* every intent that will be is durable */
    bool is_abandoned; /* the client was told an error before that: nothing is sent */
    struct loop_timer deadline, again;
    struct batch **batch_list;
    size_t batch_count;
    aftersale_done_fn *done;
    void *arg;
};

static void aftersale_ask(struct aftersale *a);
static void aftersale_book(struct aftersale *a);

/* ---- the end ---- */

static const struct item *aftersale_find_item(const struct aftersale *a, uint32_t order)
{
    for (size_t i = 0; i < a->count; i++)
        if (a->items[i].order == order)
            return &a->items[i];
    return NULL;
}

static void aftersale_answer(struct aftersale *a)
{
    if (a->is_answered)
        return;
    a->is_answered = true;
    loop_timer_cancel(&a->deadline);
    struct aftersale_result *list = arena_new(&a->arena, a->asked_count * sizeof *list);
    for (size_t i = 0; i < a->asked_count; i++) {
        const struct item *item = aftersale_find_item(a, a->asked[i]);
        list[i].order = a->asked[i];
        if (item == NULL)
            list[i].words = WORDS_ORDER_ID;
        else if (item->words)
            list[i].words = item->words;
        else
            list[i].number = a->kind == AFTERSALE_CANCEL ? 1 : item->number;
    }
    a->done(list, a->asked_count, a->arg);
}

static void aftersale_free(struct aftersale *a)
{
    for (size_t i = 0; i < a->batch_count; i++) {
        loop_timer_fini(&a->batch_list[i]->timer);
        free(a->batch_list[i]);
    }
    a->desk->aftersales--;
    free(a->batch_list);
    loop_timer_fini(&a->deadline);
    loop_timer_fini(&a->again);
    provider_set_unpin(&a->providers);
    arena_fini(&a->arena);
    free(a);
}

/* answer_within is over: with durable intents each request has its number and goes on; without, the
 * client is told so and nothing is sent. */
static void aftersale_on_deadline(void *arg)
{
    struct aftersale *a = arg;
    if (!a->is_intended) {
        a->is_abandoned = true;
        for (size_t i = 0; i < a->count; i++)
            a->items[i].words = WORDS_UNSAVED;
    }
    aftersale_answer(a);
}

static void aftersale_on_end(void *arg)
{
    struct aftersale *a = arg;
    aftersale_answer(a);
    aftersale_free(a);
}

/* ---- booking ---- */

struct write_of { /* which item a ledger write is about */
    struct aftersale *aftersale;
    size_t item;
};

static void aftersale_write_item(struct aftersale *a, size_t i, const char *event,
                                 ledger_done_fn *done)
{
    struct item *item = &a->items[i];
    struct write_of *of = memory_new(sizeof *of);
    *of = (struct write_of){a, i};
    struct ledger_aftersale row = {.kind = a->kind,
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
                                   .aftersale = &row,
                                   .event = event,
                                   .reason = item->text,
                                   .request_id = a->request_id};
    a->writes++;
    ledger_write(a->desk->ledger, a->desk->loop, &change, done, of);
}

static void aftersale_on_book_again(void *arg)
{
    aftersale_book(arg);
}

static void aftersale_on_booked(enum ledger_result result, void *arg)
{
    struct write_of *of = arg;
    struct aftersale *a = of->aftersale;
    if (result == LEDGER_DONE || result == LEDGER_REFUSED)
        a->items[of->item].state = ITEM_BOOKED;
    else
        a->unbooked++;
    free(of);
    AFTERSALE_CRASH_POINT(a, "booked");
    if (--a->writes > 0)
        return;
    if (a->unbooked == 0) {
        aftersale_on_end(a);
        return;
    }
    a->unbooked = 0;
    log_event(LOG_WARN, "booking_failed", "request=%s result=%s", a->request_id.ptr,
              ledger_result_word(result));
    aftersale_answer(a);
    loop_timer_start(&a->again, a->desk->loop, BOOK_AGAIN_MS, aftersale_on_book_again, a);
}

static void aftersale_book(struct aftersale *a)
{
    static const char *const events[] = {"refill", "cancel"};
    AFTERSALE_CRASH_POINT(a, "booking");
    for (size_t i = 0; i < a->count; i++)
        if (a->items[i].state == ITEM_ENDED)
            aftersale_write_item(a, i, events[a->kind], aftersale_on_booked);
    if (a->writes == 0)
        aftersale_on_end(a);
}

/* ---- asking ---- */

static void aftersale_end_item(struct aftersale *a, size_t i, const struct answer *answer,
                               const struct answer_item *said)
{
    struct item *item = &a->items[i];
    item->state = ITEM_ENDED;
    item->evidence = arena_str(&a->arena, answer->evidence);
    item->text = arena_str(&a->arena, said && said->error.len ? said->error : answer->error);
    if (answer->outcome == OUTCOME_ACCEPTED && said && said->is_accepted) {
        item->outcome = ATTEMPTSTATE_ACCEPTED;
        item->upstream_id = arena_str(&a->arena, said->refill);
    } else if (answer->outcome == OUTCOME_ACCEPTED && said && !said->is_absent) {
        item->outcome = ATTEMPTSTATE_REFUSED;
        item->words = words_refusal(said->refusal != REFUSAL_OTHER ? said->refusal
                                    : a->kind == AFTERSALE_REFILL  ? REFUSAL_REFILL
                                                                   : REFUSAL_CANCEL);
    } else if (answer->outcome == OUTCOME_REFUSED) {
        item->outcome = ATTEMPTSTATE_REFUSED;
        item->words = words_refusal(answer->refusal);
    } else if (answer->outcome == OUTCOME_NOT_SENT) {
        item->outcome = ATTEMPTSTATE_NOT_SENT;
        item->words = WORDS_UNAVAILABLE;
    } else {
        item->outcome = ATTEMPTSTATE_DOUBT;
    }
}

static void aftersale_start_batch(struct batch *batch);

static struct batch *aftersale_batch_new(struct aftersale *a, const struct provider *provider)
{
    struct batch *batch = memory_new(sizeof *batch);
    batch->aftersale = a;
    batch->provider = provider;
    batch->give_up_at_ms = loop_now_ms(a->desk->loop) + a->desk->settings.answer_within_ms;
    a->batch_list = memory_resize(a->batch_list, a->batch_count + 1, sizeof *a->batch_list);
    a->batch_list[a->batch_count++] = batch;
    a->batches++;
    return batch;
}

/* The panel has no plural form: nothing was executed, each is asked by itself. */
static void aftersale_ask_singly(struct batch *batch)
{
    struct aftersale *a = batch->aftersale;
    for (size_t i = 0; i < batch->count; i++) {
        struct batch *single = aftersale_batch_new(a, batch->provider);
        single->items[single->count++] = batch->items[i];
        single->is_single = true;
        aftersale_start_batch(single);
    }
}

static void aftersale_end_batch(struct batch *batch, const struct answer *answer)
{
    struct aftersale *a = batch->aftersale;
    for (size_t i = 0; i < batch->count; i++)
        aftersale_end_item(a, batch->items[i], answer,
                           i < answer->item_count ? &answer->items[i] : NULL);
    if (--a->batches == 0)
        aftersale_book(a);
}

static void aftersale_end_unsent(struct batch *batch, struct str why)
{
    struct answer unsent = {.outcome = OUTCOME_NOT_SENT, .evidence = why};
    aftersale_end_batch(batch, &unsent);
}

static void aftersale_on_answer(const struct answer *answer, void *arg)
{
    struct batch *batch = arg;
    struct aftersale *a = batch->aftersale;
    batch->ask = NULL;
    AFTERSALE_CRASH_POINT(a, "answered");
    health_note(a->desk->health, batch->provider->id, HEALTH_READINGS, STR_NONE, answer, MONEY_ZERO,
                loop_now_ms(a->desk->loop));
    if (batch->count > 1 && answer->outcome == OUTCOME_REFUSED &&
        answer->refusal == REFUSAL_UNSUPPORTED) {
        aftersale_ask_singly(batch);
        if (--a->batches == 0)
            aftersale_book(a);
        return;
    }
    aftersale_end_batch(batch, answer);
}

static void aftersale_on_bucket(void *arg)
{
    aftersale_start_batch(arg);
}

static void aftersale_start_batch(struct batch *batch)
{
    struct aftersale *a = batch->aftersale;
    int64_t now = loop_now_ms(a->desk->loop);
    struct str ids[ORDERS_MOST];
    if (health_take(a->desk->health, batch->provider->id, HEALTH_READINGS, STR_NONE, now) !=
        SKIP_NONE) {
        aftersale_end_unsent(batch, STR("the provider rests"));
        return;
    }
    int64_t wait = provider_take_token(batch->provider, PROVIDER_LANE_OTHER, now);
    if (wait > 0) {
        health_unused(a->desk->health, batch->provider->id, HEALTH_READINGS, STR_NONE);
        if (now + wait <= batch->give_up_at_ms)
            loop_timer_start(&batch->timer, a->desk->loop, wait, aftersale_on_bucket, batch);
        else
            aftersale_end_unsent(batch, STR("the provider's rate limit left no room"));
        return;
    }
    for (size_t i = 0; i < batch->count; i++)
        ids[i] = a->items[batch->items[i]].upstream_order;
    struct question question = {.action = a->kind == AFTERSALE_CANCEL ? QUESTION_CANCEL
                                          : batch->count > 1          ? QUESTION_REFILL_MANY
                                                                      : QUESTION_REFILL,
                                .ids = ids,
                                .id_count = batch->count};
    struct ask_options options = {.request_id = a->request_id.ptr, .wait_ms = CONNECTION_WAIT_MS};
    AFTERSALE_CRASH_POINT(a, "sending");
    batch->ask =
        ask_start(a->desk->loop, batch->provider, &question, &options, aftersale_on_answer, batch);
}

/* One batch a provider; an order whose provider is no longer configured cannot be asked. */
static void aftersale_ask(struct aftersale *a)
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
            batches[provider->id] = aftersale_batch_new(a, provider);
        batches[provider->id]->items[batches[provider->id]->count++] = i;
        item->state = ITEM_ASKED;
    }
    if (a->batches == 0) {
        aftersale_book(a);
        return;
    }
    for (size_t i = 0; i < PROVIDER_MAX; i++)
        if (batches[i])
            aftersale_start_batch(batches[i]);
}

/* ---- intending ---- */

static void aftersale_on_intended(enum ledger_result result, void *arg)
{
    struct write_of *of = arg;
    struct aftersale *a = of->aftersale;
    struct item *item = &a->items[of->item];
    AFTERSALE_CRASH_POINT(a, "intended");
    if (result == LEDGER_DONE) {
        item->state = ITEM_INTENDED;
    } else {
        item->words = WORDS_UNSAVED;
        item->state = ITEM_BOOKED; /* nothing in the books, nothing to send */
    }
    free(of);
    if (--a->writes == 0)
        aftersale_ask(a);
}

static void aftersale_intend(struct aftersale *a)
{
    AFTERSALE_CRASH_POINT(a, "intending");
    for (size_t i = 0; i < a->count; i++) {
        struct item *item = &a->items[i];
        if (item->state != ITEM_READY)
            continue;
        item->number = ledger_take_aftersale_number(a->desk->ledger);
        item->outcome = ATTEMPTSTATE_SENDING;
        if (item->number == 0)
            item->words = WORDS_UNAVAILABLE;
        else
            aftersale_write_item(a, i,
                                 a->kind == AFTERSALE_CANCEL ? "cancel_asked" : "refill_asked",
                                 aftersale_on_intended);
    }
    if (a->writes == 0)
        aftersale_on_end(a);
}

/* ---- looking ---- */

static void aftersale_take_row(struct aftersale *a, struct item *item,
                               const struct ledger_order *row)
{
    if (!str_equal(row->client, a->client) || row->state == ORDERSTATE_REFUSED)
        return;
    item->provider = arena_str(&a->arena, row->provider);
    item->upstream_order = arena_str(&a->arena, row->upstream_id);
    item->words = NULL;
    if (row->upstream_id.len == 0)
        item->words = a->kind == AFTERSALE_CANCEL ? "Order cannot be canceled at this time"
                                                  : "The order is not completed";
    else if (a->kind == AFTERSALE_CANCEL && orderstate_is_final(row->state))
        item->words = words_refusal(REFUSAL_CANCEL);
    else if (provider_set_find(a->providers, row->provider) == NULL)
        item->words = WORDS_UNAVAILABLE;
    else
        item->state = ITEM_READY;
}

static void aftersale_on_rows(const struct ledger_rows *rows, void *arg)
{
    struct aftersale *a = arg;
    for (size_t i = 0; i < a->count; i++) {
        a->items[i].words = rows->result == LEDGER_DONE ? WORDS_ORDER_ID : WORDS_UNAVAILABLE;
        for (size_t j = 0; j < rows->order_count; j++)
            if (rows->orders[j].id == a->items[i].order)
                aftersale_take_row(a, &a->items[i], &rows->orders[j]);
    }
    aftersale_intend(a);
}

void aftersale_start(struct desk *desk, const struct aftersale_request *request,
                     aftersale_done_fn *done, void *arg)
{
    struct aftersale *a = memory_new(sizeof *a);
    uint32_t ids[ORDERS_MOST];
    ASSERT(request->count <= ORDERS_MOST && desk->catalogue);
    arena_init(&a->arena);
    a->desk = desk;
    a->providers = provider_set_pin(desk->catalogue->providers);
    a->kind = request->kind;
    a->client = arena_str(&a->arena, str_of(request->client->settings.name));
    a->request_id = str_make(arena_text(&a->arena, request->request_id), request->request_id.len);
    a->asked_count = request->count;
    a->asked = arena_new(&a->arena, request->count * sizeof *a->asked);
    a->items = arena_new(&a->arena, request->count * sizeof *a->items);
    a->done = done;
    a->arg = arg;
    for (size_t i = 0; i < request->count; i++) {
        a->asked[i] = request->orders[i];
        if (request->orders[i] && !aftersale_find_item(a, request->orders[i])) {
            ids[a->count] = request->orders[i];
            a->items[a->count++].order = request->orders[i];
        }
    }
    desk->aftersales++;
    loop_timer_start(&a->deadline, desk->loop, desk->settings.answer_within_ms,
                     aftersale_on_deadline, a);
    atomic_fetch_add_explicit(a->kind == AFTERSALE_CANCEL ? &desk_totals.cancels
                                                          : &desk_totals.refills,
                              a->count, memory_order_relaxed);
    struct ledger_query query = {.question = LEDGER_ASK_ORDERS, .ids = ids, .id_count = a->count};
    if (a->count > 0)
        ledger_ask(desk->ledger, desk->loop, &query, aftersale_on_rows, a);
    else
        loop_timer_start(&a->again, desk->loop, 0, aftersale_on_end, a);
}
