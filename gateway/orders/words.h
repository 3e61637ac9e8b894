/* The sentences clients read when something about an order is refused: the official ones that
 * scripts match on. One table; no panel's text ever. Any thread. */
#ifndef ORDERS_WORDS_H
#define ORDERS_WORDS_H
#include "providers/question.h"

#define WORDS_UNAVAILABLE "Service is temporarily unavailable"
#define WORDS_UNSAVED "Order could not be saved. Please try again later"
#define WORDS_ORDER_ID "Incorrect order ID"
#define WORDS_REFILL_ID "Incorrect refill ID"
#define WORDS_SERVICE_ID "Incorrect service ID"
#define WORDS_ACTIVE_ORDER                                                                         \
    "You have active order with this link. Please wait until order being completed."

const char *words_refusal(enum refusal refusal); /* of a single answer; never NULL */

#endif
