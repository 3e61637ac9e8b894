/* The configuration beside its providers' lists: what is offered that no panel lists, limits and
 * types that do not fit, prices below cost, imports that take nothing or run into each other. Pure;
 * any thread. */
#ifndef CATALOGUE_COMPARISON_H
#define CATALOGUE_COMPARISON_H
#include "catalogue/catalogue_settings.h"
#include "catalogue/provider_list.h"
#include "providers/provider.h"

struct comparison {
    const struct catalogue_settings *settings;
    const struct provider_set *providers;
    const struct provider_list *const *lists; /* PROVIDER_MAX, by provider id; NULL: not known */
    /* Each finding, in the order of the file. message says what would be right. */
    void (*report)(const char *message, void *arg);
    void *arg;
};
void comparison_make(const struct comparison *comparison);

#endif
