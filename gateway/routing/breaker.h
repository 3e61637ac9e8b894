/* The circuit breaker as a value: consecutive failures open it (5), for 30 s x n, at most 300 s, n
 * being how often it opened without a success between; when the time is over one probe is let
 * through. Pure; the moment is an argument (monotonic clock). */
#ifndef ROUTING_BREAKER_H
#define ROUTING_BREAKER_H
#include <stdbool.h>
#include <stdint.h>

struct breaker {
    uint16_t failures;     /* consecutive */
    uint16_t openings;     /* since the last success */
    bool is_probing;       /* the one probe is under way */
    int64_t open_until_ms; /* 0: closed */
};
enum { BREAKER_FAILURES = 5, BREAKER_STEP_MS = 30000, BREAKER_MAX_MS = 300000 };

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };
enum breaker_state breaker_state(const struct breaker *breaker, int64_t now_ms);
/* What breaker_take would say; looks only. */
bool breaker_allows(const struct breaker *breaker, int64_t now_ms);
/* True: go ahead; a half-open one gives its probe to the first caller. A probe that never ended
 * is given again after BREAKER_STEP_MS. */
bool breaker_take(struct breaker *breaker, int64_t now_ms);
void breaker_note(struct breaker *breaker, bool is_success, int64_t now_ms);
/* A probe that was taken but not used. */
void breaker_give_back(struct breaker *breaker);

#endif
