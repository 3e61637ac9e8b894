/* One call of the refresher to a provider: what has to allow it, and what health learns of it
 * (feed.h). On the refresh thread. */
#include "base/clock.h"
#include "catalogue/feed.h"

enum { CONNECTION_WAIT_MS = 5000, HELD_MS = 1000 };

/* Why the provider may not be called now, but for its rate limit; NULL when it may. */
static const char *feedcall_obstacle(const struct provider *provider, struct health *health,
                                     int64_t now_ms)
{
    if (provider_is_paused(provider))
        return "paused by an operator";
    enum skip skip = health_look(health, provider->id, HEALTH_READINGS, STR_NONE, now_ms);
    return skip == SKIP_NONE ? NULL : ranking_skip_name(skip);
}

const char *feedcall_start(struct feedcall *call, enum upstream_action action, bool is_wanted,
                           upstream_call_done_fn *done, int64_t *wait_ms_out)
{
    struct refresher *refresher = call->feed->refresher;
    struct health *health = refresher->parts.health;
    const struct provider *provider = provider_set_by_id(refresher->view.providers, call->feed->id);
    int64_t now_ms = clock_monotonic_ms();
    ASSERT(provider && !call->call);
    *wait_ms_out = HELD_MS;
    const char *why_not = is_wanted ? NULL : feedcall_obstacle(provider, health, now_ms);
    if (why_not)
        return why_not;
    int64_t wait_ms = provider_take_token(provider, PROVIDER_LANE_OTHER, now_ms);
    if (wait_ms > 0) {
        *wait_ms_out = wait_ms;
        return "";
    }
    /* Another thread may have taken the probe since the look. */
    if (!is_wanted &&
        health_take(health, provider->id, HEALTH_READINGS, STR_NONE, now_ms) != SKIP_NONE)
        return ranking_skip_name(SKIP_BREAKER);
    struct upstream_request request = {.action = action};
    struct upstream_call_options options = {.request_id = "refresh", .wait_ms = CONNECTION_WAIT_MS};
    call->has_probe = !is_wanted;
    call->set = provider_set_pin(refresher->view.providers);
    call->provider = provider;
    call->call =
        upstream_call_start(refresher->parts.loop, provider, &request, &options, done, call);
    return NULL;
}

static void feedcall_forget(struct feedcall *call)
{
    call->call = NULL;
    call->provider = NULL;
    provider_set_unpin(&call->set);
}

void feedcall_end(struct feedcall *call, const struct upstream_response *answer)
{
    health_note(call->feed->refresher->parts.health, call->provider->id, HEALTH_READINGS, STR_NONE,
                answer, MONEY_ZERO, clock_monotonic_ms());
    feedcall_forget(call);
}

void feedcall_cancel(struct feedcall *call)
{
    if (!call->call)
        return;
    upstream_call_cancel(call->call);
    if (call->has_probe)
        health_unused(call->feed->refresher->parts.health, call->provider->id, HEALTH_READINGS,
                      STR_NONE);
    feedcall_forget(call);
}
