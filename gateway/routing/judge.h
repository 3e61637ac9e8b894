/* What an upstream response means: for the health of who gave it, and for the order. Pure. */
#ifndef ROUTING_JUDGE_H
#define ROUTING_JUDGE_H
#include "providers/upstream.h"
#include "routing/health.h"

/* What it says about the health of who gave it. */
enum impact {
    IMPACT_UNUSED,          /* our own limit kept it: says nothing */
    IMPACT_SUCCESS,         /* a usable response */
    IMPACT_ANSWERED,        /* a refusal, yet no failure of theirs: it is alive */
    IMPACT_UNREACHABLE,     /* nothing left us for lack of a connection: the provider's failure */
    IMPACT_FAILED,          /* a failure of the provider and of the offer */
    IMPACT_COOL_DOWN_OFFER, /* its service is off */
    IMPACT_COOL_DOWN_PROVIDER, /* maintenance and the like */
    IMPACT_LIMITED,            /* too many requests */
    IMPACT_REDIRECT,           /* our address of it is wrong */
    IMPACT_FUNDS,              /* out of funds, ours or their supplier's */
    IMPACT_KEY                 /* it refuses our key */
};
enum impact judge_impact(enum health_kind kind, const struct upstream_response *answer);

/* What a response to `add` means for the order: the outcome table of docs/architecture.md. */
enum retryverdict {
    RETRYVERDICT_BOOK,   /* accepted */
    RETRYVERDICT_NEXT,   /* certainly did not happen: the next offer */
    RETRYVERDICT_REFUSE, /* the client's fault: an error of our own wording, release */
    RETRYVERDICT_DOUBT   /* keep, show, never resend */
};
/* "Active order with this link" is NEXT. Whoever knows of an own attempt in doubt for that link at
 * that provider takes it as evidence that it was accepted, and does not send this order on. */
enum retryverdict judge_retry(const struct upstream_response *answer);

#endif
