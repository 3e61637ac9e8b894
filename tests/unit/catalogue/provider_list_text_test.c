/* Kept lists: back as they were, or not at all. */
#include "world.h"

#include "catalogue/provider_list.h"

static const struct world_row rows[] = {
    {"101", "Followers", "Social", "0.9", ORDERTYPE_DEFAULT, 50, 10000, true, false, true},
    {"12-slug", "N\xC3\xA1me \"quoted\"", "", "0.00000001", ORDERTYPE_PACKAGE, 1, 1, false, true,
     false},
    {"7", "Odd", "Social", "116011", ORDERTYPE_UNKNOWN, 0, 0, false, false, false},
    {0},
};

static void test_there_and_back(void **state)
{
    (void)state;
    struct provider_list *list = world_list(rows);
    provider_list_add(list,
                      &(struct panelrow){.id = STR("8"), .name = STR("?"), .is_unpriced = true});
    provider_list_add(list, &(struct panelrow){.id = STR("9"), .name = STR("-"), .is_void = true});
    provider_list_seal(list);
    list->fetched_at_ms = 1234567890123;
    struct pricebook book = {0}, again = {0};
    *pricebook_need(&book, STR("7")) = (struct price_state){.is_quarantined = true,
                                                            .pending = money_of("116011"),
                                                            .has_accepted = true,
                                                            .accepted = money_of("1.5"),
                                                            .agreeing = 2,
                                                            .since_ms = 99,
                                                            .held_since_ms = 42,
                                                            .held_ran_ms = 17};
    pricebook_judge_unreadable(pricebook_need(&book, STR("8")), 77);
    *pricebook_need(&book, STR("gone")) =
        (struct price_state){.is_quarantined = true, .pending = money_of("0"), .agreeing = 1};
    *pricebook_need(&book, STR("101")) =
        (struct price_state){.has_accepted = true, .accepted = money_of("0.9")};
    struct buf text, second;
    buf_init(&text, PROVIDER_LIST_TEXT_MAX);
    buf_init(&second, PROVIDER_LIST_TEXT_MAX);
    assert_true(provider_list_print(list, &book, NULL, &text));
    struct provider_list *back = provider_list_parse(buf_str(&text), &again, NULL, false);
    assert_non_null(back);
    assert_int_equal(back->count, 5);
    assert_int_equal(back->fetched_at_ms, 1234567890123);
    assert_true(provider_list_print(back, &again, NULL, &second));
    assert_string_equal(text.ptr, second.ptr);
    const struct price_state *price = pricebook_find(&again, STR("7"));
    assert_true(price->is_quarantined && price->agreeing == 2 && price->since_ms == 99);
    assert_int_equal(price->held_since_ms, 42);
    assert_int_equal(price->held_ran_ms, 17);
    assert_int_equal(pricebook_find(&again, STR("gone"))->held_ran_ms, 0);
    assert_true(pricebook_find(&again, STR("8"))->is_unreadable);
    assert_true(provider_list_find(back, STR("8"))->is_unpriced);
    assert_true(provider_list_find(back, STR("9"))->is_void);
    assert_int_equal(price->accepted.units, money_of("1.5").units);
    assert_false(pricebook_find(&again, STR("gone"))->has_accepted);
    assert_int_equal(pricebook_find(&again, STR("101"))->accepted.units, money_of("0.9").units);
    assert_true(provider_list_find(back, STR("101"))->refill);
    assert_false(provider_list_find(back, STR("7"))->has_limits);
    pricebook_fini(&book);
    pricebook_fini(&again);
    buf_fini(&text);
    buf_fini(&second);
    provider_list_free(&list);
    provider_list_free(&back);
}

/* Beside the rows: an outage, and how long prices were held; neither spoils the list. */
static void test_what_was_counted(void **state)
{
    static const struct {
        const char *head;
        enum outage_why why;
        int64_t ran_ms, held_ran_ms;
    } cases[] = {
        {"", OUTAGE_NONE, 0, 950},
        {"\"ran\":{},", OUTAGE_NONE, 0, 950},
        {"\"ran\":{\"1\":7},\"outage\":[\"key\",9,null],", OUTAGE_KEY, 9, 7},
        {"\"ran\":{\"1\":9223372036854775807},\"outage\":[\"key\",9223372036854775807,null],",
         OUTAGE_NONE, 0, 950},
        {"\"ran\":{\"1\":-7},\"outage\":[\"funds\",9,\"-3\"],", OUTAGE_FUNDS, 9, 950},
        {"\"ran\":[7],\"outage\":[\"key\",-9,null],", OUTAGE_NONE, 0, 950},
        {"\"ran\":{\"1\":\"7\"},\"outage\":[\"moon\",9,null],", OUTAGE_NONE, 0, 950},
        {"\"outage\":[\"key\",9,3],", OUTAGE_NONE, 0, 950},
        {"\"outage\":{},", OUTAGE_NONE, 0, 950},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct pricebook book = {0};
        struct outage outage = {.why = OUTAGE_SILENT};
        struct buf text;
        buf_init(&text, 4096);
        buf_printf(
            &text,
            "{\"version\":1,\"fetched\":1000,%s\"rows\":[[\"1\",\"a\",\"c\",\"Default\",\"9\","
            "1,2,0]],\"held\":[[\"1\",\"8\",null,1,60,50]]}",
            cases[i].head);
        struct provider_list *list = provider_list_parse(buf_str(&text), &book, &outage, false);
        assert_non_null(list);
        if (outage.why != cases[i].why || outage.ran_ms != cases[i].ran_ms ||
            pricebook_find(&book, STR("1"))->held_ran_ms != cases[i].held_ran_ms)
            fail_msg("%s: %s for %lld, held for %lld", cases[i].head, outage_why_name(outage.why),
                     (long long)outage.ran_ms,
                     (long long)pricebook_find(&book, STR("1"))->held_ran_ms);
        text.len = 0;
        assert_true(provider_list_print(list, &book, &outage, &text));
        struct outage again;
        struct provider_list *back = provider_list_parse(buf_str(&text), NULL, &again, false);
        assert_true(again.why == outage.why && again.ran_ms == outage.ran_ms);
        provider_list_free(&back);
        provider_list_free(&list);
        pricebook_fini(&book);
        buf_fini(&text);
    }
}

static void test_known_prices_stay(void **state)
{
    (void)state;
    const char *text =
        "{\"version\":1,\"fetched\":5,\"rows\":[[\"1\",\"a\",\"c\",\"Default\",\"9\","
        "1,2,0],[\"2\",\"b\",\"c\",\"Default\",\"8\",1,2,0]],\"held\":[[\"2\",\"8\","
        "null,1,0]]}";
    struct pricebook book = {0};
    pricebook_need(&book, STR("1"))->is_quarantined = true;
    *pricebook_need(&book, STR("2")) =
        (struct price_state){.has_accepted = true, .accepted = money_of("7")};
    struct provider_list *list = provider_list_parse(str_of(text), &book, NULL, true);
    assert_non_null(list);
    assert_true(pricebook_find(&book, STR("1"))->is_quarantined);
    assert_false(pricebook_find(&book, STR("2"))->is_quarantined);
    provider_list_free(&list);
    list = provider_list_parse(str_of(text), &book, NULL, false);
    assert_true(pricebook_find(&book, STR("2"))->is_quarantined);
    provider_list_free(&list);
    pricebook_fini(&book);
}

#define ROW "[\"1\",\"a\",\"c\",\"Default\",\"9\",1,2,0]"
#define LIST(rows, held) "{\"version\":1,\"fetched\":5,\"rows\":[" rows "],\"held\":[" held "]}"

static void test_ill_formed(void **state)
{
    static const char *const texts[] = {
        "",
        "null",
        "[]",
        "{",
        "{}",
        LIST("", ""),
        "{\"version\":2,\"fetched\":5,\"rows\":[" ROW "],\"held\":[]}",
        "{\"version\":1,\"fetched\":0,\"rows\":[" ROW "],\"held\":[]}",
        "{\"version\":1,\"fetched\":5,\"rows\":[" ROW "]}",
        "{\"version\":1,\"fetched\":5,\"rows\":[" ROW "],\"held\":{}}",
        LIST(ROW "," ROW, ""),
        LIST("[\"\",\"a\",\"c\",\"Default\",\"9\",1,2,0]", ""),
        LIST("[1,\"a\",\"c\",\"Default\",\"9\",1,2,0]", ""),
        LIST("[\"1\",null,\"c\",\"Default\",\"9\",1,2,0]", ""),
        LIST("[\"1\",\"a\",\"c\",\"Dflt\",\"9\",1,2,0]", ""),
        LIST("[\"1\",\"a\",\"c\",\"Default\",\"-9\",1,2,0]", ""),
        LIST("[\"1\",\"a\",\"c\",\"Default\",9,1,2,0]", ""),
        LIST("[\"1\",\"a\",\"c\",\"Default\",\"9e30\",1,2,0]", ""),
        LIST("[\"1\",\"a\",\"c\",\"Default\",\"9\",3,2,0]", ""),
        LIST("[\"1\",\"a\",\"c\",\"Default\",\"9\",1,null,0]", ""),
        LIST("[\"1\",\"a\",\"c\",\"Default\",\"9\",1,2,8]", ""),
        LIST("[\"1\",\"a\",\"c\",\"Default\",\"9\",null,null,64]", ""),
        LIST(ROW, "[\"1\",\"9\",null,1,0,null]"),
        LIST(ROW, "[\"1\",\"9\",null,1,0,0,0]"),
        LIST("[\"1\",\"a\",\"c\",\"Default\",\"9\",1,2]", ""),
        LIST("[\"1\",\"a\",\"c\",\"Default\",\"9\",1,2,0,0]", ""),
        LIST(ROW, "[\"1\",\"9\",null,9,0]"),
        LIST(ROW, "[\"1\",\"9\",\"x\",1,0]"),
        LIST(ROW, "[\"1\",\"9\",null,1,0],[]"),
        LIST(ROW, "1"),
        LIST(ROW, "") "x",
    };
    (void)state;
    struct pricebook book = {0};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (provider_list_parse(str_of(texts[i]), &book, NULL, false) || book.prices)
            fail_msg("taken: %s", texts[i]);
    struct provider_list *list = provider_list_parse(str_of(LIST(ROW, "")), &book, NULL, false);
    assert_non_null(list);
    provider_list_free(&list);
    pricebook_fini(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_what_was_counted),
        cmocka_unit_test(test_known_prices_stay), cmocka_unit_test(test_ill_formed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
