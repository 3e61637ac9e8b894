/* Scripts: what they may say, and how their faults are named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/event.h>

#include "simulator/panel.h"
#include "simulator/panelscript.h"

#ifndef TESTS_DIRECTORY
#define TESTS_DIRECTORY "."
#endif

static bool apply(struct panel *panel, const char *yaml, struct fault *why)
{
    json_t *settings = panelscript_parse(str_of(yaml), "s.yaml", why);
    bool is_good = settings && panelscript_apply(panel, settings, why);
    json_decref(settings);
    return is_good;
}

static void test_scalars(void **state)
{
    struct fault why;
    (void)state;
    json_t *root = panelscript_parse(
        STR("{a: 1, b: '1', c: 0.90, d: true, e: yes, f: ~, g: 007, h: [x, -3], i: }"), "s", &why);
    assert_non_null(root);
    assert_int_equal(json_integer_value(json_object_get(root, "a")), 1);
    assert_string_equal(json_string_value(json_object_get(root, "b")), "1");
    assert_string_equal(json_string_value(json_object_get(root, "c")), "0.90");
    assert_true(json_is_true(json_object_get(root, "d")));
    assert_string_equal(json_string_value(json_object_get(root, "e")), "yes");
    assert_true(json_is_null(json_object_get(root, "f")));
    assert_string_equal(json_string_value(json_object_get(root, "g")), "007");
    assert_int_equal(json_integer_value(json_array_get(json_object_get(root, "h"), 1)), -3);
    json_decref(root);
}

static void test_settings(void **state)
{
    struct event_base *base = event_base_new();
    struct panel *panel = panel_new(base);
    struct fault why = {.code = FAULT_NONE};
    (void)state;
    assert_true(apply(panel,
                      "key: 12345\n"
                      "balance: 7.5\n"
                      "order_ids: text\n"
                      "multi_status: list_without_ids\n"
                      "cancel: request\n"
                      "first_order: 900\n"
                      "progress: {start: 2s, finish: 1m, finish_asked: 4, ends_as: Partial}\n"
                      "services: [{service: 7, rate: 1.25, min: '5', max: 50, refill: false}]\n"
                      "generated_services: {count: 3, first: 100}\n",
                      &why));
    assert_string_equal(panel->key, "12345");
    assert_int_equal(panel->balance, 750000000);
    assert_int_equal(panel->ids, PANEL_IDS_TEXT);
    assert_int_equal(panel->multi, PANEL_MULTI_LIST_WITHOUT_IDS);
    assert_int_equal(panel->cancel, PANEL_CANCEL_REQUEST);
    assert_int_equal(panel->next_order, 900);
    assert_int_equal(panel->progress.start_ms, 2000);
    assert_int_equal(panel->progress.finish_ms, 60000);
    assert_int_equal(panel->progress.start_asked, -1);
    assert_int_equal(panel->progress.finish_asked, 4);
    assert_int_equal(HASH_COUNT(panel->services.by_id), 4);
    const struct panelservice *service = panelservice_find(&panel->services, STR(" 7 "));
    assert_non_null(service);
    assert_int_equal(service->rate, 125000000);
    assert_int_equal(service->min, 5);
    assert_false(service->may_refill);
    assert_true(service->may_cancel);
    panel_free(panel);
    event_base_free(base);
}

static void test_faults(void **state)
{
    static const struct {
        const char *yaml, *message;
    } cases[] = {
        {"key: [", "s.yaml:"},
        {"{key: a, key: b}", "s.yaml:1:10: this key was given before"},
        {"- 1", "must be a mapping"},
        {"curency: EUR", "curency: unknown key; did you mean currency?"},
        {"zzzzzzzz: 1", "zzzzzzzz: unknown key"},
        {"balance: lots", "balance: must be an amount"},
        {"order_ids: roman", "order_ids: must be one of number, string, text"},
        {"services: 5", "services: must be a list"},
        {"services: [{name: x}]", "services[0]: service: missing"},
        {"services: [{service: 1}, {service: '1'}]", "services[1]: service: this id was given"},
        {"progress: {start: soon}", "start: must be a duration"},
        {"refill: maybe", "refill: must be true or false"},
        {"journal: 0", "journal: must be at least 1"},
        {"rules: [{do: {status: 42}}]", "rule 1.do: status: must be at least 100"},
        {"rules: [{do: {delay: 1s}}, {action: {}, do: {}}]", "rule 2.action: must be a text"},
        {"rules: [{actoin: add, do: {}}]", "actoin: unknown key; did you mean action?"},
        {"rules: [{action: add}]", "rule 1.do: must be a mapping"},
        {"rules: [{nth: x, do: {}}]", "nth: must be a whole number"},
        {"rules: [{do: {body_base64: '!'}}]", "body_base64: must be base64"},
    };
    struct event_base *base = event_base_new();
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct panel *panel = panel_new(base);
        struct fault why = {.code = FAULT_NONE};
        if (apply(panel, cases[i].yaml, &why) || !strstr(why.message, cases[i].message))
            fail_msg("%s: \"%s\"", cases[i].yaml, why.message);
        panel_free(panel);
    }
    event_base_free(base);
}

static void test_the_example(void **state)
{
    struct event_base *base = event_base_new();
    struct panel *panel = panel_new(base);
    struct fault why = {.code = FAULT_NONE};
    (void)state;
    if (!panelscript_load(panel, TESTS_DIRECTORY "/../config/simulator-example.yaml", &why))
        fail_msg("%s", why.message);
    assert_int_equal(panel->rules.count, 4);
    assert_int_equal(HASH_COUNT(panel->services.by_id), 203);
    assert_false(panelscript_load(panel, "/nowhere/at/all.yaml", &why));
    panel_free(panel);
    event_base_free(base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_the_example),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
