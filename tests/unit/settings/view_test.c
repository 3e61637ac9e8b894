/* A configuration as it was read: shown as YAML, compared value by value, without its secrets. */
#include "settings/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "settings/faultlist.h"
#include "settings/yamltree.h"

static const struct setting_row member_list[] = {
    {.key = "name", .kind = &kind_name, .names = "thing"},
    {.key = "key", .kind = &kind_secret},
    {.key = "weight", .kind = &kind_unsigned, .standard = "1"},
    {.key = "tags", .kind = &kind_list, .of = &kind_text},
};
static const struct setting_table members = {
    .name = "a thing", .rows = member_list, .count = COUNT_OF(member_list)};
static const struct setting_row below_list[] = {
    {.key = "level", .kind = &kind_text, .standard = "info"},
};
static const struct setting_table below = {
    .name = "below", .rows = below_list, .count = COUNT_OF(below_list)};
static const struct setting_kind address_kind = {
    .name = "an address", .size = sizeof(char *), .is_text = true, .is_hidden = true};
static const struct setting_row list[] = {
    {.key = "store", .kind = &address_kind},
    {.key = "timeout", .kind = &kind_duration, .max = 1000000, .standard = "15s"},
    {.key = "count", .kind = &kind_unsigned, .is_restart = true},
    {.key = "note", .kind = &kind_text},
    {.key = "log", .kind = &kind_table, .table = &below},
    {.key = "things", .kind = &kind_list, .table = &members},
};
static const struct setting_table table = {.name = "all", .rows = list, .count = COUNT_OF(list)};

static struct view *read_view(const char *yaml)
{
    struct yamltree tree;
    struct faultlist faults;
    faultlist_init(&faults);
    yamltree_init(&tree);
    const struct yamlnode *root =
        yamltree_parse(&tree, str_of(yaml), faultlist_file(&faults, "f"), &faults);
    if (root == NULL || faults.faults > 0)
        fail_msg("%s: %s", yaml, faults.count ? faults.list[0].message : "");
    struct view *view = view_make(&table, root);
    yamltree_fini(&tree); /* nothing of it is left in the view */
    faultlist_fini(&faults);
    return view;
}

static const struct {
    const char *yaml, *shown, *masked;
} shows[] = {
    {"", "timeout: 15s  # default\nlog:\n  level: info  # default\n", ""},
    {"timeout: 20s\nlog: {level: warn}\n", "timeout: 20s\nlog:\n  level: warn\n", ""},
    {"count: 2\nnote: \"a: b # c\"\ntimeout: 15s\nlog: {level: x}\n",
     "timeout: 15s\ncount: 2\nnote: \"a: b # c\"\nlog:\n  level: x\n", ""},
    {"log: {level: x}\nthings:\n- {name: a, key: literal, tags: [x, \"y z\"]}\n- name: b\n  key: "
     "${env:VIEW_KEY}\n",
     "timeout: 15s  # default\nlog:\n  level: x\nthings:\n  - name: a\n    key: \"********\"\n    "
     "tags:\n      - x\n      - \"y z\"\n  - name: b\n    key: \"${env:VIEW_KEY}\"\n",
     "things.a.key: secret\n"},
    {"log: {level: x}\nthings: []\ncount: ~\n", "timeout: 15s  # default\nlog:\n  level: x\n", ""},
};

/* Of a text that stands elsewhere in part, the rest may be a secret. */
static const struct {
    const char *written, *shown;
} masks[] = {
    {"things: [{name: a, key: \"${env:VIEW_KEY}${env:VIEW_KEY}\"}]\n",
     "\"${env:VIEW_KEY}${env:VIEW_KEY}\""},
    {"things: [{name: a, key: \"hunter2${env:VIEW_KEY}\"}]\n", NULL},
    {"things: [{name: a, key: \"${env:VIEW_KEY}hunter2\"}]\n", NULL},
    {"things: [{name: a, key: \"hunter2$${env:VIEW_KEY}\"}]\n", NULL},
    {"store: \"redis://localhost:6379/0\"\n", "redis://localhost:6379/0"},
    {"store: \"redis://${env:VIEW_KEY}:6379/0\"\n", "redis://${env:VIEW_KEY}:6379/0"},
    {"store: \"redis://me:${env:VIEW_KEY}@host/0\"\n", "redis://me:${env:VIEW_KEY}@host/0"},
    {"store: \"redis://${env:VIEW_KEY}@host/0\"\n", "redis://${env:VIEW_KEY}@host/0"},
    {"store: \"redis://:hunter2@host/0\"\n", NULL},
    {"store: \"redis://hunter2@host/0\"\n", NULL},
    {"store: \"redis://:hunter2@${env:VIEW_KEY}/0\"\n", NULL},
    {"store: \"redis://me:hunter2:${env:VIEW_KEY}@host/0\"\n", NULL},
    {"store: \"redis://me:${env:VIEW_KEY}hunter2@host/0\"\n", NULL},
    {"store: \"redis://${env:VIEW_KEY}/0?password=hunter2\"\n", NULL},
};

static void check_masked(void **state)
{
    (void)state;
    setenv("VIEW_KEY", "secret", 1);
    for (size_t i = 0; i < COUNT_OF(masks); i++) {
        const char *shown = masks[i].shown ? masks[i].shown : "\"********\"";
        struct buf out;
        struct view *view = read_view(masks[i].written);
        buf_init(&out, 1 << 16);
        view_print(view, &out);
        if (!strstr(buf_str(&out).ptr, shown) || strstr(buf_str(&out).ptr, "hunter2"))
            fail_msg("%s is shown as %s", masks[i].written, buf_str(&out).ptr);
        buf_fini(&out);
        view_free(&view);
    }
}

static void add_difference(const struct view_difference *d, void *arg)
{
    struct buf *out = arg;
    buf_printf(out, STR_FMT ": ", STR_ARG(d->path));
    if (d->is_member)
        buf_add_text(out, d->now.ptr ? "member new" : "member gone");
    else if (d->is_secret)
        buf_add_text(out, "secret");
    else
        buf_printf(out, STR_FMT ", " STR_FMT, STR_ARG(d->before.ptr ? d->before : STR("-")),
                   STR_ARG(d->now.ptr ? d->now : STR("-")));
    buf_add_text(out, d->needs_restart ? " restart\n" : "\n");
}

static void check_shown(void **state)
{
    (void)state;
    setenv("VIEW_KEY", "secret", 1);
    for (size_t i = 0; i < COUNT_OF(shows); i++) {
        struct buf out;
        struct view *view = read_view(shows[i].yaml), *again;
        buf_init(&out, 1 << 16);
        view_print(view, &out);
        assert_string_equal(buf_str(&out).ptr, shows[i].shown);
        again = read_view(buf_str(&out).ptr); /* it is YAML, and says the same but for the masks */
        buf_clear(&out);
        view_compare(view, again, add_difference, &out);
        assert_string_equal(out.len ? buf_str(&out).ptr : "", shows[i].masked);
        buf_fini(&out);
        view_free(&again);
        view_free(&view);
    }
}

static const struct {
    const char *before, *now, *differences; /* one a line */
} comparisons[] = {
    {"", "", ""},
    {"timeout: 15s\n", "", ""},
    {"", "timeout: 15000ms\n", ""},
    {"timeout: 15s\n", "timeout: 15000ms\n", ""},
    {"timeout: 15s\n", "timeout: 16s\n", "timeout: 15s, 16s\n"},
    {"", "timeout: 16s\n", "timeout: 15s, 16s\n"},
    {"count: 2\n", "", "count: 2, - restart\n"},
    {"note: a\n", "note: A\n", "note: a, A\n"},
    {"things: [{name: a}, {name: b}]\n", "things: [{name: b}, {name: a}]\n", ""},
    {"things: [{name: a}, {name: b, weight: 1}]\n", "things: [{name: b}]\n",
     "things.a: member gone\n"},
    {"things: [{name: a}]\n", "things: [{name: a}, {name: aa, tags: [x]}]\n",
     "things.aa: member new\n"},
    {"things: [{name: a, weight: 1}]\n", "things: [{name: a, weight: 2}]\n",
     "things.a.weight: 1, 2\n"},
    {"things: [{name: a}]\n", "things: [{name: a, weight: 2}]\n", "things.a.weight: -, 2\n"},
    {"things: [{name: a, tags: [x, y]}]\n", "things: [{name: a, tags: [x, z, w]}]\n",
     "things.a.tags[2]: y, z\nthings.a.tags[3]: -, w\n"},
    {"things: [{name: a, key: one}]\n", "things: [{name: a, key: one}]\n", ""},
    {"things: [{name: a, key: one}]\n", "things: [{name: a, key: two}]\n",
     "things.a.key: secret\n"},
    {"things: [{name: a, key: secret}]\n", "things: [{name: a, key: \"${env:VIEW_KEY}\"}]\n",
     "things.a.key: ********, ${env:VIEW_KEY}\n"},
    {"note: \"${env:VIEW_KEY}\"\n", "note: \"${env:VIEW_KEY}\"\n", ""},
};

static void check_compared(void **state)
{
    (void)state;
    setenv("VIEW_KEY", "secret", 1);
    for (size_t i = 0; i < COUNT_OF(comparisons); i++) {
        struct buf out;
        struct view *before = read_view(comparisons[i].before),
                    *now = read_view(comparisons[i].now);
        buf_init(&out, 1 << 16);
        view_compare(before, now, add_difference, &out);
        if (!str_is(buf_str(&out), comparisons[i].differences))
            fail_msg("case %zu: \"%s\"", i, buf_str(&out).ptr);
        buf_fini(&out);
        view_free(&before);
        view_free(&now);
    }
}

/* What is written stays, what it stands for has changed. */
static void check_a_value_elsewhere(void **state)
{
    struct buf out;
    (void)state;
    setenv("VIEW_KEY", "first", 1);
    struct view *before = read_view("things: [{name: a, key: \"${env:VIEW_KEY}\"}]\n");
    setenv("VIEW_KEY", "second", 1);
    struct view *now = read_view("things: [{name: a, key: \"${env:VIEW_KEY}\"}]\n");
    buf_init(&out, 1 << 16);
    assert_int_equal(view_compare(before, now, add_difference, &out), 1);
    assert_string_equal(buf_str(&out).ptr, "things.a.key: secret\n");
    buf_fini(&out);
    view_free(&before);
    view_free(&now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_shown),
        cmocka_unit_test(check_masked),
        cmocka_unit_test(check_compared),
        cmocka_unit_test(check_a_value_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
