/* A provider's list as a block of `services:` for review (`panelmux import`): filtered, numbered,
 * with the markup that was asked for. What cannot be sold as it is stands there too, as a comment
 * that says why. Pure. */
#ifndef CATALOGUE_IMPORTBLOCK_H
#define CATALOGUE_IMPORTBLOCK_H
#include "base/buf.h"
#include "catalogue/catalogue_settings.h"
#include "providers/provider.h"

struct importblock_wish {
    const char *markup;            /* as written; NULL: 0%, which sells at cost */
    const char *const *categories; /* patterns; none: all */
    size_t category_count;
    const enum ordertype *types; /* none: all */
    size_t type_count;
    uint32_t first_id; /* ours count up from it, past those in use; 0: theirs where they are free */
    bool only_new;     /* not what the configuration offers or imports already */
    const struct catalogue_settings *settings; /* the configuration's */
};
struct upstream_response;
void importblock_print(const struct importblock_wish *wish, const struct provider *provider,
                       const struct upstream_response *answer, struct buf *out);
/* The same rows as {"services": [...]}, with our `id`, and `left_out` where there is a reason. */
void importblock_print_json(const struct importblock_wish *wish, const struct provider *provider,
                            const struct upstream_response *answer, struct buf *out);

#endif
