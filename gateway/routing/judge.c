/* See judge.h. */
#include "routing/judge.h"

/* Refusals about the data of one order: a panel that gives them works. */
static bool judge_is_about_data(enum refusal refusal)
{
    switch (refusal) {
    case REFUSAL_REFILL:
    case REFUSAL_CANCEL:
    case REFUSAL_ORDER_ID:
    case REFUSAL_REFILL_ID:
    case REFUSAL_UNSUPPORTED:
        return true;
    case REFUSAL_NONE:
    case REFUSAL_LINK:
    case REFUSAL_ACTIVE_ORDER:
    case REFUSAL_OTHER:
        return false;
    }
    UNREACHABLE();
}

static enum impact judge_class(const struct upstream_response *answer)
{
    if (answer->outcome == OUTCOME_DOUBT || answer->is_challenge)
        return IMPACT_FAILED;
    switch (answer->class) {
    case VERDICT_CLIENT: /* a mismatch too: else one client's orders could shut an offer to all */
    case VERDICT_BUSY:
        return IMPACT_ANSWERED;
    case VERDICT_PROVIDER:
    case VERDICT_DOUBT:
        return IMPACT_FAILED;
    }
    UNREACHABLE();
}

static enum impact judge_complaint(enum health_kind kind, const struct upstream_response *answer)
{
    bool is_order = kind == HEALTH_ORDERS;
    if (answer->is_key || answer->cool_down == COOL_DOWN_KEY)
        return IMPACT_KEY;
    if (answer->is_redirect)
        return IMPACT_REDIRECT;
    if (answer->is_rate_limited)
        return IMPACT_LIMITED;
    /* A reading that speaks of funds or of one service is a response like another. */
    if (answer->is_funds || answer->cool_down == COOL_DOWN_FUNDS)
        return is_order ? IMPACT_FUNDS : IMPACT_ANSWERED;
    if (answer->cool_down == COOL_DOWN_OFFER)
        return is_order ? IMPACT_COOL_DOWN_OFFER : IMPACT_ANSWERED;
    if (!is_order && judge_is_about_data(answer->refusal))
        return IMPACT_ANSWERED;
    if (answer->cool_down == COOL_DOWN_PROVIDER)
        return IMPACT_COOL_DOWN_PROVIDER;
    return judge_class(answer);
}

enum impact judge_impact(enum health_kind kind, const struct upstream_response *answer)
{
    switch (answer->outcome) {
    case OUTCOME_ACCEPTED:
        return IMPACT_SUCCESS;
    case OUTCOME_NOT_SENT: /* a failed connection leaves its message; our own cap and queue none */
        return answer->error.len || answer->evidence.len ? IMPACT_UNREACHABLE : IMPACT_UNUSED;
    case OUTCOME_REFUSED:
    case OUTCOME_DOUBT:
        return judge_complaint(kind, answer);
    }
    UNREACHABLE();
}

/* Whatever leaves room for "it may have happened" is a doubt. */

static enum retryverdict judge_refusal(const struct upstream_response *answer)
{
    if (answer->class == VERDICT_DOUBT)
        return RETRYVERDICT_DOUBT;
    /* Complaints that only this provider has: another one may well take it. */
    if (answer->is_active_order || answer->is_mismatch || answer->is_challenge ||
        answer->is_redirect || answer->is_rate_limited || answer->is_key || answer->is_funds)
        return RETRYVERDICT_NEXT;
    return answer->class == VERDICT_CLIENT ? RETRYVERDICT_REFUSE : RETRYVERDICT_NEXT;
}

enum retryverdict judge_retry(const struct upstream_response *answer)
{
    switch (answer->outcome) {
    case OUTCOME_ACCEPTED: /* without an id there is nothing to record, yet it may be running */
        return answer->order.len > 0 ? RETRYVERDICT_BOOK : RETRYVERDICT_DOUBT;
    case OUTCOME_NOT_SENT:
        return RETRYVERDICT_NEXT;
    case OUTCOME_REFUSED:
        return judge_refusal(answer);
    case OUTCOME_DOUBT:
        return RETRYVERDICT_DOUBT;
    }
    UNREACHABLE();
}
