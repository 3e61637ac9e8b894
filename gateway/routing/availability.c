/* See availability.h. */
#include "routing/availability.h"

enum skip availability_look(const struct availability *watch, int64_t now_ms)
{
    if (now_ms < watch->cool_down_until_ms)
        return SKIP_COOL_DOWN;
    return breaker_allows(&watch->breaker, now_ms) ? SKIP_NONE : SKIP_BREAKER;
}

void availability_cool_down(struct availability *watch, int64_t min_ms, int64_t now_ms)
{
    int64_t cool_down_ms;
    if (now_ms < watch->cool_down_until_ms)
        return;
    if (watch->rests < UINT16_MAX)
        watch->rests++;
    cool_down_ms = (int64_t)watch->rests * BREAKER_STEP_MS;
    if (cool_down_ms < min_ms)
        cool_down_ms = min_ms;
    if (cool_down_ms > BREAKER_MAX_MS)
        cool_down_ms = BREAKER_MAX_MS;
    watch->cool_down_until_ms = now_ms + cool_down_ms;
}

void availability_recover(struct availability *watch, bool is_success, int64_t now_ms)
{
    breaker_note(&watch->breaker, true, now_ms);
    if (is_success || now_ms >= watch->cool_down_until_ms) {
        watch->cool_down_until_ms = 0;
        watch->rests = 0;
    }
}

bool availability_is_clear(const struct availability *watch)
{
    return watch->breaker.failures == 0 && watch->breaker.open_until_ms == 0 &&
           watch->cool_down_until_ms == 0;
}

int64_t availability_until_ms(const struct availability *watch)
{
    int64_t open_until_ms = watch->breaker.is_probing ? 0 : watch->breaker.open_until_ms;
    return open_until_ms > watch->cool_down_until_ms ? open_until_ms : watch->cool_down_until_ms;
}
