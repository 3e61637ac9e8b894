/* Who pays cost or less: services, imports and clients whose markups (or own prices) leave nothing,
 * after both are applied. Where a provider's list is known its costs are compared to the last
 * digit; where none is, only what holds whatever the cost is. Pure; any thread. */
#ifndef CATALOGUE_MARGINS_H
#define CATALOGUE_MARGINS_H
#include "catalogue/catalogue_settings.h"
#include "catalogue/provider_list.h"
#include "clients/client.h"
#include "providers/provider.h"

struct margins {
    const struct catalogue_settings *settings;
    const struct provider_set *providers;
    const struct client_set *clients;
    const struct provider_list *const *lists; /* PROVIDER_MAX, by provider id; NULL: not known */
    /* message says what would be right; client: whom it concerns, NULL: all of them. What concerns
     * several services is one message. */
    void (*report)(const char *message, const struct client_settings *client, void *arg);
    void *arg;
};
void margins_check(const struct margins *margins);

#endif
