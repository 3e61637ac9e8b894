/* Which rows of a list become services, and under which number. */
#include "world.h"

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
    setting->numbers = importnumbers_new();
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
    importnumbers_free(&setting->numbers);
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
    importnumbers_take(setting.numbers, STR("old"), STR("9"), 2147483645);
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
    assert_int_equal(importnumbers_unkept(setting.numbers, &list), 1);
    assert_int_equal(list[0].service, 1);
    free(list);
    setting.settings.service_count = 0;
    expect(&setting, "1:1");
    setting_fini(&setting);
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
    importnumbers_take(setting.numbers, STR("gamma"), STR("200"), 31);
    expect(&setting, "1:1 200:31");
    assert_int_equal(importnumbers_unkept(setting.numbers, &list), 1);
    assert_true(str_is(list[0].provider, "gamma") && str_is(list[0].upstream_service, "1"));
    assert_int_equal(list[0].service, 1);
    free(list);
    importnumbers_all_kept(setting.numbers);
    assert_int_equal(importnumbers_unkept(setting.numbers, &list), 0);
    assert_null(list);
    setting_fini(&setting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_collisions),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_written_takes_a_given_number),
        cmocka_unit_test(test_first_import_wins),
        cmocka_unit_test(test_what_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
