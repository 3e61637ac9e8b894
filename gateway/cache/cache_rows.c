/* See cache_rows.h. */
#include "cache/cache_rows.h"

#include "settings/kind.h"

static bool cache_rows_parse_url(struct str text, const struct setting_row *row, void *field,
                                 struct fault *why)
{
    struct str scheme = str_first(text, str_find_byte(text, ':'));
    if (cache_store_find(scheme) == NULL && !str_is(scheme, "rediss"))
        return false;
    return cache_check(text, why) && kind_text.parse(text, row, field, why);
}

static const struct setting_kind url_kind = {
    .name = "a cache",
    .form = "memory, redis://[user:password@]host:6379/0 or redis+unix:///path?db=0",
    .size = sizeof(char *),
    .is_text = true,
    .is_hidden = true, /* it may hold a password */
    .parse = cache_rows_parse_url,
};

static const struct setting_row list[] = {
    {.key = "cache",
     .kind = &url_kind,
     .offset = offsetof(struct cache_settings, url),
     .standard = "memory",
     .is_restart = true,
     .sentence = "Where providers' lists and balances are held between refreshes: in this process, "
                 "or in a Redis that several gateways share and that outlives them."},
};

const struct setting_table cache_rows = {.name = "the cache",
                                         .rows = list,
                                         .count = COUNT_OF(list),
                                         .size = sizeof(struct cache_settings)};
