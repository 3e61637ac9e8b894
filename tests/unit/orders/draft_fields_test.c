/* The forms of each kind of value: lists, texts, drip-feeds, subscriptions, dates, web traffic. */
#include "drafts.h"

static struct service plain = {.id = 1, .type = ORDERTYPE_DEFAULT, .min = 10, .max = 5000};

/* ---- lists ---- */

static const struct {
    enum field field;
    const char *given, *expected; /* as kept; NULL: refused as incorrect */
} lists[] = {
    {FIELD_COMMENTS, "a\nb", "a\nb"},
    {FIELD_COMMENTS, "a\r\nb", "a\nb"},
    {FIELD_COMMENTS, "a\rb", "a\nb"},
    {FIELD_COMMENTS, "a\\nb", "a\nb"},
    {FIELD_COMMENTS, "a\\r\\nb", "a\nb"},
    {FIELD_COMMENTS, "a\\rb\nc\\nd", "a\nb\nc\nd"},
    {FIELD_COMMENTS, "\n\na\n\n \nb\n\n", "a\nb"},
    {FIELD_COMMENTS, "  a  \n\tb\t", "a\nb"},
    {FIELD_COMMENTS, "a, b\nc", "a, b\nc"},
    {FIELD_COMMENTS, "a\\", "a\\"},
    {FIELD_COMMENTS, "a\\t\\b", "a\\t\\b"},
    {FIELD_COMMENTS, "a\tb", "a\tb"},
    {FIELD_COMMENTS, "same\nsame", "same\nsame"},
    {FIELD_COMMENTS, "gr\xc3\xbc\xc3\x9f\x65\n\xf0\x9f\x8c\x9e",
     "gr\xc3\xbc\xc3\x9f\x65\n\xf0\x9f\x8c\x9e"},
    {FIELD_COMMENTS, "a\n\xff", NULL},
    {FIELD_COMMENTS, "a\xc3\nb", NULL},
    {FIELD_COMMENTS, "a\x01\nb", NULL},
    {FIELD_COMMENTS, "a\x1b[0m\nb", NULL},
    {FIELD_COMMENTS, "a\x7f\nb", NULL},
    {FIELD_USERNAMES, "ann,bob", "ann\nbob"},
    {FIELD_USERNAMES, " ann , bob ,", "ann\nbob"},
    {FIELD_USERNAMES, "ann\nbob,cid\\ndan\r\neve", "ann\nbob\ncid\ndan\neve"},
    {FIELD_USERNAMES, ",ann,,\n,bob", "ann\nbob"},
    {FIELD_KEYWORDS, "red shoes,blue", "red shoes\nblue"},
    {FIELD_KEYWORDS, "\xff", NULL},
};

static void lists_are_split_at_every_separator(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        struct service service = {.id = 1, .min = 1, .max = 100};
        struct fields given = {0};
        struct draft draft;
        struct fault why;
        struct arena arena;
        arena_init(&arena);
        service.type = lists[i].field == FIELD_COMMENTS    ? ORDERTYPE_CUSTOM_COMMENTS
                       : lists[i].field == FIELD_USERNAMES ? ORDERTYPE_MENTIONS_CUSTOM_LIST
                                                           : ORDERTYPE_SEO;
        given.value[FIELD_LINK] = STR("l");
        given.value[FIELD_QUANTITY] = STR("1");
        given.value[lists[i].field] = str_of(lists[i].given);
        bool is_made = draft_make(&service, money_of("1"), 5, &given, &arena, &draft, &why);
        if (is_made != (lists[i].expected != NULL))
            fail_msg("list %zu: %s", i, is_made ? "was taken" : why.message);
        if (is_made && !str_is(draft.fields.value[lists[i].field], lists[i].expected))
            fail_msg("list %zu: \"" STR_FMT "\"", i, STR_ARG(draft.fields.value[lists[i].field]));
        if (!is_made)
            assert_string_equal(why.message, lists[i].field == FIELD_COMMENTS
                                                 ? "Incorrect comments"
                                                 : "Incorrect keywords");
        arena_fini(&arena);
    }
}

static void a_list_has_a_ceiling(void **state)
{
    (void)state;
    struct service service = {.id = 1, .type = ORDERTYPE_CUSTOM_COMMENTS, .min = 1, .max = 1 << 30};
    const struct {
        size_t lines, width;
        bool is_fine;
    } cases[] = {
        {DRAFT_LIST_LINES, 1, true},
        {DRAFT_LIST_LINES + 1, 1, false},
        {2, DRAFT_LIST_BYTES / 2 - 1, true},
        {2, DRAFT_LIST_BYTES / 2 + 1, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf text;
        struct fields given = {0};
        struct draft draft;
        struct fault why;
        struct arena arena;
        arena_init(&arena);
        buf_init(&text, 1 << 20);
        for (size_t line = 0; line < cases[i].lines; line++) {
            for (size_t column = 0; column < cases[i].width; column++)
                buf_add_byte(&text, 'x');
            buf_add_byte(&text, '\n');
        }
        given.value[FIELD_LINK] = STR("l");
        given.value[FIELD_COMMENTS] = buf_str(&text);
        assert_int_equal(draft_make(&service, money_of("1"), 5, &given, &arena, &draft, &why),
                         cases[i].is_fine);
        if (cases[i].is_fine)
            assert_int_equal(draft.quantity, cases[i].lines);
        else
            assert_string_equal(why.message, "Incorrect comments");
        buf_fini(&text);
        arena_fini(&arena);
    }
}

/* ---- texts ---- */

static void a_text_is_plain_and_bounded(void **state)
{
    (void)state;
    static const struct {
        struct str given;
        bool is_fine;
    } cases[] = {
        {{"https://x.example/a b?c=d&e=%20#f", 33}, true},
        {{"@ann", 4}, true},
        {{"gr\xc3\xbc\xc3\x9f", 6}, true},
        {{"a\nb", 3}, false},
        {{"a\rb", 3}, false},
        {{"a\tb", 3}, false},
        {{"a\0b", 3}, false},
        {{"a\x1b", 2}, false},
        {{"a\x7f", 2}, false},
        {{"\xff", 1}, false},
        {{"\xc0\xaf", 2}, false},
        {{"\xed\xa0\x80", 3}, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fields given = {0};
        struct draft draft;
        struct fault why;
        struct arena arena;
        arena_init(&arena);
        given.value[FIELD_LINK] = cases[i].given;
        given.value[FIELD_QUANTITY] = STR("10");
        if (draft_make(&plain, money_of("1"), 5, &given, &arena, &draft, &why) != cases[i].is_fine)
            fail_msg("text %zu", i);
        if (cases[i].is_fine)
            assert_true(str_equal(draft.fields.value[FIELD_LINK], cases[i].given));
        else
            assert_string_equal(why.message, "Incorrect link");
        arena_fini(&arena);
    }
}

static void a_link_has_a_ceiling(void **state)
{
    (void)state;
    char link[DRAFT_LINK_BYTES + 2];
    memset(link, 'x', sizeof link);
    for (size_t len = DRAFT_LINK_BYTES; len <= DRAFT_LINK_BYTES + 1; len++) {
        struct fields given = {0};
        struct draft draft;
        struct fault why;
        struct arena arena;
        arena_init(&arena);
        given.value[FIELD_LINK] = str_make(link, len);
        given.value[FIELD_QUANTITY] = STR("10");
        assert_int_equal(draft_make(&plain, money_of("1"), 5, &given, &arena, &draft, &why),
                         len == DRAFT_LINK_BYTES);
        arena_fini(&arena);
    }
}

/* The draft's own bytes: what the client sent may be gone. */
static void a_draft_owns_its_fields(void **state)
{
    (void)state;
    char link[] = "https://x.example/p", quantity[] = "50";
    struct fields given = {0};
    struct draft draft;
    struct fault why;
    struct arena arena;
    arena_init(&arena);
    given.value[FIELD_LINK] = str_of(link);
    given.value[FIELD_QUANTITY] = str_of(quantity);
    assert_true(draft_make(&plain, money_of("1"), 5, &given, &arena, &draft, &why));
    memset(link, '?', sizeof link - 1);
    memset(quantity, '?', sizeof quantity - 1);
    assert_true(str_is(draft.fields.value[FIELD_LINK], "https://x.example/p"));
    assert_true(str_is(draft.fields.value[FIELD_QUANTITY], "50"));
    arena_fini(&arena);
}

/* ---- drip-feed ---- */

/* min 10, max 5000, rate 3.00 */
static const struct {
    const char *quantity, *runs, *interval, *expected;
} drips[] = {
    {"100", "5", "10",
     "500/100 1.5 {\"link\":\"l\",\"quantity\":\"100\",\"runs\":\"5\",\"interval\":\"10\"}"},
    {"5000", "2", "0",
     "10000/5000 30 {\"link\":\"l\",\"quantity\":\"5000\",\"runs\":\"2\",\"interval\":\"0\"}"},
    {"100", "1", "10",
     "100/100 0.3 {\"link\":\"l\",\"quantity\":\"100\",\"runs\":\"1\",\"interval\":\"10\"}"},
    {"100", " 5.0 ", "1,000",
     "500/100 1.5 {\"link\":\"l\",\"quantity\":\"100\",\"runs\":\"5\",\"interval\":\"1000\"}"},
    {"100", "", "10", "100/100 0.3 {\"link\":\"l\",\"quantity\":\"100\"}"},
    {"100", "0", "0", "100/100 0.3 {\"link\":\"l\",\"quantity\":\"100\"}"},
    {"100", "0.0", "0", "100/100 0.3 {\"link\":\"l\",\"quantity\":\"100\"}"},
    {"9", "100", "10", "fault: Quantity less than minimal 10"},
    {"5001", "2", "10", "fault: Quantity more than maximum 5000"},
    {"100", "5", "", "fault: Missing parameter: interval"},
    {"100", "-1", "10", "fault: Incorrect runs"},
    {"100", "x", "10", "fault: Incorrect runs"},
    {"100", "100001", "10", "fault: Incorrect runs"},
    {"100", "5", "-1", "fault: Incorrect interval"},
    {"100", "5", "soon", "fault: Incorrect interval"},
};

static void a_drip_feed_is_limited_by_the_run_and_charged_for_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(drips); i++) {
        struct fields given = {0};
        struct arena arena;
        arena_init(&arena);
        given.value[FIELD_LINK] = STR("l");
        given.value[FIELD_QUANTITY] = str_of(drips[i].quantity);
        given.value[FIELD_RUNS] = str_of(drips[i].runs);
        given.value[FIELD_INTERVAL] = str_of(drips[i].interval);
        assert_string_equal(describe(&plain, "3.00", 5, &given, &arena), drips[i].expected);
        arena_fini(&arena);
    }
}

/* ---- subscriptions ---- */

/* min 10, max 5000; username, min 10, max 20, delay 0 unless the case says otherwise. */
static const struct {
    struct pair given[4];
    const char *kept; /* behind the four; or the fault */
} subscriptions[] = {
    {{{FIELD_POSTS, "3"}}, ",\"posts\":\"3\""},
    {{{FIELD_POSTS, "0"}}, "fault: Incorrect posts"},
    {{{FIELD_POSTS, "-1"}}, "fault: Incorrect posts"},
    {{{FIELD_POSTS, ""}}, ""},
    {{{FIELD_POSTS, "3.0"}, {FIELD_OLD_POSTS, "2"}}, ",\"posts\":\"3\",\"old_posts\":\"2\""},
    {{{FIELD_OLD_POSTS, "0"}}, ""},
    {{{FIELD_OLD_POSTS, "-1"}}, ""},
    {{{FIELD_EXPIRY, "31/12/2026"}}, ",\"expiry\":\"31/12/2026\""},
    {{{FIELD_POSTS, "many"}}, "fault: Incorrect posts"},
    {{{FIELD_OLD_POSTS, "x"}}, "fault: Incorrect old_posts"},
    {{{FIELD_EXPIRY, "tomorrow"}}, "fault: Incorrect expiry"},
};

static void a_subscription_has_no_charge_of_its_own(void **state)
{
    (void)state;
    struct service service = {.id = 1, .type = ORDERTYPE_SUBSCRIPTIONS, .min = 10, .max = 5000};
    for (size_t i = 0; i < COUNT_OF(subscriptions); i++) {
        struct fields given = {0};
        struct arena arena;
        arena_init(&arena);
        given.value[FIELD_USERNAME] = STR("ann");
        given.value[FIELD_MIN] = STR("10");
        given.value[FIELD_MAX] = STR("20");
        given.value[FIELD_DELAY] = STR("0");
        for (size_t j = 0; j < 4 && subscriptions[i].given[j].value; j++)
            given.value[subscriptions[i].given[j].field] = str_of(subscriptions[i].given[j].value);
        const char *kept = subscriptions[i].kept;
        const char *expected =
            str_starts(str_of(kept), STR("fault"))
                ? kept
                : arena_printf(&arena,
                               "0/0 0 {\"username\":\"ann\",\"min\":\"10\",\"max\":\"20\"%.*s"
                               ",\"delay\":\"0\"%s}",
                               (int)(strstr(kept, "\"expiry\"") ? 0 : strlen(kept)), kept,
                               strstr(kept, "\"expiry\"") ? kept : "");
        assert_string_equal(describe(&service, "3.00", 5, &given, &arena), expected);
        arena_fini(&arena);
    }
}

static void a_subscriptions_numbers_are_checked(void **state)
{
    static const struct {
        const char *min, *max, *delay, *expected;
    } cases[] = {
        {"10", "10", "600", NULL},
        {"9", "20", "0", "Quantity less than minimal 10"},
        {"10", "5001", "0", "Quantity more than maximum 5000"},
        {"20", "10", "0", "Incorrect max: it is less than min"},
        {"0", "10", "0", "Incorrect min"},
        {"x", "10", "0", "Incorrect min"},
        {"10", "x", "0", "Incorrect max"},
        {"10", "20", "-1", "Incorrect delay"},
        {"10", "20", "x", "Incorrect delay"},
    };
    (void)state;
    struct service service = {.id = 1, .type = ORDERTYPE_SUBSCRIPTIONS, .min = 10, .max = 5000};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fields given = {0};
        struct draft draft;
        struct fault why;
        struct arena arena;
        arena_init(&arena);
        given.value[FIELD_USERNAME] = STR("ann");
        given.value[FIELD_MIN] = str_of(cases[i].min);
        given.value[FIELD_MAX] = str_of(cases[i].max);
        given.value[FIELD_DELAY] = str_of(cases[i].delay);
        bool is_made = draft_make(&service, money_of("1"), 5, &given, &arena, &draft, &why);
        assert_int_equal(is_made, cases[i].expected == NULL);
        if (!is_made)
            assert_string_equal(why.message, cases[i].expected);
        arena_fini(&arena);
    }
}

static void an_expiry_has_several_forms(void **state)
{
    static const struct {
        const char *given, *expected; /* NULL: incorrect */
    } cases[] = {
        {"31/12/2026", "31/12/2026"},
        {"12/31/2026", "31/12/2026"},
        {"5/6/2026", "05/06/2026"},
        {"13/6/2026", "13/06/2026"},
        {"6/13/2026", "13/06/2026"},
        {"31.12.2026", "31/12/2026"},
        {"2026-12-31", "31/12/2026"},
        {"31-12-2026", "31/12/2026"},
        {"2026/12/31", "31/12/2026"},
        {" 1 / 2 / 2026 ", "01/02/2026"},
        {"32/12/2026", NULL},
        {"13/13/2026", NULL},
        {"0/1/2026", NULL},
        {"1/0/2026", NULL},
        {"1/1/26", NULL},
        {"1/1/10000", NULL},
        {"1/1", NULL},
        {"1/1/2026/1", NULL},
        {"1-1/2026", NULL},
        {"-1/1/2026", NULL},
        {"soon", NULL},
        {"2026-13-01", NULL},
        {"99999999999999999999/1/2026", NULL},
    };
    (void)state;
    struct service service = {.id = 1, .type = ORDERTYPE_SUBSCRIPTIONS, .min = 1, .max = 50};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fields given = {0};
        struct draft draft;
        struct fault why;
        struct arena arena;
        arena_init(&arena);
        given.value[FIELD_USERNAME] = STR("ann");
        given.value[FIELD_MIN] = given.value[FIELD_MAX] = STR("10");
        given.value[FIELD_DELAY] = STR("0");
        given.value[FIELD_EXPIRY] = str_of(cases[i].given);
        bool is_made = draft_make(&service, money_of("1"), 5, &given, &arena, &draft, &why);
        if (is_made != (cases[i].expected != NULL))
            fail_msg("\"%s\": %s", cases[i].given, is_made ? "was taken" : why.message);
        if (is_made && !str_is(draft.fields.value[FIELD_EXPIRY], cases[i].expected))
            fail_msg("\"%s\": " STR_FMT, cases[i].given, STR_ARG(draft.fields.value[FIELD_EXPIRY]));
        arena_fini(&arena);
    }
}

/* ---- web traffic ---- */

static void search_and_referrer_traffic_need_their_word(void **state)
{
    static const struct {
        const char *type, *keyword, *url, *expected; /* NULL: taken */
    } cases[] = {
        {"1", NULL, NULL, "Missing parameter: google_keyword"},
        {"1", " ", "https://r.example", "Missing parameter: google_keyword"},
        {"1", "shoes", NULL, NULL},
        {"2", NULL, NULL, "Missing parameter: referring_url"},
        {"2", "shoes", NULL, "Missing parameter: referring_url"},
        {"2", NULL, "https://r.example", NULL},
        {" 2 ", NULL, NULL, "Missing parameter: referring_url"},
        {"3", NULL, NULL, NULL},
    };
    (void)state;
    struct service service = service_of(ORDERTYPE_WEB_TRAFFIC);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct pair pairs[PAIRS] = {LINK, Q50, {FIELD_COUNTRY, "DE"}, {FIELD_DEVICE, "1"}};
        struct fields given = fields_of(pairs);
        struct draft draft;
        struct fault why;
        struct arena arena;
        arena_init(&arena);
        given.value[FIELD_TYPE_OF_TRAFFIC] = str_of(cases[i].type);
        given.value[FIELD_GOOGLE_KEYWORD] = str_of(cases[i].keyword);
        given.value[FIELD_REFERRING_URL] = str_of(cases[i].url);
        bool is_made = draft_make(&service, money_of("1"), 5, &given, &arena, &draft, &why);
        assert_int_equal(is_made, cases[i].expected == NULL);
        if (!is_made)
            assert_string_equal(why.message, cases[i].expected);
        arena_fini(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_split_at_every_separator),
        cmocka_unit_test(a_list_has_a_ceiling),
        cmocka_unit_test(a_text_is_plain_and_bounded),
        cmocka_unit_test(a_link_has_a_ceiling),
        cmocka_unit_test(a_draft_owns_its_fields),
        cmocka_unit_test(a_drip_feed_is_limited_by_the_run_and_charged_for_all),
        cmocka_unit_test(a_subscription_has_no_charge_of_its_own),
        cmocka_unit_test(a_subscriptions_numbers_are_checked),
        cmocka_unit_test(an_expiry_has_several_forms),
        cmocka_unit_test(search_and_referrer_traffic_need_their_word),
    };
    return cmocka_run_group_tests_name("draft_fields", tests, NULL, NULL);
}
