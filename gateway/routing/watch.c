/* See watch.h. */
#include "routing/watch.h"

enum skip watch_look(const struct watch *watch, int64_t now_ms)
{
    if (now_ms < watch->rest_until_ms)
        return SKIP_RESTED;
    return breaker_allows(&watch->breaker, now_ms) ? SKIP_NONE : SKIP_BREAKER;
}

void watch_rest(struct watch *watch, int64_t least_ms, int64_t now_ms)
{
    int64_t rest_ms;
    if (now_ms < watch->rest_until_ms)
        return;
    if (watch->rests < UINT16_MAX)
        watch->rests++;
    rest_ms = (int64_t)watch->rests * BREAKER_STEP_MS;
    if (rest_ms < least_ms)
        rest_ms = least_ms;
    if (rest_ms > BREAKER_MOST_MS)
        rest_ms = BREAKER_MOST_MS;
    watch->rest_until_ms = now_ms + rest_ms;
}

void watch_recover(struct watch *watch, bool is_success, int64_t now_ms)
{
    breaker_note(&watch->breaker, true, now_ms);
    if (is_success || now_ms >= watch->rest_until_ms) {
        watch->rest_until_ms = 0;
        watch->rests = 0;
    }
}

bool watch_is_clear(const struct watch *watch)
{
    return watch->breaker.failures == 0 && watch->breaker.open_until_ms == 0 &&
           watch->rest_until_ms == 0;
}

int64_t watch_until_ms(const struct watch *watch)
{
    int64_t open_until_ms = watch->breaker.is_probing ? 0 : watch->breaker.open_until_ms;
    return open_until_ms > watch->rest_until_ms ? open_until_ms : watch->rest_until_ms;
}
