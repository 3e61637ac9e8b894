/* What lives as long as a provider's name, whatever is reloaded: shared atomics. For the files of
 * this room. Any thread. */
#ifndef PROVIDERS_PROVIDER_STATE_H
#define PROVIDERS_PROVIDER_STATE_H
#include "providers/provider.h"

/* The state for a name, made at first sight; NULL when PROVIDER_MAX names were seen. Never freed.
 */
struct provider_state *provider_state_of(struct str name);
unsigned provider_state_id(const struct provider_state *state);

/* A connection below the cap (0: no cap); true when taken, to be given back once. */
bool provider_state_take_connection(struct provider_state *state, unsigned cap) MUST_USE;
void provider_state_give_connection(struct provider_state *state);

#endif
