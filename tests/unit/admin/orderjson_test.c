/* Orders as the operator reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "admin/orderjson.h"

#define LITERAL(text)                                                                              \
    {                                                                                              \
        "" text, sizeof(text) - 1                                                                  \
    }

static const struct ledger_order order = {
    .id = 17,
    .client = LITERAL("shop"),
    .service = 1,
    .type = ORDERTYPE_DEFAULT,
    .fields = LITERAL("{\"link\":\"https://example.com/\\\"x\\\"\"}"),
    .quantity = 100,
    .rate = {90000000},
    .charge = {9000000},
    .course.paid = {9000000},
    .currency = LITERAL("USD"),
    .course.state = ORDERSTATE_DOUBT,
    .is_number_given = true,
    .course.remains = 100,
    .provider = LITERAL("alpha"),
    .upstream_service = LITERAL("101"),
    .extra = LITERAL("\"posts\":\"10\""),
    .request_id = LITERAL("r1"),
    .created_at_ms = 1000,
};
static const struct ledger_attempt attempts[] = {
    {.number = 1,
     .provider = LITERAL("beta"),
     .state = ATTEMPTSTATE_REFUSED,
     .started_at_ms = 1000},
    {.number = 2,
     .provider = LITERAL("alpha"),
     .state = ATTEMPTSTATE_DOUBT,
     .evidence = LITERAL("bytes \x01 \xff \"quoted\""),
     .started_at_ms = 1000},
};
static const struct ledger_event events[] = {{.at_ms = 1000, .word = LITERAL("placed")}};
static const struct ledger_request order_requests[] = {
    {.kind = ORDER_REQUEST_REFILL, .number = 3, .order = 17, .state = ATTEMPTSTATE_ACCEPTED}};
static const struct ledger_rows rows = {.result = LEDGER_DONE,
                                        .orders = &order,
                                        .order_count = 1,
                                        .attempts = attempts,
                                        .attempt_count = 2,
                                        .events = events,
                                        .event_count = 1,
                                        .order_requests = order_requests,
                                        .order_request_count = 1};

static json_t *parse(struct buf *out)
{
    json_error_t error;
    json_t *json = json_loadb(out->ptr, out->len, 0, &error);
    if (json == NULL)
        fail_msg("%s in %s", error.text, out->ptr);
    buf_fini(out);
    return json;
}

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void test_show(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 65536);
    orderjson_show(&out, &rows);
    json_t *json = parse(&out);
    const json_t *shown = json_object_get(json, "order");
    assert_int_equal(json_integer_value(json_object_get(shown, "order")), 17);
    assert_string_equal(text(shown, "state"), "doubt");
    assert_string_equal(text(shown, "status"), "Pending");
    assert_string_equal(text(shown, "charge"), "0.09");
    assert_string_equal(text(shown, "link"), "https://example.com/\"x\"");
    assert_true(json_is_null(json_object_get(shown, "profit")));
    assert_string_equal(text(shown, "created_at"), "1970-01-01T00:00:01.000Z");
    assert_true(json_is_null(json_object_get(shown, "updated_at")));
    assert_true(json_is_null(json_object_get(shown, "start_count")));
    assert_string_equal(text(json_object_get(shown, "fields"), "link"),
                        "https://example.com/\"x\"");
    assert_string_equal(text(json_object_get(shown, "extra"), "posts"), "10");
    assert_int_equal(json_array_size(json_object_get(json, "attempts")), 2);
    assert_int_equal(json_array_size(json_object_get(json, "events")), 1);
    assert_string_equal(text(json_array_get(json_object_get(json, "aftersales"), 0), "kind"),
                        "refill");
    json_decref(json);
}

static void test_what_an_order_brings(void **state)
{
    (void)state;
    struct buf out;
    struct ledger_order sold = order;
    buf_init(&out, 65536);
    sold.course.state = ORDERSTATE_PENDING;
    sold.cost.units = 10000000; /* more than is paid */
    sold.fields = STR("{\"username\":\"link\"}");
    struct jsonwriter w = jsonwriter_to(&out);
    orderjson_order(&w, &sold, NULL);
    json_t *json = parse(&out);
    assert_string_equal(text(json, "cost"), "0.10");
    assert_string_equal(text(json, "profit"), "-0.01");
    assert_true(json_is_null(json_object_get(json, "link")));
    json_decref(json);
}

static void test_the_attempt_in_doubt(void **state)
{
    (void)state;
    const struct ledger_rows none = {.attempts = attempts, .attempt_count = 1};
    assert_ptr_equal(orderjson_doubt(&rows), &attempts[1]);
    assert_null(orderjson_doubt(&none));
}

static void test_list(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 65536);
    struct jsonwriter w = orderjson_list_begin(&out);
    orderjson_order(&w, &order, &attempts[1]);
    orderjson_order(&w, &order, NULL);
    orderjson_list_end(&w, 17);
    json_t *json = parse(&out);
    const json_t *list = json_object_get(json, "orders");
    assert_int_equal(json_array_size(list), 2);
    assert_non_null(json_object_get(json_array_get(list, 0), "doubt"));
    assert_null(json_object_get(json_array_get(list, 1), "doubt"));
    assert_int_equal(json_integer_value(json_object_get(json, "next_before")), 17);
    json_decref(json);
}

static void test_an_empty_list(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 65536);
    struct jsonwriter w = orderjson_list_begin(&out);
    orderjson_list_end(&w, 0);
    assert_string_equal(out.ptr, "{\"orders\":[],\"next_before\":null}");
    buf_fini(&out);
}

static void expect_words(enum ordertype type, uint32_t parent, enum orderstate kept,
                         const char *state_word, const char *status_word)
{
    struct ledger_order told = order;
    struct ledger_event event = {.at_ms = 1, .word = LITERAL("status")};
    struct ledger_rows one = {
        .orders = &told, .order_count = 1, .events = &event, .event_count = 1};
    struct buf out;
    told.type = type;
    told.parent = parent;
    told.course.state = kept;
    event.to = str_of(orderstate_name(kept));
    buf_init(&out, 65536);
    orderjson_show(&out, &one);
    json_t *json = json_loadb(out.ptr, out.len, 0, NULL);
    const json_t *shown = json_object_get(json, "order");
    const json_t *events_shown = json_object_get(json, "events");
    assert_string_equal(json_string_value(json_object_get(shown, "state")), state_word);
    assert_string_equal(json_string_value(json_object_get(shown, "status")), status_word);
    assert_string_equal(json_string_value(json_object_get(json_array_get(events_shown, 0), "to")),
                        state_word);
    json_decref(json);
    buf_fini(&out);
}

static void test_a_subscription_s_words(void **state)
{
    const enum ordertype sub = ORDERTYPE_SUBSCRIPTIONS;
    (void)state;
    expect_words(sub, 0, ORDERSTATE_PENDING, "pending", "Active");
    expect_words(sub, 0, ORDERSTATE_IN_PROGRESS, "active", "Active");
    expect_words(sub, 0, ORDERSTATE_PROCESSING, "paused", "Paused");
    expect_words(sub, 0, ORDERSTATE_PARTIAL, "expired", "Expired");
    expect_words(sub, 0, ORDERSTATE_COMPLETED, "completed", "Completed");
    expect_words(sub, 0, ORDERSTATE_CANCELED, "canceled", "Canceled");
    expect_words(sub, 0, ORDERSTATE_DOUBT, "doubt", "Active");
    expect_words(sub, 5, ORDERSTATE_PARTIAL, "partial", "Partial");
    expect_words(ORDERTYPE_DEFAULT, 0, ORDERSTATE_PROCESSING, "processing", "Processing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_subscription_s_words),
                                       cmocka_unit_test(test_show),
                                       cmocka_unit_test(test_what_an_order_brings),
                                       cmocka_unit_test(test_the_attempt_in_doubt),
                                       cmocka_unit_test(test_list),
                                       cmocka_unit_test(test_an_empty_list)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
