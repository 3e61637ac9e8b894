/* Times as an operator writes them, and statements that add up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "admin/clientjson.h"
#include "base/clock.h"

static void test_times(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds; /* -1: no time */
    } cases[] = {
        {"1970-01-01", 0},
        {"2026-11-30", 1795996800},
        {"2026-11-30T00:00Z", 1795996800},
        {"2026-11-30 12:34", 1796042040},
        {"2026-11-30T12:34:56Z", 1796042096},
        {"2028-02-29", 1835395200},
        {"2026-02-29", -1},
        {"2026-13-01", -1},
        {"2026-00-10", -1},
        {"2026-11-31", -1},
        {"2026-11-30T24:00Z", -1},
        {"2026-11-30T12:60Z", -1},
        {"2026-11-30T12:34:56+01:00", -1},
        {"2026-11-30T12:34:56.000Z", 1796042096},
        {"2026-11-30T12:34:56.Z", -1},
        {"2026-11-30T12:34:56.1234Z", -1},
        {"2026-11-30T12:34.5", -1},
        {"2026-11-30T", -1},
        {"2026-11-30Tx", -1},
        {"26-11-30", -1},
        {"30.11.2026", -1},
        {"yesterday", -1},
        {"1795996800", -1},
        {"", -1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ms = 0;
        bool is_time = clientjson_parse_time(str_of(cases[i].text), &ms);
        if (is_time != (cases[i].seconds >= 0) || (is_time && ms != cases[i].seconds * 1000))
            fail_msg("%s: %d, %lld", cases[i].text, is_time, (long long)ms);
    }
}

/* What the program prints is read to the millisecond. */
static void test_milliseconds(void **state)
{
    int64_t ms = 0;
    char printed[25];
    (void)state;
    clock_print(1796042096078, printed);
    assert_true(clientjson_parse_time(str_of(printed), &ms));
    assert_int_equal(ms, 1796042096078);
    assert_true(clientjson_parse_time(STR("2026-11-30 12:34:56.5"), &ms));
    assert_int_equal(ms, 1796042096500);
}

static struct ledger_posting posting(enum account_kind kind, int64_t amount, int64_t balance)
{
    return (struct ledger_posting){.at_ms = 1,
                                   .movement = {.kind = kind, .amount = {amount * MONEY_ONE}},
                                   .balance = {balance * MONEY_ONE}};
}

static void expect_ends(const struct ledger_posting *list, size_t count,
                        const struct ledger_rows *before, const char *opening, const char *closing)
{
    struct ledger_rows rows = {.postings = list, .posting_count = count};
    struct clientjson_statement statement = {
        .client = STR("bob"), .currency = STR("USD"), .rows = &rows, .before = before};
    struct buf out;
    buf_init(&out, 65536);
    clientjson_statement(&out, &statement);
    assert_non_null(strstr(out.ptr, opening));
    assert_non_null(strstr(out.ptr, closing));
    buf_fini(&out);
}

static void test_statements(void **state)
{
    const struct ledger_posting list[] = {posting(ACCOUNT_CAPTURE, -3, 7),
                                          posting(ACCOUNT_DEPOSIT, 5, 12)};
    const struct ledger_rows before = {.postings = list, .posting_count = COUNT_OF(list)};
    (void)state;
    expect_ends(list, COUNT_OF(list), NULL, "\"opening\":\"10.00\"", "\"closing\":\"12.00\"");
    expect_ends(NULL, 0, NULL, "\"opening\":\"0.00\"", "\"closing\":\"0.00\"");
    expect_ends(NULL, 0, &before, "\"opening\":\"12.00\"", "\"closing\":\"12.00\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_milliseconds),
        cmocka_unit_test(test_statements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
