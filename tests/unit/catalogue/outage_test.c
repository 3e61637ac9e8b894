/* How long a provider has taken no orders: over restarts, without the time between them, until what
 * it was is seen to be over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "catalogue/outage.h"

enum fact {
    GOOD = 0,
    STOPPED = 1,
    KEY = 2,
    CURRENCY = 4,
    FUNDS = 8,
    SILENT = 16,
    ANSWERED = 32,
    PROVEN = 64,
    BALANCE = 128, /* of 5 */
};

static struct outage_facts facts_of(unsigned facts)
{
    return (struct outage_facts){.is_stopped = facts & STOPPED,
                                 .is_key_parked = facts & KEY,
                                 .is_currency_wrong = facts & CURRENCY,
                                 .is_out_of_funds = facts & FUNDS,
                                 .is_silent = facts & SILENT,
                                 .has_answered = facts & ANSWERED,
                                 .is_proven = facts & PROVEN,
                                 .has_balance = facts & BALANCE,
                                 .balance = {facts & BALANCE ? 5 * MONEY_ONE : 0}};
}

static void test_one_run(void **state)
{
    static const struct {
        const char *what;
        struct {
            int64_t at_s;
            unsigned facts;
        } notes[5];
        enum outage_why why;
        int64_t ran_s;
    } cases[] = {
        {"it takes orders", {{1, GOOD}, {9, ANSWERED}}, OUTAGE_NONE, 0},
        {"since it was first seen", {{1, GOOD}, {5, FUNDS}, {9, FUNDS}}, OUTAGE_FUNDS, 4},
        {"another reason goes on", {{5, STOPPED}, {9, KEY}, {12, SILENT}}, OUTAGE_SILENT, 7},
        {"an end begins anew", {{5, KEY}, {9, GOOD}, {12, KEY}, {13, KEY}}, OUTAGE_KEY, 1},
        {"over at once in the run that saw it", {{5, FUNDS}, {9, GOOD}}, OUTAGE_NONE, 0},
        {"the operator's first",
         {{5, STOPPED | KEY | FUNDS}, {6, STOPPED | SILENT}},
         OUTAGE_OPERATOR,
         1},
        {"a currency", {{5, CURRENCY | FUNDS}, {8, CURRENCY}}, OUTAGE_CURRENCY, 3},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct outage outage = {0};
        enum outage_why before = OUTAGE_NONE;
        for (size_t k = 0; k < COUNT_OF(cases[i].notes) && cases[i].notes[k].at_s; k++) {
            struct outage_facts facts = facts_of(cases[i].notes[k].facts);
            bool is_news = outage_note(&outage, &facts, cases[i].notes[k].at_s * 1000);
            if (is_news != (outage.why != before))
                fail_msg("%s: note %zu is %snews", cases[i].what, k, is_news ? "" : "no ");
            before = outage.why;
        }
        if (outage.why != cases[i].why || outage.ran_ms != cases[i].ran_s * 1000)
            fail_msg("%s: %s for %lld ms", cases[i].what, outage_why_name(outage.why),
                     (long long)outage.ran_ms);
    }
}

/* Kept after 10 s, with a balance of 5 or none; the next run begins a day later by its own clock.
 */
static void test_kept(void **state)
{
    static const struct {
        const char *what;
        const char *why, *balance;
        unsigned facts; /* of the next run, at once and 4 s later */
        enum outage_why now;
        int64_t ran_s;
    } cases[] = {
        {"no word yet: it goes on", "key", NULL, GOOD, OUTAGE_KEY, 14},
        {"the key is answered", "key", NULL, ANSWERED, OUTAGE_NONE, 0},
        {"the key is refused again", "key", NULL, KEY, OUTAGE_KEY, 14},
        {"still silent", "silent", NULL, GOOD, OUTAGE_SILENT, 14},
        {"not silent any more", "silent", NULL, ANSWERED, OUTAGE_NONE, 0},
        {"silent, and seen", "silent", NULL, SILENT, OUTAGE_SILENT, 14},
        {"a list tells no currency", "currency", NULL, ANSWERED, OUTAGE_CURRENCY, 14},
        {"a balance does", "currency", NULL, ANSWERED | BALANCE, OUTAGE_NONE, 0},
        {"the same balance", "funds", "5", ANSWERED | BALANCE, OUTAGE_FUNDS, 14},
        {"a lower one", "funds", "6", ANSWERED | BALANCE, OUTAGE_FUNDS, 14},
        {"a higher one", "funds", "4.99", ANSWERED | BALANCE, OUTAGE_NONE, 0},
        {"above a debt", "funds", "-1", ANSWERED | BALANCE, OUTAGE_NONE, 0},
        {"any, where none was known", "funds", NULL, BALANCE, OUTAGE_NONE, 0},
        {"no balance: it goes on", "funds", NULL, ANSWERED, OUTAGE_FUNDS, 14},
        {"an order was accepted, or an operator says so", "funds", "5", PROVEN | BALANCE,
         OUTAGE_NONE, 0},
        {"paused before, not now", "operator", NULL, GOOD, OUTAGE_NONE, 0},
        {"paused still", "operator", NULL, STOPPED, OUTAGE_OPERATOR, 14},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct outage outage;
        struct money balance;
        struct outage_facts facts = facts_of(cases[i].facts);
        if (cases[i].balance)
            assert_true(money_parse(str_of(cases[i].balance), MONEY_EXACT, &balance));
        assert_true(outage_set_kept(&outage, str_of(cases[i].why), 10000,
                                    cases[i].balance ? &balance : NULL));
        outage_count(&outage, 86400000); /* a first look is no evidence */
        outage_note(&outage, &facts, 86400000);
        outage_note(&outage, &facts, 86404000);
        if (outage.why != cases[i].now || outage.ran_ms != cases[i].ran_s * 1000)
            fail_msg("%s: %s for %lld ms", cases[i].what, outage_why_name(outage.why),
                     (long long)outage.ran_ms);
    }
}

/* Once it was seen again it is this run's, and over when this run sees no more of it. */
static void test_kept_and_seen_again(void **state)
{
    struct outage outage;
    struct outage_facts funds = facts_of(FUNDS), good = facts_of(GOOD);
    (void)state;
    assert_true(outage_set_kept(&outage, STR("funds"), 10000, NULL));
    assert_false(outage_note(&outage, &good, 1000));
    assert_false(outage_note(&outage, &funds, 3000));
    assert_int_equal(outage.ran_ms, 12000);
    assert_true(outage_note(&outage, &good, 4000));
    assert_int_equal(outage.why, OUTAGE_NONE);
}

static void test_kept_text(void **state)
{
    struct outage outage;
    struct money debt = {-MONEY_ONE};
    struct buf out;
    (void)state;
    buf_init(&out, 256);
    assert_true(outage_set_kept(&outage, STR("funds"), 10000, &debt));
    outage_print(&outage, &out);
    assert_string_equal(out.ptr, "[\"funds\",10000,\"-1\"]");
    out.len = 0;
    assert_true(outage_set_kept(&outage, STR("silent"), 0, NULL));
    outage_print(&outage, &out);
    assert_string_equal(out.ptr, "[\"silent\",0,null]");
    assert_false(outage_set_kept(&outage, STR("none"), 10000, NULL));
    assert_false(outage_set_kept(&outage, STR("moon"), 10000, NULL));
    assert_false(outage_set_kept(&outage, STR("key"), -1, NULL));
    assert_false(outage_set_kept(&outage, STR("key"), INT64_MAX, NULL));
    assert_int_equal(outage.why, OUTAGE_NONE);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_run),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_kept_and_seen_again),
        cmocka_unit_test(test_kept_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
