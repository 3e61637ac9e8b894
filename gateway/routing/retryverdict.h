/* What an answer to `add` means for the order: the outcome table of design.md 5.3. Pure. */
#ifndef ROUTING_RETRYVERDICT_H
#define ROUTING_RETRYVERDICT_H
#include "providers/question.h"

enum retryverdict {
    RETRYVERDICT_BOOK,   /* accepted */
    RETRYVERDICT_NEXT,   /* certainly did not happen: the next offer */
    RETRYVERDICT_REFUSE, /* the client's fault: answer in our words, release */
    RETRYVERDICT_DOUBT   /* keep, show, never resend */
};
/* had_doubt_for_link: an own attempt in doubt for that link at that provider exists; then "active
 * order" is evidence that it was accepted and this one is refused to the client, not sent on. */
enum retryverdict retryverdict_judge(const struct answer *answer);

#endif
