/* The short cuts say what the slow way says, for usual answers, odd ones, and broken ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "providers/standard.h"

static char our_key[] = "made_up_key_0123456789abcdef";
static const struct provider_settings settings = {.key = our_key};
static const struct str asked[] = {STR("1"), STR("10"), STR("100")};

static void check_same_status(const struct answer_status *a, const struct answer_status *b)
{
    assert_true(str_equal(a->id, b->id));
    assert_int_equal(a->is_absent, b->is_absent);
    assert_int_equal(a->is_unknown_id, b->is_unknown_id);
    assert_int_equal(a->status, b->status);
    assert_true(str_equal(a->word, b->word));
    assert_int_equal(a->has_charge, b->has_charge);
    if (a->has_charge)
        assert_int_equal(a->charge.units, b->charge.units);
    assert_int_equal(a->has_start_count, b->has_start_count);
    assert_int_equal(a->start_count, b->start_count);
    assert_int_equal(a->has_remains, b->has_remains);
    assert_int_equal(a->remains, b->remains);
}

static void check_same(enum question_action action, struct str body)
{
    struct question question = {
        .action = action, .ids = asked, .id_count = action == QUESTION_STATUS_MANY ? 3 : 1};
    struct reply_facts facts = {.was_sent = true,
                                .is_complete = true,
                                .http_status = 200,
                                .retry_after_s = -1,
                                .content_type = STR("application/json"),
                                .body = body,
                                .server = STR(""),
                                .transport_error = ""};
    struct answer quick, slow;
    struct arena arena;
    arena_init(&arena);
    standard_decode(&settings, &question, &facts, &arena, &quick);
    standard_decode_slowly(&settings, &question, &facts, &arena, &slow);
    if (quick.outcome != slow.outcome || quick.refusal != slow.refusal)
        fail_msg(STR_FMT ": %d, slowly %d", STR_ARG(body), quick.outcome, slow.outcome);
    assert_true(str_equal(quick.order, slow.order));
    assert_true(str_equal(quick.evidence, slow.evidence));
    assert_int_equal(quick.status_count, slow.status_count);
    for (size_t i = 0; i < quick.status_count; i++)
        check_same_status(&quick.statuses[i], &slow.statuses[i]);
    arena_fini(&arena);
}

static void check_all(struct str body)
{
    check_same(QUESTION_ADD, body);
    check_same(QUESTION_STATUS, body);
    check_same(QUESTION_STATUS_MANY, body);
}

static const char *const bodies[] = {
    "{\"order\":23501}",
    " { \"order\" : 23501 } \n",
    "{\"order\":0}",
    "{\"order\":-1}",
    "{\"order\":007}",
    "{\"order\":1e3}",
    "{\"order\":123456789012345678}",
    "{\"order\":1234567890123456789}",
    "{\"charge\":\"0.27819\",\"start_count\":\"3572\",\"status\":\"Partial\",\"remains\":\"157\","
    "\"currency\":\"USD\"}",
    "{\"charge\":0.5,\"start_count\":null,\"status\":\"In progress\",\"remains\":-4}",
    "{\"charge\":0.27819000001,\"status\":2,\"remains\":40.0}",
    "{\"charge\":1.0,\"status\":\"Completed\",\"remains\":12.5}",
    "{\"status\":\"Zorgl\",\"remains\":\"3\"}",
    "{\"status\":\"102\"}",
    "{\"status\":\"success\"}",
    "{\"status\":\"success\",\"currency\":\"USD\"}", /* of the call, not of the order */
    "{\"status\":\"In progress\",\"a_name_of_24_bytes_exactly\":\"1\"}",
    "{\"status\":\"a long word, longer than any of the protocol\",\"remains\":\"3\"}",
    "{\"order\":1,\"chargf\":1,\"status\":\"Partial\",\"remains\":1}",
    "{\"\":1,\"status\":\"Partial\",\"remains\":1}",
    "{\"status\":\"success\",\"charge\":\"1\"}",
    "{\"status\":\"\",\"charge\":\"1\"}",
    "{\"status\":null,\"charge\":\"1\"}",
    "{\"status\":\"Completed\",\"order\":2,\"charge\":\"1\"}",
    "{\"status\":\"Completed\",\"order\":\"1\",\"charge\":\"1\"}",
    "{\"status\":\"Completed\",\"status\":\"Partial\",\"charge\":\"1\"}",
    "{\"status\":\"Completed\",\"start_count\":1,\"start_counter\":2}",
    "{\"1\":{\"charge\":\"0.27819\",\"start_count\":\"3572\",\"status\":\"Partial\",\"remains\":"
    "\"157\",\"currency\":\"USD\"},\"10\":{\"error\":\"Incorrect order ID\"},\"100\":{\"charge\":"
    "\"1.44219\",\"start_count\":\"234\",\"status\":\"In progress\",\"remains\":\"10\"}}",
    /* the second writes its members as the first, but for one; the third in another order */
    "{\"1\":{\"charge\":\"1\", \"remains\": 5,\"status\":\"Pending\"},\"10\":{\"charge\":\"2\","
    " \"remains\" :6,\"status\":\"Partial\"},\"100\":{\"status\":\"Canceled\", \"charge\":\"3\"}}",
    "{\"1\":{\"charge\":\"1\",\"status\":\"Pending\"},\"10\":{\"charge\":\"1\",\"charge\":\"2\","
    "\"status\":\"Partial\"}}",
    "{\"100\":{\"status\":\"Pending\",\"charge\":\"1\"},\"1\":{\"status\":\"Completed\"}}",
    "{\"1\":{\"status\":\"Completed\"},\"555\":{\"status\":\"Canceled\"}}",
    "{\"1\":{\"status\":\"Completed\"},\"1\":{\"status\":\"Canceled\"}}",
    "{\"1\":{\"status\":\"Completed\",\"order\":\"10\"}}",
    "{\"1\":{\"status\":\"Nonsense\"},\"10\":{\"status\":\"fail\"}}",
    "{\"1\":{\"error\":\"Rate limit exceeded\"}}",
    "{\"1\":{\"status\":\"Completed\"},}",
    "{\"1\":{\"status\":\"Completed\"}} x",
    "{\"1\":{\"status\":\"Comp\\u006ceted\"}}",
    "{\"1\":{}}",
    "{}",
    "[]",
    "",
};

static void test_bodies(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++)
        check_all(str_of(bodies[i]));
}

/* Each body cut at each place, and with each byte spoiled. */
static void test_broken_bodies(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        size_t len = strlen(bodies[i]);
        char *copy = memory_text(bodies[i]);
        for (size_t at = 0; at < len; at++) {
            static const char spoils[] = "\"{}[],:0x\\\n\x1f\x7f\x80";
            check_all(str_make(bodies[i], at));
            char before = copy[at];
            for (size_t s = 0; s + 1 < sizeof spoils; s++) {
                copy[at] = spoils[s];
                check_all(str_make(copy, len));
            }
            copy[at] = before;
        }
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_broken_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
