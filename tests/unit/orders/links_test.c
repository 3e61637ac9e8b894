/* Links: kept, reserved, waited for; turns come in order, one at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "orders/links.h"

enum { HASH = 7, OTHER = -8 };

static int turns_told;

static void on_turn(void *arg)
{
    (void)arg;
    turns_told++;
}

static int set_up(void **state)
{
    turns_told = 0;
    *state = links_new();
    links_on_turn(*state, on_turn, NULL);
    return 0;
}

static int tear_down(void **state)
{
    links_free(*state);
    return 0;
}

static void expect_turn(struct links *links, uint32_t order)
{
    struct links_turn turn;
    if (order == 0) {
        assert_false(links_take_turn(links, &turn));
        return;
    }
    assert_true(links_take_turn(links, &turn));
    assert_int_equal(turn.order, order);
    assert_int_equal(turn.hash, HASH);
    assert_false(links_take_turn(links, &turn));
}

static void a_link_is_reserved_once(void **state)
{
    struct links *links = *state;
    assert_true(links_reserve(links, HASH));
    assert_false(links_reserve(links, HASH));
    assert_true(links_reserve(links, OTHER));
    links_keep(links, HASH); /* the order in the table */
    links_release(links, HASH);
    assert_false(links_reserve(links, HASH));
    links_release(links, HASH);
    assert_true(links_reserve(links, HASH));
    assert_true(links_reserve(links, 0) && links_reserve(links, 0));
    assert_int_equal(turns_told, 0);
}

static void turns_come_in_order_one_at_a_time(void **state)
{
    struct links *links = *state;
    assert_int_equal(links_reserve_or_queue(links, HASH, 1), LINKS_RESERVED);
    for (uint32_t order = 2; order <= 4; order++)
        assert_int_equal(links_reserve_or_queue(links, HASH, order), LINKS_QUEUED);
    for (uint32_t order = 4; order >= 2; order--)
        links_ready(links, HASH, order);
    assert_int_equal(links_waiting(links), 3);
    expect_turn(links, 0);
    for (uint32_t order = 2; order <= 4; order++) {
        links_release(links, HASH);
        assert_int_equal(turns_told, order - 1);
        expect_turn(links, order);
        assert_false(links_reserve(links, HASH)); /* it is that order's now */
    }
    links_release(links, HASH);
    expect_turn(links, 0);
    assert_int_equal(links_waiting(links), 0);
    assert_true(links_reserve(links, HASH));
}

/* Its turn waits until it is in the ledger, and nobody overtakes it. */
static void who_is_not_ready_keeps_its_place(void **state)
{
    struct links *links = *state;
    links_reserve(links, HASH);
    links_reserve_or_queue(links, HASH, 2);
    links_reserve_or_queue(links, HASH, 3);
    links_ready(links, HASH, 3);
    links_release(links, HASH);
    expect_turn(links, 0);
    assert_false(links_reserve(links, HASH));
    links_ready(links, HASH, 2);
    expect_turn(links, 2);
    links_release(links, HASH);
    expect_turn(links, 3);
}

static void who_leaves_makes_way(void **state)
{
    struct links *links = *state;
    links_reserve(links, HASH);
    for (uint32_t order = 2; order <= 4; order++)
        links_reserve_or_queue(links, HASH, order);
    links_ready(links, HASH, 3);
    links_ready(links, HASH, 4);
    links_leave(links, HASH, 4);
    links_release(links, HASH); /* 2 is first, and not ready */
    expect_turn(links, 0);
    links_leave(links, HASH, 2);
    expect_turn(links, 3);
    links_leave(links, HASH, 3); /* too late: its turn has come */
    links_leave(links, OTHER, 9);
    links_release(links, HASH);
    assert_true(links_reserve(links, HASH));
}

static void there_are_ceilings(void **state)
{
    struct links *links = *state;
    links_reserve(links, HASH);
    for (uint32_t i = 1; i <= LINKS_WAITING_PER_LINK_MAX; i++)
        assert_int_equal(links_reserve_or_queue(links, HASH, i), LINKS_QUEUED);
    assert_int_equal(links_reserve_or_queue(links, HASH, 5000), LINKS_FULL);
    links_leave(links, HASH, 5);
    assert_int_equal(links_reserve_or_queue(links, HASH, 5000), LINKS_QUEUED);
    uint32_t id = 10000;
    for (int64_t hash = 100; links_waiting(links) < LINKS_WAITING_MAX; hash++) {
        links_keep(links, hash);
        for (size_t i = 0; i < LINKS_WAITING_PER_LINK_MAX; i++)
            (void)links_reserve_or_queue(links, hash, id++);
    }
    assert_int_equal(links_waiting(links), LINKS_WAITING_MAX);
    links_keep(links, OTHER);
    assert_int_equal(links_reserve_or_queue(links, OTHER, 1), LINKS_FULL);
    assert_int_equal(links_reserve_or_queue(links, -9, 1), LINKS_RESERVED);
}

/* Whoever keeps the link may be loaded after those that wait for it. */
static void what_the_ledger_had_waits_for_the_start(void **state)
{
    struct links *links = *state;
    links_load(links, HASH, 3);
    links_load(links, HASH, 5);
    links_load(links, OTHER, 4);
    links_keep(links, OTHER);
    expect_turn(links, 0);
    links_start(links);
    assert_int_equal(turns_told, 1);
    expect_turn(links, 3);
    links_release(links, HASH);
    expect_turn(links, 5);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_link_is_reserved_once),
        CASE(turns_come_in_order_one_at_a_time),
        CASE(who_is_not_ready_keeps_its_place),
        CASE(who_leaves_makes_way),
        CASE(there_are_ceilings),
        CASE(what_the_ledger_had_waits_for_the_start),
    };
    return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
