/* See balances.h. Each cell is a sequence lock: the writers count it up around a change, readers
 * repeat what they read across one. */
#include "catalogue/balances.h"

#include <pthread.h>
#include <stdatomic.h>

__extension__ typedef __int128 wide;

struct balances_cell {
    atomic_uint sequence; /* odd while it is written; 0: never was */
    _Atomic int64_t units, at_ms;
};
static struct balances_cell cells[PROVIDER_MAX];
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;

struct balance_cell balances_get(unsigned provider_id)
{
    ASSERT(provider_id < PROVIDER_MAX);
    struct balances_cell *cell = &cells[provider_id];
    for (;;) {
        unsigned before = atomic_load(&cell->sequence);
        struct balance_cell read = {.is_known = before > 0,
                                    .amount.units = atomic_load(&cell->units),
                                    .at_ms = atomic_load(&cell->at_ms)};
        if (before % 2 == 0 && atomic_load(&cell->sequence) == before)
            return read;
    }
}

void balances_set(unsigned provider_id, struct money amount, int64_t wall_at_ms)
{
    ASSERT(provider_id < PROVIDER_MAX);
    struct balances_cell *cell = &cells[provider_id];
    pthread_mutex_lock(&writing);
    atomic_fetch_add(&cell->sequence, 1);
    atomic_store(&cell->units, amount.units);
    atomic_store(&cell->at_ms, wall_at_ms);
    unsigned after = atomic_fetch_add(&cell->sequence, 1) + 1;
    if (after == 0) /* 0 means never set */
        atomic_store(&cell->sequence, 2);
    pthread_mutex_unlock(&writing);
}

/* Towards minus infinity, so that the sum never promises more than there is. */
static wide balances_convert_down(struct money amount, struct factor exchange)
{
    wide product = (wide)amount.units * exchange.units;
    wide quotient = product / FACTOR_ONE;
    return quotient - (product < 0 && product % FACTOR_ONE != 0);
}

struct money balances_sum(const struct provider_set *set)
{
    wide sum = 0;
    for (size_t i = 0; i < set->count; i++) {
        struct balance_cell cell = balances_get(set->list[i].id);
        if (cell.is_known)
            sum += balances_convert_down(cell.amount, set->list[i].exchange);
    }
    if (sum > INT64_MAX)
        sum = INT64_MAX;
    if (sum < INT64_MIN)
        sum = INT64_MIN;
    return (struct money){.units = (int64_t)sum};
}
