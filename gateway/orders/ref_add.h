/* An add with a ref of its client's: the same ref and the same order have one number, however often
 * and on whatever worker they are sent, also after a restart. An order context's thread. */
#ifndef ORDERS_REF_ADD_H
#define ORDERS_REF_ADD_H
#include "orders/place.h"
#include "protocol/field.h"

struct ref_add_request { /* what it points to is read until done is called */
    const struct client *client;
    struct str ref; /* 1 to REFS_TEXT_BYTES bytes */
    uint32_t service;
    const struct fields *given; /* as the client sent them */
    const struct draft *draft;  /* NULL: it cannot be ordered now, and `refusal` says why; an order
                                   that its ref has already is answered all the same */
    const char *refusal;
    struct str request_id;
};
/* done is called once, perhaps before this returns, at the latest answer_within after the placing
 * began. */
void ref_add_start(struct order_context *context, const struct ref_add_request *request,
                   place_done_fn *done, void *arg);

/* The digest of what is ordered: client, service and the normalised fields. */
struct digest ref_add_digest(struct str client, uint32_t service, const struct fields *fields);

#endif
