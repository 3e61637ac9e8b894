/* See schedule.h. */
#include "orders/schedule.h"

enum {
    SCHEDULE_LAG_MS = 60 * 60 * 1000,        /* a panel may not know its newest orders yet */
    SCHEDULE_RESTART_MAX_MS = 5 * 60 * 1000, /* after a start all have had their turn by then */
    SCHEDULE_RESTART_STEP_MS = 5,            /* for each order */
    SCHEDULE_AGE_PARTS = 4,
    SCHEDULE_LEFT_PARTS = 3
};

static int64_t schedule_random_below(int64_t limit, uint64_t random)
{
    return limit > 0 ? (int64_t)(random % (uint64_t)limit) : 0;
}

static int64_t schedule_clamp(int64_t value, int64_t min, int64_t max)
{
    return value < min ? min : value > max ? max : value;
}

int64_t schedule_first_ms(int64_t first_ms, uint64_t random)
{
    return first_ms + schedule_random_below(2 * first_ms, random);
}

int64_t schedule_next_ms(int64_t first_ms, int64_t age_ms, int64_t usual_ms, uint64_t random)
{
    int64_t step = age_ms / SCHEDULE_AGE_PARTS;
    if (usual_ms > age_ms && (usual_ms - age_ms) / SCHEDULE_LEFT_PARTS > step)
        step = (usual_ms - age_ms) / SCHEDULE_LEFT_PARTS;
    step = schedule_clamp(step, first_ms,
                          first_ms > SCHEDULE_STEP_MAX_MS ? first_ms : SCHEDULE_STEP_MAX_MS);
    return step + schedule_random_below(step / 4, random);
}

int64_t schedule_restart_ms(int64_t first_ms, uint64_t count, uint64_t random)
{
    int64_t spread = count > SCHEDULE_RESTART_MAX_MS / SCHEDULE_RESTART_STEP_MS
                         ? SCHEDULE_RESTART_MAX_MS
                         : (int64_t)count * SCHEDULE_RESTART_STEP_MS;
    return first_ms + schedule_random_below(spread > 2 * first_ms ? spread : 2 * first_ms, random);
}

enum schedule_verdict schedule_judge(bool is_review, unsigned stuck, int64_t age_ms,
                                     int64_t usual_ms, int64_t unknown_ms)
{
    if (is_review)
        return SCHEDULE_REVIEW;
    if (unknown_ms >= SCHEDULE_LAG_MS)
        return SCHEDULE_UNKNOWN;
    return stuck > 0 && usual_ms > 0 && age_ms / stuck >= usual_ms ? SCHEDULE_SLOW
                                                                   : SCHEDULE_ON_COURSE;
}
