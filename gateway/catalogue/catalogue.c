/* See catalogue.h: pins, finding a service, whether two snapshots say the same, and balances. */
#include "catalogue/catalogue.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "catalogue/pricelist.h"

struct catalogue *catalogue_pin(struct catalogue *catalogue)
{
    atomic_fetch_add_explicit(&catalogue->pins, 1, memory_order_relaxed);
    return catalogue;
}

void catalogue_unpin(struct catalogue **catalogue)
{
    struct catalogue *last = *catalogue;
    *catalogue = NULL;
    if (!last || atomic_fetch_sub_explicit(&last->pins, 1, memory_order_acq_rel) > 1)
        return;
    struct catalogue_body *body = catalogue_body(last);
    for (size_t i = 0; i < body->list_count; i++)
        pricelist_fini(&body->lists[i]);
    free(body->lists);
    pthread_mutex_destroy(&body->late);
    provider_set_unpin(&last->providers);
    client_set_unpin(&last->clients);
    arena_fini(&body->arena);
    free(body);
}

const struct service *catalogue_find(const struct catalogue *catalogue, uint32_t id)
{
    size_t low = 0, high = catalogue->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (catalogue->list[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < catalogue->count && catalogue->list[low].id == id ? &catalogue->list[low] : NULL;
}

static bool catalogue_is_same_markup(const struct markup *a, const struct markup *b)
{
    return a->percent.units == b->percent.units && a->amount.units == b->amount.units;
}

/* Shown to operators: another pending price is news. */
static bool catalogue_is_same_held(const struct offer *a, const struct offer *b)
{
    if (a->price == NULL || b->price == NULL)
        return a->price == b->price;
    return a->why_held == b->why_held && a->price->pending.units == b->price->pending.units &&
           a->price->held_since_ms == b->price->held_since_ms;
}

static bool catalogue_is_same_offer(const struct offer *a, const struct offer *b)
{
    return a->provider_id == b->provider_id && str_equal(a->service, b->service) &&
           a->weight == b->weight && a->is_known == b->is_known && a->is_gone == b->is_gone &&
           a->is_void == b->is_void && a->is_quarantined == b->is_quarantined &&
           catalogue_is_same_held(a, b) && a->rate.units == b->rate.units &&
           a->cost.units == b->cost.units && a->type == b->type && a->has_limits == b->has_limits &&
           a->min == b->min && a->max == b->max && a->refill == b->refill &&
           a->cancel == b->cancel && a->dripfeed == b->dripfeed;
}

static bool catalogue_is_same_price(const struct service *a, const struct service *b)
{
    return a->is_priced == b->is_priced && a->terms.base.units == b->terms.base.units &&
           a->terms.exchange.units == b->terms.exchange.units &&
           catalogue_is_same_markup(&a->terms.service, &b->terms.service);
}

/* What an order of it may have, and how it is routed. */
static bool catalogue_is_same_handling(const struct service *a, const struct service *b)
{
    return a->refill == b->refill && a->cancel == b->cancel && a->dripfeed == b->dripfeed &&
           a->no_refill == b->no_refill && a->no_cancel == b->no_cancel &&
           a->routing == b->routing && a->allow_loss == b->allow_loss &&
           a->same_link == b->same_link && a->cancel_goes_on == b->cancel_goes_on &&
           a->partial_goes_on == b->partial_goes_on;
}

static bool catalogue_is_same_service(const struct service *a, const struct service *b)
{
    bool is_same = a->id == b->id && str_equal(a->name, b->name) &&
                   str_equal(a->category, b->category) && a->type == b->type && a->min == b->min &&
                   a->max == b->max && a->is_unlisted == b->is_unlisted &&
                   (a->unlist_at_ms != 0) == (b->unlist_at_ms != 0) &&
                   catalogue_is_same_price(a, b) && catalogue_is_same_handling(a, b) &&
                   a->offer_count == b->offer_count;
    for (size_t i = 0; is_same && i < a->offer_count; i++)
        is_same = catalogue_is_same_offer(&a->offers[i], &b->offers[i]);
    return is_same;
}

bool catalogue_is_same(const struct catalogue *a, const struct catalogue *b)
{
    bool is_same = a->count == b->count && a->decimals == b->decimals &&
                   a->providers == b->providers && a->has_lists == b->has_lists &&
                   strcmp(a->currency, b->currency) == 0;
    for (size_t i = 0; is_same && i < a->count; i++)
        is_same = catalogue_is_same_service(&a->list[i], &b->list[i]);
    return is_same;
}

/* ---- balances: one cell for each provider ---- */

__extension__ typedef __int128 wide;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards cells */
static struct balance_cell cells[PROVIDER_MAX];

struct balance_cell catalogue_balance(unsigned provider_id)
{
    ASSERT(provider_id < PROVIDER_MAX);
    pthread_mutex_lock(&mutex);
    struct balance_cell cell = cells[provider_id];
    pthread_mutex_unlock(&mutex);
    return cell;
}

bool catalogue_is_balance_low(const struct provider *provider)
{
    struct balance_cell cell = catalogue_balance(provider->id);
    return provider->settings.has_low_balance && cell.is_known &&
           money_compare(cell.amount, provider->settings.low_balance) < 0;
}

void catalogue_set_balance(unsigned provider_id, struct money amount, int64_t wall_at_ms)
{
    ASSERT(provider_id < PROVIDER_MAX);
    pthread_mutex_lock(&mutex);
    cells[provider_id] =
        (struct balance_cell){.is_known = true, .amount = amount, .at_ms = wall_at_ms};
    pthread_mutex_unlock(&mutex);
}

/* Towards minus infinity, so that the sum never promises more than there is. */
static wide catalogue_convert_down(struct money amount, struct factor exchange)
{
    wide product = (wide)amount.units * exchange.units;
    wide quotient = product / FACTOR_ONE;
    return quotient - (product < 0 && product % FACTOR_ONE != 0);
}

struct money catalogue_sum_balances(const struct provider_set *set)
{
    wide sum = 0;
    for (size_t i = 0; i < set->count; i++) {
        struct balance_cell cell = catalogue_balance(set->list[i].id);
        if (cell.is_known)
            sum += catalogue_convert_down(cell.amount, set->list[i].exchange);
    }
    if (sum > INT64_MAX)
        sum = INT64_MAX;
    if (sum < INT64_MIN)
        sum = INT64_MIN;
    return (struct money){.units = (int64_t)sum};
}
