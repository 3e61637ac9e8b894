/* refill_status for clients: the books know the refill; while it is not final its panel is asked,
 * and after status_within the last known status is given. See order_request.h. */
#include <stdlib.h>

#include "base/clock.h"
#include "orders/order_request.h"
#include "providers/upstream_call.h"

enum { REFILLS_MAX = 100, CONNECTION_WAIT_MS = 1000 };

struct refill {
    uint32_t number;
    struct str provider, upstream_id;
    uint32_t order;
    enum refillstatus status;
    bool is_found, is_open; /* open: its panel should be asked */
};

struct group { /* one question under way */
    struct refill_query *query;
    struct upstream_call *call;
    const struct provider *provider;
    struct loop_timer timer;
    bool is_done;
    size_t count;
    size_t items[REFILLS_MAX];
};

struct refill_query {
    struct order_context *context;
    struct arena arena;
    struct provider_set *providers;
    unsigned client_id;
    size_t count;
    struct refill *list;
    struct group **groups;
    size_t group_count, open_groups;
    bool is_reading, is_done;
    bool has_read; /* the books have answered */
    struct loop_timer timer;
    refill_query_done_fn *done;
    void *arg;
};

static bool refill_query_is_final(enum refillstatus status)
{
    return status == REFILLSTATUS_COMPLETED || status == REFILLSTATUS_REJECTED ||
           status == REFILLSTATUS_CANCELED;
}

static void refill_query_release(struct refill_query *f)
{
    if (!f->is_done || f->is_reading || f->open_groups > 0)
        return;
    for (size_t i = 0; i < f->group_count; i++) {
        loop_timer_fini(&f->groups[i]->timer);
        free(f->groups[i]);
    }
    free(f->groups);
    loop_timer_fini(&f->timer);
    provider_set_unpin(&f->providers);
    arena_fini(&f->arena);
    f->context->order_requests--;
    free(f);
}

static void refill_query_finish(struct refill_query *f)
{
    if (f->is_done)
        return;
    f->is_done = true;
    loop_timer_cancel(&f->timer);
    struct refill_query_status *out = arena_new(&f->arena, f->count * sizeof *out);
    for (size_t i = 0; i < f->count; i++)
        out[i] = (struct refill_query_status){.refill = f->list[i].number,
                                              .is_found = f->list[i].is_found,
                                              .is_unavailable = !f->has_read,
                                              .status = f->list[i].status};
    f->done(out, f->count, f->arg);
}

static void refill_query_on_timeout(void *arg)
{
    struct refill_query *f = arg;
    refill_query_finish(f);
    refill_query_release(f);
}

static void refill_query_keep(struct refill_query *f, const struct refill *refill)
{
    struct ledger_request row = {.kind = ORDER_REQUEST_REFILL,
                                 .number = refill->number,
                                 .order = refill->order,
                                 .state = ATTEMPTSTATE_ACCEPTED,
                                 .client = client_name(f->client_id),
                                 .provider = refill->provider,
                                 .upstream_id = refill->upstream_id,
                                 .status = refill->status,
                                 .updated_at_ms = clock_wall_ms()};
    struct ledger_change change = {
        .order = refill->order, .order_request = &row, .event = "refill_status"};
    /* A failed write is no loss: the panel is asked again the next time. */
    ledger_write(f->context->ledger, NULL, &change, NULL, NULL);
}

static void refill_query_take_item(struct refill_query *f, struct refill *refill,
                                   const struct upstream_item *said)
{
    if (said->is_absent || said->status == REFILLSTATUS_UNKNOWN || !said->is_accepted)
        return;
    if (said->status == refill->status)
        return;
    refill->status = said->status;
    refill_query_keep(f, refill);
}

static void refill_query_group_end(struct group *group)
{
    struct refill_query *f = group->query;
    group->is_done = true;
    if (--f->open_groups == 0)
        refill_query_finish(f);
    refill_query_release(f);
}

static void refill_query_on_answer(const struct upstream_response *answer, void *arg)
{
    struct group *group = arg;
    struct refill_query *f = group->query;
    group->call = NULL;
    health_note(f->context->health, group->provider->id, HEALTH_READINGS, STR_NONE, answer,
                MONEY_ZERO, loop_now_ms(f->context->loop));
    if (answer->outcome == OUTCOME_ACCEPTED)
        for (size_t i = 0; i < group->count && i < answer->item_count; i++)
            refill_query_take_item(f, &f->list[group->items[i]], &answer->items[i]);
    refill_query_group_end(group);
}

static void refill_query_group_start(void *arg)
{
    struct group *group = arg;
    struct refill_query *f = group->query;
    struct str ids[REFILLS_MAX];
    int64_t now = loop_now_ms(f->context->loop);
    if (f->is_done || health_look(f->context->health, group->provider->id, HEALTH_READINGS,
                                  STR_NONE, now) != SKIP_NONE) {
        refill_query_group_end(group);
        return;
    }
    int64_t wait = provider_take_token(group->provider, PROVIDER_LANE_OTHER, now);
    if (wait > 0) {
        /* Beyond f's time its answer would be for nobody. */
        if (now + wait < f->timer.due_at_ms)
            loop_timer_start(&group->timer, f->context->loop, wait, refill_query_group_start,
                             group);
        else
            refill_query_group_end(group);
        return;
    }
    for (size_t i = 0; i < group->count; i++)
        ids[i] = f->list[group->items[i]].upstream_id;
    struct upstream_request request = {.action = group->count > 1 ? UPSTREAM_REFILL_STATUS_MANY
                                                                  : UPSTREAM_REFILL_STATUS,
                                       .ids = ids,
                                       .id_count = group->count};
    struct upstream_call_options options = {.request_id = "refill_status",
                                            .wait_ms = CONNECTION_WAIT_MS};
    group->call = upstream_call_start(f->context->loop, group->provider, &request, &options,
                                      refill_query_on_answer, group);
}

static struct group *refill_query_group_of(struct refill_query *f, const struct provider *provider)
{
    for (size_t i = 0; i < f->group_count; i++)
        if (f->groups[i]->provider == provider)
            return f->groups[i];
    struct group *group = memory_new(sizeof *group);
    group->query = f;
    group->provider = provider;
    f->groups = memory_resize(f->groups, f->group_count + 1, sizeof *f->groups);
    f->groups[f->group_count++] = group;
    return group;
}

static void refill_query_ask_panels(struct refill_query *f)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct provider *provider =
            f->list[i].is_open ? provider_set_find(f->providers, f->list[i].provider) : NULL;
        if (provider) {
            struct group *group = refill_query_group_of(f, provider);
            group->items[group->count++] = i;
        }
    }
    size_t count = f->open_groups = f->group_count;
    if (count == 0) {
        refill_query_finish(f);
        refill_query_release(f);
        return;
    }
    /* The last group's end may free f. */
    struct group **groups = f->groups;
    for (size_t i = 0; i + 1 < count; i++)
        refill_query_group_start(groups[i]);
    refill_query_group_start(groups[count - 1]);
}

static void refill_query_take_row(struct refill_query *f, const struct ledger_request *row)
{
    if (client_id(row->client) != f->client_id || row->kind != ORDER_REQUEST_REFILL)
        return;
    for (size_t i = 0; i < f->count; i++) {
        struct refill *refill = &f->list[i];
        if (refill->number != row->number)
            continue;
        bool is_first = !refill->is_found;
        refill->is_found =
            row->state != ATTEMPTSTATE_REFUSED && row->state != ATTEMPTSTATE_NOT_SENT;
        refill->status = row->status;
        refill->order = row->order;
        refill->provider = arena_str(&f->arena, row->provider);
        refill->upstream_id = arena_str(&f->arena, row->upstream_id);
        refill->is_open = is_first && row->state == ATTEMPTSTATE_ACCEPTED &&
                          row->upstream_id.len > 0 && !refill_query_is_final(row->status);
    }
}

static void refill_query_on_rows(const struct ledger_rows *rows, void *arg)
{
    struct refill_query *f = arg;
    f->is_reading = false;
    f->has_read = rows->result == LEDGER_DONE;
    for (size_t i = 0; i < rows->order_request_count; i++)
        refill_query_take_row(f, &rows->order_requests[i]);
    if (f->is_done)
        refill_query_release(f);
    else
        refill_query_ask_panels(f);
}

void refill_query_start(struct order_context *context, unsigned client_id_asking,
                        const uint32_t *refills, size_t count, refill_query_done_fn *done,
                        void *arg)
{
    struct refill_query *f = memory_new(sizeof *f);
    ASSERT(count <= REFILLS_MAX && context->catalogue);
    arena_init(&f->arena);
    f->context = context;
    f->providers = provider_set_pin(context->catalogue->providers);
    f->client_id = client_id_asking;
    f->count = count;
    f->list = arena_new(&f->arena, count * sizeof *f->list);
    f->done = done;
    f->arg = arg;
    f->is_reading = true;
    for (size_t i = 0; i < count; i++)
        f->list[i].number = refills[i];
    context->order_requests++;
    struct ledger_query query = {
        .request = LEDGER_QUERY_REQUESTS, .ids = refills, .id_count = count};
    loop_timer_start(&f->timer, context->loop, context->settings.status_within_ms,
                     refill_query_on_timeout, f);
    ledger_query(context->ledger, context->loop, &query, refill_query_on_rows, f);
}
