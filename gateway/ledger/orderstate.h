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
static inline bool orderstate_is_final(enum orderstate state) /* it may move nowhere */
{
    ASSERT(state < ORDERSTATE_COUNT);
    return state >= ORDERSTATE_COMPLETED;
}
/* A panel has it: pending, processing or in progress. */
bool orderstate_is_under_way(enum orderstate state);
/* What a client sees: placing, doubt and queued are Pending, refused is Canceled. */
enum orderstatus orderstate_status(enum orderstate state);
/* placing -> doubt pending processing in_progress completed partial canceled refused;
 * doubt -> placing (resolve --next-offer) pending processing in_progress completed partial
 * canceled; queued -> placing (its turn has come) canceled; pending, processing, in_progress ->
 * each other, the three finals, and placing (the panel ended it with something left to do, and it
 * goes on to the next offer); final -> nothing; a state to itself is allowed while not final. */
bool orderstate_may_move(enum orderstate from, enum orderstate to);

/* The states of an attempt, one order at one provider, and the moves between them. Pure. */
enum attemptstate {
    ATTEMPTSTATE_SENDING,
    ATTEMPTSTATE_ACCEPTED,
    ATTEMPTSTATE_NOT_SENT,
    ATTEMPTSTATE_REFUSED,
    ATTEMPTSTATE_DOUBT,
    ATTEMPTSTATE_CANCELED, /* was accepted; its panel canceled it, and the order went on */
    ATTEMPTSTATE_PARTIAL,  /* likewise, with a part delivered */
    ATTEMPTSTATE_COUNT
};
const char *attemptstate_name(enum attemptstate state);
bool attemptstate_find(struct str word, enum attemptstate *out);
/* It may have been executed: being sent, in doubt or accepted. */
bool attemptstate_is_live(enum attemptstate state);
/* Its panel ended it with something left to do, which went on to another offer. */
bool attemptstate_is_ended_by_panel(enum attemptstate state);
/* sending -> accepted, not_sent, refused, doubt; doubt -> accepted, refused (resolve); accepted ->
 * canceled, partial (the order goes on); else nothing. */
bool attemptstate_may_move(enum attemptstate from, enum attemptstate to);

#endif
