/* Answers that never came from the panel itself. Pure. */
#ifndef PROVIDERS_CHALLENGE_H
#define PROVIDERS_CHALLENGE_H
#include "providers/dialect.h"

/* A page of a protecting front (401, 403, 405 or 429 with its clear marks): the panel never saw
 * the question. */
bool challenge_is(const struct reply_facts *facts);

#endif
