/* See retryverdict.h. Whatever leaves room for "it may have happened" is a doubt. */
#include "routing/retryverdict.h"

static enum retryverdict retryverdict_judge_refusal(const struct upstream_response *answer)
{
    if (answer->class == VERDICT_DOUBT)
        return RETRYVERDICT_DOUBT;
    /* Complaints that only this provider has: another one may well take it. */
    if (answer->is_active_order || answer->is_mismatch || answer->is_challenge ||
        answer->is_redirect || answer->is_rate_limited || answer->is_key || answer->is_funds)
        return RETRYVERDICT_NEXT;
    return answer->class == VERDICT_CLIENT ? RETRYVERDICT_REFUSE : RETRYVERDICT_NEXT;
}

enum retryverdict retryverdict_judge(const struct upstream_response *answer)
{
    switch (answer->outcome) {
    case OUTCOME_ACCEPTED: /* without an id there is nothing to book, yet it may be running */
        return answer->order.len > 0 ? RETRYVERDICT_BOOK : RETRYVERDICT_DOUBT;
    case OUTCOME_NOT_SENT:
        return RETRYVERDICT_NEXT;
    case OUTCOME_REFUSED:
        return retryverdict_judge_refusal(answer);
    case OUTCOME_DOUBT:
        return RETRYVERDICT_DOUBT;
    }
    UNREACHABLE();
}
