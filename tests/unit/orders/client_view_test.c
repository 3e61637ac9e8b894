/* What a client sees of an order, state by state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "orders/client_view.h"

#define S(name) ORDERSTATE_##name
static const struct {
    enum orderstate state;
    const char *plain, *subscription;
    int64_t paid, remains; /* of an order of 100 pieces, 40 left, paying 60 */
    int64_t share;         /* of a run of a drip-feed, 40 of 100 left, its share 60 */
} views[] = {
    {S(PLACING), "Pending", "Active", 60, 40, 60},
    {S(DOUBT), "Pending", "Active", 60, 40, 60},
    {S(QUEUED), "Pending", "Active", 60, 40, 60},
    {S(PENDING), "Pending", "Active", 60, 40, 60},
    {S(PROCESSING), "Processing", "Paused", 60, 40, 60},
    {S(IN_PROGRESS), "In progress", "Active", 60, 40, 60},
    {S(COMPLETED), "Completed", "Completed", 60, 40, 60},
    {S(PARTIAL), "Partial", "Expired", 60, 40, 36},
    {S(CANCELED), "Canceled", "Canceled", 0, 100, 0},
    {S(REFUSED), "Canceled", "Canceled", 0, 100, 0},
};

static const char *word(enum orderstate state, enum ordertype type, uint32_t parent)
{
    return client_view_word(&(struct client_view_order){
        .course.state = state, .type = type, .parent = parent, .quantity = 100});
}

static void each_state_has_its_word_and_its_numbers(void **state)
{
    (void)state;
    assert_int_equal(COUNT_OF(views), ORDERSTATE_COUNT);
    for (size_t i = 0; i < COUNT_OF(views); i++) {
        enum orderstate s = views[i].state;
        assert_string_equal(word(s, ORDERTYPE_DEFAULT, 0), views[i].plain);
        assert_string_equal(word(s, ORDERTYPE_SUBSCRIPTIONS, 0), views[i].subscription);
        /* A child of a subscription is an order like any other. */
        assert_string_equal(word(s, ORDERTYPE_SUBSCRIPTIONS, 9), views[i].plain);
        struct client_view_order order = {.course = {.state = s, .remains = 40, .paid = {60}},
                                          .type = ORDERTYPE_DEFAULT,
                                          .quantity = 100,
                                          .charge = {60},
                                          .decimals = 8};
        struct order_course seen = client_view_course(&order);
        assert_int_equal(seen.paid.units, views[i].paid);
        assert_int_equal(seen.remains, views[i].remains);
        order.parent = 9;
        order.course.paid = MONEY_ZERO; /* booked with its parent */
        assert_int_equal(client_view_course(&order).paid.units, views[i].share);
    }
}

/* Whatever the next panel says of its part, the order does not fall back. */
static void an_order_that_moved_on_is_in_progress_until_it_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(views); i++) {
        struct client_view_order order = {
            .course.state = views[i].state, .type = ORDERTYPE_DEFAULT, .has_moved = true};
        assert_string_equal(client_view_word(&order),
                            orderstate_is_final(views[i].state) ? views[i].plain : "In progress");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_has_its_word_and_its_numbers),
        cmocka_unit_test(an_order_that_moved_on_is_in_progress_until_it_ends),
    };
    return cmocka_run_group_tests_name("client_view", tests, NULL, NULL);
}
