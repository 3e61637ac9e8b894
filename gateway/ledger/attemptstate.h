/* The states of an attempt, one order at one provider, and the moves between them. Pure. */
#ifndef LEDGER_ATTEMPTSTATE_H
#define LEDGER_ATTEMPTSTATE_H
#include "base/str.h"

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
