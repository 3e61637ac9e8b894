/* What a panel's answer about one order does: settlement, the books, the last known state. */
#ifndef ORDERS_LANDING_H
#define ORDERS_LANDING_H
#include "orders/liveorders.h"
#include "providers/question.h"

struct desk;
/* Ends the flight of the order, now or once its children's numbers are known. Who waits for it is
 * told now, or by the caller's liveorders_tell. */
void landing_take(struct desk *desk, uint32_t order, const struct answer_status *reported,
                  struct liveorders_landed *landed);

#endif
