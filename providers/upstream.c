/* The words of questions and outcomes, in logs and metrics. */
#include "providers/upstream.h"

static const char *const action_words[UPSTREAM_ACTION_COUNT] = {
    [UPSTREAM_SERVICES] = "services",
    [UPSTREAM_ADD] = "add",
    [UPSTREAM_STATUS] = "status",
    [UPSTREAM_STATUS_MANY] = "status_many",
    [UPSTREAM_REFILL] = "refill",
    [UPSTREAM_REFILL_MANY] = "refill_many",
    [UPSTREAM_REFILL_STATUS] = "refill_status",
    [UPSTREAM_REFILL_STATUS_MANY] = "refill_status_many",
    [UPSTREAM_CANCEL] = "cancel",
    [UPSTREAM_BALANCE] = "balance",
};

const char *upstream_action_name(enum upstream_action action)
{
    ASSERT(action < UPSTREAM_ACTION_COUNT);
    return action_words[action];
}

const char *upstream_outcome_name(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_ACCEPTED:
        return "accepted";
    case OUTCOME_NOT_SENT:
        return "not_sent";
    case OUTCOME_REFUSED:
        return "refused";
    case OUTCOME_DOUBT:
        return "doubt";
    }
    UNREACHABLE();
}
