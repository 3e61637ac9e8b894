/* What a change may do to an order as it stands, as a table. */
#include "ledger/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { NO_STATE = -1 };

static const struct {
    const char *message; /* why not; NULL: allowed */
    enum orderstate state;
    uint32_t live_attempt;
    int to;         /* orderstate, or NO_STATE */
    unsigned ended; /* attempt; 0: none */
    enum attemptstate ended_as;
    unsigned started; /* attempt; 0: none */
    enum orderstate state_after;
    uint32_t live_after;
} cases[] = {
    /* an attempt starts only where none may have been executed */
    {NULL, ORDERSTATE_PLACING, 0, NO_STATE, 0, 0, 2, ORDERSTATE_PLACING, 2},
    {"another attempt may have been executed", ORDERSTATE_PLACING, 1, NO_STATE, 0, 0, 2, 0, 0},
    {NULL, ORDERSTATE_PLACING, 1, NO_STATE, 1, ATTEMPTSTATE_REFUSED, 2, ORDERSTATE_PLACING, 2},
    {NULL, ORDERSTATE_PLACING, 1, NO_STATE, 1, ATTEMPTSTATE_NOT_SENT, 2, ORDERSTATE_PLACING, 2},
    {"another attempt may have been executed", ORDERSTATE_PLACING, 1, NO_STATE, 1,
     ATTEMPTSTATE_DOUBT, 2, 0, 0},
    {"another attempt may have been executed", ORDERSTATE_PLACING, 1, NO_STATE, 1,
     ATTEMPTSTATE_ACCEPTED, 2, 0, 0},
    {"another attempt may have been executed", ORDERSTATE_PLACING, 2, NO_STATE, 1,
     ATTEMPTSTATE_REFUSED, 3, 0, 0},
    {"another attempt may have been executed", ORDERSTATE_DOUBT, 1, ORDERSTATE_PLACING, 0, 0, 2, 0,
     0},
    {NULL, ORDERSTATE_DOUBT, 1, ORDERSTATE_PLACING, 1, ATTEMPTSTATE_REFUSED, 2, ORDERSTATE_PLACING,
     2},
    {"an attempt for an order that is not being placed", ORDERSTATE_PENDING, 0, NO_STATE, 0, 0, 1,
     0, 0},
    {"an attempt for an order that is not being placed", ORDERSTATE_PLACING, 0, ORDERSTATE_PENDING,
     0, 0, 1, 0, 0},
    /* an order does not leave its attempt behind while that is being sent */
    {NULL, ORDERSTATE_PLACING, 1, ORDERSTATE_PENDING, 1, ATTEMPTSTATE_ACCEPTED, 0,
     ORDERSTATE_PENDING, 1},
    {NULL, ORDERSTATE_PLACING, 1, ORDERSTATE_REFUSED, 1, ATTEMPTSTATE_REFUSED, 0,
     ORDERSTATE_REFUSED, 0},
    {NULL, ORDERSTATE_PLACING, 1, ORDERSTATE_DOUBT, 1, ATTEMPTSTATE_DOUBT, 0, ORDERSTATE_DOUBT, 1},
    {"its attempt is still being sent", ORDERSTATE_PLACING, 1, ORDERSTATE_PENDING, 0, 0, 0, 0, 0},
    {"its attempt is still being sent", ORDERSTATE_PLACING, 1, ORDERSTATE_COMPLETED, 0, 0, 0, 0, 0},
    {"its attempt is still being sent", ORDERSTATE_PLACING, 2, ORDERSTATE_CANCELED, 1,
     ATTEMPTSTATE_REFUSED, 0, 0, 0},
    {NULL, ORDERSTATE_PLACING, 0, ORDERSTATE_CANCELED, 0, 0, 0, ORDERSTATE_CANCELED, 0},
    {"its attempt is still being sent", ORDERSTATE_PLACING, 1, ORDERSTATE_DOUBT, 0, 0, 0, 0, 0},
    {"its attempt is still being sent", ORDERSTATE_PLACING, 2, ORDERSTATE_DOUBT, 1,
     ATTEMPTSTATE_DOUBT, 0, 0, 0},
    /* nor does an order stay or come back where one may have been executed */
    {"its attempt may have been executed", ORDERSTATE_PLACING, 1, NO_STATE, 1, ATTEMPTSTATE_DOUBT,
     0, 0, 0},
    {"its attempt may have been executed", ORDERSTATE_PLACING, 1, ORDERSTATE_PLACING, 1,
     ATTEMPTSTATE_ACCEPTED, 0, 0, 0},
    {"its attempt may have been executed", ORDERSTATE_DOUBT, 1, ORDERSTATE_PLACING, 0, 0, 0, 0, 0},
    {"its attempt may have been executed", ORDERSTATE_DOUBT, 1, ORDERSTATE_PLACING, 1,
     ATTEMPTSTATE_ACCEPTED, 0, 0, 0},
    {NULL, ORDERSTATE_DOUBT, 1, ORDERSTATE_PLACING, 1, ATTEMPTSTATE_REFUSED, 0, ORDERSTATE_PLACING,
     0},
    {NULL, ORDERSTATE_PLACING, 1, NO_STATE, 1, ATTEMPTSTATE_REFUSED, 0, ORDERSTATE_PLACING, 0},
    {NULL, ORDERSTATE_PLACING, 1, NO_STATE, 0, 0, 0, ORDERSTATE_PLACING, 1},
    /* what was accepted stays so, however the order ends */
    {NULL, ORDERSTATE_PENDING, 1, ORDERSTATE_CANCELED, 0, 0, 0, ORDERSTATE_CANCELED, 1},
    {NULL, ORDERSTATE_DOUBT, 1, ORDERSTATE_CANCELED, 1, ATTEMPTSTATE_REFUSED, 0,
     ORDERSTATE_CANCELED, 0},
    /* moves */
    {"only an order whose attempt its panel has ended goes on", ORDERSTATE_PENDING, 1,
     ORDERSTATE_PLACING, 0, 0, 0, 0, 0},
    {"only an order whose attempt its panel has ended goes on", ORDERSTATE_PENDING, 1,
     ORDERSTATE_PLACING, 1, ATTEMPTSTATE_REFUSED, 0, 0, 0},
    {"only the accepted attempt of an order under way is ended by its panel", ORDERSTATE_PENDING, 1,
     ORDERSTATE_PLACING, 1, ATTEMPTSTATE_CANCELED, 0, 0, 0},
    {"only the accepted attempt of an order under way is ended by its panel", ORDERSTATE_PLACING, 1,
     ORDERSTATE_PLACING, 1, ATTEMPTSTATE_CANCELED, 0, 0, 0},
    /* a queued order is placed with its first attempt */
    {"a queued order is placed with its first attempt", ORDERSTATE_QUEUED, 0, ORDERSTATE_PLACING, 0,
     0, 0, 0, 0},
    {"an attempt for an order that is not being placed", ORDERSTATE_QUEUED, 0, NO_STATE, 0, 0, 1, 0,
     0},
    {NULL, ORDERSTATE_QUEUED, 0, ORDERSTATE_PLACING, 0, 0, 1, ORDERSTATE_PLACING, 1},
    {NULL, ORDERSTATE_QUEUED, 0, ORDERSTATE_CANCELED, 0, 0, 0, ORDERSTATE_CANCELED, 0},
    {"a move that is not allowed", ORDERSTATE_QUEUED, 0, ORDERSTATE_PENDING, 0, 0, 0, 0, 0},
    {"a move that is not allowed", ORDERSTATE_DOUBT, 1, ORDERSTATE_REFUSED, 0, 0, 0, 0, 0},
    {"the order is settled", ORDERSTATE_COMPLETED, 1, ORDERSTATE_PENDING, 0, 0, 0, 0, 0},
    {NULL, ORDERSTATE_PENDING, 1, NO_STATE, 0, 0, 0, ORDERSTATE_PENDING, 1},
};

/* An order as a backend loads it; of an attempt that is not being sent, its row as well. */
static struct plan_order *standing(struct plan *plan, enum orderstate state, uint32_t live_attempt)
{
    struct plan_order *order = plan_find_order(plan, 1);
    order->is_loaded = order->is_there = true;
    order->row.course.state = state;
    order->live_attempt = order->last_attempt = live_attempt;
    if (live_attempt && state != ORDERSTATE_PLACING)
        plan_add_attempt(
            plan, order,
            &(struct ledger_attempt){.number = live_attempt, .state = ATTEMPTSTATE_DOUBT});
    if (live_attempt > 1)
        plan_add_attempt(
            plan, order,
            &(struct ledger_attempt){.number = live_attempt - 1, .state = ATTEMPTSTATE_DOUBT});
    return order;
}

static void changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ledger_update update = {.has_course = cases[i].to != NO_STATE,
                                       .course.state = (enum orderstate)cases[i].to};
        struct ledger_attempt ended = {.number = cases[i].ended, .state = cases[i].ended_as};
        struct ledger_attempt started = {.number = cases[i].started};
        struct ledger_change change = {.order = 1,
                                       .update = cases[i].to == NO_STATE ? NULL : &update,
                                       .attempt_ended = cases[i].ended ? &ended : NULL,
                                       .attempt_started = cases[i].started ? &started : NULL};
        struct plan plan;
        plan_init(&plan);
        struct plan_order *order = standing(&plan, cases[i].state, cases[i].live_attempt);
        const char *why = plan_change(&plan, &change, 1).reason;
        if ((why == NULL) != (cases[i].message == NULL) ||
            (why && strcmp(why, cases[i].message) != 0))
            fail_msg("case %zu: %s", i, why ? why : "allowed");
        if (!why && (order->row.course.state != cases[i].state_after ||
                     order->live_attempt != cases[i].live_after))
            fail_msg("case %zu: %s, attempt %u", i, orderstate_name(order->row.course.state),
                     order->live_attempt);
        /* A refusal leaves no trace. */
        if (why && (order->is_changed || !STAILQ_EMPTY(&plan.events) ||
                    order->row.course.state != cases[i].state))
            fail_msg("case %zu: refused, and something has changed", i);
        plan_fini(&plan);
    }
}

static void new_orders(void **state)
{
    static const struct ledger_update update = {0};
    static const struct ledger_attempt attempt = {.number = 1};
    static const struct {
        const char *message;
        uint32_t number, id;
        int64_t paid, charge;
        enum orderstate state;
        bool has_update, has_start, has_end;
    } inserts[] = {
        {NULL, 1, 1, 0, 5, ORDERSTATE_PLACING, false, true, false},
        {NULL, INT32_MAX, INT32_MAX, 5, 5, ORDERSTATE_PENDING, false, false, false},
        {"no order number", 0, 0, 0, 0, ORDERSTATE_PLACING, false, false, false},
        {"no order number", 2147483648, 2147483648, 0, 0, ORDERSTATE_PLACING, false, false, false},
        {"no order number", 2, 1, 0, 0, ORDERSTATE_PLACING, false, false, false},
        {"a negative price", 1, 1, -1, 0, ORDERSTATE_PLACING, false, false, false},
        {"a negative price", 1, 1, 0, -1, ORDERSTATE_PLACING, false, false, false},
        {"a new order is written as it is to be", 1, 1, 0, 0, ORDERSTATE_PLACING, true, false,
         false},
        {"an attempt for an order that is not being placed", 1, 1, 0, 0, ORDERSTATE_PENDING, false,
         true, false},
        {"a new order has no attempt that ends", 1, 1, 0, 0, ORDERSTATE_PLACING, false, false,
         true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(inserts); i++) {
        struct ledger_order order = {.id = inserts[i].id,
                                     .course.paid = {inserts[i].paid},
                                     .charge = {inserts[i].charge},
                                     .course.state = inserts[i].state};
        struct ledger_change change = {.order = inserts[i].number,
                                       .insert = &order,
                                       .update = inserts[i].has_update ? &update : NULL,
                                       .attempt_started = inserts[i].has_start ? &attempt : NULL,
                                       .attempt_ended = inserts[i].has_end ? &attempt : NULL};
        struct plan plan;
        plan_init(&plan);
        const char *why = plan_change(&plan, &change, 1).reason;
        if ((why == NULL) != (inserts[i].message == NULL) ||
            (why && strcmp(why, inserts[i].message) != 0))
            fail_msg("new order %zu: %s", i, why ? why : "allowed");
        plan_fini(&plan);
    }
}

/* A client's cancel of an order that waits, and its turn: whoever comes first. */
static void only_while_queued(void **state)
{
    (void)state;
    for (unsigned from = 0; from < ORDERSTATE_COUNT; from++) {
        static const struct ledger_update update = {
            .has_course = true, .only_if_queued = true, .course.state = ORDERSTATE_CANCELED};
        struct ledger_change change = {.order = 1, .update = &update};
        struct plan plan;
        plan_init(&plan);
        struct plan_order *order = standing(&plan, (enum orderstate)from, 0);
        struct ledger_outcome outcome = plan_change(&plan, &change, 1);
        bool is_queued = from == ORDERSTATE_QUEUED;
        assert_int_equal(outcome.result, is_queued ? LEDGER_DONE : LEDGER_NOT_ALLOWED);
        assert_int_equal(outcome.from, is_queued ? 0 : from);
        assert_int_equal(order->row.course.state, is_queued ? ORDERSTATE_CANCELED : from);
        plan_fini(&plan);
    }
}

/* The order of three changes in one batch: a cancel that is or is not taken, before the move. */
static void a_cancel_keeps_its_order_where_it_is(void **state)
{
    static const struct {
        unsigned loaded; /* live cancels in the books */
        bool is_asked;   /* another one in the batch, */
        int ended_as;    /* and how it ended; NO_STATE: not yet */
        bool goes_on;
    } rows[] = {
        {0, false, NO_STATE, true},
        {1, false, NO_STATE, false},
        {0, true, NO_STATE, false},
        {0, true, ATTEMPTSTATE_ACCEPTED, false},
        {0, true, ATTEMPTSTATE_DOUBT, false},
        {0, true, ATTEMPTSTATE_REFUSED, true},
        {0, true, ATTEMPTSTATE_NOT_SENT, true},
        {1, true, ATTEMPTSTATE_REFUSED, false},
    };
    static const struct ledger_update back = {.has_course = true,
                                              .course.state = ORDERSTATE_PLACING};
    static const struct ledger_attempt ended = {.number = 1, .state = ATTEMPTSTATE_CANCELED};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct ledger_request cancel = {.kind = ORDER_REQUEST_CANCEL, .number = 7, .order = 1};
        struct ledger_change ask = {.order = 1, .order_request = &cancel};
        struct ledger_change move = {.order = 1, .attempt_ended = &ended, .update = &back};
        struct plan plan;
        plan_init(&plan);
        struct plan_order *order = standing(&plan, ORDERSTATE_PENDING, 1);
        SLIST_FIRST(&order->attempts)->row.state = ATTEMPTSTATE_ACCEPTED;
        plan_want_change(&plan, &move);
        struct plan_key *key = STAILQ_FIRST(&plan.keys);
        assert_int_equal(key->kind, PLAN_KEY_CANCELS);
        key->is_there = rows[i].loaded > 0;
        key->order = rows[i].loaded;
        if (rows[i].is_asked)
            assert_int_equal(plan_change(&plan, &ask, 1).result, LEDGER_DONE);
        cancel.state = (enum attemptstate)rows[i].ended_as;
        if (rows[i].ended_as != NO_STATE)
            assert_int_equal(plan_change(&plan, &ask, 2).result, LEDGER_DONE);
        const char *why = plan_change(&plan, &move, 3).reason;
        if ((why == NULL) != rows[i].goes_on ||
            (why && strcmp(why, "its client has asked for its cancel") != 0))
            fail_msg("row %zu: %s", i, why ? why : "allowed");
        plan_fini(&plan);
    }
}

/* One that was taken stays the order's: the next one in the same batch is a repeat. */
static void a_cancel_that_was_taken_is_not_sent_again(void **state)
{
    struct ledger_request first = {.kind = ORDER_REQUEST_CANCEL, .number = 7, .order = 1},
                          second = {.kind = ORDER_REQUEST_CANCEL, .number = 8, .order = 1};
    struct ledger_change ask = {.order = 1, .order_request = &first},
                         again = {.order = 1, .order_request = &second};
    struct plan plan;
    (void)state;
    plan_init(&plan);
    standing(&plan, ORDERSTATE_PENDING, 1);
    assert_int_equal(plan_change(&plan, &ask, 1).result, LEDGER_DONE);
    first.state = ATTEMPTSTATE_ACCEPTED;
    assert_int_equal(plan_change(&plan, &ask, 2).result, LEDGER_DONE);
    assert_int_equal(plan_change(&plan, &again, 3).result, LEDGER_DUPLICATE);
    plan_fini(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(changes), cmocka_unit_test(new_orders),
                                       cmocka_unit_test(only_while_queued),
                                       cmocka_unit_test(a_cancel_keeps_its_order_where_it_is),
                                       cmocka_unit_test(a_cancel_that_was_taken_is_not_sent_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
