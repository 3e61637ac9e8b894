/* When an unfinished order is queried though no client asks: soon after its acceptance, then ever
 * more rarely with its age, and not much before orders of its service usually end. Pure; random:
 * any 64 bits, for the jitter. */
#ifndef ORDERS_SCHEDULE_H
#define ORDERS_SCHEDULE_H
#include <stdbool.h>
#include <stdint.h>

enum { SCHEDULE_STEP_MAX_MS = 30 * 60 * 1000 };

/* After acceptance: first_ms to three times that. */
int64_t schedule_first_ms(int64_t first_ms, uint64_t random);
/* After a report that did not end it. usual_ms: how long orders of its service take, 0: not known
 * yet. */
int64_t schedule_next_ms(int64_t first_ms, int64_t age_ms, int64_t usual_ms, uint64_t random);
/* After a start: count orders, spread so that they come in no storm. */
int64_t schedule_restart_ms(int64_t first_ms, uint64_t count, uint64_t random);
/* review: its last report is for the operator: it ends nothing, or in what cannot be read. stuck:
 * so many times the usual; 0 turns it off. unknown_ms: since when its provider does not know it, 0:
 * it does. */
enum schedule_verdict {
    SCHEDULE_ON_COURSE,
    SCHEDULE_SLOW,
    SCHEDULE_UNKNOWN,
    SCHEDULE_REVIEW,
    SCHEDULE_VERDICT_COUNT
};
enum schedule_verdict schedule_judge(bool is_review, unsigned stuck, int64_t age_ms,
                                     int64_t usual_ms, int64_t unknown_ms);

#endif
