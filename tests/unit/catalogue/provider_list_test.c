/* What of a panel's answer is kept, and when a list has lost too much. */
#include "world.h"

static struct upstream_service rows[] = {
    {.id = {"9", 1}, .name = {"Nine", 4}, .has_rate = true, .has_limits = true, .min = 5, .max = 2},
    {.id = {"10", 2},
     .name = {" Ten\n", 5},
     .has_rate = true,
     .has_limits = true,
     .min = 0,
     .max = 0},
    {.id = {"8", 1}, .name = {"No rate", 7}},
    {.id = {"7", 1}, .name = {"Twice", 5}, .has_rate = true, .is_doubled = true},
    {.id = {"", 0}, .name = {"No id", 5}, .has_rate = true},
    {.id = {"a-b", 3},
     .name = {"Slug", 4},
     .has_rate = true,
     .has_limits = true,
     .min = 0,
     .max = 7},
    {.id = {"9", 1}, .name = {"Nine again", 10}, .has_rate = true},
};

static void test_from_answer(void **state)
{
    (void)state;
    struct upstream_response answer = {.services = rows, .service_count = COUNT_OF(rows)};
    struct provider_list *list = provider_list_from_answer(&answer, 77);
    assert_int_equal(list->count, 5);
    assert_int_equal(provider_list_priced(list), 3);
    assert_int_equal(provider_list_void(list), 2);
    assert_int_equal(list->fetched_at_ms, 77);
    assert_true(str_is(provider_list_find(list, STR("9"))->name, "Nine"));
    assert_false(provider_list_find(list, STR("9"))->has_limits);
    assert_true(str_is(provider_list_find(list, STR("10"))->name, "Ten"));
    assert_false(provider_list_find(list, STR("10"))->has_limits);
    assert_true(provider_list_find(list, STR("a-b"))->has_limits);
    /* What spoils a row takes it out of the sale, not out of the list. */
    assert_true(provider_list_find(list, STR("8"))->is_unpriced);
    assert_true(provider_list_find(list, STR("7"))->is_unpriced);
    assert_true(provider_list_find(list, STR("9"))->is_void);
    assert_true(provider_list_find(list, STR("10"))->is_void);
    assert_false(provider_list_find(list, STR("a-b"))->is_void);
    assert_null(provider_list_find(list, STR_NONE));
    assert_null(provider_list_find(NULL, STR("9")));
    provider_list_free(&list);
    answer.service_count = 0;
    list = provider_list_from_answer(&answer, 1);
    assert_int_equal(list->count, 0);
    provider_list_free(&list);
}

static struct provider_list *of_ids(const char *ids)
{
    struct provider_list *list = provider_list_new(1);
    for (; *ids; ids++)
        provider_list_add(list, &(struct panelrow){.id = str_make(ids, 1)});
    provider_list_seal(list);
    return list;
}

static void test_shrunken(void **state)
{
    static const struct {
        const char *former, *next, *limit;
        size_t missing;
        bool is_shrunken;
    } cases[] = {
        {"abcdefghij", "abcdefghij", "0.3", 0, false},
        {"abcdefghij", "abcdefg", "0.3", 3, false},
        {"abcdefghij", "abcdef", "0.3", 4, true},
        {"abcdefghij", "uvwxyz", "0.3", 10, true},
        {"abc", "zab", "0.3", 1, true},
        {"abcd", "dba", "0.3", 1, false},
        {"a", "b", "1", 1, false},
        {"ab", "axyz", "0", 1, true},
        {"ab", "bazx", "0", 0, false},
        {"", "a", "0.3", 0, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct provider_list *former = of_ids(cases[i].former), *next = of_ids(cases[i].next);
        if (provider_list_missing(former, next) != cases[i].missing ||
            provider_list_is_shrunken(former, next, percent_of(cases[i].limit)) !=
                cases[i].is_shrunken)
            fail_msg("%s -> %s: %zu missing", cases[i].former, cases[i].next,
                     provider_list_missing(former, next));
        provider_list_free(&former);
        provider_list_free(&next);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_from_answer),
                                       cmocka_unit_test(test_shrunken)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
