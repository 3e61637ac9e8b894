/* Which of the children a panel names become orders of ours, and what they may cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "orders/children.h"

#define MONEY(units_) ((struct money){units_})
enum { MAX_IDS = 12 };

/* "a b c": ids. A verdict for each: K known, N new, R repeated, T taken, B beyond. */
static const struct {
    const char *reported;
    size_t max;
    const char *known, *taken;
    const char *verdicts;
} plans[] = {
    {"1 2 3", 10, "", "", "NNN"},
    {"1 2 3", 10, "1 2", "", "KKN"},
    {"1 1 1 1 1", 10, "", "", "NRRRR"}, /* five times in the first answer: one */
    {"1 2 1", 10, "1", "", "KNR"},
    {"1 2 3 4 5", 2, "", "", "NNBBB"}, /* more than posts */
    {"1 2 3 4 5", 2, "1", "", "KNBBB"},
    {"4 5", 2, "1 2", "", "BB"},
    {"1 2", 2, "1 2", "", "KK"},
    {"9", 10, "", "", "T"}, /* the parent itself */
    {"1 9 2", 10, "", "", "NTN"},
    {"1 5 2", 10, "", "5", "NTN"}, /* an order of ours, of this client or another */
    {"5 5", 10, "", "5", "TR"},
    {"5 1 2", 2, "", "5", "TNN"}, /* what is taken uses up no place */
    {"1 2", 0, "", "", "BB"},     /* neither runs nor posts */
    {"", 10, "", "", ""},
    {"b B", 10, "", "", "NN"},
    {"1 01", 10, "", "", "NN"}, /* ids are text */
};

static size_t split(const char *text, struct str *out)
{
    size_t count = 0;
    for (const char *at = text; *at; at += *at == ' ') {
        size_t len = strcspn(at, " ");
        out[count++] = str_make(at, len);
        at += len;
    }
    return count;
}

static void each_upstream_number_is_one_child_at_most(void **state)
{
    (void)state;
    static const char letters[] = {[CHILD_KNOWN] = 'K',
                                   [CHILD_NEW] = 'N',
                                   [CHILD_REPEATED] = 'R',
                                   [CHILD_TAKEN] = 'T',
                                   [CHILD_BEYOND] = 'B'};
    for (size_t i = 0; i < COUNT_OF(plans); i++) {
        struct str reported[MAX_IDS], known_ids[MAX_IDS], taken[MAX_IDS];
        struct children_known known[MAX_IDS];
        struct children_planned planned[MAX_IDS];
        char verdicts[MAX_IDS + 1] = "";
        size_t count = split(plans[i].reported, reported),
               known_count = split(plans[i].known, known_ids);
        for (size_t k = 0; k < known_count; k++)
            known[k] = (struct children_known){known_ids[k], (uint32_t)(100 + k)};
        children_plan(plans[i].max, STR("9"), reported, count, known, known_count, taken,
                      split(plans[i].taken, taken), planned);
        size_t place = known_count;
        for (size_t k = 0; k < count; k++) {
            verdicts[k] = letters[planned[k].verdict];
            assert_true(str_equal(planned[k].upstream_id, reported[k]));
            if (planned[k].verdict == CHILD_NEW)
                assert_int_equal(planned[k].place, place++);
            if (planned[k].verdict == CHILD_KNOWN)
                assert_true(planned[k].number >= 100);
        }
        if (strcmp(verdicts, plans[i].verdicts) != 0)
            fail_msg("row %zu: %s", i, verdicts);
    }
}

static struct children_terms subscription(const char *max, const char *posts, int64_t rate,
                                          unsigned decimals)
{
    struct fields fields = {0};
    fields.value[FIELD_MAX] = str_of(max);
    fields.value[FIELD_POSTS] = posts ? str_of(posts) : STR_NONE;
    return children_terms_of(&fields, ORDERTYPE_SUBSCRIPTIONS, 0, MONEY(rate), MONEY_ZERO,
                             decimals);
}

static void posts_and_runs_say_how_many(void **state)
{
    (void)state;
    assert_int_equal(subscription("20", "2", 1, 5).max, 2);
    assert_int_equal(subscription("20", NULL, 1, 5).max, CHILDREN_MAX);
    assert_int_equal(subscription("20", "0", 1, 5).max, CHILDREN_MAX);
    assert_int_equal(subscription("20", "5000", 1, 5).max, CHILDREN_MAX);
    struct fields fields = {0};
    assert_int_equal(children_terms_of(&fields, ORDERTYPE_DEFAULT, 100, MONEY(1), MONEY(1), 5).max,
                     0);
    fields.value[FIELD_RUNS] = STR("4");
    struct children_terms terms =
        children_terms_of(&fields, ORDERTYPE_DEFAULT, 400, MONEY(1), MONEY(1), 5);
    assert_int_equal(terms.max, 4);
    assert_int_equal(terms.quantity, 100);
}

/* However the shares are rounded, together they are what was quoted. */
static void shares_never_exceed_what_was_quoted(void **state)
{
    (void)state;
    const int64_t rates[] = {1, 333, 100000000, 150000000, 123456789, 99999};
    for (size_t r = 0; r < sizeof rates / sizeof *rates; r++) {
        for (unsigned decimals = 2; decimals <= 8; decimals++) {
            struct children_terms terms = subscription("7", "9", rates[r], decimals);
            struct money share, all, one, sum = MONEY_ZERO;
            struct children_terms single = subscription("7", "1", rates[r], decimals);
            assert_true(children_share_of_all(&terms, &all) &&
                        children_share_of_all(&single, &one));
            for (size_t place = 0; place < 9; place++) {
                assert_true(children_share(&terms, place, &share));
                assert_true(share.units >= 0 && share.units <= one.units);
                sum.units += share.units;
            }
            assert_true(sum.units == all.units);
        }
    }
    struct fields fields = {0};
    fields.value[FIELD_RUNS] = STR("3");
    struct children_terms drip =
        children_terms_of(&fields, ORDERTYPE_DEFAULT, 300, MONEY(1), MONEY(100000), 5);
    struct money share;
    const int64_t shares[] = {34000, 33000, 33000};
    for (size_t place = 0; place < 3; place++) {
        assert_true(children_share(&drip, place, &share));
        assert_true(share.units == shares[place]);
    }
    struct children_terms unlimited = subscription("", "2", 1, 5);
    assert_false(children_share(&unlimited, 0, &share));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_upstream_number_is_one_child_at_most),
        cmocka_unit_test(posts_and_runs_say_how_many),
        cmocka_unit_test(shares_never_exceed_what_was_quoted),
    };
    return cmocka_run_group_tests_name("children", tests, NULL, NULL);
}
