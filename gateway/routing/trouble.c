/* See trouble.h. */
#include "routing/trouble.h"

const char *trouble_why_name(enum trouble_why why)
{
    static const char *const names[WHY_COUNT] = {
        [WHY_NONE] = "",
        [WHY_FAILING] = "failing",
        [WHY_OFF] = "switched_off",
        [WHY_REFUSED] = "refused",
        [WHY_SUPPLIER] = "supplier_out_of_funds",
        [WHY_LIMITED] = "too_many_requests",
        [WHY_REDIRECT] = "redirect",
        [WHY_FUNDS] = "out_of_funds",
        [WHY_KEY] = "bad_key",
        [WHY_CURRENCY] = "wrong_currency",
    };
    ASSERT((unsigned)why < WHY_COUNT);
    return names[why];
}

enum trouble_end trouble_end(const struct trouble *trouble)
{
    switch (trouble->why) {
    case WHY_NONE:
    case WHY_COUNT:
        return ENDS_NONE;
    case WHY_FAILING:
        return ENDS_BY_PROBE;
    case WHY_OFF:
    case WHY_REFUSED:
    case WHY_SUPPLIER:
    case WHY_LIMITED:
    case WHY_REDIRECT:
        return ENDS_BY_TIME;
    case WHY_FUNDS:
        return ENDS_BY_BALANCE;
    case WHY_KEY:
        return ENDS_BY_KEY;
    case WHY_CURRENCY:
        return ENDS_BY_CURRENCY;
    }
    UNREACHABLE();
}

const char *trouble_end_name(enum trouble_end end)
{
    switch (end) {
    case ENDS_NONE:
        return "";
    case ENDS_BY_PROBE:
        return "probe";
    case ENDS_BY_TIME:
        return "time";
    case ENDS_BY_BALANCE:
        return "balance";
    case ENDS_BY_KEY:
        return "new_key";
    case ENDS_BY_CURRENCY:
        return "currency";
    }
    UNREACHABLE();
}
