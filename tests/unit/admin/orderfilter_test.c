/* The words of a list's filters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "admin/orderfilter.h"

#define TEXT(text)                                                                                 \
    {                                                                                              \
        "" text, sizeof(text) - 1                                                                  \
    }
#define STATE(name) (1u << ORDERSTATE_##name)
#define ALL ((1u << ORDERSTATE_COUNT) - 1)

static void words_become_a_query(void **state)
{
    static const struct {
        struct orderfilter given;
        struct ledger_query wanted; /* states 0: all but refused */
    } cases[] = {
        {{.limit = TEXT("7")}, {.limit = 7}},
        {{.before = TEXT("12")}, {.before = 12}},
        {{.service = TEXT("3")}, {.service = 3}},
        {{.client = TEXT("shop"), .provider = TEXT("alpha")},
         {.client = TEXT("shop"), .provider = TEXT("alpha")}},
        {{.link = TEXT(" https://example.com/1\xE2\x80\x8B ")},
         {.link = TEXT("https://example.com/1")}},
        {{.upstream = TEXT("4711")}, {.text = TEXT("4711")}},
        {{.is_doubt = true}, {.states = STATE(DOUBT)}},
        {{.state = TEXT("pending")}, {.states = STATE(PENDING)}},
        {{.state = TEXT("In progress, in-doubt")}, {.states = STATE(IN_PROGRESS) | STATE(DOUBT)}},
        {{.state = TEXT("cancelled")}, {.states = STATE(CANCELED)}},
        {{.state = TEXT("refused")}, {.states = STATE(REFUSED)}},
        {{.state = TEXT("partial"), .has_refused = true},
         {.states = STATE(PARTIAL) | STATE(REFUSED)}},
        {{.since = TEXT("1970-01-02"), .until = TEXT("1970-01-03T00:00:01Z")},
         {.since_ms = 86400000, .until_ms = 2 * 86400000 + 1000}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct ledger_query *wanted = &cases[i].wanted;
        struct ledger_query query;
        struct fault why = {0};
        if (!orderfilter_read(&cases[i].given, &query, &why))
            fail_msg("case %zu: %s", i, why.message);
        assert_int_equal(query.request, LEDGER_QUERY_LIST);
        assert_int_equal(query.states, wanted->states ? wanted->states : ALL & ~STATE(REFUSED));
        assert_int_equal(query.limit, wanted->limit ? wanted->limit : ORDERFILTER_LIMIT_DEFAULT);
        assert_int_equal(query.before, wanted->before);
        assert_int_equal(query.service, wanted->service);
        assert_true(query.since_ms == wanted->since_ms && query.until_ms == wanted->until_ms);
        assert_true(str_equal(query.client, wanted->client));
        assert_true(str_equal(query.provider, wanted->provider));
        assert_true(str_equal(query.link, wanted->link));
        assert_true(str_equal(query.text, wanted->text));
    }
}

static void with_refused_all_states_are_meant(void **state)
{
    struct ledger_query query;
    struct fault why;
    (void)state;
    assert_true(orderfilter_read(&(struct orderfilter){.has_refused = true}, &query, &why));
    assert_int_equal(query.states, 0);
}

static void a_wrong_word_is_told_with_what_is_right(void **state)
{
    static const struct {
        struct orderfilter given;
        const char *wanted; /* part of the message */
    } cases[] = {
        {{.state = TEXT("done")}, "state done is none; they are placing, doubt"},
        {{.state = TEXT("pending,")}, "is none"},
        {{.state = TEXT("doubt"), .is_doubt = true}, "either in-doubt or state"},
        {{.limit = TEXT("0")}, "limit must be a whole number from 1 to 1000"},
        {{.limit = TEXT("1001")}, "limit must be"},
        {{.before = TEXT("x")}, "before must be"},
        {{.service = TEXT("-1")}, "service must be"},
        {{.since = TEXT("yesterday")}, "UTC times such as 2026-11-30"},
        {{.since = TEXT("2026-11-30"), .until = TEXT("2026-11-30")}, "later than since"},
        {{.upstream = TEXT("12345678901234567890123456789012345678901234567890123456789012345")},
         "upstream has 65 bytes"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ledger_query query;
        struct fault why = {0};
        assert_false(orderfilter_read(&cases[i].given, &query, &why));
        if (str_find(str_of(why.message), str_of(cases[i].wanted)) == SIZE_MAX)
            fail_msg("case %zu: %s", i, why.message);
    }
}

static void an_order_from_elsewhere_is_matched_alike(void **state)
{
    static const struct ledger_order order = {
        .id = 9,
        .client = TEXT("shop"),
        .service = 3,
        .fields = TEXT("{\"link\":\"https://example.com/1\",\"quantity\":\"10\"}"),
        .course.state = ORDERSTATE_PENDING,
        .provider = TEXT("alpha"),
        .upstream_id = TEXT("4711"),
        .created_at_ms = 5000,
    };
    static const struct {
        struct ledger_query query;
        bool matches;
    } cases[] = {
        {{0}, true},
        {{.states = STATE(PENDING) | STATE(DOUBT)}, true},
        {{.states = STATE(DOUBT)}, false},
        {{.client = TEXT("shop"), .provider = TEXT("alpha"), .service = 3}, true},
        {{.client = TEXT("other")}, false},
        {{.provider = TEXT("beta")}, false},
        {{.service = 4}, false},
        {{.text = TEXT("4711")}, true},
        {{.text = TEXT("471")}, false},
        {{.link = TEXT("https://example.com/1")}, true},
        {{.link = TEXT("https://example.com/")}, false},
        {{.since_ms = 5000, .until_ms = 5001}, true},
        {{.since_ms = 5001}, false},
        {{.until_ms = 5000}, false},
        {{.before = 9}, false},
        {{.before = 10}, true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (orderfilter_matches(&cases[i].query, &order) != cases[i].matches)
            fail_msg("case %zu", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_become_a_query),
        cmocka_unit_test(with_refused_all_states_are_meant),
        cmocka_unit_test(a_wrong_word_is_told_with_what_is_right),
        cmocka_unit_test(an_order_from_elsewhere_is_matched_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
