/* See ledger_rows.h. */
#include "ledger/ledger.h"

#include "settings/rows.h"

#include "settings/kind.h"

static bool ledger_rows_parse_url(struct str text, const struct setting_row *row, void *field,
                                  struct fault *why)
{
    if (str_starts(text, STR("postgresql:")) || str_starts(text, STR("postgres:")))
        return fault_set(why, FAULT_INVALID,
                         "is not usable: PostgreSQL is not built yet; sqlite:PATH is right");
    if (!str_starts(text, STR("sqlite:")) || text.len == strlen("sqlite:"))
        return false;
    return kind_text.parse(text, row, field, why);
}

static const struct setting_kind url_kind = {
    .name = "a ledger",
    .form = "sqlite:PATH, relative to the working directory",
    .size = sizeof(char *),
    .is_text = true,
    .is_hidden = true, /* it may hold a password */
    .parse = ledger_rows_parse_url,
};

static const struct setting_row list[] = {
    {.key = "ledger",
     .kind = &url_kind,
     .offset = offsetof(struct ledger_settings, url),
     .standard = "sqlite:panelmux.db",
     .is_restart = true,
     .sentence = "Where the books are kept."},
    {.key = "first_order",
     .kind = &kind_unsigned,
     .offset = offsetof(struct ledger_settings, first_order),
     .min = 1,
     .max = INT32_MAX,
     .standard = "1",
     .is_restart = true,
     .sentence = "The number of the first order in a new ledger."},
};

const struct setting_table ledger_rows = {.name = "the ledger",
                                          .rows = list,
                                          .count = COUNT_OF(list),
                                          .size = sizeof(struct ledger_settings)};
