/* Order, marks, ceilings and JSON of the list of faults. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "settings/faultlist.h"

static struct buf out;
static struct faultlist faults;

static int set_up(void **state)
{
    (void)state;
    buf_init(&out, 1 << 20);
    faultlist_init(&faults);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_fini(&out);
    faultlist_fini(&faults);
    return 0;
}

static void check_sorted(void **state)
{
    (void)state;
    const char *b = faultlist_file(&faults, "b.yaml"), *a = faultlist_file(&faults, "a.yaml");
    assert_ptr_equal(faultlist_file(&faults, "b.yaml"), b);
    faultlist_add(&faults, (struct source_location){a, 1, 1}, "of the second file");
    faultlist_add(&faults, (struct source_location){b, 12, 3}, "%s", "third");
    faultlist_warn(&faults, (struct source_location){b, 2, 10}, "second");
    faultlist_add(&faults, (struct source_location){b, 2, 9},
                  "first, with a\nline end and a \x1b[1m");
    faultlist_add(&faults, (struct source_location){b, 2, 10}, "later at the same place");
    faultlist_add(&faults, (struct source_location){b, 0, 0}, "the whole file");
    faultlist_add(&faults, (struct source_location){NULL, 0, 0}, "no file at all");
    faultlist_print(&faults, &out);
    assert_string_equal(out.ptr, "no file at all\n"
                                 "b.yaml: the whole file\n"
                                 "b.yaml:2:9: first, with a?line end and a ?[1m\n"
                                 "b.yaml:2:10: warning: second\n"
                                 "b.yaml:2:10: later at the same place\n"
                                 "b.yaml:12:3: third\n"
                                 "a.yaml:1:1: of the second file\n");
    assert_int_equal(faults.faults, 6);
    assert_int_equal(faults.warnings, 1);
}

static void check_json(void **state)
{
    (void)state;
    const char *file = faultlist_file(&faults, "a\"b.yaml");
    faultlist_warn(&faults, (struct source_location){file, 3, 4}, "a \"word\"");
    faultlist_add(&faults, (struct source_location){NULL, 0, 0}, "plain");
    faultlist_print_json(&faults, &out);
    assert_string_equal(
        out.ptr,
        "{\"faults\":1,\"warnings\":1,\"dropped\":0,\"list\":["
        "{\"file\":\"\",\"line\":0,\"column\":0,\"level\":\"fault\",\"message\":\"plain\"},"
        "{\"file\":\"a\\\"b.yaml\",\"line\":3,\"column\":4,\"level\":\"warning\","
        "\"message\":\"a \\\"word\\\"\"}]}");
}

static void check_ceiling(void **state)
{
    (void)state;
    const char *file = faultlist_file(&faults, "a.yaml");
    for (unsigned i = 1; i <= 250; i++)
        faultlist_add(&faults, (struct source_location){file, i, 1}, "fault");
    assert_int_equal(faults.count, 200);
    assert_int_equal(faults.dropped, 50);
    assert_int_equal(faults.faults, 250);
    faultlist_print(&faults, &out);
    assert_non_null(strstr(out.ptr, "a.yaml:200:1: fault\n… and 50 more\n"));
}

static void check_faults_before_warnings(void **state)
{
    (void)state;
    const char *file = faultlist_file(&faults, "a.yaml");
    for (unsigned i = 1; i <= 300; i++)
        faultlist_warn(&faults, (struct source_location){file, i, 1}, "warning");
    faultlist_add(&faults, (struct source_location){file, 999, 1}, "the one that matters");
    faultlist_print(&faults, &out);
    assert_non_null(strstr(out.ptr, "a.yaml:999:1: the one that matters\n"));
    assert_int_equal(faults.count, 200);
    assert_int_equal(faults.dropped, 101);
}

static void check_long_words(void **state)
{
    (void)state;
    char message[5000];
    memset(message, 'x', sizeof message - 1);
    message[sizeof message - 1] = '\0';
    faultlist_add(&faults, (struct source_location){NULL, 0, 0}, "%s", message);
    faultlist_print(&faults, &out);
    assert_true(out.len < 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(check_sorted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(check_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(check_ceiling, set_up, tear_down),
        cmocka_unit_test_setup_teardown(check_faults_before_warnings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(check_long_words, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
