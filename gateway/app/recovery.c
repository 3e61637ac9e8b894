/* What the books hold at the start: unfinished orders, kept lists, import numbers and prices go
 * where they belong; orders between two offers whose number was given go on once there is a
 * catalogue. Before threads start, then on the main thread. See gateway_private.h. */
#include <stdlib.h>

#include "app/gateway_private.h"
#include "base/log.h"
#include "orders/place.h"

enum { READ_AGAIN_MS = 1000 };

static void recovery_on_kept_order(const struct ledger_order *order, unsigned attempts, void *arg)
{
    struct gateway *g = arg;
    struct open_order live;
    (void)attempts;
    char *extra = str_copy(order->extra);
    open_order_from_ledger(order, &live);
    live.extra = extra;
    open_orders_put(g->open_orders, &live);
    free(extra);
    g->orphans += order->provider.len &&
                  provider_set_find(g->configuration->providers, order->provider) == NULL;
    if (order->course.state != ORDERSTATE_PLACING)
        return;
    g->resumed = memory_resize(g->resumed, g->resumed_count + 1, sizeof *g->resumed);
    struct ledger_order *kept = &g->resumed[g->resumed_count++];
    *kept = *order;
    kept->client = arena_str(&g->resumed_arena, order->client);
    kept->fields = arena_str(&g->resumed_arena, order->fields);
    kept->provider = arena_str(&g->resumed_arena, order->provider);
    kept->request_id = arena_str(&g->resumed_arena, order->request_id);
    kept->currency = kept->extra = kept->reason = kept->upstream_id = kept->upstream_service =
        STR("");
}

static void recovery_on_kept_list(struct str provider, struct str body, int64_t fetched_at_ms,
                                  void *arg)
{
    struct gateway *g = arg;
    refresher_take_list(g->refresher, provider, body, fetched_at_ms);
}

static void recovery_on_kept_import(const struct ledger_import *import, void *arg)
{
    struct gateway *g = arg;
    refresher_take_import(g->refresher, import);
}

static void recovery_on_kept_price(const struct ledger_price *price, int64_t at_ms, void *arg)
{
    struct gateway *g = arg;
    refresher_take_price(g->refresher, price, at_ms);
}

bool recovery_run(struct gateway *g, struct fault *why)
{
    struct ledger_visit visit = {.order = recovery_on_kept_order,
                                 .list = recovery_on_kept_list,
                                 .import = recovery_on_kept_import,
                                 .price = recovery_on_kept_price,
                                 .arg = g};
    if (!ledger_recover(g->ledger, &visit, why))
        return false;
    log_event(LOG_INFO, "recovered", "unfinished=%zu resumed=%zu",
              open_orders_count(g->open_orders), g->resumed_count);
    if (g->orphans > 0)
        log_event(LOG_WARN, "orders_without_provider",
                  "orders=%zu why=\"their providers are not configured, so nobody can be asked\"",
                  g->orphans);
    return true;
}

/* ---- going on with orders between two offers ---- */

struct resumption {
    struct gateway *gateway;
    size_t index;
    struct loop_timer again;
};

static void recovery_ask_attempts(void *arg);

/* Without its attempts nobody knows where it may go: then it waits. */
static void recovery_on_attempts(const struct ledger_rows *rows, void *arg)
{
    struct resumption *resumption = arg;
    struct gateway *g = resumption->gateway;
    if (rows->result != LEDGER_DONE && !g->is_draining) {
        loop_timer_start(&resumption->again, g->loop, READ_AGAIN_MS, recovery_ask_attempts,
                         resumption);
        return;
    }
    if (rows->result == LEDGER_DONE)
        place_resume(g->context, &g->resumed[resumption->index], rows->attempts,
                     rows->attempt_count);
    loop_timer_fini(&resumption->again);
    free(resumption);
}

static void recovery_ask_attempts(void *arg)
{
    struct resumption *resumption = arg;
    struct gateway *g = resumption->gateway;
    struct ledger_query query = {.request = LEDGER_QUERY_SHOW,
                                 .id = g->resumed[resumption->index].id};
    ledger_query(g->ledger, g->loop, &query, recovery_on_attempts, resumption);
}

void recovery_resume(struct gateway *g)
{
    for (size_t i = 0; i < g->resumed_count; i++) {
        struct resumption *resumption = memory_new(sizeof *resumption);
        resumption->gateway = g;
        resumption->index = i;
        recovery_ask_attempts(resumption);
    }
}
