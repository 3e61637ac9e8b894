/* Answers that are made to cost much: memory for each byte, time for each row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buf.h"
#include "providers/decode.h"

enum { MIB = 1024 * 1024 };

static char our_key[] = "made_up_key_0123456789abcdef";
static const struct provider_settings settings = {.key = our_key};
static size_t jansson_bytes, jansson_blocks;

static void *counting_malloc(size_t size)
{
    jansson_bytes += size;
    jansson_blocks++;
    return malloc(size);
}

static void decode(enum upstream_action action, struct str body, struct arena *arena,
                   struct upstream_response *out)
{
    static const struct str ids[] = {STR("1")};
    struct upstream_request request = {
        .action = action, .ids = ids, .id_count = action == UPSTREAM_SERVICES ? 0 : 1};
    struct reply_facts facts = {.was_sent = true,
                                .is_complete = true,
                                .http_status = 200,
                                .retry_after_s = -1,
                                .content_type = STR("application/json"),
                                .body = body,
                                .server = STR(""),
                                .transport_error = ""};
    jansson_bytes = jansson_blocks = 0;
    decode_standard(&settings, &request, &facts, arena, out);
}

static void add_times(struct buf *body, const char *unit, size_t max)
{
    while (body->len + strlen(unit) + 64 < max)
        buf_add_text(body, unit);
}

static void an_answer_costs_memory_in_measure(void **state)
{
    static const struct {
        const char *start, *unit, *end;
    } bombs[] = {
        {"[", "{},", "{}]"},
        {"[", "[],", "[]]"},
        {"[", "0,", "0]"},
        {"[", "\"\",", "\"\"]"},
        {"[", "{\"a\":{}},", "{}]"},
        {"{\"order\":[", "[[]],", "[]]}"},
        {"\" [", "{},", "{}]"},
        {"<br>\" {\"services\":[", "[],", "[]]}"},
        {"{\"error\":[", "{},", "{}]}"},
    };
    static const struct {
        enum upstream_action action;
        size_t max;
    } requests[] = {{UPSTREAM_SERVICES, 16 * MIB},
                    {UPSTREAM_ADD, MIB},
                    {UPSTREAM_STATUS, MIB},
                    {UPSTREAM_CANCEL, MIB}};
    (void)state;
    json_set_alloc_funcs(counting_malloc, free);
    for (size_t i = 0; i < COUNT_OF(bombs); i++)
        for (size_t q = 0; q < COUNT_OF(requests); q++) {
            struct upstream_response answer;
            struct arena arena;
            struct buf body;
            buf_init(&body, 16 * MIB);
            buf_add_text(&body, bombs[i].start);
            add_times(&body, bombs[i].unit, requests[q].max);
            buf_add_text(&body, bombs[i].end);
            assert_false(body.is_over);
            arena_init(&arena);
            decode(requests[q].action, buf_str(&body), &arena, &answer);
            assert_int_not_equal(answer.outcome, OUTCOME_ACCEPTED);
            if (jansson_bytes > 4 * body.len + 8 * MIB)
                fail_msg("%s%s: %zu bytes in %zu blocks for %zu", bombs[i].start, bombs[i].unit,
                         jansson_bytes, jansson_blocks, body.len);
            arena_fini(&arena);
            buf_fini(&body);
        }
    json_set_alloc_funcs(malloc, free);
}

static void add_row(struct buf *body, unsigned id, unsigned rate)
{
    buf_printf(body,
               "%s{\"service\":%u,\"name\":\"N [a] {b}, c\",\"type\":\"Default\",\"category\":"
               "\"C\",\"rate\":\"%u\",\"min\":\"1\",\"max\":\"9\"}",
               body->len > 1 ? "," : "", id, rate);
}

static struct buf list_begin(void)
{
    struct buf body;
    buf_init(&body, 16 * MIB);
    buf_add_byte(&body, '[');
    return body;
}

static void the_longest_list_is_read(void **state)
{
    struct upstream_response answer;
    struct arena arena;
    struct buf body = list_begin();
    (void)state;
    for (unsigned i = 1; i <= 100000; i++)
        add_row(&body, i, 1);
    buf_add_byte(&body, ']');
    assert_false(body.is_over);
    arena_init(&arena);
    decode(UPSTREAM_SERVICES, buf_str(&body), &arena, &answer);
    assert_int_equal(answer.outcome, OUTCOME_ACCEPTED);
    assert_int_equal(answer.service_count, 100000);
    arena_fini(&arena);
    buf_fini(&body);
}

static int64_t cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Digits and commas without end, which no parser takes: what is looked at again at each comma. */
static int64_t cost_of_digits_ms(size_t max)
{
    struct upstream_response answer;
    struct arena arena;
    struct buf body;
    buf_init(&body, 16 * MIB);
    buf_add_text(&body, "{\"a\":");
    add_times(&body, "11111111,", max);
    buf_add_text(&body, "1}");
    arena_init(&arena);
    int64_t start = cpu_ms();
    decode(UPSTREAM_STATUS, buf_str(&body), &arena, &answer);
    int64_t cost = cpu_ms() - start;
    assert_int_not_equal(answer.outcome, OUTCOME_ACCEPTED);
    arena_fini(&arena);
    buf_fini(&body);
    return cost;
}

static void digits_cost_time_in_measure(void **state)
{
    (void)state;
    int64_t small = cost_of_digits_ms(MIB / 16), large = cost_of_digits_ms(MIB / 2);
    if (large >
        24 * (small + 4)) /* 8 times the bytes; 64 times the work where it grows by squares */
        fail_msg("%lld ms for 64 KiB, %lld ms for 512 KiB", (long long)small, (long long)large);
}

/* Of a list of 100,000 rows, each with an id of its own or all with the same. */
static int64_t cost_of_list_ms(bool is_one_id)
{
    struct upstream_response answer;
    struct arena arena;
    struct buf body = list_begin();
    for (unsigned i = 1; i <= 100000; i++)
        add_row(&body, is_one_id ? 7 : i, i);
    buf_add_byte(&body, ']');
    arena_init(&arena);
    int64_t before_ms = cpu_ms();
    decode(UPSTREAM_SERVICES, buf_str(&body), &arena, &answer);
    int64_t cost_ms = cpu_ms() - before_ms;
    assert_int_equal(answer.service_count, 100000);
    for (size_t i = 0; i < answer.service_count; i++)
        assert_int_equal(answer.services[i].is_doubled, is_one_id);
    arena_fini(&arena);
    buf_fini(&body);
    return cost_ms;
}

/* Compared with each other, since a sanitizer or a busy machine slows down both. */
static void one_id_in_all_rows_costs_no_more_than_many(void **state)
{
    (void)state;
    int64_t many_ms = cost_of_list_ms(false);
    assert_in_range(cost_of_list_ms(true), 0, 3 * many_ms + 1000);
}

/* The price of an id that has two is nobody's, however often one of them is said. */
/* More children than are read take none of the first away. */
static void the_first_children_are_read(void **state)
{
    struct upstream_response answer;
    struct arena arena;
    struct buf body;
    (void)state;
    buf_init(&body, MIB);
    buf_add_text(&body, "{\"status\":\"Active\",\"posts\":\"2\",\"orders\":[1");
    for (unsigned i = 2; i <= 20000; i++)
        buf_printf(&body, ",%u", i);
    buf_add_text(&body, "]}");
    assert_false(body.is_over);
    arena_init(&arena);
    decode(UPSTREAM_STATUS, buf_str(&body), &arena, &answer);
    assert_int_equal(answer.outcome, OUTCOME_ACCEPTED);
    assert_int_equal(answer.statuses->order_count, 10000);
    assert_true(str_is(answer.statuses->orders[1], "2"));
    arena_fini(&arena);
    buf_fini(&body);
}

static void an_id_of_two_prices_has_none(void **state)
{
    static const unsigned rates[][4] = {{1, 2, 1, 1}, {1, 1, 2, 1}, {1, 1, 1, 2}, {2, 1, 1, 1}};
    (void)state;
    for (size_t i = 0; i <= COUNT_OF(rates); i++) {
        struct upstream_response answer;
        struct arena arena;
        struct buf body = list_begin();
        for (size_t k = 0; k < 4; k++)
            add_row(&body, 7, i < COUNT_OF(rates) ? rates[i][k] : 1);
        add_row(&body, 8, 1);
        buf_add_byte(&body, ']');
        arena_init(&arena);
        decode(UPSTREAM_SERVICES, buf_str(&body), &arena, &answer);
        assert_int_equal(answer.service_count, i < COUNT_OF(rates) ? 5 : 2);
        for (size_t k = 0; k + 1 < answer.service_count; k++)
            assert_int_equal(answer.services[k].is_doubled, i < COUNT_OF(rates));
        assert_false(answer.services[answer.service_count - 1].is_doubled);
        arena_fini(&arena);
        buf_fini(&body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_costs_memory_in_measure),
        cmocka_unit_test(digits_cost_time_in_measure),
        cmocka_unit_test(the_longest_list_is_read),
        cmocka_unit_test(one_id_in_all_rows_costs_no_more_than_many),
        cmocka_unit_test(an_id_of_two_prices_has_none),
        cmocka_unit_test(the_first_children_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
