/* See quote.h. Prices are computed exactly (wide.c) and rounded once. */
#include "money/quote.h"

#include "money/money_private.h"

enum { DECIMALS = 8, FACTOR_DECIMALS = 12, PERCENT_DECIMALS = 14 };

/* "+ 0.05", "-0.05": a sign, then an amount. */
static bool quote_parse_added_amount(struct str text, struct money *out)
{
    bool is_negative = str_starts(text, STR("-"));
    if (!is_negative && !str_starts(text, STR("+")))
        return false;
    struct str digits = str_trim(str_from(text, 1));
    if (str_starts(digits, STR("-")) || str_starts(digits, STR("+")))
        return false;
    if (!money_parse(digits, MONEY_EXACT, out))
        return false;
    out->units = is_negative ? -out->units : out->units;
    return true;
}

bool quote_parse_markup(struct str text, struct markup *out)
{
    struct markup markup = {0};
    text = str_trim(text);
    size_t percent = str_find_byte(text, '%');
    if (percent == SIZE_MAX) {
        if (!money_parse(text, MONEY_EXACT, &markup.amount))
            return false;
    } else {
        struct str amount = str_trim(str_from(text, percent + 1));
        if (!money_parse_percent(str_first(text, percent + 1), &markup.percent))
            return false;
        if (amount.len > 0 && !quote_parse_added_amount(amount, &markup.amount))
            return false;
    }
    *out = markup;
    return true;
}

enum quote_gain quote_gain_of(const struct markup *service, const struct markup *client)
{
    decimal_wide whole = (decimal_wide)PERCENT_WHOLE * PERCENT_WHOLE;
    decimal_wide of_service = (decimal_wide)PERCENT_WHOLE + service->percent.units;
    decimal_wide of_client = (decimal_wide)PERCENT_WHOLE + client->percent.units;
    decimal_wide share = of_service > 0 && of_client > 0 ? of_service * of_client : 0;
    decimal_wide amount =
        service->amount.units * of_client + (decimal_wide)client->amount.units * PERCENT_WHOLE;
    if (share <= whole && amount <= 0)
        return QUOTE_GAIN_NONE;
    return share >= whole && amount >= 0 ? QUOTE_GAIN_SOME : QUOTE_GAIN_DEPENDS;
}

/* price, in units of 10^-decimals, x (1 + percent) + amount; then in units of 10^-(decimals + 14).
 */
static bool quote_apply_markup(const struct markup *markup, unsigned decimals, struct wide *price)
{
    int64_t times;
    if (__builtin_add_overflow(PERCENT_WHOLE, markup->percent.units, &times))
        return false;
    struct wide amount =
        wide_raise(wide_make(markup->amount.units), decimals + PERCENT_DECIMALS - DECIMALS);
    *price = wide_add(wide_multiply(*price, times), amount);
    return true;
}

bool quote_rate(const struct rate_terms *terms, unsigned decimals, struct money *rate_out)
{
    enum { AFTER_EXCHANGE = DECIMALS + FACTOR_DECIMALS };
    enum { AFTER_SERVICE = AFTER_EXCHANGE + PERCENT_DECIMALS };
    enum { AFTER_CLIENT = AFTER_SERVICE + PERCENT_DECIMALS };
    int64_t steps;
    ASSERT(decimals <= DECIMALS);
    struct wide price = wide_multiply(wide_make(terms->base.units), terms->exchange.units);
    if (!quote_apply_markup(&terms->service, AFTER_EXCHANGE, &price) ||
        !quote_apply_markup(&terms->client, AFTER_SERVICE, &price))
        return false;
    if (price.is_negative && !wide_is_zero(&price))
        return false;
    if (!wide_lower_up(price, AFTER_CLIENT - decimals, &steps))
        return false;
    int64_t units;
    if (__builtin_mul_overflow(steps, decimal_power(DECIMALS - decimals), &units))
        return false;
    rate_out->units = units;
    return true;
}

bool quote_cost(struct money base, struct factor exchange, struct money *out)
{
    decimal_wide product = (decimal_wide)base.units * exchange.units;
    return decimal_narrow(decimal_divide_up(product, FACTOR_ONE), &out->units);
}

bool quote_order_cost(struct money base, struct factor exchange, int64_t quantity, bool is_flat,
                      struct money *out)
{
    enum { THOUSAND = 3 };
    if (base.units < 0 || exchange.units < 0 || quantity < 0)
        return false;
    struct wide cost = wide_multiply(wide_make(base.units), exchange.units);
    if (!is_flat)
        cost = wide_multiply(cost, quantity);
    return wide_lower_up(cost, is_flat ? FACTOR_DECIMALS : FACTOR_DECIMALS + THOUSAND, &out->units);
}

bool quote_charge(struct money rate, int64_t quantity, bool is_flat, unsigned decimals,
                  struct money *charge_out)
{
    if (rate.units < 0 || quantity < 0)
        return false;
    return is_flat ? money_round_up(rate, decimals, charge_out)
                   : money_share_up(rate, quantity, 1000, decimals, charge_out);
}
