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
    [ORDERSTATE_PENDING] = {"pending", ORDERSTATUS_PENDING, UNDER_WAY | SETTLED},
    [ORDERSTATE_PROCESSING] = {"processing", ORDERSTATUS_PROCESSING, UNDER_WAY | SETTLED},
    [ORDERSTATE_IN_PROGRESS] = {"in_progress", ORDERSTATUS_IN_PROGRESS, UNDER_WAY | SETTLED},
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

bool orderstate_is_final(enum orderstate state)
{
    ASSERT(state < ORDERSTATE_COUNT);
    return rows[state].moves == 0;
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

static const char *const attempt_words[ATTEMPTSTATE_COUNT] = {
    [ATTEMPTSTATE_SENDING] = "sending",   [ATTEMPTSTATE_ACCEPTED] = "accepted",
    [ATTEMPTSTATE_NOT_SENT] = "not_sent", [ATTEMPTSTATE_REFUSED] = "refused",
    [ATTEMPTSTATE_DOUBT] = "doubt",
};

const char *attemptstate_name(enum attemptstate state)
{
    ASSERT(state < ATTEMPTSTATE_COUNT);
    return attempt_words[state];
}

bool attemptstate_find(struct str word, enum attemptstate *out)
{
    for (unsigned i = 0; i < ATTEMPTSTATE_COUNT; i++) {
        if (str_is(word, attempt_words[i])) {
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

bool order_course_is_same(const struct order_course *a, const struct order_course *b)
{
    return a->state == b->state && a->paid.units == b->paid.units && a->remains == b->remains &&
           a->has_start_count == b->has_start_count && a->start_count == b->start_count;
}
