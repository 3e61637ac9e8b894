/* Which rows of a list become services, and under which number. */
#include "world.h"

#include <stdio.h>

#include "catalogue/importplan.h"

static char *const views[] = {(char *)(uintptr_t) "Views*", (char *)(uintptr_t) "Likes"};
static char *const some[] = {(char *)(uintptr_t) "1", (char *)(uintptr_t) "20*"};
static enum ordertype packages[] = {ORDERTYPE_PACKAGE};

static const struct world_row rows[] = {
    {"1", "One", "Views, fast", "1", ORDERTYPE_DEFAULT, 1, 10, 0, 0, 0},
    {"2", "Two", "Likes", "1", ORDERTYPE_PACKAGE, 1, 1, 0, 0, 0},
    {"3", "Three", "Other", "1", ORDERTYPE_DEFAULT, 1, 10, 0, 0, 0},
    {"4", "Local", "Views", "1", ORDERTYPE_UNKNOWN, 1, 10, 0, 0, 0},
    {"5", "/-----/", "Views", "1", ORDERTYPE_PACKAGE, 1, 1, 0, 0, 0},
    {"200", "Two hundred", "Likes", "1", ORDERTYPE_DEFAULT, 1, 10, 0, 0, 0},
    {"abc", "Named", "Likes", "1", ORDERTYPE_DEFAULT, 1, 10, 0, 0, 0},
    {0},
};

struct setting {
    struct provider_set *providers;
    const struct provider_list *lists[PROVIDER_MAX];
    struct importnumbers *numbers;
    struct service_settings written[3];
    struct import_settings imports[2];
    struct catalogue_settings settings;
};

static void setting_init(struct setting *setting)
{
    *setting = (struct setting){0};
    setting->providers =
        world_providers((struct world_provider[]){{"gamma", "1"}, {"delta", "1"}, {0}});
    setting->lists[setting->providers->list[0].id] = world_list(rows);
    setting->numbers = importplan_numbers_new();
    setting->imports[0] = (struct import_settings){.provider = (char *)(uintptr_t) "gamma"};
    setting->imports[1] = setting->imports[0];
    setting->settings = (struct catalogue_settings){
        .services = setting->written, .imports = setting->imports, .import_count = 1};
}

static void setting_fini(struct setting *setting)
{
    struct provider_list *list =
        (struct provider_list *)(uintptr_t)setting->lists[setting->providers->list[0].id];
    provider_list_free(&list);
    importplan_numbers_free(&setting->numbers);
    provider_set_unpin(&setting->providers);
}

/* "1:1 2:2 abc:2147483646": theirs:ours in the order of the plan, which is by ours. */
static void expect(struct setting *setting, const char *expected)
{
    struct importplan plan;
    struct buf text;
    buf_init(&text, 1000);
    importplan_make(&setting->settings, setting->providers, setting->lists, setting->numbers,
                    &plan);
    for (size_t i = 0; i < plan.count; i++)
        buf_printf(&text, "%s" STR_FMT ":%u", i ? " " : "", STR_ARG(plan.rows[i].row->id),
                   plan.rows[i].id);
    assert_string_equal(text.ptr ? text.ptr : "", expected);
    buf_fini(&text);
    importplan_fini(&plan);
}

static void test_filters(void **state)
{
    static const char *const ranges[] = {"2-199", "9-3", "a-c"};
    static const struct {
        struct import_settings import;
        const char *plan;
    } cases[] = {
        {{.first_id = 0}, "1:1 2:2 3:3 200:200 abc:2147483646"},
        {{.first_id = 1000, .categories = (char **)(uintptr_t)views, .category_count = 2},
         "1:1001 2:1002 200:1200 abc:2147483646"},
        {{.first_id = 1000, .types = packages, .type_count = 1}, "2:1002"},
        {{.first_id = 1000, .services = (char **)(uintptr_t)some, .service_count = 2},
         "1:1001 200:1200"},
        {{.first_id = 1000, .services = (char **)(uintptr_t)ranges, .service_count = 3},
         "2:1002 3:1003"},
        {{.first_id = 1000,
          .services = (char **)(uintptr_t)some,
          .service_count = 2,
          .categories = (char **)(uintptr_t)views,
          .category_count = 1},
         "1:1001"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct setting setting;
        setting_init(&setting);
        setting.imports[0] = cases[i].import;
        setting.imports[0].provider = (char *)(uintptr_t) "gamma";
        expect(&setting, cases[i].plan);
        setting_fini(&setting);
    }
}

/* A frame alone is a fashion of names, an absurd price alone is for the quarantine. */
static void test_headings(void **state)
{
    static const struct {
        const char *name, *rate, *exchange;
        int64_t min, max;
        bool is_heading;
    } cases[] = {
        {"------------- 15 Day Packages -------------", "9999", "1", 1, 1, true},
        {"=== NEW SERVICES ===", "1000", "1", 1000, 1000, true},
        {"=== NEW SERVICES ===", "0.5", "1", 1, 1, true},
        {"=== NEW SERVICES ===", "0.5", "1", 0, 1, true},
        {"=== NEW SERVICES ===", "0", "1", 10, 1000, true},
        {"=== NEW SERVICES ===", "0.5", "1", 10, 1000, false},
        {"=== 1000 Followers ===", "0.5", "1", 1000, 1000, false},
        {"=== NEW SERVICES ===", "9999", "0.012", 10, 1000,
         true}, /* nines, whatever the currency */
        {"=== NEW SERVICES ===", "999.99", "0.012", 10, 1000, true},
        {"=== NEW SERVICES ===", "15000", "0.000062", 10, 1000, false},
        {"=== NEW SERVICES ===", "15000", "1", 0, 0, true},
        {"=== NEW SERVICES ===", "1.5", "1", 0, 0, false},
        {"NEW SERVICES", "9999", "1", 1, 1, false},
        {"[VIP] Package [Monthly]", "12", "1", 1, 1, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct panelrow row = {.name = str_of(cases[i].name),
                               .rate = money_of(cases[i].rate),
                               .type = ORDERTYPE_DEFAULT,
                               .has_limits = cases[i].max > 0,
                               .min = cases[i].min,
                               .max = cases[i].max};
        struct import_settings import = {0};
        struct factor exchange = factor_of(cases[i].exchange);
        if (importplan_is_heading(&row, exchange) != cases[i].is_heading ||
            importplan_wants(&import, &row, exchange) == cases[i].is_heading)
            fail_msg("row %zu: %s", i, cases[i].name);
    }
}

static void test_collisions(void **state)
{
    struct setting setting;
    (void)state;
    setting_init(&setting);
    setting.imports[0].first_id = 1000;
    setting.imports[0].services = (char **)(uintptr_t)some;
    setting.imports[0].service_count = 2;
    setting.written[0].id = 1200;
    setting.written[1].id = 2147483646;
    setting.written[2].id = 77;
    setting.settings.service_count = 3;
    importplan_numbers_take(setting.numbers, STR("old"), STR("9"), 2147483645);
    expect(&setting, "1:1001 200:2147483644");
    /* The number stays when nothing stands in its way any more, and is not given again. */
    setting.settings.service_count = 0;
    expect(&setting, "1:1001 200:2147483644");
    setting.imports[0].first_id = 2147483444; /* 200 would be 2147483644 */
    setting.imports[0].service_count = 0;
    expect(&setting, "1:1001 2:2147483446 3:2147483447 200:2147483644 abc:2147483646");
    setting_fini(&setting);
}

static void test_written_takes_a_given_number(void **state)
{
    struct setting setting;
    (void)state;
    setting_init(&setting);
    setting.imports[0].services = (char **)(uintptr_t)some;
    setting.imports[0].service_count = 1;
    expect(&setting, "1:1");
    setting.written[0].id = 1;
    setting.settings.service_count = 1;
    expect(&setting, "1:2147483646");
    expect(&setting, "1:2147483646");
    struct ledger_import *list;
    assert_int_equal(importplan_numbers_unkept(setting.numbers, &list), 2);
    assert_int_equal(list[0].service, 1);
    assert_int_equal(list[1].service, 2147483646);
    free(list);
    setting.settings.service_count = 0;
    expect(&setting, "1:1");
    setting_fini(&setting);
}

/* The ledger's rows, which a restart begins with. */
struct kept {
    char provider[20], service[60];
    uint32_t number;
};
struct keeping {
    struct kept rows[40];
    size_t count;
};

static void restart(struct setting *setting, struct keeping *keeping)
{
    struct ledger_import *list;
    size_t count = importplan_numbers_unkept(setting->numbers, &list);
    for (size_t i = 0; i < count; i++) {
        struct kept *row = &keeping->rows[keeping->count++];
        snprintf(row->provider, sizeof row->provider, STR_FMT, STR_ARG(list[i].provider));
        snprintf(row->service, sizeof row->service, STR_FMT, STR_ARG(list[i].upstream_service));
        row->number = list[i].service;
        for (size_t k = 0; k + 1 < keeping->count; k++)
            assert_int_not_equal(keeping->rows[k].number, row->number);
    }
    free(list);
    importplan_numbers_free(&setting->numbers);
    setting->numbers = importplan_numbers_new();
    for (size_t i = 0; i < keeping->count; i++)
        importplan_numbers_take(setting->numbers, str_of(keeping->rows[i].provider),
                                str_of(keeping->rows[i].service), keeping->rows[i].number);
}

/* A number that an import had never becomes another service's, whatever is written out and taken
 * back, with and without a restart after each step. */
static void test_numbers_never_change_hands(void **state)
{
    static const struct {
        uint32_t written[3];
        const char *plan;
    } steps[] = {
        {{0}, "1:1001 2:1002 3:1003"},
        {{1003}, "1:1001 2:1002 3:2147483646"},
        {{1001, 1003}, "2:1002 1:2147483645 3:2147483646"},
        {{1001, 1003, 2147483646}, "2:1002 3:2147483644 1:2147483645"},
        {{1001}, "2:1002 3:1003 1:2147483645"},
        {{2147483645, 1001, 1002}, "3:1003 2:2147483642 1:2147483643"},
        {{0}, "1:1001 2:1002 3:1003"},
        {{1003}, "1:1001 2:1002 3:2147483646"},
        {{1003, 2147483646}, "1:1001 2:1002 3:2147483644"},
    };
    static const char *const ids[] = {"1-3"};
    (void)state;
    for (int with_restarts = 0; with_restarts < 2; with_restarts++) {
        struct setting setting;
        struct keeping keeping = {0};
        setting_init(&setting);
        setting.imports[0].first_id = 1000;
        setting.imports[0].services = (char **)(uintptr_t)ids;
        setting.imports[0].service_count = 1;
        for (size_t i = 0; i < COUNT_OF(steps); i++) {
            setting.settings.service_count = 0;
            for (size_t w = 0; w < 3 && steps[i].written[w]; w++)
                setting.written[setting.settings.service_count++].id = steps[i].written[w];
            expect(&setting, steps[i].plan);
            if (with_restarts)
                restart(&setting, &keeping);
        }
        setting_fini(&setting);
    }
}

static void test_too_large(void **state)
{
    struct setting setting;
    (void)state;
    setting_init(&setting);
    setting.imports[0].services = (char **)(uintptr_t)some;
    setting.imports[0].service_count = 2;
    setting.imports[0].first_id = 2147483647 - 1;
    expect(&setting, "200:2147483646 1:2147483647");
    setting_fini(&setting);
}

static void test_first_import_wins(void **state)
{
    struct setting setting;
    struct importplan plan;
    (void)state;
    setting_init(&setting);
    setting.imports[1].first_id = 500;
    setting.settings.import_count = 2;
    importplan_make(&setting.settings, setting.providers, setting.lists, setting.numbers, &plan);
    assert_int_equal(plan.count, 5);
    for (size_t i = 0; i < plan.count; i++)
        assert_ptr_equal(plan.rows[i].import, &setting.imports[0]);
    assert_int_equal(plan.moved, 1);
    importplan_fini(&plan);
    setting_fini(&setting);
}

static void test_what_is_kept(void **state)
{
    struct setting setting;
    struct ledger_import *list;
    (void)state;
    setting_init(&setting);
    setting.imports[0].services = (char **)(uintptr_t)some;
    setting.imports[0].service_count = 2;
    importplan_numbers_take(setting.numbers, STR("gamma"), STR("200"), 31);
    expect(&setting, "1:1 200:31");
    assert_int_equal(importplan_numbers_unkept(setting.numbers, &list), 1);
    assert_true(str_is(list[0].provider, "gamma") && str_is(list[0].upstream_service, "1"));
    assert_int_equal(list[0].service, 1);
    free(list);
    importplan_numbers_all_kept(setting.numbers);
    assert_int_equal(importplan_numbers_unkept(setting.numbers, &list), 0);
    assert_null(list);
    setting_fini(&setting);
}

/* A number that is given while others are being written is not in the ledger with them. */
static void test_what_is_given_meanwhile_is_not_kept(void **state)
{
    struct setting setting;
    struct ledger_import *list;
    (void)state;
    setting_init(&setting);
    setting.imports[0].services = (char **)(uintptr_t)some;
    setting.imports[0].service_count = 2;
    expect(&setting, "1:1 200:200");
    assert_int_equal(importplan_numbers_unkept(setting.numbers, &list), 2);
    free(list);
    setting.imports[0].service_count = 0;
    expect(&setting, "1:1 2:2 3:3 200:200 abc:2147483646");
    importplan_numbers_all_kept(setting.numbers);
    assert_int_equal(importplan_numbers_unkept(setting.numbers, &list), 3);
    free(list);
    setting_fini(&setting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_headings),
        cmocka_unit_test(test_collisions),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_written_takes_a_given_number),
        cmocka_unit_test(test_numbers_never_change_hands),
        cmocka_unit_test(test_first_import_wins),
        cmocka_unit_test(test_what_is_kept),
        cmocka_unit_test(test_what_is_given_meanwhile_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
