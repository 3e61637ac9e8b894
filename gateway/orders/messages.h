/* The sentences clients read when something about an order is refused: the official ones that
 * scripts match on. One table; no panel's text ever. Any thread. */
#ifndef ORDERS_MESSAGES_H
#define ORDERS_MESSAGES_H
#include "providers/upstream.h"

#define MESSAGES_UNAVAILABLE "Service is temporarily unavailable"
#define MESSAGES_UNSAVED "Order could not be saved. Please try again later"
#define MESSAGES_FROZEN "Your account is inactive"
#define MESSAGES_NO_FUNDS "Not enough funds on balance"
#define MESSAGES_REF_OTHER                                                                         \
    "This ref already has another order. Please use a new ref for a new order"
#define MESSAGES_REF_BUSY "The order with this ref is still being placed. Please try again later"
#define MESSAGES_ORDER_ID "Incorrect order ID"
#define MESSAGES_REFILL_ID "Incorrect refill ID"
#define MESSAGES_SERVICE_ID "Incorrect service ID"
#define MESSAGES_NO_REFILL "Refill is not available for this service"
#define MESSAGES_NO_CANCEL "Cancel is not available for this service"
#define MESSAGES_ACTIVE_ORDER                                                                      \
    "You have active order with this link. Please wait until order being completed."

const char *messages_refusal(enum refusal refusal); /* of a single answer; never NULL */

#endif
