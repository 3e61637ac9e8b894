/* See balances.h. One mutex: a balance is set some times a minute and read for a client's `balance`
 * and a page of the operator's. */
#include "catalogue/balances.h"

#include <pthread.h>

__extension__ typedef __int128 wide;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards cells */
static struct balance_cell cells[PROVIDER_MAX];

struct balance_cell balances_get(unsigned provider_id)
{
    ASSERT(provider_id < PROVIDER_MAX);
    pthread_mutex_lock(&mutex);
    struct balance_cell cell = cells[provider_id];
    pthread_mutex_unlock(&mutex);
    return cell;
}

void balances_set(unsigned provider_id, struct money amount, int64_t wall_at_ms)
{
    ASSERT(provider_id < PROVIDER_MAX);
    pthread_mutex_lock(&mutex);
    cells[provider_id] =
        (struct balance_cell){.is_known = true, .amount = amount, .at_ms = wall_at_ms};
    pthread_mutex_unlock(&mutex);
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
