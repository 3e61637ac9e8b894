/* See attemptstate.h. */
#include "ledger/attemptstate.h"

static const char *const names[ATTEMPTSTATE_COUNT] = {
    [ATTEMPTSTATE_SENDING] = "sending",   [ATTEMPTSTATE_ACCEPTED] = "accepted",
    [ATTEMPTSTATE_NOT_SENT] = "not_sent", [ATTEMPTSTATE_REFUSED] = "refused",
    [ATTEMPTSTATE_DOUBT] = "doubt",
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
    return state != ATTEMPTSTATE_NOT_SENT && state != ATTEMPTSTATE_REFUSED;
}

bool attemptstate_may_move(enum attemptstate from, enum attemptstate to)
{
    ASSERT(from < ATTEMPTSTATE_COUNT && to < ATTEMPTSTATE_COUNT);
    switch (from) {
    case ATTEMPTSTATE_SENDING:
        return to != ATTEMPTSTATE_SENDING;
    case ATTEMPTSTATE_DOUBT:
        return to == ATTEMPTSTATE_ACCEPTED || to == ATTEMPTSTATE_REFUSED;
    case ATTEMPTSTATE_ACCEPTED:
    case ATTEMPTSTATE_NOT_SENT:
    case ATTEMPTSTATE_REFUSED:
    case ATTEMPTSTATE_COUNT:
        return false;
    }
    UNREACHABLE();
}
