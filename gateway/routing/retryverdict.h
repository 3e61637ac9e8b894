/* What an answer to `add` means for the order: the outcome table of docs/architecture.md. Pure. */
#ifndef ROUTING_RETRYVERDICT_H
#define ROUTING_RETRYVERDICT_H
#include "providers/upstream.h"

enum retryverdict {
    RETRYVERDICT_BOOK,   /* accepted */
    RETRYVERDICT_NEXT,   /* certainly did not happen: the next offer */
    RETRYVERDICT_REFUSE, /* the client's fault: answer in our words, release */
    RETRYVERDICT_DOUBT   /* keep, show, never resend */
};
/* "Active order with this link" is NEXT. Whoever knows of an own attempt in doubt for that link at
 * that provider takes it as evidence that it was accepted, and does not send this order on. */
enum retryverdict retryverdict_judge(const struct upstream_response *answer);

#endif
