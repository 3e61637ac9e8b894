/* Redirects, which are never followed: may one of them name an order that was made? Pure. */
#ifndef PROVIDERS_REDIRECT_H
#define PROVIDERS_REDIRECT_H
#include "providers/dialect.h"

/* Post, redirect, get is how frameworks answer a form: a body with a number, or a Location whose
 * path or query has digits. A server's own page, its version, an API version ("/api/v2") and the
 * path we asked at (a move to https or another host) name none. */
bool redirect_may_name_order(const struct provider_settings *settings,
                             const struct reply_facts *facts, struct arena *arena);

#endif
