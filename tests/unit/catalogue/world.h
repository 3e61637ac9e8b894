/* What the catalogue's tests build again and again: providers, lists, clients, settings. */
#ifndef TESTS_CATALOGUE_WORLD_H
#define TESTS_CATALOGUE_WORLD_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "catalogue/assemble.h"
#include "catalogue/pricelist.h"

static inline struct money money_of(const char *text)
{
    struct money amount;
    if (!money_parse(str_of(text), MONEY_EXACT, &amount))
        fail_msg("\"%s\" is no amount", text);
    return amount;
}

static inline struct factor factor_of(const char *text)
{
    struct factor factor;
    if (!money_parse_factor(str_of(text), &factor))
        fail_msg("\"%s\" is no factor", text);
    return factor;
}

/* "0.5" for 50%. */
static inline struct percent percent_of(const char *text)
{
    return (struct percent){factor_of(text).units * (PERCENT_WHOLE / FACTOR_ONE)};
}

static inline struct markup markup_of(const char *text)
{
    struct markup markup;
    if (!quote_parse_markup(str_of(text), &markup))
        fail_msg("\"%s\" is no markup", text);
    return markup;
}

/* "alpha", "beta", … with their exchange rates; ends with a NULL name. */
struct world_provider {
    const char *name, *exchange;
};
static inline struct provider_set *world_providers(const struct world_provider *list)
{
    struct provider_settings settings[8] = {0};
    struct factor exchange[8];
    size_t count = 0;
    for (; list[count].name; count++) {
        settings[count].name = memory_text(list[count].name);
        settings[count].url = memory_text("http://127.0.0.1:1/");
        settings[count].key = memory_text("key");
        settings[count].currency = memory_text("USD");
        exchange[count] = factor_of(list[count].exchange);
    }
    struct provider_set *set = provider_set_new(settings, exchange, count, NULL);
    assert_non_null(set);
    return set;
}

struct world_row {
    const char *id, *name, *category, *rate;
    enum ordertype type;
    int64_t min, max; /* both 0: not said */
    bool refill, cancel, dripfeed;
};
static inline struct provider_list *world_list(const struct world_row *rows)
{
    struct provider_list *list = provider_list_new(1);
    for (; rows->id; rows++)
        provider_list_add(list, &(struct panelrow){.id = str_of(rows->id),
                                                   .name = str_of(rows->name),
                                                   .category = str_of(rows->category),
                                                   .rate = money_of(rows->rate),
                                                   .type = rows->type,
                                                   .has_limits = rows->max > 0,
                                                   .min = rows->min,
                                                   .max = rows->max,
                                                   .refill = rows->refill,
                                                   .cancel = rows->cancel,
                                                   .dripfeed = rows->dripfeed});
    provider_list_seal(list);
    return list;
}

struct world_client {
    const char *name, *markup;
    struct client_range ranges[3]; /* up to the first with last 0 */
};
static inline struct client_set *world_clients(const struct world_client *list)
{
    struct client_settings settings[8] = {0};
    size_t count = 0;
    for (; list[count].name; count++) {
        struct client_settings *client = &settings[count];
        client->name = memory_text(list[count].name);
        client->markup = markup_of(list[count].markup);
        client->services = memory_array(3, sizeof *client->services);
        for (; client->service_count < 3 && list[count].ranges[client->service_count].last > 0;
             client->service_count++)
            client->services[client->service_count] = list[count].ranges[client->service_count];
    }
    struct client_set *set = client_set_new(settings, count, NULL);
    assert_non_null(set);
    return set;
}

#endif
