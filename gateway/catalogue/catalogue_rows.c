/* See catalogue_rows.h. */
#include "catalogue/catalogue_rows.h"

#include "catalogue/import_rows.h"
#include "catalogue/service_rows.h"
#include "money/money_kinds.h"
#include "providers/provider_rows.h"
#include "settings/kind.h"

enum { SERVICES_MAX = 200000, IMPORTS_MAX = 256 };

static bool catalogue_rows_parse_type(struct str text, const struct setting_row *row, void *field,
                                      struct fault *why)
{
    (void)row;
    enum ordertype type = ordertype_fold(text);
    if (type == ORDERTYPE_UNKNOWN) {
        const char *names[ORDERTYPE_COUNT];
        struct buf hint;
        for (unsigned i = 0; i < ORDERTYPE_COUNT; i++)
            names[i] = ordertype_name((enum ordertype)i);
        buf_init(&hint, 400);
        rows_suggest(text, names, ORDERTYPE_COUNT, &hint);
        fault_set(why, FAULT_INVALID, "is no order type; %s", buf_str(&hint).ptr);
        buf_fini(&hint);
        return false;
    }
    *(enum ordertype *)field = type;
    return true;
}

const struct setting_kind catalogue_rows_type = {
    .name = "an order type",
    .form = "such as Default, Package or Custom Comments",
    .size = sizeof(enum ordertype),
    .parse = catalogue_rows_parse_type,
};

static const struct setting_row times_list[] = {
    {.key = "refresh",
     .kind = &kind_duration,
     .offset = offsetof(struct catalogue_settings, refresh_ms),
     .max = 7 * 86400000LL,
     .standard = "15m",
     .sentence = "How often each provider's list is asked."},
    {.key = "balance",
     .kind = &kind_duration,
     .offset = offsetof(struct catalogue_settings, balance_ms),
     .max = 7 * 86400000LL,
     .standard = "60s",
     .sentence = "How often each provider's balance is asked."},
    {.key = "price_jump",
     .kind = &money_kinds_percent,
     .offset = offsetof(struct catalogue_settings, price_jump),
     .min = PERCENT_WHOLE / 1000,
     .max = PERCENT_WHOLE * 1000,
     .standard = "50%",
     .sentence = "A provider's price that moves by more, either way, is quarantined."},
    {.key = "vanish_limit",
     .kind = &money_kinds_percent,
     .offset = offsetof(struct catalogue_settings, vanish_limit),
     .min = 0,
     .max = PERCENT_WHOLE,
     .standard = "30%",
     .sentence = "A list that lost more of its services than this at once is quarantined."},
    {.key = "unlist",
     .kind = &kind_duration,
     .offset = offsetof(struct catalogue_settings, unlist_ms),
     .max = 365 * 86400000LL,
     .standard = "24h",
     .sentence = "A service stays in the list at its last price while no offer can deliver it, and "
                 "leaves it after this long."},
};
static const struct setting_table times_rows = {.name = "`catalogue`",
                                                .rows = times_list,
                                                .count = COUNT_OF(times_list),
                                                .size = sizeof(struct catalogue_settings)};

static const struct setting_row list[] = {
    {.key = "currency",
     .kind = &provider_rows_currency,
     .offset = offsetof(struct catalogue_settings, currency),
     .standard = "USD",
     .sentence = "What clients see and pay."},
    {.key = "decimals",
     .kind = &kind_unsigned,
     .offset = offsetof(struct catalogue_settings, decimals),
     .min = 2,
     .max = 8,
     .standard = "5",
     .sentence = "Of published rates and charges."},
    {.key = "catalogue",
     .kind = &kind_table,
     .table = &times_rows,
     .sentence = "How providers' lists are followed."},
    {.key = "services",
     .kind = &kind_list,
     .table = &service_rows,
     .offset = offsetof(struct catalogue_settings, services),
     .count_offset = offsetof(struct catalogue_settings, service_count),
     .max = SERVICES_MAX,
     .sentence = "What we publish, with our ids."},
    {.key = "imports",
     .kind = &kind_list,
     .table = &import_rows,
     .offset = offsetof(struct catalogue_settings, imports),
     .count_offset = offsetof(struct catalogue_settings, import_count),
     .max = IMPORTS_MAX,
     .sentence = "Whole lists, kept in step with their provider."},
};

const struct setting_table catalogue_rows = {.name = "the catalogue",
                                             .rows = list,
                                             .count = COUNT_OF(list),
                                             .size = sizeof(struct catalogue_settings)};
