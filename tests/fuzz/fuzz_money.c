/* Amounts, factors and markups as text: what is parsed prints as itself. */
#include <stdint.h>

#include "money/quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_make((const char *)data, size), currency;
    struct money amount, again, loose;
    struct factor factor;
    struct percent percent;
    struct markup markup;
    char printed[MONEY_TEXT];
    if (money_parse(text, MONEY_EXACT, &amount)) {
        size_t len = money_print(amount, 0, printed);
        ASSERT(money_parse(str_make(printed, len), MONEY_EXACT, &again));
        ASSERT(amount.units == again.units);
        ASSERT(money_parse(text, MONEY_UP, &again) && amount.units == again.units);
    }
    if (money_parse_loose(text, STR_NONE, &loose, &currency))
        ASSERT(currency.len <= size + 3);
    (void)!money_parse_loose(text, STR("IDR"), &loose, NULL);
    (void)!money_parse_factor(text, &factor);
    (void)!money_parse_percent(text, &percent);
    (void)!quote_parse_markup(text, &markup);
    return 0;
}
