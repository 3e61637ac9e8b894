/* What a panel's word for an order's state means: the provider's own `statuses:` first, then the
 * protocol's spellings, then other languages. Pure, any thread. */
#ifndef PROVIDERS_STATUSWORD_H
#define PROVIDERS_STATUSWORD_H
#include "providers/upstream.h"

/* ORDERSTATUS_UNKNOWN for a word that nobody knows: the state is kept. */
enum orderstatus statusword_find(const struct provider_settings *settings, struct str word);
/* The same of a refill's word; REFILLSTATUS_UNKNOWN. */
enum refillstatus statusword_find_refill(const struct provider_settings *settings, struct str word);

#endif
