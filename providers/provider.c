/* See provider.h. The set and its settings; the shared atomics are in provider_state.c. */
#include "providers/provider.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "providers/provider_state.h"

struct provider_set *provider_set_new(struct provider_settings *settings,
                                      const struct factor *exchange, size_t count,
                                      struct fault *why)
{
    struct provider_set *set = memory_new(sizeof *set);
    set->list = memory_array(count, sizeof *set->list);
    for (size_t i = 0; i < count; i++) {
        struct provider *provider = &set->list[i];
        provider->state = provider_state_of(str_of(settings[i].name));
        if (provider->state == NULL) {
            fault_set(why, FAULT_LIMIT,
                      "too many providers: %d names since the start; restart to forget old ones",
                      PROVIDER_MAX);
            free(set->list);
            free(set);
            return NULL;
        }
        provider->id = provider_state_id(provider->state);
        provider->exchange = exchange[i];
    }
    for (size_t i = 0; i < count; i++) {
        set->list[i].settings = settings[i];
        settings[i] = (struct provider_settings){0};
    }
    set->count = count;
    atomic_init(&set->pins, 1);
    return set;
}

struct provider_set *provider_set_pin(struct provider_set *set)
{
    unsigned before = atomic_fetch_add(&set->pins, 1);
    ASSERT(before > 0);
    return set;
}

void provider_set_unpin(struct provider_set **set_at)
{
    struct provider_set *set = *set_at;
    *set_at = NULL;
    if (set == NULL || atomic_fetch_sub(&set->pins, 1) > 1)
        return;
    for (size_t i = 0; i < set->count; i++)
        provider_settings_fini(&set->list[i].settings);
    free(set->list);
    free(set);
}

const struct provider *provider_set_find(const struct provider_set *set, struct str name)
{
    for (size_t i = 0; i < set->count; i++)
        if (str_is(name, set->list[i].settings.name))
            return &set->list[i];
    return NULL;
}

const struct provider *provider_set_by_id(const struct provider_set *set, unsigned id)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->list[i].id == id)
            return &set->list[i];
    return NULL;
}

void provider_settings_fini(struct provider_settings *settings)
{
    if (settings->key != NULL)
        explicit_bzero(settings->key, strlen(settings->key));
    for (size_t i = 0; i < settings->answer_count; i++)
        free(settings->answers[i].pattern);
    free(settings->answers);
    for (size_t i = 0; i < settings->status_count; i++)
        free(settings->statuses[i].word);
    free(settings->statuses);
    free(settings->ca_file);
    free(settings->currency);
    free(settings->key);
    free(settings->url);
    free(settings->name);
    *settings = (struct provider_settings){0};
}
