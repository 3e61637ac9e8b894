/* struct claims: adds whose client may not have its number. Who sends again without a ref after a
 * crash or a broken connection gets the number of the order that is there already, and nothing is
 * sent twice.
 *
 * An add is open from before its intent until its answer was written whole; lost once its
 * connection ended first. A lost one is claimed by the next equal add of its client for as long as
 * `claim` says, once: until the answer of one that claimed it was written whole. Process-wide, one
 * mutex; any thread. */
#ifndef ORDERS_CLAIMS_H
#define ORDERS_CLAIMS_H
#include "base/digest.h"

struct claims;
struct claims *claims_new(void);
void claims_free(struct claims *claims);

/* What makes two adds equal: client, service, and the normalised fields as JSON. */
struct digest claims_digest(struct str client, uint32_t service, struct str fields);

/* An add begins; its id, never 0. What was lost before since_ms is forgotten. */
uint64_t claims_open(struct claims *claims, const struct digest *digest, int64_t now_ms,
                     int64_t since_ms);
/* Its intent is durable. False: an equal add went ahead meanwhile, so this one must not be sent. */
bool claims_set_order(struct claims *claims, uint64_t id, uint32_t order);
/* Its connection ended before the answer was written whole, or the answer was no number. */
void claims_lose(struct claims *claims, uint64_t id);
/* It ended refused: there is nothing to claim. True: its number was claimed already. */
bool claims_end(struct claims *claims, uint64_t id);
/* Its answer was written whole. */
void claims_answer(struct claims *claims, uint64_t id);

/* An order of the ledger whose answer is not known to have been written. */
void claims_load(struct claims *claims, const struct digest *digest, uint32_t order,
                 int64_t placed_at_ms);
/* The number of a lost add equal to this one, placed since then; 0: none. Taken once. Times are of
 * the wall clock. */
uint32_t claims_take(struct claims *claims, const struct digest *digest, int64_t since_ms);
/* The claim could not be made durable, or its own answer was not written whole: the next equal add
 * may claim it. */
void claims_give_back(struct claims *claims, uint32_t order);
size_t claims_count(struct claims *claims);

#endif
