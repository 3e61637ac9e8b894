/* See import_rows.h. */
#include "catalogue/import_rows.h"

#include "catalogue/catalogue_rows.h"
#include "catalogue/service_rows.h"
#include "money/money_kinds.h"
#include "settings/kind.h"

enum { FILTERS_MAX = 10000 };

static const struct setting_row list[] = {
    {.key = "provider",
     .kind = &kind_name,
     .offset = offsetof(struct import_settings, provider),
     .refers_to = "provider",
     .is_needed = true,
     .sentence = "The name of one of `providers`."},
    {.key = "first_id",
     .kind = &kind_unsigned,
     .offset = offsetof(struct import_settings, first_id),
     .min = 0,
     .max = INT32_MAX,
     .is_needed = true,
     .sentence = "Our id is this plus theirs; an id that is no number or too large gets a stored "
                 "one."},
    {.key = "markup",
     .kind = &money_kinds_markup,
     .offset = offsetof(struct import_settings, markup),
     .standard = "0%",
     .sentence = "On top of the cost."},
    {.key = "margin",
     .kind = &kind_choice_bool,
     .offset = offsetof(struct import_settings, allow_loss),
     .choices = service_rows_margins,
     .standard = "never_below_cost",
     .sentence = "Whether an offer that costs more than the charge may be taken."},
    {.key = "categories",
     .kind = &kind_list,
     .of = &kind_text,
     .offset = offsetof(struct import_settings, categories),
     .count_offset = offsetof(struct import_settings, category_count),
     .max = FILTERS_MAX,
     .standard_words = "all",
     .sentence = "Only these categories; `*` matches anything."},
    {.key = "types",
     .kind = &kind_list,
     .of = &catalogue_rows_type,
     .offset = offsetof(struct import_settings, types),
     .count_offset = offsetof(struct import_settings, type_count),
     .max = ORDERTYPE_COUNT,
     .standard_words = "all",
     .sentence = "Only these order types."},
    {.key = "services",
     .kind = &kind_list,
     .of = &kind_text,
     .offset = offsetof(struct import_settings, services),
     .count_offset = offsetof(struct import_settings, service_count),
     .max = FILTERS_MAX,
     .standard_words = "all",
     .sentence =
         "Only these ids of the panel, or ranges of them such as 100-199; `*` matches anything."},
};

const struct setting_table import_rows = {.name = "an import",
                                          .rows = list,
                                          .count = COUNT_OF(list),
                                          .size = sizeof(struct import_settings)};
