/* What every move of an order does to its client's account, as a table. */
#include "accounts/account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NONE ACCOUNT_KIND_COUNT

static const struct {
    enum account_phase from, to;
    int64_t due_before, held, due_after;
    enum account_kind kind; /* NONE: no movement */
    int64_t amount, held_by;
} cases[] = {
    /* a prepaid client's order: 100 are held at its intent */
    {ACCOUNT_OPEN, ACCOUNT_OPEN, 0, 100, 0, NONE, 0, 0},   /* being placed */
    {ACCOUNT_OPEN, ACCOUNT_OPEN, 0, 100, 100, NONE, 0, 0}, /* in doubt */
    {ACCOUNT_OPEN, ACCOUNT_OPEN, 100, 100, 0, NONE, 0, 0}, /* and back: next offer */
    {ACCOUNT_OPEN, ACCOUNT_TAKEN, 0, 100, 100, ACCOUNT_CAPTURE, -100, -100},
    {ACCOUNT_OPEN, ACCOUNT_TAKEN, 100, 100, 100, ACCOUNT_CAPTURE, -100, -100},
    {ACCOUNT_OPEN, ACCOUNT_ENDED, 0, 100, 0, ACCOUNT_RELEASE, 0, -100},   /* refused */
    {ACCOUNT_OPEN, ACCOUNT_ENDED, 100, 100, 0, ACCOUNT_RELEASE, 0, -100}, /* doubt: refund */
    {ACCOUNT_OPEN, ACCOUNT_ENDED, 0, 100, 100, ACCOUNT_CAPTURE, -100, -100},
    {ACCOUNT_OPEN, ACCOUNT_ENDED, 0, 100, 40, ACCOUNT_CAPTURE, -40, -100}, /* Partial */
    {ACCOUNT_OPEN, ACCOUNT_TAKEN, 0, 100, 130, ACCOUNT_CAPTURE, -130, -100},
    {ACCOUNT_TAKEN, ACCOUNT_TAKEN, 100, 0, 100, NONE, 0, 0},
    {ACCOUNT_TAKEN, ACCOUNT_ENDED, 100, 0, 100, NONE, 0, 0},           /* Completed */
    {ACCOUNT_TAKEN, ACCOUNT_ENDED, 100, 0, 0, ACCOUNT_REFUND, 100, 0}, /* Canceled */
    {ACCOUNT_TAKEN, ACCOUNT_ENDED, 100, 0, 37, ACCOUNT_REFUND, 63, 0}, /* Partial */
    {ACCOUNT_TAKEN, ACCOUNT_TAKEN, 100, 0, 90, ACCOUNT_REFUND, 10, 0},
    {ACCOUNT_ENDED, ACCOUNT_ENDED, 37, 0, 37, NONE, 0, 0},
    /* an unlimited client's: nothing is held, the account goes below zero */
    {ACCOUNT_OPEN, ACCOUNT_OPEN, 0, 0, 100, NONE, 0, 0},
    {ACCOUNT_OPEN, ACCOUNT_TAKEN, 0, 0, 100, ACCOUNT_CAPTURE, -100, 0},
    {ACCOUNT_OPEN, ACCOUNT_ENDED, 0, 0, 0, NONE, 0, 0},
    {ACCOUNT_TAKEN, ACCOUNT_ENDED, 100, 0, 0, ACCOUNT_REFUND, 100, 0},
};

static void moves(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct account_order before = {cases[i].from, {cases[i].due_before}, {cases[i].held}};
        const struct account_order after = {cases[i].to, {cases[i].due_after}, MONEY_ZERO};
        struct account_movement movement;
        assert_true(account_effects(&before, &after, &movement));
        bool is_none = account_movement_is_none(&movement);
        if (is_none != (cases[i].kind == NONE) || (!is_none && movement.kind != cases[i].kind) ||
            movement.amount.units != cases[i].amount || movement.held.units != cases[i].held_by)
            fail_msg("case %zu: %s of %ld, held %ld", i, account_kind_name(movement.kind),
                     (long)movement.amount.units, (long)movement.held.units);
    }
}

/* Subscriptions: what is held, what more is available, and what a charge takes of both. */
#define ALL INT64_MAX
static const struct {
    bool is_prepaid;
    int64_t paid, due, held, room, keep, again;
    int64_t booked;
    enum account_kind kind; /* NONE: no movement */
    int64_t amount, held_by;
} charges[] = {
    {true, 0, 0, 100, 0, ALL, 0, 0, NONE, 0, 0},
    /* from the hold first, then from what is available, and no further */
    {true, 0, 30, 100, 0, ALL, 0, 30, ACCOUNT_CAPTURE, -30, -30},
    {true, 0, 100, 100, 0, ALL, 0, 100, ACCOUNT_CAPTURE, -100, -100},
    {true, 0, 30, 20, 50, ALL, 0, 30, ACCOUNT_CAPTURE, -30, -20},
    {true, 0, 30, 20, 4, ALL, 0, 24, ACCOUNT_CAPTURE, -24, -20},
    {true, 10, 30, 0, 0, ALL, 0, 10, NONE, 0, 0},
    {true, 10, 30, 0, -5, ALL, 0, 10, NONE, 0, 0}, /* its limit was lowered */
    {true, 10, 30, 5, -5, ALL, 0, 15, ACCOUNT_CAPTURE, -5, -5},
    /* what falls goes back into the hold */
    {true, 30, 10, 70, 0, ALL, 0, 10, ACCOUNT_REFUND, 20, 20},
    {true, 30, 0, 0, -5, ALL, 0, 0, ACCOUNT_REFUND, 30, 30},
    {true, 30, 0, 0, 0, 12, 0, 0, ACCOUNT_REFUND, 30, 12},
    /* an end keeps what unfinished children may still cost, at most what is held */
    {true, 0, 0, 70, 0, 30, 0, 0, ACCOUNT_RELEASE, 0, -40},
    {true, 0, 0, 20, 50, 30, 0, 0, NONE, 0, 0},
    {true, 0, 0, 70, 0, 0, 0, 0, ACCOUNT_RELEASE, 0, -70},
    {true, 0, 25, 30, 0, 0, 0, 25, ACCOUNT_CAPTURE, -25, -30},
    /* without an end: what a child used is held again */
    {true, 0, 30, 30, 100, ALL, 30, 30, ACCOUNT_CAPTURE, -30, 0},
    {true, 0, 30, 30, 10, ALL, 30, 30, ACCOUNT_CAPTURE, -30, -20},
    {true, 0, 30, 30, 0, ALL, 30, 30, ACCOUNT_CAPTURE, -30, -30},
    {true, 0, 0, 0, 100, ALL, 30, 0, ACCOUNT_HOLD, 0, 30},
    {true, 0, 0, 10, 5, ALL, 30, 0, ACCOUNT_HOLD, 0, 5},
    {true, 0, 0, 0, 0, ALL, 30, 0, NONE, 0, 0},
    /* an unlimited client's; it may have been prepaid when its hold was taken */
    {false, 0, 30, 0, 0, ALL, 0, 30, ACCOUNT_CAPTURE, -30, 0},
    {false, 0, 30, 20, 0, ALL, 20, 30, ACCOUNT_CAPTURE, -30, -20},
    {false, 30, 10, 0, 0, ALL, 0, 10, ACCOUNT_REFUND, 20, 0},
    {false, 30, 10, 5, 0, 0, 0, 10, ACCOUNT_REFUND, 20, -5},
};

static void charges_are_covered_or_not_booked(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(charges); i++) {
        const struct account_charge charge = {.paid = {charges[i].paid},
                                              .due = {charges[i].due},
                                              .held = {charges[i].held},
                                              .keep = {charges[i].keep},
                                              .hold_again = {charges[i].again},
                                              .is_bounded = charges[i].is_prepaid,
                                              .room = {charges[i].room}};
        struct account_movement movement;
        struct money booked;
        assert_true(account_charge(&charge, &movement, &booked));
        bool is_none = account_movement_is_none(&movement);
        if (is_none != (charges[i].kind == NONE) ||
            (!is_none && movement.kind != charges[i].kind) ||
            movement.amount.units != charges[i].amount ||
            movement.held.units != charges[i].held_by || booked.units != charges[i].booked)
            fail_msg("case %zu: %s of %ld, held %ld, booked %ld", i,
                     account_kind_name(movement.kind), (long)movement.amount.units,
                     (long)movement.held.units, (long)booked.units);
    }
}

static void sums_are_checked(void **state)
{
    struct account account = {.balance = {INT64_MIN + 5}, .held = {3}};
    struct account_movement movement = {.amount = {-9}, .held = {1}};
    (void)state;
    assert_false(account_move(&account, &movement));
    assert_int_equal(account.held.units, 3); /* neither has changed */
    const struct account_order before = {ACCOUNT_TAKEN, {INT64_MIN}, MONEY_ZERO};
    const struct account_order after = {ACCOUNT_TAKEN, {5}, MONEY_ZERO};
    assert_false(account_effects(&before, &after, &movement));
    struct money booked;
    assert_false(
        account_charge(&(struct account_charge){.paid = {INT64_MIN}, .due = {5}, .keep = {ALL}},
                       &movement, &booked));
    const struct account_limits prepaid = {.is_prepaid = true};
    assert_non_null(account_refuse(&account, &prepaid, (struct money){1}, (struct money){1}, 0));
}

static void funds_and_limits(void **state)
{
    static const struct {
        bool is_allowed, is_prepaid;
        int64_t balance, held, credit, daily, charged, day, charge;
    } covers[] = {
        {true, true, 100, 0, 0, 0, 0, 0, 100},    {false, true, 100, 0, 0, 0, 0, 0, 101},
        {false, true, 100, 1, 0, 0, 0, 0, 100},   {true, true, 100, 60, 0, 0, 0, 0, 40},
        {true, true, 0, 0, 50, 0, 0, 0, 50},      {false, true, 0, 0, 50, 0, 0, 0, 51},
        {true, true, -50, 0, 50, 0, 0, 0, 0},     {true, false, -500, 0, 0, 0, 0, 0, 100},
        {true, false, 0, 0, 0, 100, 60, 7, 40},   {false, false, 0, 0, 0, 100, 60, 7, 41},
        {true, false, 0, 0, 0, 100, 100, 6, 100}, {false, true, 50, 0, 0, 100, 60, 7, 41},
        {true, true, 0, 0, 0, 0, 0, 0, 0},        {false, true, -1, 0, 0, 0, 0, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(covers); i++) {
        const struct account account = {.balance = {covers[i].balance},
                                        .held = {covers[i].held},
                                        .day = covers[i].day,
                                        .charged = {covers[i].charged}};
        const struct account_limits limits = {
            covers[i].is_prepaid, {covers[i].credit}, {covers[i].daily}};
        const struct money charge = {covers[i].charge};
        const char *why = account_refuse(&account, &limits, charge, charge, 7);
        if ((why == NULL) != covers[i].is_allowed)
            fail_msg("case %zu: %s", i, why ? why : "allowed");
    }
}

static void a_day_ends(void **state)
{
    struct account account = {.day = 5, .charged = {70}};
    (void)state;
    assert_true(account_charge_day(&account, (struct money){30}, 6));
    assert_int_equal(account.charged.units, 30);
    assert_int_equal(account.day, 6);
    assert_true(account_charge_day(&account, (struct money){-50}, 6));
    assert_int_equal(account.charged.units, 0);
}

static void sums_of_many(void **state)
{
    static const struct account accounts[] = {
        {.balance = {100}, .held = {30}},
        {.balance = {-40}},
        {.balance = {20}, .held = {50}}, /* within its credit limit: neither available nor owed */
        {.balance = {0}},
        {.balance = {INT64_MAX}}, /* beyond the range: left out */
        {.balance = {INT64_MIN}, .held = {1}},
    };
    struct account_sums sums = {0};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(accounts); i++)
        assert_int_equal(account_sums_add(&sums, &accounts[i]), i < 4);
    assert_int_equal(sums.held.units, 81);
    assert_int_equal(sums.available.units, 70);
    assert_int_equal(sums.owed.units, 40);
    const struct account better = {.balance = {5}};
    assert_true(account_sums_move(&sums, &accounts[1], &better));
    assert_int_equal(sums.available.units, 75);
    assert_int_equal(sums.owed.units, 0);
    assert_false(account_sums_move(&sums, &better, &accounts[4]));
}

static void kinds_have_names(void **state)
{
    enum account_kind found;
    (void)state;
    for (unsigned i = 0; i < ACCOUNT_KIND_COUNT; i++) {
        assert_true(account_kind_find(str_of(account_kind_name((enum account_kind)i)), &found));
        assert_int_equal(found, i);
    }
    assert_false(account_kind_find(STR("gift"), &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moves),
        cmocka_unit_test(charges_are_covered_or_not_booked),
        cmocka_unit_test(sums_are_checked),
        cmocka_unit_test(funds_and_limits),
        cmocka_unit_test(a_day_ends),
        cmocka_unit_test(sums_of_many),
        cmocka_unit_test(kinds_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
