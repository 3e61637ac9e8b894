/* Order and refill statuses: the words clients understand (protocol.md 4.2), and what panels'
 * words mean (4.1). Any thread. */
#ifndef PROTOCOL_ORDERSTATUS_H
#define PROTOCOL_ORDERSTATUS_H
#include "base/str.h"

enum orderstatus {
    ORDERSTATUS_PENDING,
    ORDERSTATUS_PROCESSING,
    ORDERSTATUS_IN_PROGRESS,
    ORDERSTATUS_COMPLETED,
    ORDERSTATUS_PARTIAL,
    ORDERSTATUS_CANCELED,
    ORDERSTATUS_COUNT,
    /* Only from panels, never to clients: */
    ORDERSTATUS_REFUNDED =
        ORDERSTATUS_COUNT, /* full refund; Partial where 0 < remains < quantity */
    ORDERSTATUS_REVIEW,    /* fail, error, expired: keep the state, tell the operator */
    ORDERSTATUS_UNKNOWN,   /* no table knows the word: keep the state, count it */
    ORDERSTATUS_PAUSED,    /* subscriptions: shown as In progress */
};
/* One of the six words; panel-only ones are a bug here. */
const char *orderstatus_name(enum orderstatus status);
bool orderstatus_is_final(enum orderstatus status); /* Completed, Partial, Canceled, Refunded */
enum orderstatus orderstatus_fold(struct str word); /* any spelling, numbers 0..5 as text too */
bool orderstatus_find(struct str word, enum orderstatus *out); /* exactly one of the six words */

enum refillstatus {
    REFILLSTATUS_PENDING,
    REFILLSTATUS_IN_PROGRESS,
    REFILLSTATUS_COMPLETED,
    REFILLSTATUS_REJECTED,
    REFILLSTATUS_CANCELED,
    REFILLSTATUS_ERROR,
    REFILLSTATUS_COUNT,
    REFILLSTATUS_UNKNOWN = REFILLSTATUS_COUNT
};
const char *orderstatus_refill_name(enum refillstatus status);
bool orderstatus_refill_is_final(enum refillstatus status); /* Completed, Rejected, Canceled */
enum refillstatus orderstatus_fold_refill(struct str word); /* "In progess", "Awaiting"… */

#endif
