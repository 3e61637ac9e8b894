/* The Prometheus text format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "admin/metric.h"

static void check(struct buf *out, const char *expected)
{
    assert_string_equal(out->ptr ? out->ptr : "", expected);
    buf_fini(out);
}

static void test_families(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 4096);
    metric_one_count(&out, "x_total", "What it counts.", UINT64_MAX);
    metric_one_gauge(&out, "x_now", "How it is.", -3);
    check(&out, "# HELP x_total What it counts.\n# TYPE x_total counter\n"
                "x_total 18446744073709551615\n"
                "# HELP x_now How it is.\n# TYPE x_now gauge\nx_now -3\n");
}

static void test_labels_are_escaped(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 4096);
    metric_number(&out, "x", METRIC_LABELS({"a", STR("q\"b\\s\nl")}, {"b", STR("")}), 1);
    check(&out, "x{a=\"q\\\"b\\\\s\\nl\",b=\"\"} 1\n");
}

static void test_base_units(void **state)
{
    (void)state;
    static const struct {
        int64_t microseconds;
        const char *text;
    } cases[] = {{0, "x 0.000000\n"},
                 {1, "x 0.000001\n"},
                 {1500000, "x 1.500000\n"},
                 {-1500000, "x -1.500000\n"},
                 {INT64_C(86400000000), "x 86400.000000\n"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out;
        buf_init(&out, 4096);
        metric_seconds(&out, "x", NULL, cases[i].microseconds);
        check(&out, cases[i].text);
    }
    struct buf out;
    buf_init(&out, 4096);
    metric_money(&out, "x", NULL, (struct money){-1234500000});
    check(&out, "x -12.345\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_families),
                                       cmocka_unit_test(test_labels_are_escaped),
                                       cmocka_unit_test(test_base_units)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
