/* The short cuts say what the slow way says, for usual answers, odd ones, and broken ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "providers/decode.h"
#include "unit/providers/without_scanner.h"

static char our_key[] = "made_up_key_0123456789abcdef";
static const struct provider_settings settings = {.key = our_key};
static const struct str asked[] = {STR("1"), STR("10"), STR("100")};

static void check_same_status(const struct upstream_status *a, const struct upstream_status *b)
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
    assert_int_equal(a->has_posts, b->has_posts);
    assert_int_equal(a->has_runs, b->has_runs);
    assert_int_equal(a->order_count, b->order_count);
}

static void check_same(enum upstream_action action, struct str body)
{
    struct upstream_request request = {
        .action = action, .ids = asked, .id_count = action == UPSTREAM_STATUS_MANY ? 3 : 1};
    struct reply_facts facts = {.was_sent = true,
                                .is_complete = true,
                                .http_status = 200,
                                .retry_after_s = -1,
                                .content_type = STR("application/json"),
                                .body = body,
                                .server = STR(""),
                                .transport_error = ""};
    struct upstream_response quick, slow;
    struct arena arena;
    arena_init(&arena);
    decode_standard(&settings, &request, &facts, &arena, &quick);
    decode_without_scanner(&settings, &request, &facts, &arena, &slow);
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
    check_same(UPSTREAM_ADD, body);
    check_same(UPSTREAM_STATUS, body);
    check_same(UPSTREAM_STATUS_MANY, body);
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
    "{\"1\":{\"status\":101}}", /* numbers of errors */
    "{\"1\":{\"status\":\"102\",\"order\":1},\"10\":{\"status\":\"Completed\"}}",
    "{\"1\":{\"status\":104,\"order\":2}}",
    "{\"1\":{\"status\":\"103\",\"start_counter\":\"5\"}}",
    "{\"1\":{\"status\":\"Completed\"},}",
    "{\"1\":{\"status\":\"Completed\"}} x",
    "{\"1\":{\"status\":\"Comp\\u006ceted\"}}",
    "{\"1\":{}}",
    "{}",
    "[]",
    "",
};

/* One order of the panel's that is two of ours: both are told. */
static void test_doubles(void **state)
{
    (void)state;
    static const struct str doubled[] = {STR("1"), STR("10"), STR("1"), STR("7")};
    static const char *const answers[] = {
        "{\"1\":{\"status\":\"Partial\",\"remains\":3},\"10\":{\"status\":\"Completed\"}}",
        "{\"10\":{\"status\":\"Completed\"},\"1\":{\"status\":\"Partial\",\"remains\":\"3\"}}",
        "[{\"order\":1,\"status\":\"Partial\",\"remains\":3}]",
    };
    struct upstream_request request = {
        .action = UPSTREAM_STATUS_MANY, .ids = doubled, .id_count = COUNT_OF(doubled)};
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct reply_facts facts = {.was_sent = true,
                                    .is_complete = true,
                                    .http_status = 200,
                                    .body = str_of(answers[i]),
                                    .transport_error = ""};
        struct upstream_response answer;
        struct arena arena;
        arena_init(&arena);
        decode_standard(&settings, &request, &facts, &arena, &answer);
        assert_int_equal(answer.outcome, OUTCOME_ACCEPTED);
        for (size_t at = 0; at < 3; at += 2) {
            assert_false(answer.statuses[at].is_absent);
            assert_int_equal(answer.statuses[at].status, ORDERSTATUS_PARTIAL);
            assert_int_equal(answer.statuses[at].remains, 3);
        }
        assert_true(answer.statuses[3].is_absent);
        arena_fini(&arena);
    }
}

/* Sixteen bytes of a string are looked at together: every byte at every place of one. */
static void test_strings_with_any_byte(void **state)
{
    enum { PLACES = 36 };
    static const char before[] = "{\"status\":\"Completed\",\"currency\":\"";
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++)
        for (size_t place = 0; place < PLACES; place++) {
            char body[sizeof before + PLACES + 16];
            memset(body, 'x', sizeof body);
            memcpy(body, before, sizeof before - 1);
            body[sizeof before - 1 + place] = (char)byte;
            memcpy(body + sizeof before - 1 + PLACES, "\"}", 2);
            check_same(UPSTREAM_STATUS, str_make(body, sizeof before - 1 + PLACES + 2));
        }
}

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

/* ---- answers made up, from a seed: pieces of usual and odd ones put together ---- */

static uint64_t seed;

static size_t pick(size_t count)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(seed >> 33) % count;
}

static const char *const blanks[] = {"", "", "", "", "", " ", "\n  ", "\t", "\r\n"};
static const char *const names[] = {"status",
                                    "charge",
                                    "start_count",
                                    "remains",
                                    "currency",
                                    "order",
                                    "status",
                                    "charge",
                                    "start_count",
                                    "remains",
                                    "currency",
                                    "start_counter",
                                    "status",
                                    "charge",
                                    "Status",
                                    "startcount",
                                    "start_counted",
                                    "posts",
                                    "runs",
                                    "error",
                                    "st\\u0061tus",
                                    "message",
                                    "success",
                                    "expiry",
                                    "orders",
                                    "stat us",
                                    "",
                                    "remain",
                                    "1"};
static const char *const message[] = {"Completed",
                                      "Partial",
                                      "In progress",
                                      "Pending",
                                      "Processing",
                                      "Canceled",
                                      "completed",
                                      "CANCELLED",
                                      "success",
                                      "fail",
                                      "error",
                                      "Zorgl",
                                      "2",
                                      "102",
                                      "",
                                      " ",
                                      "Refunded",
                                      "Expired",
                                      "true",
                                      "false",
                                      "Error",
                                      "Incorrect order ID",
                                      "incorrect order id",
                                      "Invalid key",
                                      "null",
                                      "failed",
                                      "ok",
                                      "In Progress ",
                                      "a word that is longer than sixteen bytes",
                                      "Success",
                                      "active",
                                      "Paused",
                                      "not found"};
static const char *const numbers[] = {"0",
                                      "1",
                                      "-1",
                                      "-0",
                                      "0.27819",
                                      "1.44219",
                                      "1e3",
                                      "1E-3",
                                      "1.0",
                                      "12.50",
                                      "007",
                                      "0.1",
                                      "-0.0",
                                      "5.",
                                      ".5",
                                      "+5",
                                      "1,000",
                                      "1.000,5",
                                      " 5 ",
                                      "5 ",
                                      "$5",
                                      "5 USD",
                                      "0.123456789",
                                      "0.000000001",
                                      "92233720368.54775807",
                                      "92233720368.54775808",
                                      "92233720368",
                                      "92233720369",
                                      "9999999999.99999999",
                                      "9223372036854775807",
                                      "9223372036854775808",
                                      "123456789012345678",
                                      "1234567890123456789",
                                      "-123456789012345678",
                                      "100000000000000000000",
                                      "0.30000000000000004",
                                      "0.1234567890123456789",
                                      "123456789012.345",
                                      "1234567890123.45",
                                      "999999999999999.9",
                                      "1.5e300",
                                      "1e400",
                                      "--5",
                                      "-",
                                      "0x10",
                                      "1_000",
                                      "3572",
                                      "157",
                                      "234",
                                      "10",
                                      "12345678901234567890.5"};

static void add_blank(struct buf *out)
{
    buf_add_text(out, blanks[pick(COUNT_OF(blanks))]);
}

static void add_quoted(struct buf *out, const char *text)
{
    buf_add_byte(out, '"');
    buf_add_text(out, text);
    buf_add_byte(out, '"');
}

static void add_value(struct buf *out, const char *name)
{
    size_t kind = pick(40);
    bool is_word = strcmp(name, "status") == 0 || strcmp(name, "error") == 0;
    if (kind == 0)
        buf_add_text(out, "null");
    else if (kind == 1)
        buf_add_text(out, "true");
    else if (kind == 2)
        buf_add_text(out, pick(2) ? "[1]" : "{\"a\":1}");
    else if (kind == 3)
        buf_add_text(out, pick(2) ? "\"\\u0031\"" : "\"\xc3\xa4\"");
    else if (is_word ? kind < 34 : kind < 6)
        add_quoted(out, message[pick(kind < 20 ? 8 : COUNT_OF(message))]);
    else if (pick(2))
        add_quoted(out, numbers[pick(COUNT_OF(numbers))]);
    else
        buf_add_text(out, numbers[pick(COUNT_OF(numbers))]);
}

static void add_object(struct buf *out, bool is_usual, size_t spaced)
{
    size_t count = is_usual ? 4 + pick(2) : pick(9);
    buf_add_byte(out, '{');
    for (size_t i = 0; i < count; i++) {
        static const char *const usual[] = {"charge", "start_count", "status", "remains",
                                            "currency"};
        const char *name =
            is_usual && pick(16) ? usual[i] : names[pick(pick(8) ? 18 : COUNT_OF(names))];
        if (i > 0)
            buf_add_byte(out, ',');
        buf_add_text(out, blanks[spaced]);
        add_quoted(out, name);
        if (pick(20) == 0)
            add_blank(out);
        buf_add_byte(out, ':');
        buf_add_text(out, blanks[spaced]);
        add_value(out, name);
        if (pick(20) == 0)
            add_blank(out);
    }
    buf_add_text(out, pick(200) ? "}" : ",}");
}

static void add_keyed(struct buf *out)
{
    static const char *const keys[] = {"1", "10", "100", "1", "10", "100", "555", "01", " 1"};
    size_t count = 1 + pick(4), turn = pick(3), spaced = pick(COUNT_OF(blanks));
    bool is_usual = pick(4) > 0;
    buf_add_byte(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_byte(out, ',');
        add_blank(out);
        add_quoted(out, pick(24) ? keys[(turn + i) % 3] : keys[pick(COUNT_OF(keys))]);
        buf_add_byte(out, ':');
        add_blank(out);
        if (pick(8) == 0)
            buf_add_text(out, pick(4) ? "{\"error\":\"Incorrect order ID\"}"
                                      : "{\"error\" : \"Order not found\"}");
        else
            add_object(out, is_usual, spaced);
    }
    buf_add_byte(out, '}');
}

static void test_made_up_bodies(void **state)
{
    (void)state;
    struct buf body;
    buf_init(&body, 64 * 1024);
    for (size_t i = 0; i < 1500; i++) {
        buf_clear(&body);
        seed = i;
        (void)pick(2);
        if (pick(3))
            add_keyed(&body);
        else
            add_object(&body, pick(2), pick(COUNT_OF(blanks)));
        for (size_t cuts = pick(8) ? 0 : 1 + pick(2); cuts > 0 && body.len > 0; cuts--)
            body.ptr[pick(body.len)] = "\"{}[],:0x\\\n\x1f\x7f\x80"
                                       "e.-1 "[pick(19)];
        check_all(buf_str(&body));
    }
    buf_fini(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings_with_any_byte), cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_broken_bodies),         cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_made_up_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
