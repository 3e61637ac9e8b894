/* The same questions asked of every backend of the ledger: what is allowed and refused, groups of
 * good and bad entries, the order of completions, reads, numbers, recovery. */
#include "contract/ledger_harness.h"

static const char *const schemes[] = {"sqlite"};

static int set_up(void **state)
{
    struct bench *bench = bench_new(*state);
    bench_start(bench);
    *state = bench;
    return 0;
}

/* Whatever a test did, the books are in order at its end. */
static int tear_down(void **state)
{
    struct bench *bench = *state;
    if (bench->ledger)
        bench_verify(bench);
    bench_free(bench);
    return 0;
}

/* ---- writing ---- */

static void add_is_kept_whole(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(bench_place(bench, 5), LEDGER_DONE);
    struct ledger_order order = bench_order(bench, 5), wanted = bench_new_order(5);
    assert_true(str_equal(order.client, wanted.client));
    assert_true(str_equal(order.fields, wanted.fields));
    assert_true(str_equal(order.currency, wanted.currency));
    assert_true(str_equal(order.request_id, wanted.request_id));
    assert_true(str_is(order.provider, "alpha") && str_is(order.upstream_service, "101"));
    assert_int_equal(order.service, 7);
    assert_int_equal(order.type, ORDERTYPE_DEFAULT);
    assert_int_equal(order.rate.units, wanted.rate.units);
    assert_int_equal(order.charge.units, wanted.charge.units);
    assert_int_equal(order.paid.units, 0);
    assert_int_equal(order.state, ORDERSTATE_PLACING);
    assert_false(order.is_number_given || order.has_start_count);
    assert_int_equal(order.remains, 1000);
    assert_int_equal(order.created_at_ms, 1700000000000);

    assert_int_equal(bench_accept(bench, 5, 1, "4711"), LEDGER_DONE);
    order = bench_order(bench, 5);
    assert_int_equal(order.state, ORDERSTATE_PENDING);
    assert_true(str_is(order.upstream_id, "4711") && str_is(order.provider, "alpha"));
    assert_true(order.is_number_given);
    assert_int_equal(order.paid.units, 120000000);
    assert_true(order.updated_at_ms > order.created_at_ms);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(add_is_kept_whole, set_up, tear_down),
};

int main(void)
{
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        struct CMUnitTest of_scheme[COUNT_OF(tests)];
        memcpy(of_scheme, tests, sizeof tests);
        for (size_t j = 0; j < COUNT_OF(tests); j++)
            of_scheme[j].initial_state = (void *)(uintptr_t)schemes[i];
        failed += _cmocka_run_group_tests(schemes[i], of_scheme, COUNT_OF(tests), NULL, NULL);
    }
    return failed;
}
