/* See paced_call.h. */
#include "orders/paced_call.h"

enum { CONNECTION_WAIT_MS = 2000 };

static void paced_call_on_unsent(void *arg)
{
    struct paced_call *call = arg;
    struct upstream_response unsent = {.outcome = OUTCOME_NOT_SENT,
                                       .evidence = str_of(call->why_unsent)};
    call->done(&unsent, call->arg);
}

static void paced_call_end_unsent(struct paced_call *call, const char *why)
{
    call->why_unsent = why;
    loop_timer_start(&call->timer, call->context->loop, 0, paced_call_on_unsent, call);
}

static void paced_call_on_response(const struct upstream_response *response, void *arg)
{
    struct paced_call *call = arg;
    health_note(call->context->health, call->provider->id, HEALTH_READINGS, STR_NONE, response,
                MONEY_ZERO, loop_now_ms(call->context->loop));
    call->done(response, call->arg);
}

static void paced_call_on_bucket(void *arg)
{
    paced_call_start(arg);
}

void paced_call_start(struct paced_call *call)
{
    struct order_context *context = call->context;
    int64_t now = loop_now_ms(context->loop);
    if (health_take(context->health, call->provider->id, HEALTH_READINGS, STR_NONE, now) !=
        SKIP_NONE) {
        paced_call_end_unsent(call, "the provider is cooling down");
        return;
    }
    int64_t wait = provider_take_token(call->provider, PROVIDER_LANE_OTHER, now);
    if (wait > 0) {
        health_unused(context->health, call->provider->id, HEALTH_READINGS, STR_NONE);
        if (now + wait <= call->give_up_at_ms)
            loop_timer_start(&call->timer, context->loop, wait, paced_call_on_bucket, call);
        else
            paced_call_end_unsent(call, "the provider's rate limit left no room");
        return;
    }
    struct upstream_call_options options = {.request_id = call->request_id,
                                            .wait_ms = CONNECTION_WAIT_MS};
    upstream_call_start(context->loop, call->provider, &call->request, &options,
                        paced_call_on_response, call);
}

void paced_call_fini(struct paced_call *call)
{
    loop_timer_fini(&call->timer);
}
