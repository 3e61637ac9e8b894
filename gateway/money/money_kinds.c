/* See money_kinds.h. */
#include "money/money.h"

#include "settings/rows.h"

#include <stdio.h>

#include "money/quote.h"

static bool money_kinds_parse_amount(struct str text, const struct setting_row *row, void *field,
                                     struct fault *why)
{
    (void)row;
    struct money amount;
    if (!money_parse(text, MONEY_EXACT, &amount))
        return false;
    if (amount.units < 0)
        return fault_set(why, FAULT_INVALID, "is below 0; an amount from 0 is right");
    *(struct money *)field = amount;
    return true;
}

const struct setting_kind money_kinds_amount = {
    .name = "an amount",
    .form = "such as 1.20, with 8 decimals at most",
    .size = sizeof(struct money),
    .parse = money_kinds_parse_amount,
};

static bool money_kinds_parse_exchange(struct str text, const struct setting_row *row, void *field,
                                       struct fault *why)
{
    (void)row;
    struct factor factor;
    if (!money_parse_factor(text, &factor))
        return false;
    if (factor.units <= 0)
        return fault_set(why, FAULT_INVALID, "must be above 0; what one unit is worth is right");
    *(struct factor *)field = factor;
    return true;
}

const struct setting_kind money_kinds_exchange = {
    .name = "an exchange rate",
    .form = "such as 1.08, with 12 decimals at most",
    .size = sizeof(struct factor),
    .parse = money_kinds_parse_exchange,
};

/* As what bounds are: whole percents, or the least above none. */
static struct str money_kinds_bound_print(int64_t units, char room[32])
{
    const int64_t one = PERCENT_WHOLE / 100;
    if (units % one == 0)
        snprintf(room, 32, "%lld%%", (long long)(units / one));
    else
        snprintf(room, 32, "%lld.%lld%%", (long long)(units / one),
                 (long long)(units % one / (one / 10)));
    return str_of(room);
}

static bool money_kinds_parse_percent(struct str text, const struct setting_row *row, void *field,
                                      struct fault *why)
{
    struct percent percent;
    char min[32], max[32];
    if (!money_parse_percent(text, &percent))
        return false;
    if (percent.units < row->min || percent.units > row->max)
        return fault_set(why, FAULT_INVALID, "is out of range; " STR_FMT " to " STR_FMT " is right",
                         STR_ARG(money_kinds_bound_print(row->min, min)),
                         STR_ARG(money_kinds_bound_print(row->max, max)));
    *(struct percent *)field = percent;
    return true;
}

const struct setting_kind money_kinds_percent = {
    .name = "a percentage",
    .form = "such as 50% or 2.5%",
    .size = sizeof(struct percent),
    .parse = money_kinds_parse_percent,
};

static bool money_kinds_parse_markup(struct str text, const struct setting_row *row, void *field,
                                     struct fault *why)
{
    (void)row;
    struct markup markup;
    if (!quote_parse_markup(text, &markup))
        return false;
    if (markup.percent.units <= -PERCENT_WHOLE)
        return fault_set(why, FAULT_INVALID, "gives everything away; above -100%% is right");
    *(struct markup *)field = markup;
    return true;
}

const struct setting_kind money_kinds_markup = {
    .name = "a markup",
    .form = "such as 25%, -3%, 0.05 or 25% + 0.05",
    .size = sizeof(struct markup),
    .parse = money_kinds_parse_markup,
};
