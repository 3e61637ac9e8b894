/* The states of an order in the ledger and the table of allowed moves. Pure. */
#ifndef LEDGER_ORDERSTATE_H
#define LEDGER_ORDERSTATE_H
#include "base/str.h"
#include "protocol/orderstatus.h"

enum orderstate {
    ORDERSTATE_PLACING, /* being sent, or between two offers */
    ORDERSTATE_DOUBT,   /* an attempt may have been executed; never resent, never refunded by itself
                         */
    ORDERSTATE_QUEUED, /* its number is given, its link has an unfinished order: nothing was sent */
    ORDERSTATE_PENDING, /* accepted by a provider, as are the next two */
    ORDERSTATE_PROCESSING,
    ORDERSTATE_IN_PROGRESS,
    ORDERSTATE_COMPLETED, /* final, as are the rest */
    ORDERSTATE_PARTIAL,
    ORDERSTATE_CANCELED,
    ORDERSTATE_REFUSED, /* closed; the client got an error and never a number */
    ORDERSTATE_COUNT
};
const char *orderstate_name(enum orderstate state); /* "placing", "doubt", "in_progress"… */
bool orderstate_find(struct str word, enum orderstate *out);
bool orderstate_is_final(enum orderstate state);
/* What a client sees: placing, doubt and queued are Pending, refused is Canceled. */
enum orderstatus orderstate_status(enum orderstate state);
/* placing -> doubt pending processing in_progress completed partial canceled refused;
 * doubt -> placing (resolve --next-offer) pending processing in_progress completed partial
 * canceled; queued -> placing (its turn has come) canceled; pending, processing, in_progress ->
 * each other, the three finals, and placing (the panel ended it with something left to do, and it
 * goes on to the next offer); final -> nothing; a state to itself is allowed while not final. */
bool orderstate_may_move(enum orderstate from, enum orderstate to);

#endif
