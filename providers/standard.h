/* The standard dialect: the protocol as the hosted panels document it, read with all the tolerance
 * that the wild ones need. See dialect.h. */
#ifndef PROVIDERS_STANDARD_H
#define PROVIDERS_STANDARD_H
#include "providers/dialect.h"

void standard_encode(const struct provider_settings *settings,
                     const struct upstream_request *request, struct buf *body_out);
void standard_decode(const struct provider_settings *settings,
                     const struct upstream_request *request, const struct reply_facts *facts,
                     struct arena *arena, struct upstream_response *out);
/* The same without the short cuts, for the tests that compare both. */
void standard_decode_slowly(const struct provider_settings *settings,
                            const struct upstream_request *request, const struct reply_facts *facts,
                            struct arena *arena, struct upstream_response *out);

#endif
