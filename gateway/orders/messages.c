/* See messages.h. */
#include "orders/messages.h"

const char *messages_refusal(enum refusal refusal)
{
    switch (refusal) {
    case REFUSAL_NONE:
    case REFUSAL_UNSUPPORTED:
    case REFUSAL_OTHER:
        return MESSAGES_UNAVAILABLE;
    case REFUSAL_LINK:
        return "Incorrect link";
    case REFUSAL_ACTIVE_ORDER:
        return MESSAGES_ACTIVE_ORDER;
    case REFUSAL_REFILL:
        return "The order was completed or refill was requested less than 24 hours ago";
    case REFUSAL_CANCEL:
        return "Order can no longer be canceled";
    case REFUSAL_ORDER_ID:
        return MESSAGES_ORDER_ID;
    case REFUSAL_REFILL_ID:
        return MESSAGES_REFILL_ID;
    }
    UNREACHABLE();
}
