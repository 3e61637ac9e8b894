/* Doubled names and references that lead nowhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "settings/names.h"

static void check_names(void **state)
{
    (void)state;
    struct faultlist faults;
    struct buf out;
    struct source_location first = {0};
    struct names *names = names_new();
    faultlist_init(&faults);
    buf_init(&out, 4096);
    const char *file = faultlist_file(&faults, "f");
    assert_true(
        names_add(names, "provider", STR("alpha"), (struct source_location){file, 3, 4}, &first));
    assert_true(
        names_add(names, "provider", STR("alphas"), (struct source_location){file, 4, 4}, &first));
    assert_true(
        names_add(names, "client", STR("alpha"), (struct source_location){file, 5, 4}, &first));
    assert_true(names_add(names, "key", STR("a\0b"), (struct source_location){file, 6, 4}, &first));
    assert_true(names_add(names, "key", STR("a\0c"), (struct source_location){file, 6, 9}, &first));
    assert_false(
        names_add(names, "provider", STR("alpha"), (struct source_location){file, 7, 4}, &first));
    assert_int_equal(first.line, 3);
    assert_int_equal(first.column, 4);
    names_refer(names, "provider", STR("alpha"), (struct source_location){file, 10, 1});
    names_refer(names, "provider", STR("alfa"), (struct source_location){file, 11, 1});
    names_refer(names, "provider", STR("somebody"), (struct source_location){file, 12, 1});
    names_refer(names, "ghost", STR("x"), (struct source_location){file, 13, 1});
    names_check(names, &faults);
    faultlist_print(&faults, &out);
    assert_string_equal(out.ptr,
                        "f:11:1: no provider is named `alfa`; did you mean `alpha`?\n"
                        "f:12:1: no provider is named `somebody`; there is: alpha, alphas\n"
                        "f:13:1: no ghost is named `x`; there is no ghost at all\n");
    names_free(names);
    faultlist_fini(&faults);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(check_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
