/* See ranking.h. */
#include "routing/ranking.h"

const char *ranking_skip_name(enum skip skip)
{
    static const char *const message[SKIP_COUNT] = {
        [SKIP_NONE] = "may be taken",
        [SKIP_TRIED] = "already tried for this order",
        [SKIP_CLOSED] = "the provider is closed",
        [SKIP_PAUSED] = "the provider is paused",
        [SKIP_UNKNOWN] = "never seen in the provider's list",
        [SKIP_GONE] = "no longer in the provider's list",
        [SKIP_VOID] = "its limits in the provider's list leave nothing",
        [SKIP_QUARANTINED] = "its price is quarantined",
        [SKIP_TYPE] = "the provider's type is another one",
        [SKIP_LIMITS] = "the quantity is outside its limits",
        [SKIP_COST] = "its cost is above the charge",
        [SKIP_CURRENCY] = "the panel reports another currency than is configured",
        [SKIP_KEY] = "the provider refuses our key",
        [SKIP_FUNDS] = "our account there is out of funds",
        [SKIP_BREAKER] = "it has been failing",
        [SKIP_COOL_DOWN] = "in cool-down",
    };
    ASSERT((unsigned)skip < SKIP_COUNT);
    return message[skip];
}

/* splitmix64: one random number is stretched into one a draw. */
static uint64_t ranking_next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0 <= result < below, by the high half of a product: the bias is below / 2^64. */
static uint64_t ranking_draw(uint64_t *state, uint64_t below)
{
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)(((wide)ranking_next_random(state) * below) >> 64);
}

static void ranking_sort_by_cost(const struct candidate *candidates, uint8_t *order, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint8_t moved = order[i];
        size_t at = i;
        for (; at > 0 && money_compare(candidates[order[at - 1]].cost, candidates[moved].cost) > 0;
             at--)
            order[at] = order[at - 1];
        order[at] = moved;
    }
}

static uint64_t ranking_weight_of(const struct candidate *candidate)
{
    return candidate->weight ? candidate->weight : 1;
}

static void ranking_shuffle_by_weight(const struct candidate *candidates, uint8_t *order,
                                      size_t count, uint64_t random)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += ranking_weight_of(&candidates[order[i]]);
    for (size_t i = 0; i + 1 < count; i++) {
        uint64_t left = ranking_draw(&random, total);
        size_t chosen = i;
        uint8_t winner;
        while (left >= ranking_weight_of(&candidates[order[chosen]]))
            left -= ranking_weight_of(&candidates[order[chosen++]]);
        winner = order[chosen];
        for (; chosen > i; chosen--) /* the others stay as given */
            order[chosen] = order[chosen - 1];
        order[i] = winner;
        total -= ranking_weight_of(&candidates[winner]);
    }
}

size_t ranking_make(enum ranking_policy policy, const struct candidate *candidates, size_t count,
                    uint64_t random, uint8_t order_out[RANKING_MAX])
{
    size_t taken = 0;
    if (count > RANKING_MAX)
        count = RANKING_MAX;
    for (size_t i = 0; i < count; i++)
        order_out[i] = (uint8_t)i;
    switch (policy) {
    case RANKING_PRIORITY:
        break;
    case RANKING_CHEAPEST:
        ranking_sort_by_cost(candidates, order_out, count);
        break;
    case RANKING_WEIGHTED:
        ranking_shuffle_by_weight(candidates, order_out, count, random);
        break;
    }
    for (size_t i = 0; i < count; i++)
        if (candidates[order_out[i]].skip == SKIP_NONE)
            order_out[taken++] = order_out[i];
    return taken;
}
