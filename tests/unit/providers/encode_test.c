/* Questions as form bodies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "providers/dialect.h"

static char our_key[] = "k&y 1";
static const struct provider_settings settings = {.key = our_key};

static void check_body(const struct upstream_request *request, const char *expected)
{
    struct buf body;
    buf_init(&body, 4096);
    dialect_default()->encode(&settings, request, &body);
    assert_string_equal(body.ptr, expected);
    buf_fini(&body);
}

static void test_reading(void **state)
{
    const struct str ids[] = {STR("1"), STR("TX 2"), STR("3")};
    static const struct {
        enum upstream_action action;
        size_t id_count;
        const char *body;
    } cases[] = {
        {UPSTREAM_SERVICES, 0, "key=k%26y+1&action=services"},
        {UPSTREAM_BALANCE, 0, "key=k%26y+1&action=balance"},
        {UPSTREAM_STATUS, 1, "key=k%26y+1&action=status&order=1"},
        {UPSTREAM_STATUS_MANY, 3, "key=k%26y+1&action=status&orders=1,TX+2,3"},
        {UPSTREAM_STATUS_MANY, 1, "key=k%26y+1&action=status&orders=1"},
        {UPSTREAM_REFILL, 1, "key=k%26y+1&action=refill&order=1"},
        {UPSTREAM_REFILL_MANY, 2, "key=k%26y+1&action=refill&orders=1,TX+2"},
        {UPSTREAM_REFILL_STATUS, 1, "key=k%26y+1&action=refill_status&refill=1"},
        {UPSTREAM_REFILL_STATUS_MANY, 2, "key=k%26y+1&action=refill_status&refills=1,TX+2"},
        {UPSTREAM_CANCEL, 1, "key=k%26y+1&action=cancel&orders=1"},
        {UPSTREAM_CANCEL, 3, "key=k%26y+1&action=cancel&orders=1,TX+2,3"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct upstream_request request = {
            .action = cases[i].action, .ids = ids, .id_count = cases[i].id_count};
        check_body(&request, cases[i].body);
    }
}

static void test_add(void **state)
{
    struct fields fields = {0};
    struct upstream_request request = {
        .action = UPSTREAM_ADD, .service = STR("101"), .fields = &fields};
    (void)state;
    fields.value[FIELD_LINK] = STR("https://a.example/p?x=1&y=2#z");
    fields.value[FIELD_QUANTITY] = STR("1000");
    check_body(&request, "key=k%26y+1&action=add&service=101&"
                         "link=https%3A%2F%2Fa.example%2Fp%3Fx%3D1%26y%3D2%23z&quantity=1000");
    fields.value[FIELD_RUNS] = STR("2");
    fields.value[FIELD_INTERVAL] = STR("30");
    fields.value[FIELD_LINK] = STR("a");
    check_body(&request, "key=k%26y+1&action=add&service=101&link=a&quantity=1000&runs=2&"
                         "interval=30");
}

static void test_lists_and_derived_quantity(void **state)
{
    struct fields fields = {0};
    struct upstream_request request = {
        .action = UPSTREAM_ADD, .service = STR("7"), .fields = &fields};
    (void)state;
    fields.value[FIELD_LINK] = STR("a");
    fields.value[FIELD_COMMENTS] = STR("one\ntwo & a half\n\n");
    check_body(&request, "key=k%26y+1&action=add&service=7&link=a&"
                         "comments=one%0Atwo+%26+a+half&quantity=2");
    fields.value[FIELD_QUANTITY] = STR("1");
    check_body(&request, "key=k%26y+1&action=add&service=7&link=a&quantity=1&"
                         "comments=one%0Atwo+%26+a+half");
    fields.value[FIELD_QUANTITY] = fields.value[FIELD_COMMENTS] = STR_NONE;
    fields.value[FIELD_USERNAMES] = STR("x\ny\nz");
    check_body(&request, "key=k%26y+1&action=add&service=7&link=a&usernames=x%0Ay%0Az&quantity=3");
}

static void test_dialects(void **state)
{
    (void)state;
    assert_ptr_equal(dialect_find(STR("standard")), dialect_default());
    assert_null(dialect_find(STR("klingon")));
    assert_string_equal(dialect_names(), "standard");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_lists_and_derived_quantity),
        cmocka_unit_test(test_dialects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
