/* See order_context.h. */
#include "orders/order_context.h"

#include <stdlib.h>

#include "base/digest.h"
#include "orders/status_poll.h"

struct order_context_totals order_context_totals;

struct order_context *order_context_new(const struct order_context_parts *parts)
{
    struct order_context *context = memory_new(sizeof *context);
    context->loop = parts->loop;
    context->ledger = parts->ledger;
    context->health = parts->health;
    context->open_orders = parts->open_orders;
    context->claims = parts->claims;
    context->refs = parts->refs;
    context->refresher = parts->refresher;
    context->status_poll = status_poll_new(context);
    digest_random(&context->random, sizeof context->random);
    return context;
}

/* splitmix64 */
uint64_t order_context_random(struct order_context *context)
{
    uint64_t z = context->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void order_context_set_catalogue(struct order_context *context, struct catalogue *catalogue)
{
    catalogue_unpin(&context->catalogue);
    context->catalogue = catalogue;
}

void order_context_set_settings(struct order_context *context,
                                const struct order_settings *settings)
{
    context->settings = *settings;
}

void order_context_stop_polling(struct order_context *context)
{
    context->is_stopping = true;
    status_poll_stop(context->status_poll);
}

bool order_context_is_idle(const struct order_context *context)
{
    return context->places == 0 && context->order_requests == 0 && context->deferred == 0;
}

void order_context_on_idle(struct order_context *context, void (*on_idle)(void *arg), void *arg)
{
    context->on_idle = on_idle;
    context->on_idle_arg = arg;
}

void order_context_end_work(struct order_context *context, unsigned *counter)
{
    --*counter;
    if (context->on_idle && order_context_is_idle(context))
        context->on_idle(context->on_idle_arg);
}

void order_context_free(struct order_context *context)
{
    if (context == NULL)
        return;
    status_poll_free(context->status_poll);
    catalogue_unpin(&context->catalogue);
    free(context);
}
