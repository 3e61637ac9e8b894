/* What a panel's answer about one order does: settlement, the books, the last known state. */
#ifndef ORDERS_LANDING_H
#define ORDERS_LANDING_H
#include "orders/liveorders.h"
#include "providers/question.h"

struct desk;
/* Ends the flight of the order, now or once its children's numbers are known. */
void landing_take(struct desk *desk, uint32_t order, const struct answer_status *reported);

#endif
