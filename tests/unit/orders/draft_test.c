/* From what a client sends to an order: one table for the seventeen types, then quantities,
 * charges, and what is kept in the books. What is expected is written out, never computed. */
#include "drafts.h"

static struct service plain = {.id = 1, .type = ORDERTYPE_DEFAULT, .min = 10, .max = 5000};

/* ---- the types ---- */

/* Rate 3.00 per 1000, five decimals, min 2, max 1000. expected: total/a run, charge, fields. */
static const struct type_case {
    enum ordertype type;
    const char *missing; /* the fields that are named when left out, in turn */
    struct pair given[PAIRS];
    const char *expected;
} type_cases[] = {
    {ORDERTYPE_DEFAULT, "link quantity", {LINK, Q50}, "50/50 0.15 {" L ",\"quantity\":\"50\"}"},
    {ORDERTYPE_PACKAGE, "link", {LINK}, "2/2 3 {" L "}"},
    {ORDERTYPE_SEO,
     "link quantity keywords",
     {LINK, Q50, {FIELD_KEYWORDS, "one,two words\nthree"}},
     "50/50 0.15 {" L ",\"quantity\":\"50\",\"keywords\":\"one\\ntwo words\\nthree\"}"},
    {ORDERTYPE_CUSTOM_COMMENTS,
     "link comments",
     {LINK, {FIELD_COMMENTS, "nice, very\nwow"}},
     "2/2 0.006 {" L ",\"quantity\":\"2\",\"comments\":\"nice, very\\nwow\"}"},
    {ORDERTYPE_CUSTOM_COMMENTS_PACKAGE,
     "link comments",
     {LINK, {FIELD_COMMENTS, "one"}},
     "2/2 3 {" L ",\"comments\":\"one\"}"},
    {ORDERTYPE_COMMENT_LIKES,
     "link quantity username",
     {LINK, Q50, {FIELD_USERNAME, "ann"}},
     "50/50 0.15 {" L ",\"quantity\":\"50\",\"username\":\"ann\"}"},
    {ORDERTYPE_COMMENT_REPLIES,
     "link comments username",
     {LINK, {FIELD_COMMENTS, "a\nb\nc"}, {FIELD_USERNAME, "ann"}},
     "3/3 0.009 {" L ",\"quantity\":\"3\",\"comments\":\"a\\nb\\nc\",\"username\":\"ann\"}"},
    {ORDERTYPE_MENTIONS,
     "link quantity usernames",
     {LINK, Q50, {FIELD_USERNAMES, "ann,bob"}},
     "50/50 0.15 {" L ",\"quantity\":\"50\",\"usernames\":\"ann\\nbob\"}"},
    {ORDERTYPE_MENTIONS_WITH_HASHTAGS,
     "link quantity usernames hashtags",
     {LINK, Q50, {FIELD_USERNAMES, "ann"}, {FIELD_HASHTAGS, "#a, b"}},
     "50/50 0.15 {" L ",\"quantity\":\"50\",\"usernames\":\"ann\",\"hashtags\":\"#a\\nb\"}"},
    {ORDERTYPE_MENTIONS_CUSTOM_LIST,
     "link usernames",
     {LINK, {FIELD_USERNAMES, "ann\nbob\ncid"}},
     "3/3 0.009 {" L ",\"quantity\":\"3\",\"usernames\":\"ann\\nbob\\ncid\"}"},
    {ORDERTYPE_MENTIONS_HASHTAG,
     "link quantity hashtag",
     {LINK, Q50, {FIELD_HASHTAG, "#sun"}},
     "50/50 0.15 {" L ",\"quantity\":\"50\",\"hashtag\":\"#sun\"}"},
    {ORDERTYPE_MENTIONS_USER_FOLLOWERS,
     "link quantity username",
     {LINK, Q50, {FIELD_USERNAME, "https://x.example/ann"}},
     "50/50 0.15 {" L ",\"quantity\":\"50\",\"username\":\"https://x.example/ann\"}"},
    {ORDERTYPE_MENTIONS_MEDIA_LIKERS,
     "link quantity media",
     {LINK, Q50, {FIELD_MEDIA, "https://x.example/m"}},
     "50/50 0.15 {" L ",\"quantity\":\"50\",\"media\":\"https://x.example/m\"}"},
    {ORDERTYPE_POLL,
     "link quantity answer_number",
     {LINK, Q50, {FIELD_ANSWER_NUMBER, "2"}},
     "50/50 0.15 {" L ",\"quantity\":\"50\",\"answer_number\":\"2\"}"},
    {ORDERTYPE_INVITES_FROM_GROUPS,
     "link quantity groups",
     {LINK, Q50, {FIELD_GROUPS, "g1\r\ng2"}},
     "50/50 0.15 {" L ",\"quantity\":\"50\",\"groups\":\"g1\\ng2\"}"},
    {ORDERTYPE_SUBSCRIPTIONS,
     "username min max delay",
     {{FIELD_USERNAME, "ann"}, {FIELD_MIN, "10"}, {FIELD_MAX, "20"}, {FIELD_DELAY, "0"}},
     "0/0 0 {\"username\":\"ann\",\"min\":\"10\",\"max\":\"20\",\"delay\":\"0\"}"},
    {ORDERTYPE_WEB_TRAFFIC,
     "link quantity country device type_of_traffic",
     {LINK, Q50, {FIELD_COUNTRY, "DE"}, {FIELD_DEVICE, "5"}, {FIELD_TYPE_OF_TRAFFIC, "3"}},
     "50/50 0.15 {" L ",\"quantity\":\"50\",\"country\":\"DE\",\"device\":\"5\","
     "\"type_of_traffic\":\"3\"}"},
};

static void every_type_takes_its_fields(void **state)
{
    (void)state;
    bool seen[ORDERTYPE_COUNT] = {false};
    for (size_t i = 0; i < COUNT_OF(type_cases); i++) {
        const struct type_case *c = &type_cases[i];
        struct service service = service_of(c->type);
        struct fields given = fields_of(c->given);
        struct arena arena;
        arena_init(&arena);
        seen[c->type] = true;
        assert_string_equal(describe(&service, "3.00", 5, &given, &arena), c->expected);
        arena_fini(&arena);
    }
    for (int type = 0; type < ORDERTYPE_COUNT; type++)
        if (!seen[type])
            fail_msg("no case for %s", ordertype_name((enum ordertype)type));
}

/* Left out, empty, or only blanks: the same. */
static void every_missing_field_is_named(void **state)
{
    static const char *const absent[] = {NULL, "", " \t\r\n "};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(type_cases); i++) {
        const struct type_case *c = &type_cases[i];
        struct service service = service_of(c->type);
        struct str rest = str_of(c->missing), name;
        while (str_next(&rest, ' ', &name)) {
            enum field field;
            struct arena arena;
            arena_init(&arena);
            assert_true(field_find(name, &field));
            for (size_t j = 0; j < COUNT_OF(absent); j++) {
                struct fields given = fields_of(c->given);
                given.value[field] = str_of(absent[j]);
                assert_string_equal(
                    describe(&service, "3.00", 5, &given, &arena),
                    arena_printf(&arena, "fault: Missing parameter: " STR_FMT, STR_ARG(name)));
            }
            arena_fini(&arena);
        }
    }
}

static void a_type_keeps_no_field_that_is_not_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(type_cases); i++) {
        const struct type_case *c = &type_cases[i];
        const struct ordertype_row *row = ordertype_row(c->type);
        struct service service = service_of(c->type);
        struct fields given = fields_of(c->given);
        struct arena arena;
        arena_init(&arena);
        for (int f = 0; f < FIELD_COUNT; f++)
            if (!(((row->required | row->optional) >> f) & 1))
                given.value[f] = STR("7");
        assert_string_equal(describe(&service, "3.00", 5, &given, &arena), c->expected);
        arena_fini(&arena);
    }
}

/* ---- single values ---- */

static const struct {
    const char *given, *expected;
} quantities[] = {
    {"1000", "1000/1000 3 "},
    {"1000.0", "1000/1000 3 "},
    {"1000.", "1000/1000 3 "},
    {"1000.000", "1000/1000 3 "},
    {" 1,000 ", "1000/1000 3 "},
    {"1,000.00", "1000/1000 3 "},
    {"0100", "100/100 0.3 "},
    {"10", "10/10 0.03 "},
    {"5000", "5000/5000 15 "},
    {"9", "fault: Quantity less than minimal 10"},
    {"0", "fault: Quantity less than minimal 10"},
    {"-5", "fault: Quantity less than minimal 10"},
    {"5001", "fault: Quantity more than maximum 5000"},
    {"9223372036854775807", "fault: Quantity more than maximum 5000"},
    {"99999999999999999999", "fault: Quantity more than maximum 5000"},
    {"1000000000000000000000000000000", "fault: Quantity more than maximum 5000"},
    {"10.5", "fault: Incorrect quantity"},
    {"1,00", "fault: Incorrect quantity"},
    {"1,0000", "fault: Incorrect quantity"},
    {",100", "fault: Incorrect quantity"},
    {"1,,000", "fault: Incorrect quantity"},
    {".0", "fault: Incorrect quantity"},
    {"1e3", "fault: Incorrect quantity"},
    {"0x10", "fault: Incorrect quantity"},
    {"ten", "fault: Incorrect quantity"},
    {"10 0", "fault: Incorrect quantity"},
    {"--10", "fault: Incorrect quantity"},
    {"-", "fault: Incorrect quantity"},
    {"1.0.0", "fault: Incorrect quantity"},
    /* Marks between thousands stand before exactly three digits. */
    {"1.000", "1000/1000 3 "},
    {"1,000", "1000/1000 3 "},
    {"1 000", "1000/1000 3 "},
    {"1'000", "1000/1000 3 "},
    {"1\xC2\xA0"
     "000",
     "1000/1000 3 "},
    {"1\xE2\x80\xAF"
     "000",
     "1000/1000 3 "},
    {"1.000,00", "1000/1000 3 "},
    {"1.000.0", "fault: Incorrect quantity"},
    {"1.000.000", "fault: Quantity more than maximum 5000"},
    {"12,345,678.0", "fault: Quantity more than maximum 5000"},
    {"1.000,5", "fault: Incorrect quantity"},
    {"1,000.5", "fault: Incorrect quantity"},
    {"1.0000", "fault: Quantity less than minimal 10"},
    {"10.00", "10/10 0.03 "},
    {"50.833", "fault: Quantity more than maximum 5000"},
    {"50.833333333333336", "fault: Incorrect quantity"},
    {"0.100", "fault: Incorrect quantity"},
    {"0.000", "fault: Quantity less than minimal 10"},
    {"1,000,00", "fault: Incorrect quantity"},
    {"1.00,000", "fault: Incorrect quantity"},
    {"1,000'000", "fault: Incorrect quantity"},
    {"-1,000", "fault: Quantity less than minimal 10"},
    {"\xE2\x80\x8E"
     "100\xEF\xBB\xBF",
     "100/100 0.3 "},
    {"\xD9\xA1\xD9\xA0\xD9\xA0", "fault: Incorrect quantity"}, /* digits of another script */
};

static void a_quantity_has_many_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(quantities); i++) {
        struct fields given = {0};
        struct arena arena;
        arena_init(&arena);
        given.value[FIELD_LINK] = STR("l");
        given.value[FIELD_QUANTITY] = str_of(quantities[i].given);
        const char *line = describe(&plain, "3.00", 5, &given, &arena);
        if (!str_starts(str_of(line), str_of(quantities[i].expected)))
            fail_msg("%s: %s", quantities[i].given, line);
        arena_fini(&arena);
    }
}

/* The charge is rounded up to the gateway's decimals. */
static const struct {
    const char *rate;
    unsigned decimals;
    const char *quantity, *expected;
} charges[] = {
    {"0.90", 5, "10", "10/10 0.009 "},
    {"0.00012", 5, "10", "10/10 0.00001 "},
    {"0.33333", 5, "1000", "1000/1000 0.33333 "},
    {"0.33333", 5, "100", "100/100 0.03334 "},
    {"0.33333", 2, "100", "100/100 0.04 "},
    {"0.33333", 8, "100", "100/100 0.033333 "},
    {"0", 5, "100", "100/100 0 "},
    {"90000000000", 5, "5000", "fault: Quantity more"},
};

static void a_charge_is_rounded_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(charges); i++) {
        struct fields given = {0};
        struct arena arena;
        arena_init(&arena);
        given.value[FIELD_LINK] = STR("l");
        given.value[FIELD_QUANTITY] = str_of(charges[i].quantity);
        const char *line = describe(&plain, charges[i].rate, charges[i].decimals, &given, &arena);
        if (!str_starts(str_of(line), str_of(charges[i].expected)))
            fail_msg("rate %s: %s", charges[i].rate, line);
        arena_fini(&arena);
    }
}

/* Whatever the client sends, the quantity of such a type is derived. */
static const struct {
    enum ordertype type;
    struct pair given[PAIRS];
    const char *expected;
} derived[] = {
    {ORDERTYPE_CUSTOM_COMMENTS,
     {LINK, {FIELD_QUANTITY, "999"}, {FIELD_COMMENTS, "a\nb"}},
     "2/2 0.006 {" L ",\"quantity\":\"2\",\"comments\":\"a\\nb\"}"},
    {ORDERTYPE_CUSTOM_COMMENTS,
     {LINK, {FIELD_QUANTITY, "nonsense"}, {FIELD_COMMENTS, "a\nb"}},
     "2/2 0.006 {" L ",\"quantity\":\"2\",\"comments\":\"a\\nb\"}"},
    {ORDERTYPE_CUSTOM_COMMENTS,
     {LINK, {FIELD_COMMENTS, "one"}},
     "fault: Quantity less than minimal 2"},
    {ORDERTYPE_CUSTOM_COMMENTS,
     {LINK, {FIELD_COMMENTS, "\n \r\n"}},
     "fault: Missing parameter: comments"},
    {ORDERTYPE_CUSTOM_COMMENTS,
     {LINK, {FIELD_COMMENTS, "\\n\\n \\r"}},
     "fault: Missing parameter: comments"},
    {ORDERTYPE_MENTIONS,
     {LINK, Q50, {FIELD_USERNAMES, ",, ,"}},
     "fault: Missing parameter: usernames"},
    {ORDERTYPE_PACKAGE, {LINK, {FIELD_QUANTITY, "77"}}, "2/2 3 {" L "}"},
    {ORDERTYPE_PACKAGE, {LINK, {FIELD_QUANTITY, "0"}}, "2/2 3 {" L "}"},
    {ORDERTYPE_CUSTOM_COMMENTS_PACKAGE,
     {LINK, {FIELD_COMMENTS, "a\nb\nc"}},
     "2/2 3 {" L ",\"comments\":\"a\\nb\\nc\"}"},
};

static void a_derived_quantity_is_not_the_clients(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(derived); i++) {
        struct service service = service_of(derived[i].type);
        struct fields given = fields_of(derived[i].given);
        struct arena arena;
        arena_init(&arena);
        assert_string_equal(describe(&service, "3.00", 5, &given, &arena), derived[i].expected);
        arena_fini(&arena);
    }
}

static void a_package_without_limits_counts_one(void **state)
{
    (void)state;
    struct service service = {.id = 1, .type = ORDERTYPE_PACKAGE};
    struct pair pairs[PAIRS] = {LINK};
    struct fields given = fields_of(pairs);
    struct arena arena;
    arena_init(&arena);
    assert_string_equal(describe(&service, "2.50", 5, &given, &arena), "1/1 2.5 {" L "}");
    arena_fini(&arena);
}

/* Clients swap the singular and the plural. */
static const struct {
    enum ordertype type;
    struct pair given[PAIRS];
    const char *expected;
} twins[] = {
    {ORDERTYPE_MENTIONS_HASHTAG,
     {LINK, Q50, {FIELD_HASHTAGS, "#sun"}},
     "50/50 0.15 {" L ",\"quantity\":\"50\",\"hashtag\":\"#sun\"}"},
    {ORDERTYPE_MENTIONS_WITH_HASHTAGS,
     {LINK, Q50, {FIELD_USERNAME, "ann"}, {FIELD_HASHTAG, "#sun"}},
     "50/50 0.15 {" L ",\"quantity\":\"50\",\"usernames\":\"ann\",\"hashtags\":\"#sun\"}"},
    {ORDERTYPE_COMMENT_LIKES,
     {LINK, Q50, {FIELD_USERNAMES, "ann"}},
     "50/50 0.15 {" L ",\"quantity\":\"50\",\"username\":\"ann\"}"},
    {ORDERTYPE_MENTIONS_CUSTOM_LIST,
     {LINK, {FIELD_USERNAME, "ann,bob"}},
     "2/2 0.006 {" L ",\"quantity\":\"2\",\"usernames\":\"ann\\nbob\"}"},
    {ORDERTYPE_WEB_TRAFFIC,
     {LINK,
      Q50,
      {FIELD_COUNTRY, "DE"},
      {FIELD_DEVICE, "5"},
      {FIELD_TYPE_OF_TRAFFIC, "1"},
      {FIELD_KEYWORDS, "sun"}},
     "50/50 0.15 {" L ",\"quantity\":\"50\",\"country\":\"DE\",\"device\":\"5\","
     "\"type_of_traffic\":\"1\",\"google_keyword\":\"sun\"}"},
};

static void singular_and_plural_serve_for_each_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(twins); i++) {
        struct service service = service_of(twins[i].type);
        struct fields given = fields_of(twins[i].given);
        struct arena arena;
        arena_init(&arena);
        assert_string_equal(describe(&service, "3.00", 5, &given, &arena), twins[i].expected);
        arena_fini(&arena);
    }
}

/* ---- from the books ---- */

static void a_kept_draft_is_restored_as_it_was(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(type_cases); i++) {
        struct service service = service_of(type_cases[i].type);
        struct fields given = fields_of(type_cases[i].given), kept;
        struct draft draft, restored;
        struct fault why;
        struct buf json;
        struct arena arena;
        arena_init(&arena);
        assert_true(draft_make(&service, money_of("3"), 5, &given, &arena, &draft, &why));
        buf_init(&json, 1 << 16);
        field_print_all(&draft.fields, &json);
        assert_true(field_parse_all(buf_str(&json), &arena, &kept));
        assert_true(draft_restore(&service, draft.rate, draft.charge, draft.quantity, &kept,
                                  &restored, &why));
        assert_int_equal(restored.type, draft.type);
        assert_int_equal(restored.quantity, draft.quantity);
        assert_int_equal(restored.run_quantity, draft.run_quantity);
        assert_int_equal(restored.charge.units, draft.charge.units);
        for (int f = 0; f < FIELD_COUNT; f++)
            assert_true(str_equal(restored.fields.value[f], draft.fields.value[f]));
        buf_fini(&json);
        arena_fini(&arena);
    }
}

static void a_drip_feed_is_restored_with_its_run(void **state)
{
    (void)state;
    struct fields kept = {0};
    struct draft restored;
    struct fault why;
    kept.value[FIELD_QUANTITY] = STR("100");
    kept.value[FIELD_RUNS] = STR("5");
    assert_true(draft_restore(&plain, money_of("3"), money_of("1.5"), 500, &kept, &restored, &why));
    assert_int_equal(restored.quantity, 500);
    assert_int_equal(restored.run_quantity, 100);
    kept.value[FIELD_QUANTITY] = STR("a hundred");
    assert_false(
        draft_restore(&plain, money_of("3"), money_of("1.5"), 500, &kept, &restored, &why));
    assert_int_equal(why.code, FAULT_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_takes_its_fields),
        cmocka_unit_test(every_missing_field_is_named),
        cmocka_unit_test(a_type_keeps_no_field_that_is_not_its_own),
        cmocka_unit_test(a_quantity_has_many_forms),
        cmocka_unit_test(a_charge_is_rounded_up),
        cmocka_unit_test(a_derived_quantity_is_not_the_clients),
        cmocka_unit_test(a_package_without_limits_counts_one),
        cmocka_unit_test(singular_and_plural_serve_for_each_other),
        cmocka_unit_test(a_kept_draft_is_restored_as_it_was),
        cmocka_unit_test(a_drip_feed_is_restored_with_its_run),
    };
    return cmocka_run_group_tests_name("draft", tests, NULL, NULL);
}
