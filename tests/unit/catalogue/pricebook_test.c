/* Which prices are believed: one story of lists a case. */
#include "world.h"

#include "catalogue/pricebook.h"

#define HOUR INT64_C(3600000)

struct step {
    const char *rate; /* "?": cannot be read */
    int64_t at_ms;
    enum price_verdict verdict;
};
enum { STEPS = 7 };
struct story {
    const char *name;
    const char *jump, *exchange;
    struct step steps[STEPS]; /* up to a NULL rate */
    const char *accepted;     /* at the end; NULL: none */
    bool is_quarantined;
};

static const struct story stories[] = {
    {"first sight is believed", "0.5", "1", {{"0.9", 0, PRICE_ACCEPTED}}, "0.9", false},
    {"the same again",
     "0.5",
     "1",
     {{"0.9", 0, PRICE_ACCEPTED}, {"0.9", 1, PRICE_SAME}},
     "0.9",
     false},
    {"small moves add up",
     "0.5",
     "1",
     {{"1", 0, PRICE_ACCEPTED}, {"1.5", 1, PRICE_ACCEPTED}, {"2.2", 2, PRICE_ACCEPTED}},
     "2.2",
     false},
    {"half down is not more than half",
     "0.5",
     "1",
     {{"1", 0, PRICE_ACCEPTED}, {"0.5", 1, PRICE_ACCEPTED}},
     "0.5",
     false},
    {"a hair more up is",
     "0.5",
     "1",
     {{"1", 0, PRICE_ACCEPTED}, {"1.50000001", 1, PRICE_QUARANTINED}},
     "1",
     true},
    {"a hair more down is",
     "0.5",
     "1",
     {{"1", 0, PRICE_ACCEPTED}, {"0.49999999", 1, PRICE_QUARANTINED}},
     "1",
     true},
    {"back to the accepted one",
     "0.5",
     "1",
     {{"1", 0, PRICE_ACCEPTED}, {"9", 1, PRICE_QUARANTINED}, {"1", 2, PRICE_ACCEPTED}},
     "1",
     false},
    {"unreadable ends with the same price",
     "0.5",
     "1",
     {{"1", 0, PRICE_ACCEPTED},
      {"?", 1, PRICE_QUARANTINED},
      {"?", 2, PRICE_WAITING},
      {"1", 3, PRICE_ACCEPTED}},
     "1",
     false},
    {"unreadable ends with a price near it",
     "0.5",
     "1",
     {{"1", 0, PRICE_ACCEPTED}, {"?", 1, PRICE_QUARANTINED}, {"1.4", 2, PRICE_ACCEPTED}},
     "1.4",
     false},
    {"unreadable never ends by agreement",
     "0.5",
     "1",
     {{"1", 0, PRICE_ACCEPTED},
      {"?", 1, PRICE_QUARANTINED},
      {"?", HOUR, PRICE_WAITING},
      {"?", 2 * HOUR, PRICE_WAITING},
      {"?", 3 * HOUR, PRICE_WAITING}},
     "1",
     true},
    {"unreadable breaks a row of lists that agree",
     "0.5",
     "1",
     {{"1", 0, PRICE_ACCEPTED},
      {"3", 1, PRICE_QUARANTINED},
      {"3", 1 + HOUR, PRICE_WAITING},
      {"?", 2 + HOUR, PRICE_QUARANTINED},
      {"3", 3 + HOUR, PRICE_QUARANTINED},
      {"3", 4 + HOUR, PRICE_WAITING},
      {"3", 3 + 2 * HOUR, PRICE_AGREED}},
     "3",
     false},
    {"0 breaks it too",
     "0.5",
     "1",
     {{"1", 0, PRICE_ACCEPTED},
      {"3", 1, PRICE_QUARANTINED},
      {"3", 1 + HOUR, PRICE_WAITING},
      {"0", 2 + HOUR, PRICE_QUARANTINED},
      {"3", 3 + HOUR, PRICE_QUARANTINED},
      {"3", 4 + HOUR, PRICE_WAITING}},
     "1",
     true},
    {"so does a mark",
     "0.5",
     "1",
     {{"1", 0, PRICE_ACCEPTED},
      {"3", 1, PRICE_QUARANTINED},
      {"3", 1 + HOUR, PRICE_WAITING},
      {"99999999", 2 + HOUR, PRICE_QUARANTINED},
      {"3", 3 + HOUR, PRICE_QUARANTINED},
      {"3", 4 + HOUR, PRICE_WAITING}},
     "1",
     true},
    {"unreadable at first sight",
     "0.5",
     "1",
     {{"?", 0, PRICE_QUARANTINED}, {"1", 1, PRICE_ACCEPTED}},
     "1",
     false},
    {"back near it",
     "0.5",
     "1",
     {{"1", 0, PRICE_ACCEPTED}, {"9", 1, PRICE_QUARANTINED}, {"1.2", 2, PRICE_ACCEPTED}},
     "1.2",
     false},
    {"three lists over an hour agree",
     "0.5",
     "1",
     {{"1", 0, PRICE_ACCEPTED},
      {"9", 5, PRICE_QUARANTINED},
      {"9", 6, PRICE_WAITING},
      {"9", 5 + HOUR, PRICE_AGREED},
      {"9", 6 + HOUR, PRICE_SAME}},
     "9",
     false},
    {"two over an hour do not",
     "0.5",
     "1",
     {{"1", 0, PRICE_ACCEPTED},
      {"9", 5, PRICE_QUARANTINED},
      {"9", 5 + HOUR, PRICE_WAITING},
      {"9", 6 + HOUR, PRICE_AGREED}},
     "9",
     false},
    {"many within an hour do not",
     "0.5",
     "1",
     {{"1", 0, PRICE_ACCEPTED},
      {"9", 5, PRICE_QUARANTINED},
      {"9", 6, PRICE_WAITING},
      {"9", 7, PRICE_WAITING},
      {"9", 4 + HOUR, PRICE_WAITING}},
     "1",
     true},
    {"another price starts again",
     "0.5",
     "1",
     {{"1", 0, PRICE_ACCEPTED},
      {"9", 5, PRICE_QUARANTINED},
      {"9", 6, PRICE_WAITING},
      {"8", 5 + HOUR, PRICE_QUARANTINED},
      {"8", 6 + HOUR, PRICE_WAITING}},
     "1",
     true},
    {"a clock set back starts again",
     "0.5",
     "1",
     {{"1", 0, PRICE_ACCEPTED},
      {"9", 5 * HOUR, PRICE_QUARANTINED},
      {"9", HOUR, PRICE_WAITING},
      {"9", HOUR + 1, PRICE_WAITING},
      {"9", 2 * HOUR - 1, PRICE_WAITING},
      {"9", 2 * HOUR, PRICE_AGREED}},
     "9",
     false},
    {"zero at first sight", "0.5", "1", {{"0", 0, PRICE_QUARANTINED}}, NULL, true},
    {"zero never agrees",
     "0.5",
     "1",
     {{"0", 0, PRICE_QUARANTINED}, {"0", HOUR, PRICE_WAITING}, {"0", 2 * HOUR, PRICE_WAITING}},
     NULL,
     true},
    {"a normal one after zero is first sight",
     "0.5",
     "1",
     {{"0", 0, PRICE_QUARANTINED}, {"3", 1, PRICE_ACCEPTED}},
     "3",
     false},
    {"zero later, within any jump",
     "5",
     "1",
     {{"1", 0, PRICE_ACCEPTED}, {"0", 1, PRICE_QUARANTINED}},
     "1",
     true},
    {"a switched-off mark",
     "0.5",
     "1",
     {{"1", 0, PRICE_ACCEPTED},
      {"99999999", 1, PRICE_QUARANTINED},
      {"99999999", HOUR, PRICE_WAITING},
      {"99999999", 2 * HOUR, PRICE_WAITING},
      {"1.1", 3 * HOUR, PRICE_ACCEPTED}},
     "1.1",
     false},
    {"a mark in a small currency",
     "0.5",
     "0.00002",
     {{"99999999", 0, PRICE_QUARANTINED}},
     NULL,
     true},
    {"absurd in ours", "0.5", "1", {{"1000000.1", 0, PRICE_QUARANTINED}}, NULL, true},
    {"dear in a small currency only",
     "0.5",
     "0.00002",
     {{"2000000", 0, PRICE_ACCEPTED}},
     "2000000",
     false},
    {"dear in ours only", "0.5", "25000", {{"100", 0, PRICE_ACCEPTED}}, "100", false},
    {"a limit of nothing",
     "0",
     "1",
     {{"1", 0, PRICE_ACCEPTED}, {"1.1", 1, PRICE_QUARANTINED}},
     "1",
     true},
};

static void test_stories(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(stories); i++) {
        const struct story *story = &stories[i];
        struct price_rules rules = {percent_of(story->jump), factor_of(story->exchange)};
        struct price_state price = {0};
        for (size_t s = 0; s < STEPS && story->steps[s].rate; s++) {
            const struct step *step = &story->steps[s];
            enum price_verdict verdict =
                strcmp(step->rate, "?") == 0
                    ? pricebook_judge_unreadable(&price, step->at_ms)
                    : pricebook_judge(&price, money_of(step->rate), &rules, step->at_ms);
            if (verdict != step->verdict)
                fail_msg("%s, step %zu: %d instead of %d", story->name, s, verdict, step->verdict);
        }
        if (price.is_quarantined != story->is_quarantined ||
            price.has_accepted != (story->accepted != NULL) ||
            (story->accepted && price.accepted.units != money_of(story->accepted).units))
            fail_msg("%s: ends with %lld, %d", story->name, (long long)price.accepted.units,
                     price.is_quarantined);
    }
}

static void test_nothing_to_accept(void **state)
{
    struct price_rules rules = {percent_of("0.5"), factor_of("1")};
    struct price_state price = {0};
    (void)state;
    pricebook_judge(&price, money_of("1"), &rules, 1);
    pricebook_judge(&price, money_of("9"), &rules, 5);
    pricebook_judge_unreadable(&price, 7);
    assert_false(pricebook_accept(&price));
    assert_true(price.is_quarantined);
    assert_int_equal(price.accepted.units, money_of("1").units);
    assert_int_equal(price.held_since_ms, 5); /* when it began, whatever came since */
    pricebook_judge(&price, money_of("9"), &rules, 8);
    assert_int_equal(price.held_since_ms, 5);
    assert_true(pricebook_accept(&price));
    assert_int_equal(price.held_since_ms, 0);
}

static void test_accept(void **state)
{
    struct price_rules rules = {percent_of("0.5"), factor_of("1")};
    struct price_state price = {0};
    (void)state;
    pricebook_judge(&price, money_of("1"), &rules, 0);
    assert_false(pricebook_accept(&price));
    pricebook_judge(&price, money_of("9"), &rules, 1);
    assert_true(pricebook_accept(&price));
    assert_false(price.is_quarantined);
    assert_int_equal(price.accepted.units, money_of("9").units);
    assert_int_equal(pricebook_judge(&price, money_of("9"), &rules, 2), PRICE_SAME);
    /* What an operator accepted is believed even when it is absurd. */
    pricebook_judge(&price, money_of("0"), &rules, 3);
    assert_true(pricebook_accept(&price));
    assert_int_equal(pricebook_judge(&price, money_of("0"), &rules, 4), PRICE_SAME);
}

static void test_what_may_be_accepted(void **state)
{
    static const struct {
        const char *accepted; /* NULL: never seen before */
        const char *listed;   /* "?": unreadable */
        const char *shown;    /* NULL: not */
        bool takes_zero;
        enum price_held why;
        enum price_accept verdict;
    } cases[] = {
        {"1", "1.2", NULL, true, PRICE_HELD_NOT, PRICE_ACCEPT_NOT_HELD},
        {"1", "9", NULL, false, PRICE_HELD_JUMP, PRICE_ACCEPT_GOOD},
        {"1", "9", "9", false, PRICE_HELD_JUMP, PRICE_ACCEPT_GOOD},
        {"1", "9", "9.00000001", false, PRICE_HELD_JUMP, PRICE_ACCEPT_MOVED},
        {"1", "9", "1", true, PRICE_HELD_JUMP, PRICE_ACCEPT_MOVED},
        {"1", "0", NULL, false, PRICE_HELD_ZERO, PRICE_ACCEPT_ZERO},
        {"1", "0", "0", false, PRICE_HELD_ZERO, PRICE_ACCEPT_ZERO},
        {"1", "0", "0", true, PRICE_HELD_ZERO, PRICE_ACCEPT_GOOD},
        {"1", "0", "9", true, PRICE_HELD_ZERO, PRICE_ACCEPT_MOVED},
        {NULL, "0", NULL, true, PRICE_HELD_ZERO, PRICE_ACCEPT_GOOD},
        {"1", "-1", NULL, false, PRICE_HELD_ZERO, PRICE_ACCEPT_ZERO},
        {"1", "99999999", NULL, false, PRICE_HELD_ABSURD, PRICE_ACCEPT_GOOD},
        {NULL, "99999999", NULL, false, PRICE_HELD_ABSURD, PRICE_ACCEPT_GOOD},
        {"1", "?", NULL, true, PRICE_HELD_UNREADABLE, PRICE_ACCEPT_UNREADABLE},
        {"1", "?", "0", true, PRICE_HELD_UNREADABLE, PRICE_ACCEPT_UNREADABLE},
    };
    struct price_rules rules = {percent_of("0.5"), factor_of("1")};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct price_state price = {0};
        struct money shown = cases[i].shown ? money_of(cases[i].shown) : MONEY_ZERO;
        if (cases[i].accepted)
            pricebook_judge(&price, money_of(cases[i].accepted), &rules, 0);
        if (strcmp(cases[i].listed, "?") == 0)
            pricebook_judge_unreadable(&price, 1);
        else
            pricebook_judge(&price, money_of(cases[i].listed), &rules, 1);
        enum price_accept verdict =
            pricebook_may_accept(&price, cases[i].shown ? &shown : NULL, cases[i].takes_zero);
        if (pricebook_why(&price, rules.exchange) != cases[i].why || verdict != cases[i].verdict)
            fail_msg("case %zu: why %s, verdict %d", i,
                     pricebook_why_name(pricebook_why(&price, rules.exchange)), verdict);
    }
}

/* Only what is in quarantine counts, from 0 on, through other prices that are not believed either.
 */
static void test_how_long_it_is_held(void **state)
{
    static const struct price_rules rules = {{PERCENT_WHOLE / 2}, {FACTOR_ONE}};
    struct pricebook book = {0};
    struct price_state *good = pricebook_need(&book, STR("1"));
    struct price_state *held = pricebook_need(&book, STR("2"));
    struct money one = {MONEY_ONE}, nine = {9 * MONEY_ONE};
    (void)state;
    pricebook_judge(good, one, &rules, 1000);
    pricebook_judge(held, one, &rules, 1000);
    pricebook_count(&book, 500);
    assert_int_equal(pricebook_judge(held, nine, &rules, 2000), PRICE_QUARANTINED);
    assert_int_equal(held->held_ran_ms, 0);
    pricebook_count(&book, 70);
    pricebook_judge_unreadable(held, 3000);
    pricebook_count(&book, 7);
    pricebook_count(&book, -100); /* no clock goes back here, and none would count */
    assert_int_equal(held->held_ran_ms, 77);
    assert_int_equal(good->held_ran_ms, 0);
    assert_int_equal(pricebook_judge(held, one, &rules, 4000), PRICE_ACCEPTED);
    assert_int_equal(held->held_ran_ms, 0);
    pricebook_fini(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stories), cmocka_unit_test(test_nothing_to_accept),
        cmocka_unit_test(test_accept), cmocka_unit_test(test_what_may_be_accepted),
        cmocka_unit_test(test_how_long_it_is_held)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
