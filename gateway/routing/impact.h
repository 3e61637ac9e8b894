/* What an answer says about the health of who gave it. Pure. */
#ifndef ROUTING_IMPACT_H
#define ROUTING_IMPACT_H
#include "routing/health.h"

enum impact {
    IMPACT_UNUSED,          /* our own limit kept it: says nothing */
    IMPACT_SUCCESS,         /* a usable answer */
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
enum impact impact_of(enum health_kind kind, const struct upstream_response *answer);

#endif
