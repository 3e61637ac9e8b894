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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(changes), cmocka_unit_test(new_orders)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
