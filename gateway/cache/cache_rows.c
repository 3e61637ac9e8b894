/* See cache_rows.h. */
#include "cache/cache_rows.h"

#include "settings/kind.h"

static bool parse_url(struct str text, const struct setting_row *row, void *field,
                      struct fault *why)
{
    if (str_starts(text, STR("redis:")) || str_starts(text, STR("rediss:")))
        return fault_set(why, FAULT_INVALID,
                         "is not usable: Redis is not built yet; memory is right");
    if (!str_is(text, "memory"))
        return false;
    return kind_text.parse(text, row, field, why);
}

static const struct setting_kind url_kind = {
    .name = "a cache",
    .form = "memory",
    .size = sizeof(char *),
    .is_text = true,
    .is_hidden = true, /* it may hold a password */
    .parse = parse_url,
};

static const struct setting_row list[] = {
    {.key = "cache",
     .kind = &url_kind,
     .offset = offsetof(struct cache_settings, url),
     .standard = "memory",
     .sentence = "Where providers' lists and balances are held between questions."},
};

const struct setting_table cache_rows = {.name = "the cache",
                                         .rows = list,
                                         .count = COUNT_OF(list),
                                         .size = sizeof(struct cache_settings)};
