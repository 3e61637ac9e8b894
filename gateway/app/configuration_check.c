/* The rules between rooms. See configuration_private.h. */
#include <stdlib.h>

#include "app/configuration_private.h"
#include "http/listener.h"

static const struct configuration_rate *
configuration_check_find_rate(const struct configuration_draft *draft, const char *currency)
{
    for (size_t i = 0; i < draft->rate_count; i++)
        if (draft->rates[i].currency && strcmp(draft->rates[i].currency, currency) == 0)
            return &draft->rates[i];
    return NULL;
}

static void configuration_check_rates(struct setting_reader *reader, const struct yamlnode *rates,
                                      const struct configuration_draft *draft)
{
    const struct yamlnode *node = rates->first;
    for (size_t i = 0; i < draft->rate_count; i++, node = node->next) {
        const char *currency = draft->rates[i].currency;
        if (currency == NULL)
            continue;
        if (configuration_check_find_rate(draft, currency) != &draft->rates[i])
            faultlist_add(reader->faults, node->key_place, "a second rate for %s; keep one of them",
                          currency);
        if (strcmp(currency, draft->made.catalogue.currency) == 0 &&
            draft->rates[i].rate.units != FACTOR_ONE)
            faultlist_add(reader->faults, node->key_place,
                          "%s is `currency` itself, one is worth one; leave it out", currency);
    }
}

static struct factor configuration_check_find_exchange(struct setting_reader *reader,
                                                       const struct yamlnode *provider,
                                                       const struct configuration_draft *draft,
                                                       const char *currency, bool is_whole)
{
    struct factor one = {FACTOR_ONE};
    const struct yamlnode *node = yamlnode_find(provider, "currency");
    if (strcmp(currency, draft->made.catalogue.currency) == 0)
        return one;
    const struct configuration_rate *rate = configuration_check_find_rate(draft, currency);
    if (rate)
        return rate->rate;
    if (is_whole)
        faultlist_add(reader->faults, node ? node->place : provider->place,
                      "there is no rate for %s; add `rates: {%s: …}`, what one %s is worth in %s",
                      currency, currency, currency, draft->made.catalogue.currency);
    return one;
}

/* Files that can be read may still hold no certificate, or a key that is not its own. */
static void configuration_check_tls(struct setting_reader *reader, const struct yamlnode *root,
                                    const struct listener_settings *front)
{
    const struct yamlnode *node = yamlnode_find(root, "tls");
    struct fault why;
    if (node == NULL || front->certificate == NULL || front->key == NULL)
        return;
    struct tls_context *tls = tls_context_new(front->certificate, front->key, &why);
    if (tls == NULL)
        faultlist_add(reader->faults, node->place, "`tls`: %s", why.message);
    tls_context_unpin(&tls);
}

/* Legal, but hardly what was meant. */
static void configuration_check_warn_of_nothing(struct setting_reader *reader,
                                                const struct yamlnode *root,
                                                const struct configuration_draft *draft)
{
    const struct catalogue_settings *catalogue = &draft->made.catalogue;
    struct source_location whole = {root->place.file, 0, 0};
    if (draft->client_count == 0)
        faultlist_warn(reader->faults, whole, "no clients, so nobody can call; add `clients:`");
    if (draft->provider_count == 0)
        faultlist_warn(reader->faults, whole,
                       "no providers, so nothing can be delivered; add `providers:`");
    else if (catalogue->service_count == 0 && catalogue->import_count == 0)
        faultlist_warn(reader->faults, whole, "nothing to sell; add `services:` or `imports:`");
}

struct factor *configuration_check(struct setting_reader *reader, const struct yamlnode *root,
                                   struct configuration_draft *draft, bool is_whole)
{
    struct factor *exchange = memory_array(draft->provider_count + 1, sizeof *exchange);
    const struct yamlnode *rates = yamlnode_find(root, "rates");
    const struct yamlnode *providers = yamlnode_find(root, "providers");
    const struct yamlnode *node = providers ? providers->first : NULL;
    if (draft->rate_count)
        configuration_check_rates(reader, rates, draft);
    for (size_t i = 0; i < draft->provider_count; i++, node = node->next) {
        struct provider_settings *provider = &draft->providers[i];
        if (provider->currency == NULL)
            provider->currency = memory_text(draft->made.catalogue.currency);
        exchange[i] =
            configuration_check_find_exchange(reader, node, draft, provider->currency, is_whole);
    }
    configuration_check_tls(reader, root, &draft->made.front);
    if (is_whole) {
        rows_check_references(reader);
        configuration_check_warn_of_nothing(reader, root, draft);
    }
    return exchange;
}
