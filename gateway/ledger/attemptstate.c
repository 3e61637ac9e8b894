/* See orderstate.h. */
#include "ledger/orderstate.h"

static const char *const names[ATTEMPTSTATE_COUNT] = {
    [ATTEMPTSTATE_SENDING] = "sending",   [ATTEMPTSTATE_ACCEPTED] = "accepted",
    [ATTEMPTSTATE_NOT_SENT] = "not_sent", [ATTEMPTSTATE_REFUSED] = "refused",
    [ATTEMPTSTATE_DOUBT] = "doubt",       [ATTEMPTSTATE_CANCELED] = "canceled",
    [ATTEMPTSTATE_PARTIAL] = "partial",
};

const char *attemptstate_name(enum attemptstate state)
{
    ASSERT(state < ATTEMPTSTATE_COUNT);
    return names[state];
}

bool attemptstate_find(struct str word, enum attemptstate *out)
{
    for (unsigned i = 0; i < ATTEMPTSTATE_COUNT; i++) {
        if (str_is(word, names[i])) {
            *out = (enum attemptstate)i;
            return true;
        }
    }
    return false;
}

bool attemptstate_is_live(enum attemptstate state)
{
    ASSERT(state < ATTEMPTSTATE_COUNT);
    return state == ATTEMPTSTATE_SENDING || state == ATTEMPTSTATE_ACCEPTED ||
           state == ATTEMPTSTATE_DOUBT;
}

bool attemptstate_is_ended_by_panel(enum attemptstate state)
{
    ASSERT(state < ATTEMPTSTATE_COUNT);
    return state == ATTEMPTSTATE_CANCELED || state == ATTEMPTSTATE_PARTIAL;
}

bool attemptstate_may_move(enum attemptstate from, enum attemptstate to)
{
    ASSERT(from < ATTEMPTSTATE_COUNT && to < ATTEMPTSTATE_COUNT);
    switch (from) {
    case ATTEMPTSTATE_SENDING:
        return to != ATTEMPTSTATE_SENDING && !attemptstate_is_ended_by_panel(to);
    case ATTEMPTSTATE_DOUBT:
        return to == ATTEMPTSTATE_ACCEPTED || to == ATTEMPTSTATE_REFUSED;
    case ATTEMPTSTATE_ACCEPTED:
        return attemptstate_is_ended_by_panel(to);
    case ATTEMPTSTATE_NOT_SENT:
    case ATTEMPTSTATE_REFUSED:
    case ATTEMPTSTATE_CANCELED:
    case ATTEMPTSTATE_PARTIAL:
    case ATTEMPTSTATE_COUNT:
        return false;
    }
    UNREACHABLE();
}
