/* Random changes, some against the rules, in groups, with restarts between them: the books and a
 * plain model of the rules in memory agree on each answer and on each row, and every rule of
 * verify holds. The seeds are fixed. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "ledger/ledger_private.h"
#include "unit/ledger/model.h"

enum { GROUP = 6, GROUPS = 100, SEEDS = 6, CHARGE = 1000, LIMIT = 3 * CHARGE };

/* One change with all it may point to. */
struct proposal {
    struct ledger_change change;
    struct ledger_order insert;
    struct ledger_attempt ended, started;
    struct ledger_update update;
    struct ledger_request order_request;
    struct ledger_funds funds;
};

static uint64_t dice;

static unsigned roll(unsigned sides)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (unsigned)(dice >> 33) % sides;
}

static bool maybe(unsigned percent)
{
    return roll(100) < percent;
}

/* Seldom one that ends an order, for then little else may be asked of it. */
static enum orderstate some_state(void)
{
    return (enum orderstate)(maybe(12) ? roll(ORDERSTATE_COUNT) : roll(ORDERSTATE_COMPLETED));
}

/* Mostly one that lets another attempt follow. */
static enum attemptstate some_end(void)
{
    return maybe(25)   ? ATTEMPTSTATE_ACCEPTED
           : maybe(30) ? (enum attemptstate)roll(ATTEMPTSTATE_COUNT)
           : maybe(50) ? ATTEMPTSTATE_REFUSED
                       : ATTEMPTSTATE_NOT_SENT;
}

static struct str word(void)
{
    static const char *const message[] = {"alpha", "beta", "gamma", "4711", "4712", "x"};
    return str_of(message[roll(COUNT_OF(message))]);
}

/* ---- proposals ---- */

static void propose_new(struct proposal *p, uint32_t id)
{
    p->insert = (struct ledger_order){.id = id,
                                      .client = maybe(50) ? STR("shop") : STR("sales"),
                                      .service = 7,
                                      .type = ORDERTYPE_DEFAULT,
                                      .fields = STR("{}"),
                                      .quantity = 100,
                                      .rate = {10},
                                      .charge = {CHARGE},
                                      .course.paid = {maybe(10)   ? -1
                                                      : maybe(20) ? CHARGE
                                                                  : 0},
                                      .currency = STR("USD"),
                                      .course.state = maybe(80) ? ORDERSTATE_PLACING : some_state(),
                                      .course.remains = 100,
                                      .provider = word(),
                                      .parent = maybe(20) ? 1 : 0,
                                      .reason = STR("new"),
                                      .request_id = word()};
    p->change.insert = &p->insert;
    if (maybe(40)) {
        p->insert.client = STR("prepaid");
        p->insert.parent = 0;
        p->funds = (struct ledger_funds){.limits = {.is_prepaid = true, .credit_limit = {LIMIT}},
                                         .hold = {CHARGE}};
        p->change.funds = &p->funds;
    }
    if (maybe(80))
        p->change.attempt_started = &p->started;
    if (maybe(5))
        p->change.attempt_ended = &p->ended;
}

/* Mostly as an order goes on. */
static void propose_end_by_panel(struct proposal *p)
{
    bool is_partial = maybe(50);
    p->ended.state = is_partial ? ATTEMPTSTATE_PARTIAL : ATTEMPTSTATE_CANCELED;
    p->ended.delivered = is_partial || maybe(5) ? 1 + roll(60) : 0;
    p->ended.kept.units = is_partial ? (int64_t)roll(9) : 0;
}

static void propose_old(struct proposal *p, struct model_order *order)
{
    static const int64_t prices[] = {0, 0, CHARGE, CHARGE, CHARGE / 2, -1};
    static const enum orderstate usual[ATTEMPTSTATE_COUNT] = {
        ORDERSTATE_PLACING, ORDERSTATE_PENDING, ORDERSTATE_PLACING, ORDERSTATE_PLACING,
        ORDERSTATE_DOUBT,   ORDERSTATE_PLACING, ORDERSTATE_PLACING};
    struct ledger_attempt *live = live_attempt(order);
    bool is_sent = live && live->state == ATTEMPTSTATE_SENDING;
    bool is_over = order->row.id && orderstate_is_final(order->row.course.state);
    bool is_accepted = has_accepted(order);
    if (is_sent && maybe(30)) {
        p->ended.state = ATTEMPTSTATE_ACCEPTED;
        p->ended.upstream_id = word();
        p->change.attempt_ended = &p->ended;
        p->change.update = &p->update;
        p->update = (struct ledger_update){.has_course = true,
                                           .has_upstream = true,
                                           .course.state = ORDERSTATE_PENDING,
                                           .course.paid = {prices[roll(COUNT_OF(prices))]},
                                           .upstream_id = p->ended.upstream_id};
        return;
    }
    if (is_accepted && maybe(40)) {
        propose_end_by_panel(p);
        p->change.attempt_ended = &p->ended;
        p->change.update = maybe(95) ? &p->update : NULL;
        p->update =
            (struct ledger_update){.has_course = maybe(95),
                                   .has_upstream = maybe(5),
                                   .course.state = maybe(95) ? ORDERSTATE_PLACING : some_state(),
                                   .course.paid = {prices[roll(COUNT_OF(prices))]},
                                   .course.remains = roll(9)};
        p->change.attempt_started = maybe(20) ? &p->started : NULL;
        return;
    }
    p->change.attempt_ended = maybe(is_sent ? 60 : 10) ? &p->ended : NULL;
    p->change.attempt_started = maybe(live ? 15 : 50) ? &p->started : NULL;
    p->change.update = maybe(is_over ? 20 : 60) ? &p->update : NULL;
    p->change.order_request = maybe(20) ? &p->order_request : NULL;
    p->update = (struct ledger_update){
        .has_course = maybe(70),
        .course.has_start_count = maybe(20),
        .has_upstream = maybe(is_sent && !p->change.attempt_ended ? 5 : 60),
        .has_extra = maybe(10),
        .gives_number = maybe(30),
        .only_if_unsettled = maybe(30),
        .only_if_queued = maybe(order->row.course.state == ORDERSTATE_QUEUED ? 30 : 3),
        .course.state = p->change.attempt_ended && maybe(80) ? usual[p->ended.state]
                        : is_sent                            ? ORDERSTATE_PLACING
                                                             : some_state(),
        .course.paid = {prices[roll(COUNT_OF(prices))]},
        .course.start_count = roll(9),
        .course.remains = roll(9),
        .extra = STR("{}"),
        /* Who has accepted it stays where it is. */
        .provider = !is_accepted && maybe(50) ? word() : STR(""),
        .upstream_service = !is_accepted && maybe(50) ? word() : STR(""),
        .upstream_id = maybe(80)   ? p->ended.upstream_id
                       : maybe(50) ? order->row.upstream_id
                                   : word()};
    p->order_request =
        (struct ledger_request){.number = 1 + roll(AFTERSALES),
                                .order = p->change.order,
                                .client = order->row.client,
                                .provider = word(),
                                .status = REFILLSTATUS_PENDING,
                                .kind = maybe(50) ? ORDER_REQUEST_REFILL : ORDER_REQUEST_CANCEL,
                                .state = (enum attemptstate)roll(ATTEMPTSTATE_COUNT),
                                .request_id = word()};
}

/* What a prepaid client's order is to pay falls at its end only, and never rises again. */
static void propose_no_rise(struct proposal *p, const struct ledger_order *row)
{
    struct order_course *course = &p->update.course;
    if (row->held.units > 0 && course->paid.units >= 0 && !orderstate_is_final(course->state))
        course->paid.units = CHARGE;
}

static void propose(struct model *model, struct proposal *p)
{
    uint32_t id = 1 + roll(ORDERS);
    struct model_order *order = &model->orders[id];
    struct ledger_attempt *live = live_attempt(order);
    unsigned last = order->attempt_count ? order->attempts[order->attempt_count - 1].number : 0;
    *p = (struct proposal){.change = {.order = id,
                                      .event = maybe(80) ? "told" : NULL,
                                      .reason = maybe(50) ? word() : STR(""),
                                      .request_id = maybe(50) ? word() : STR("")},
                           .ended = {.number = live && maybe(90) ? live->number : roll(ATTEMPTS),
                                     .state = some_end(),
                                     .upstream_id = maybe(90) ? word() : STR(""),
                                     .text = maybe(50) ? word() : STR(""),
                                     .evidence = maybe(50) ? word() : STR(""),
                                     .ended_at_ms = maybe(50) ? 5 + roll(9) : 0},
                           .started = {.number = maybe(80) ? last + 1 + maybe(30) : roll(last + 1),
                                       .provider = word(),
                                       .upstream_service = word(),
                                       .cost = {1 + roll(9)},
                                       .request_id = maybe(50) ? word() : STR(""),
                                       .started_at_ms = maybe(50) ? 5 + roll(9) : 0}};
    if (p->started.number >= ATTEMPTS)
        p->started.number = 1;
    if (order->row.id == 0 ? maybe(90) : maybe(5))
        propose_new(p, id);
    else
        propose_old(p, order);
    propose_no_rise(p, &order->row);
}

/* ---- the books beside it ---- */

static void same_str(struct str a, struct str b, const char *what)
{
    if (!str_equal(a, b))
        fail_msg("%s: \"" STR_FMT "\" in the books, \"" STR_FMT "\" in the model", what, STR_ARG(a),
                 STR_ARG(b));
}

static void same_moment(int64_t a, int64_t b)
{
    if (b != ANY_MOMENT)
        assert_int_equal(a, b);
}

static void same_attempt(const struct ledger_attempt *a, const struct ledger_attempt *b)
{
    assert_int_equal(a->number, b->number);
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->cost.units, b->cost.units);
    assert_int_equal(a->delivered, b->delivered);
    assert_int_equal(a->kept.units, b->kept.units);
    assert_int_equal(a->started_at_ms, b->started_at_ms);
    same_moment(a->ended_at_ms, b->ended_at_ms);
    same_str(a->provider, b->provider, "attempt's provider");
    same_str(a->upstream_service, b->upstream_service, "attempt's service");
    same_str(a->upstream_id, b->upstream_id, "attempt's number");
    same_str(a->text, b->text, "text");
    same_str(a->evidence, b->evidence, "evidence");
    same_str(a->request_id, b->request_id, "attempt's request");
}

static void same_order(const struct ledger_order *a, const struct ledger_order *b)
{
    assert_int_equal(a->course.state, b->course.state);
    assert_int_equal(a->course.paid.units, b->course.paid.units);
    assert_int_equal(a->is_number_given, b->is_number_given);
    assert_int_equal(a->course.has_start_count, b->course.has_start_count);
    assert_int_equal(a->course.start_count, b->course.start_count);
    assert_int_equal(a->course.remains, b->course.remains);
    assert_int_equal(a->parent, b->parent);
    assert_int_equal(a->moves, b->moves);
    assert_int_equal(a->delivered, b->delivered);
    assert_int_equal(a->spent.units, b->spent.units);
    same_moment(a->updated_at_ms, b->updated_at_ms);
    same_str(a->client, b->client, "client");
    same_str(a->provider, b->provider, "provider");
    same_str(a->upstream_service, b->upstream_service, "service");
    same_str(a->upstream_id, b->upstream_id, "number at the panel");
    same_str(a->extra, b->extra, "extra");
    same_str(a->reason, b->reason, "reason");
}

static void same_event(const struct ledger_event *a, const struct ledger_event *b)
{
    same_moment(a->at_ms, b->at_ms);
    same_str(a->word, b->word, "word");
    same_str(a->reason, b->reason, "event's reason");
    same_str(a->request_id, b->request_id, "event's request");
    same_str(a->from, b->from, "from");
    same_str(a->to, b->to, "to");
}

static size_t same_rows(const struct ledger_rows *rows, struct model *model, uint32_t id)
{
    struct model_order *order = &model->orders[id];
    assert_int_equal(rows->result, LEDGER_DONE);
    assert_int_equal(rows->order_count, order->row.id != 0);
    if (rows->order_count == 0)
        return 0;
    same_order(&rows->orders[0], &order->row);
    assert_int_equal(rows->attempt_count, order->attempt_count);
    for (size_t i = 0; i < rows->attempt_count; i++)
        same_attempt(&rows->attempts[i], &order->attempts[i]);
    assert_int_equal(rows->event_count, order->event_count);
    for (size_t i = 0; i < rows->event_count; i++)
        same_event(&rows->events[i], &order->events[i]);
    for (size_t i = 0; i < rows->order_request_count; i++) {
        const struct ledger_request *kept = &model->order_requests[rows->order_requests[i].number];
        assert_int_equal(rows->order_requests[i].kind, kept->kind);
        assert_int_equal(rows->order_requests[i].state, kept->state);
        assert_int_equal(kept->order, id);
    }
    return rows->order_request_count;
}

static void on_broken(const char *message, void *arg)
{
    (void)arg;
    print_error("verify: %s\n", message);
}

static void compare_account(const struct backend *backend, struct backend_connection *books,
                            const struct model *model)
{
    struct arena arena;
    struct ledger_rows rows;
    int64_t found = 0;
    arena_init(&arena);
    backend->read(
        books, &(struct ledger_query){.request = LEDGER_QUERY_ACCOUNTS, .client = STR("prepaid")},
        &arena, &rows);
    for (size_t i = 0; i < rows.account_count; i++)
        found += rows.accounts[i].account.balance.units - rows.accounts[i].account.held.units;
    assert_int_equal(found, available(model, STR("prepaid")));
    arena_fini(&arena);
}

static void compare(const struct backend *backend, struct backend_connection *books,
                    struct model *model)
{
    size_t order_requests = 0;
    for (uint32_t id = 1; id <= ORDERS; id++) {
        struct arena arena;
        struct ledger_rows rows;
        arena_init(&arena);
        backend->read(books, &(struct ledger_query){.request = LEDGER_QUERY_SHOW, .id = id}, &arena,
                      &rows);
        order_requests += same_rows(&rows, model, id);
        arena_fini(&arena);
    }
    compare_account(backend, books, model);
    for (uint32_t number = 1; number <= AFTERSALES; number++)
        order_requests -= model->order_requests[number].number != 0;
    assert_int_equal(order_requests, 0);
    assert_int_equal(backend->verify(books, &(struct ledger_verifier){.report = on_broken}), 0);
}

/* ---- one seed ---- */

struct run {
    const struct backend *backend;
    struct backend_connection *books;
    struct model model;
    char folder[64], file[96];
    int64_t now_ms;
    size_t counts[2]; /* done, refused */
};

static void open_books(struct run *run)
{
    struct fault why = {0};
    run->books = run->backend->open(run->file, true, &why);
    assert_non_null(run->books);
    if (!run->backend->migrate(run->books, &why))
        fail_msg("%s", why.message);
}

static void restart(struct run *run)
{
    static const struct ledger_visit nobody;
    struct fault why = {0};
    run->backend->close(run->books);
    open_books(run);
    assert_true(run->backend->recover(run->books, &nobody, &why));
    recover(&run->model);
}

/* A change that is refused, or one that leaves books as verify wants them; what the model says. */
static enum ledger_result choose(struct run *run, struct proposal *p)
{
    for (;;) {
        propose(&run->model, p);
        struct model_order *order = &run->model.orders[p->change.order];
        struct model_order before = *order;
        struct ledger_request kept = run->model.order_requests[p->order_request.number];
        if (order->event_count == EVENTS || order->attempt_count == ATTEMPTS)
            continue;
        bool is_done = apply(&run->model, &p->change, run->now_ms);
        if (is_done && is_sound(&run->model, &p->change))
            return LEDGER_DONE;
        *order = before;
        run->model.order_requests[p->order_request.number] = kept;
        if (!is_done)
            return LEDGER_REFUSED;
    }
}

static void commit_group(struct run *run)
{
    struct proposal proposals[GROUP];
    struct ledger_entry entries[GROUP], *list[GROUP];
    enum ledger_result expected[GROUP];
    size_t count = 1 + roll(GROUP);
    for (size_t i = 0; i < count; i++) {
        run->now_ms++;
        expected[i] = choose(run, &proposals[i]);
        run->counts[expected[i] == LEDGER_REFUSED]++;
        entries[i] = (struct ledger_entry){
            .kind = ENTRY_CHANGE, .at_ms = run->now_ms, .of.change = &proposals[i].change};
        list[i] = &entries[i];
    }
    assert_true(run->backend->commit(run->books, list, count));
    for (size_t i = 0; i < count; i++)
        if ((entries[i].outcome.result == LEDGER_DONE) != (expected[i] == LEDGER_DONE) ||
            !ledger_is_decided(entries[i].outcome.result))
            fail_msg("change %zu of %zu, order %u: %s in the books (%s), %s in the model", i, count,
                     proposals[i].change.order, ledger_result_name(entries[i].outcome.result),
                     entries[i].outcome.reason ? entries[i].outcome.reason : "",
                     ledger_result_name(expected[i]));
}

static void books_and_model_agree(void **state)
{
    size_t counts[2] = {0, 0}, moves = 0;
    (void)state;
    log_set_level(LOG_ERROR);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct run *run = memory_new(sizeof *run);
        char command[128];
        run->backend = backend_find(STR("sqlite"));
        run->now_ms = 1000;
        snprintf(run->folder, sizeof run->folder, "/tmp/panelmux-model-XXXXXX");
        assert_non_null(mkdtemp(run->folder));
        snprintf(run->file, sizeof run->file, "%s/books.db", run->folder);
        assert_int_equal(close(open(run->file, O_CREAT | O_RDWR, 0600)), 0);
        open_books(run);
        dice = seed * UINT64_C(0x9e3779b97f4a7c15);
        for (size_t group = 0; group < GROUPS; group++) {
            commit_group(run);
            if (group % 4 == 0)
                compare(run->backend, run->books, &run->model);
            if (maybe(4)) {
                restart(run);
                compare(run->backend, run->books, &run->model);
            }
        }
        for (uint32_t id = 1; id <= ORDERS; id++)
            moves += run->model.orders[id].row.moves;
        run->backend->close(run->books);
        snprintf(command, sizeof command, "rm -rf '%s'", run->folder);
        assert_int_equal(system(command), 0);
        counts[0] += run->counts[0];
        counts[1] += run->counts[1];
        free(run);
    }
    print_message("%zu changes, %zu refused; orders went on %zu times\n", counts[0], counts[1],
                  moves);
    assert_true(moves > 20);
    assert_true(counts[0] > SEEDS * GROUPS && counts[1] > SEEDS * GROUPS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(books_and_model_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
