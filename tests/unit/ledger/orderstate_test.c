/* The moves, as the header's sentence has them, cell by cell. */
#include "ledger/orderstate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Rows from, columns to: placing doubt queued pending processing in_progress completed partial
 * canceled refused. */
static const char *const moves[ORDERSTATE_COUNT] = {
    "1101111111", /* placing */
    "1101111110", /* doubt */
    "1010000010", /* queued */
    "1001111110", /* pending */
    "1001111110", /* processing */
    "1001111110", /* in progress */
    "0000000000", "0000000000", "0000000000", "0000000000",
};

static void moves_are_as_written(void **state)
{
    (void)state;
    for (unsigned from = 0; from < ORDERSTATE_COUNT; from++)
        for (unsigned to = 0; to < ORDERSTATE_COUNT; to++)
            if (orderstate_may_move((enum orderstate)from, (enum orderstate)to) !=
                (moves[from][to] == '1'))
                fail_msg("%s -> %s should%s be allowed", orderstate_name((enum orderstate)from),
                         orderstate_name((enum orderstate)to),
                         moves[from][to] == '1' ? "" : " not");
}

static void messages_are_found_again(void **state)
{
    (void)state;
    enum orderstate found;
    for (unsigned i = 0; i < ORDERSTATE_COUNT; i++) {
        assert_true(orderstate_find(str_of(orderstate_name((enum orderstate)i)), &found));
        assert_int_equal(found, i);
    }
    assert_false(orderstate_find(STR("Placing"), &found));
    assert_false(orderstate_find(STR(""), &found));
    enum attemptstate attempt;
    for (unsigned i = 0; i < ATTEMPTSTATE_COUNT; i++) {
        assert_true(attemptstate_find(str_of(attemptstate_name((enum attemptstate)i)), &attempt));
        assert_int_equal(attempt, i);
    }
    assert_false(attemptstate_find(STR("sent"), &attempt));
}

static void clients_see_six_words(void **state)
{
    static const struct {
        enum orderstate state;
        enum orderstatus status;
        bool is_final;
    } cases[] = {
        {ORDERSTATE_PLACING, ORDERSTATUS_PENDING, false},
        {ORDERSTATE_DOUBT, ORDERSTATUS_PENDING, false},
        {ORDERSTATE_QUEUED, ORDERSTATUS_PENDING, false},
        {ORDERSTATE_PENDING, ORDERSTATUS_PENDING, false},
        {ORDERSTATE_PROCESSING, ORDERSTATUS_PROCESSING, false},
        {ORDERSTATE_IN_PROGRESS, ORDERSTATUS_IN_PROGRESS, false},
        {ORDERSTATE_COMPLETED, ORDERSTATUS_COMPLETED, true},
        {ORDERSTATE_PARTIAL, ORDERSTATUS_PARTIAL, true},
        {ORDERSTATE_CANCELED, ORDERSTATUS_CANCELED, true},
        {ORDERSTATE_REFUSED, ORDERSTATUS_CANCELED, true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(orderstate_status(cases[i].state), cases[i].status);
        assert_int_equal(orderstate_is_final(cases[i].state), cases[i].is_final);
    }
}

static void attempts_end_once(void **state)
{
    /* to: sending accepted not_sent refused doubt canceled partial */
    static const char *const allowed[ATTEMPTSTATE_COUNT] = {
        "0111100", "0000011", "0000000", "0000000", "0101000", "0000000", "0000000"};
    (void)state;
    for (unsigned from = 0; from < ATTEMPTSTATE_COUNT; from++)
        for (unsigned to = 0; to < ATTEMPTSTATE_COUNT; to++)
            assert_int_equal(attemptstate_may_move((enum attemptstate)from, (enum attemptstate)to),
                             allowed[from][to] == '1');
}

static void one_attempt_may_be_live(void **state)
{
    static const bool live[ATTEMPTSTATE_COUNT] = {
        [ATTEMPTSTATE_SENDING] = true, [ATTEMPTSTATE_ACCEPTED] = true, [ATTEMPTSTATE_DOUBT] = true};
    (void)state;
    for (unsigned i = 0; i < ATTEMPTSTATE_COUNT; i++) {
        assert_int_equal(attemptstate_is_live((enum attemptstate)i), live[i]);
        assert_int_equal(attemptstate_is_ended_by_panel((enum attemptstate)i),
                         i == ATTEMPTSTATE_CANCELED || i == ATTEMPTSTATE_PARTIAL);
    }
}

static void panels_have_those_under_way(void **state)
{
    static const bool under_way[ORDERSTATE_COUNT] = {[ORDERSTATE_PENDING] = true,
                                                     [ORDERSTATE_PROCESSING] = true,
                                                     [ORDERSTATE_IN_PROGRESS] = true};
    (void)state;
    for (unsigned i = 0; i < ORDERSTATE_COUNT; i++)
        assert_int_equal(orderstate_is_under_way((enum orderstate)i), under_way[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moves_are_as_written),    cmocka_unit_test(messages_are_found_again),
        cmocka_unit_test(clients_see_six_words),   cmocka_unit_test(attempts_end_once),
        cmocka_unit_test(one_attempt_may_be_live), cmocka_unit_test(panels_have_those_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
