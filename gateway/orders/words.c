/* See words.h. */
#include "orders/words.h"

const char *words_refusal(enum refusal refusal)
{
    switch (refusal) {
    case REFUSAL_NONE:
    case REFUSAL_UNSUPPORTED:
    case REFUSAL_OTHER:
        return WORDS_UNAVAILABLE;
    case REFUSAL_LINK:
        return "Incorrect link";
    case REFUSAL_ACTIVE_ORDER:
        return WORDS_ACTIVE_ORDER;
    case REFUSAL_REFILL:
        return "The order was completed or refill was requested less than 24 hours ago";
    case REFUSAL_CANCEL:
        return "Order can no longer be canceled";
    case REFUSAL_ORDER_ID:
        return WORDS_ORDER_ID;
    case REFUSAL_REFILL_ID:
        return WORDS_REFILL_ID;
    }
    UNREACHABLE();
}
