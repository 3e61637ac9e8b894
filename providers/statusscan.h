/* A strict reader of the answers that come by the thousand: {"order":N}, one status, and statuses
 * keyed by id. Whatever is the least unusual is left to the slow way. Same results as that, without
 * building a tree. Pure. */
#ifndef PROVIDERS_STATUSSCAN_H
#define PROVIDERS_STATUSSCAN_H
#include "providers/decode.h"

/* False when the answer is not of such a shape; the answer is then as it was. */
bool statusscan_add(struct decoding *d);
bool statusscan_status(struct decoding *d);
bool statusscan_status_many(struct decoding *d);

#endif
