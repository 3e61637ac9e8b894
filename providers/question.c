/* The words of questions and outcomes, in logs and metrics. */
#include "providers/question.h"

static const char *const action_words[QUESTION_ACTION_COUNT] = {
    [QUESTION_SERVICES] = "services",
    [QUESTION_ADD] = "add",
    [QUESTION_STATUS] = "status",
    [QUESTION_STATUS_MANY] = "status_many",
    [QUESTION_REFILL] = "refill",
    [QUESTION_REFILL_MANY] = "refill_many",
    [QUESTION_REFILL_STATUS] = "refill_status",
    [QUESTION_REFILL_STATUS_MANY] = "refill_status_many",
    [QUESTION_CANCEL] = "cancel",
    [QUESTION_BALANCE] = "balance",
};

const char *question_action_word(enum question_action action)
{
    ASSERT(action < QUESTION_ACTION_COUNT);
    return action_words[action];
}

const char *question_outcome_word(enum outcome outcome)
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
