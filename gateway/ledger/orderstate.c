/* See orderstate.h. One row a state: its word, what a client sees, and where it may go. */
#include "ledger/orderstate.h"

#define TO(state) (1u << ORDERSTATE_##state)
#define UNDER_WAY (TO(PENDING) | TO(PROCESSING) | TO(IN_PROGRESS))
#define SETTLED (TO(COMPLETED) | TO(PARTIAL) | TO(CANCELED))

static const struct {
    const char *word;
    enum orderstatus status;
    unsigned moves; /* bits 1 << state; none: final */
} rows[ORDERSTATE_COUNT] = {
    [ORDERSTATE_PLACING] = {"placing", ORDERSTATUS_PENDING,
                            TO(PLACING) | TO(DOUBT) | UNDER_WAY | SETTLED | TO(REFUSED)},
    [ORDERSTATE_DOUBT] = {"doubt", ORDERSTATUS_PENDING,
                          TO(PLACING) | TO(DOUBT) | UNDER_WAY | SETTLED},
    [ORDERSTATE_QUEUED] = {"queued", ORDERSTATUS_PENDING, TO(QUEUED) | TO(PLACING) | TO(CANCELED)},
    [ORDERSTATE_PENDING] = {"pending", ORDERSTATUS_PENDING, TO(PLACING) | UNDER_WAY | SETTLED},
    [ORDERSTATE_PROCESSING] = {"processing", ORDERSTATUS_PROCESSING,
                               TO(PLACING) | UNDER_WAY | SETTLED},
    [ORDERSTATE_IN_PROGRESS] = {"in_progress", ORDERSTATUS_IN_PROGRESS,
                                TO(PLACING) | UNDER_WAY | SETTLED},
    [ORDERSTATE_COMPLETED] = {"completed", ORDERSTATUS_COMPLETED, 0},
    [ORDERSTATE_PARTIAL] = {"partial", ORDERSTATUS_PARTIAL, 0},
    [ORDERSTATE_CANCELED] = {"canceled", ORDERSTATUS_CANCELED, 0},
    [ORDERSTATE_REFUSED] = {"refused", ORDERSTATUS_CANCELED, 0},
};

const char *orderstate_name(enum orderstate state)
{
    ASSERT(state < ORDERSTATE_COUNT);
    return rows[state].word;
}

bool orderstate_find(struct str word, enum orderstate *out)
{
    for (unsigned i = 0; i < ORDERSTATE_COUNT; i++) {
        if (str_is(word, rows[i].word)) {
            *out = (enum orderstate)i;
            return true;
        }
    }
    return false;
}

bool orderstate_is_under_way(enum orderstate state)
{
    ASSERT(state < ORDERSTATE_COUNT);
    return UNDER_WAY >> state & 1;
}

enum orderstatus orderstate_status(enum orderstate state)
{
    ASSERT(state < ORDERSTATE_COUNT);
    return rows[state].status;
}

bool orderstate_may_move(enum orderstate from, enum orderstate to)
{
    ASSERT(from < ORDERSTATE_COUNT && to < ORDERSTATE_COUNT);
    return rows[from].moves >> to & 1;
}
