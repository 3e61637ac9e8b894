/* Rules: which request they take, how often, and what that means for the order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simulator/panelrule.h"

static void set_rules(struct panelrules *rules, const char *json)
{
    struct fault why = {.code = FAULT_NONE};
    json_t *list = json_loads(json, 0, NULL);
    assert_non_null(list);
    if (!panelrule_set(rules, list, true, &why))
        fail_msg("%s: %s", json, why.message);
    json_decref(list);
}

/* The letters of the calls, one for each: the rule's name, or '-'. */
static void check_calls(struct panelrules *rules, const char *body, size_t calls, const char *want)
{
    char got[32] = "";
    for (size_t i = 0; i < calls; i++) {
        struct panelform form;
        panelform_init(&form, STR(""), str_of(body), STR(""));
        struct panelrule *rule = panelrule_find(rules, panelform_get(&form, "action"), &form);
        got[i] = '-';
        if (rule)
            got[i] = rule->name[0];
        panelrule_unpin(&rule);
        panelform_fini(&form);
    }
    if (strcmp(got, want) != 0)
        fail_msg("%s: %s, not %s", body, got, want);
}

static void test_which(void **state)
{
    static const struct {
        const char *rules, *body, *want;
    } cases[] = {
        {"[]", "action=add", "---"},
        {"[{\"name\":\"a\",\"do\":{}}]", "action=add", "aaa"},
        {"[{\"name\":\"a\",\"action\":\"*\",\"do\":{}}]", "", "aaa"},
        {"[{\"name\":\"a\",\"action\":\"status\",\"do\":{}}]", "action=add", "---"},
        {"[{\"name\":\"a\",\"action\":[\"status\",\"add\"],\"do\":{}}]", "action=add", "aaa"},
        {"[{\"name\":\"a\",\"times\":2,\"do\":{}}]", "action=add", "aa-"},
        {"[{\"name\":\"a\",\"times\":1,\"do\":{}},{\"name\":\"b\",\"do\":{}}]", "action=add",
         "abb"},
        {"[{\"name\":\"a\",\"nth\":2,\"do\":{}}]", "action=add", "-a-"},
        {"[{\"name\":\"a\",\"match\":{\"nth\":3},\"do\":{}}]", "action=add", "--a"},
        {"[{\"name\":\"a\",\"every\":2,\"do\":{}}]", "action=add", "-a-"},
        {"[{\"name\":\"a\",\"after\":1,\"do\":{}}]", "action=add", "-aa"},
        {"[{\"name\":\"a\",\"match\":{\"service\":7},\"do\":{}}]", "service=7", "aaa"},
        {"[{\"name\":\"a\",\"match\":{\"service\":7},\"do\":{}}]", "service=77", "---"},
        {"[{\"name\":\"a\",\"match\":{\"service\":\"7*\"},\"do\":{}}]", "service=77", "aaa"},
        {"[{\"name\":\"a\",\"match\":{\"link\":\"b\"},\"do\":{}}]", "link=abc", "aaa"},
        {"[{\"name\":\"a\",\"match\":{\"link\":\"b*\"},\"do\":{}}]", "link=abc", "---"},
        {"[{\"name\":\"a\",\"match\":{\"comments\":\"*\"},\"do\":{}}]", "link=abc", "---"},
        {"[{\"name\":\"a\",\"do\":{\"cut\":\"before_read\"}}]", "action=add", "---"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct panelrules rules;
        panelrule_init(&rules);
        set_rules(&rules, cases[i].rules);
        check_calls(&rules, cases[i].body, 3, cases[i].want);
        panelrule_fini(&rules);
    }
}

static void test_accepts(void **state)
{
    static const struct {
        const char *deed;
        bool accepts;
    } cases[] = {
        {"{}", true},
        {"{\"delay\":\"1s\"}", true},
        {"{\"hold\":\"x\"}", true},
        {"{\"hang\":true}", true},
        {"{\"drip\":\"1ms\"}", true},
        {"{\"close_after\":true}", true},
        {"{\"wrong_length\":true}", true},
        {"{\"cut\":\"mid_answer\"}", true},
        {"{\"cut\":\"after_headers\"}", true},
        {"{\"status\":201}", true},
        {"{\"status\":500}", false},
        {"{\"error\":\"x\"}", false},
        {"{\"body\":\"x\"}", false},
        {"{\"redirect\":\"http://x\"}", false},
        {"{\"cut\":\"after_read\"}", false},
        {"{\"endless\":true}", false},
        {"{\"gzip_bomb\":true}", false},
        {"{\"error\":\"x\",\"accept\":true}", true},
        {"{\"cut\":\"after_read\",\"accept\":true}", true},
        {"{\"delay\":5,\"accept\":false}", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct panelrules rules;
        struct buf json;
        buf_init(&json, 1024);
        buf_printf(&json, "[{\"do\":%s}]", cases[i].deed);
        panelrule_init(&rules);
        set_rules(&rules, json.ptr);
        if (panelrule_accepts(&TAILQ_FIRST(&rules.list)->deed) != cases[i].accepts)
            fail_msg("%s", cases[i].deed);
        panelrule_fini(&rules);
        buf_fini(&json);
    }
}

/* A request keeps its rule while the rules are replaced. */
static void test_pins(void **state)
{
    struct panelrules rules;
    struct fault why;
    (void)state;
    panelrule_init(&rules);
    set_rules(&rules, "[{\"name\":\"old\",\"do\":{\"error\":\"x\"}}]");
    struct panelrule *rule = panelrule_find(&rules, STR("add"), NULL);
    set_rules(&rules, "[]");
    assert_int_equal(rules.count, 0);
    assert_string_equal(rule->name, "old");
    assert_string_equal(rule->deed.body.ptr, "{\"error\":\"x\"}");
    panelrule_unpin(&rule);
    assert_null(rule);
    /* all or nothing */
    set_rules(&rules, "[{\"name\":\"kept\",\"do\":{}}]");
    json_t *list = json_loads("[{\"do\":{}},{\"do\":{\"cut\":1}}]", 0, NULL);
    assert_false(panelrule_set(&rules, list, true, &why));
    assert_int_equal(rules.count, 1);
    json_decref(list);
    panelrule_fini(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which),
        cmocka_unit_test(test_accepts),
        cmocka_unit_test(test_pins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
