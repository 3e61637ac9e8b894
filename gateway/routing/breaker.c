/* See availability.h. While a probe is under way open_until_ms is the moment at which another one
 * may be given, so that a probe whose end was lost cannot keep the breaker shut. */
#include "routing/availability.h"

enum breaker_state breaker_state(const struct breaker *breaker, int64_t now_ms)
{
    if (breaker->open_until_ms == 0)
        return BREAKER_CLOSED;
    if (breaker->is_probing || now_ms >= breaker->open_until_ms)
        return BREAKER_HALF_OPEN;
    return BREAKER_OPEN;
}

bool breaker_allows(const struct breaker *breaker, int64_t now_ms)
{
    return breaker->open_until_ms == 0 || now_ms >= breaker->open_until_ms;
}

bool breaker_take(struct breaker *breaker, int64_t now_ms)
{
    if (!breaker_allows(breaker, now_ms))
        return false;
    if (breaker->open_until_ms != 0) {
        breaker->is_probing = true;
        breaker->open_until_ms = now_ms + BREAKER_STEP_MS;
    }
    return true;
}

static void breaker_open_for_a_while(struct breaker *breaker, int64_t now_ms)
{
    int64_t cool_down_ms;
    if (breaker->openings < UINT16_MAX)
        breaker->openings++;
    cool_down_ms = (int64_t)breaker->openings * BREAKER_STEP_MS;
    if (cool_down_ms > BREAKER_MAX_MS)
        cool_down_ms = BREAKER_MAX_MS;
    breaker->is_probing = false;
    breaker->open_until_ms = now_ms + cool_down_ms;
}

void breaker_note(struct breaker *breaker, bool is_success, int64_t now_ms)
{
    if (is_success) {
        *breaker = (struct breaker){0};
        return;
    }
    if (breaker->failures == 0)
        breaker->failing_since_ms = now_ms;
    if (breaker->failures < UINT16_MAX)
        breaker->failures++;
    switch (breaker_state(breaker, now_ms)) {
    case BREAKER_CLOSED:
        if (breaker->failures >= BREAKER_FAILURES)
            breaker_open_for_a_while(breaker, now_ms);
        break;
    case BREAKER_OPEN: /* a call from before it opened */
        break;
    case BREAKER_HALF_OPEN:
        breaker_open_for_a_while(breaker, now_ms);
        break;
    }
}

void breaker_give_back(struct breaker *breaker)
{
    if (!breaker->is_probing)
        return;
    breaker->is_probing = false;
    breaker->open_until_ms -= BREAKER_STEP_MS; /* the moment it was taken: past, and not 0 */
}
