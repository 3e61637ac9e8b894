/* Order types, statuses and fields: every spelling of protocol.md, folded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "protocol/orderstatus.h"
#include "protocol/ordertype.h"

static void test_ordertype_rows(void **state)
{
    (void)state;
    for (int type = 0; type < ORDERTYPE_COUNT; type++) {
        const struct ordertype_row *row = ordertype_row((enum ordertype)type);
        assert_non_null(row->name);
        assert_int_equal(ordertype_fold(str_of(row->name)), type);
        assert_int_equal(row->required & row->optional, 0);
        assert_int_equal(row->may_drip, (row->optional & (UINT32_C(1) << FIELD_RUNS)) != 0);
        assert_int_equal(row->is_flat, row->quantity == ORDERTYPE_QUANTITY_ONE);
        assert_int_equal(row->quantity == ORDERTYPE_QUANTITY_GIVEN,
                         (row->required & (UINT32_C(1) << FIELD_QUANTITY)) != 0);
    }
    assert_string_equal(ordertype_name(ORDERTYPE_UNKNOWN), "Unknown");
    assert_string_equal(ordertype_name(ORDERTYPE_SEO), "SEO");
}

static void test_ordertype_fold(void **state)
{
    static const struct {
        const char *spelling;
        enum ordertype type;
    } cases[] = {
        {"default", ORDERTYPE_DEFAULT},
        {" Default ", ORDERTYPE_DEFAULT},
        {"Custom Comment", ORDERTYPE_CUSTOM_COMMENTS},
        {"custom_comments", ORDERTYPE_CUSTOM_COMMENTS},
        {"Custom_comments", ORDERTYPE_CUSTOM_COMMENTS},
        {"custom-comments-package", ORDERTYPE_CUSTOM_COMMENTS_PACKAGE},
        {"seo", ORDERTYPE_SEO},
        {"Seo", ORDERTYPE_SEO},
        {"packages", ORDERTYPE_PACKAGE},
        {"poll_votes", ORDERTYPE_POLL},
        {"comment_like", ORDERTYPE_COMMENT_LIKES},
        {"comment_replies", ORDERTYPE_COMMENT_REPLIES},
        {"mentions_hashtags", ORDERTYPE_MENTIONS_WITH_HASHTAGS},
        {"mentions_hashtag", ORDERTYPE_MENTIONS_HASHTAG},
        {"mention custom list", ORDERTYPE_MENTIONS_CUSTOM_LIST},
        {"mentions_user_followers", ORDERTYPE_MENTIONS_USER_FOLLOWERS},
        {"mentions  media__likers", ORDERTYPE_MENTIONS_MEDIA_LIKERS},
        {"invites_from_groups", ORDERTYPE_INVITES_FROM_GROUPS},
        {"subscription", ORDERTYPE_SUBSCRIPTIONS},
        {"web_traffic", ORDERTYPE_WEB_TRAFFIC},
        {"100", ORDERTYPE_SUBSCRIPTIONS},
        {"Special", ORDERTYPE_UNKNOWN},
        {"fb_eyeslive", ORDERTYPE_UNKNOWN},
        {"Likes spread", ORDERTYPE_UNKNOWN},
        {"custom_data", ORDERTYPE_UNKNOWN},
        {"", ORDERTYPE_UNKNOWN},
        {"a word that is far longer than any word the protocol has ever seen", ORDERTYPE_UNKNOWN},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (ordertype_fold(str_of(cases[i].spelling)) != cases[i].type)
            fail_msg("\"%s\"", cases[i].spelling);
    assert_int_equal(ordertype_fold(STR_NONE), ORDERTYPE_UNKNOWN);
}

static void test_orderstatus_fold(void **state)
{
    static const struct {
        enum orderstatus status;
        const char *message; /* separated by '|' */
    } cases[] = {
        {ORDERSTATUS_PENDING, "Pending|queued|queue|new|awaiting|awaiting-validation|Creating|hold|"
                              "on-hold|Scheduled|0"},
        {ORDERSTATUS_PROCESSING, "processing|Processing|1"},
        {ORDERSTATUS_IN_PROGRESS, "In progress|in_progress|Inprogress|in-progress|In "
                                  "Progress|active|running|started|refill"},
        {ORDERSTATUS_COMPLETED, "Completed|complete|Success|done|finished|2| completed "},
        {ORDERSTATUS_PARTIAL, "partial|Partially Completed|partially_completed|3"},
        {ORDERSTATUS_CANCELED, "canceled|Cancelled|cancel|canelled|canscelled|rejected|4"},
        {ORDERSTATUS_REFUNDED, "Refunded|refund|refunds|5"},
        {ORDERSTATUS_REVIEW, "Fail|failed|error|Expired"},
        {ORDERSTATUS_PAUSED, "Paused"},
        {ORDERSTATUS_UNKNOWN, "Zorgl||6|-1|partialx"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str rest = str_of(cases[i].message), word;
        while (str_next(&rest, '|', &word))
            if (orderstatus_fold(word) != cases[i].status)
                fail_msg("\"" STR_FMT "\"", STR_ARG(word));
    }
}

static void test_orderstatus_words(void **state)
{
    enum orderstatus found;
    (void)state;
    for (int status = 0; status < ORDERSTATUS_COUNT; status++) {
        assert_true(orderstatus_find(str_of(orderstatus_name((enum orderstatus)status)), &found));
        assert_int_equal(found, status);
        assert_int_equal(orderstatus_fold(str_of(orderstatus_name(found))), status);
    }
    assert_false(orderstatus_find(STR("canceled"), &found));
    assert_true(orderstatus_is_final(ORDERSTATUS_REFUNDED));
    assert_true(orderstatus_is_final(ORDERSTATUS_PARTIAL));
    assert_false(orderstatus_is_final(ORDERSTATUS_REVIEW));
    assert_false(orderstatus_is_final(ORDERSTATUS_UNKNOWN));
    assert_false(orderstatus_is_final(ORDERSTATUS_PAUSED));
}

static void test_refillstatus(void **state)
{
    (void)state;
    for (int status = 0; status < REFILLSTATUS_COUNT; status++)
        assert_int_equal(
            orderstatus_fold_refill(str_of(orderstatus_refill_name((enum refillstatus)status))),
            status);
    for (int status = 0; status < REFILLSTATUS_COUNT; status++)
        assert_int_equal(orderstatus_refill_is_final((enum refillstatus)status),
                         status == REFILLSTATUS_COMPLETED || status == REFILLSTATUS_REJECTED ||
                             status == REFILLSTATUS_CANCELED);
    assert_int_equal(orderstatus_fold_refill(STR("In progess")), REFILLSTATUS_IN_PROGRESS);
    assert_int_equal(orderstatus_fold_refill(STR("Awaiting")), REFILLSTATUS_PENDING);
    assert_int_equal(orderstatus_fold_refill(STR("Cancelled")), REFILLSTATUS_CANCELED);
    assert_int_equal(orderstatus_fold_refill(STR("Zorgl")), REFILLSTATUS_UNKNOWN);
}

static void test_field_find(void **state)
{
    static const struct {
        const char *name;
        enum field field;
    } variants[] = {
        {"url", FIELD_LINK},
        {"keyword", FIELD_KEYWORDS},
        {"answer", FIELD_ANSWER_NUMBER},
        {"media_url", FIELD_MEDIA},
        {"intervals", FIELD_INTERVAL},
        {"referrer", FIELD_REFERRING_URL},
        {"customComments", FIELD_COMMENTS},
        {"custom_data", FIELD_COMMENTS},
        {"LINK", FIELD_LINK},
    };
    enum field found;
    (void)state;
    for (int field = 0; field < FIELD_COUNT; field++) {
        assert_true(field_find(str_of(field_name((enum field)field)), &found));
        assert_int_equal(found, field);
    }
    for (size_t i = 0; i < COUNT_OF(variants); i++) {
        assert_true(field_find(str_of(variants[i].name), &found));
        assert_int_equal(found, variants[i].field);
    }
    assert_false(field_find(STR("coupon"), &found));
    assert_false(field_find(STR(""), &found));
    assert_true(field_is_list(FIELD_COMMENTS));
    assert_false(field_is_list(FIELD_LINK));
}

static void test_fields_round_trip(void **state)
{
    struct fields fields = {0}, again;
    struct arena arena;
    struct buf text;
    (void)state;
    fields.value[FIELD_LINK] = STR("https://a.example/\"x\"?a=1&b=\xC3\xA9");
    fields.value[FIELD_COMMENTS] = STR("one\ntwo");
    fields.value[FIELD_RUNS] = STR("");
    buf_init(&text, 4096);
    arena_init(&arena);
    field_print_all(&fields, &text);
    assert_string_equal(text.ptr, "{\"link\":\"https://a.example/\\\"x\\\"?a=1&b=\xC3\xA9\","
                                  "\"comments\":\"one\\ntwo\",\"runs\":\"\"}");
    assert_true(field_parse_all(buf_str(&text), &arena, &again));
    for (int field = 0; field < FIELD_COUNT; field++) {
        assert_true(str_equal(fields.value[field], again.value[field]));
        assert_int_equal(fields.value[field].ptr == NULL, again.value[field].ptr == NULL);
    }
    assert_false(field_parse_all(STR("[]"), &arena, &again));
    assert_false(field_parse_all(STR("{\"link\":1}"), &arena, &again));
    assert_false(field_parse_all(STR("{\"nonsense\":\"1\"}"), &arena, &again));
    assert_false(field_parse_all(STR("{\"link\":\"1\""), &arena, &again));
    assert_false(field_parse_all(STR_NONE, &arena, &again));
    assert_true(field_parse_all(STR("{}"), &arena, &again));
    arena_fini(&arena);
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ordertype_rows),    cmocka_unit_test(test_ordertype_fold),
        cmocka_unit_test(test_orderstatus_fold),  cmocka_unit_test(test_orderstatus_words),
        cmocka_unit_test(test_refillstatus),      cmocka_unit_test(test_field_find),
        cmocka_unit_test(test_fields_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
