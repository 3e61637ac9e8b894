/* refill_status for clients: the ledger knows the refill; while it is not final its provider is
 * queried, and after status_within the last known status is given. See order_request.h. */
#include <stdlib.h>

#include "base/clock.h"
#include "orders/order_request.h"
#include "orders/paced_call.h"
#include "orders/reply_once.h"

enum { REFILLS_MAX = 100 };

struct refill {
    uint32_t number;
    struct str provider, upstream_id;
    uint32_t order;
    enum refillstatus status;
    bool is_found, is_open; /* open: its provider is to be queried */
};

struct group { /* one upstream call under way: the refills of one provider */
    struct refill_query *query;
    struct paced_call call;
    size_t count;
    size_t items[REFILLS_MAX];
    struct str ids[REFILLS_MAX]; /* the call's */
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
    bool is_reading;
    bool has_read; /* the ledger has answered */
    struct reply_once reply;
    refill_query_done_fn *done;
    void *arg;
};

static void refill_query_release(struct refill_query *f)
{
    if (!f->reply.is_given || f->is_reading || f->open_groups > 0)
        return;
    for (size_t i = 0; i < f->group_count; i++) {
        paced_call_fini(&f->groups[i]->call);
        free(f->groups[i]);
    }
    free(f->groups);
    reply_once_fini(&f->reply);
    provider_set_unpin(&f->providers);
    arena_fini(&f->arena);
    order_context_end_work(f->context, &f->context->order_requests);
    free(f);
}

static void refill_query_finish(struct refill_query *f)
{
    if (!reply_once_take(&f->reply))
        return;
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
    /* A failed write is no loss: the next query asks again. */
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
    if (--f->open_groups == 0)
        refill_query_finish(f);
    refill_query_release(f);
}

static void refill_query_on_response(const struct upstream_response *response, void *arg)
{
    struct group *group = arg;
    struct refill_query *f = group->query;
    if (response->outcome == OUTCOME_ACCEPTED)
        for (size_t i = 0; i < group->count && i < response->item_count; i++)
            refill_query_take_item(f, &f->list[group->items[i]], &response->items[i]);
    refill_query_group_end(group);
}

static void refill_query_group_start(struct group *group)
{
    struct refill_query *f = group->query;
    for (size_t i = 0; i < group->count; i++)
        group->ids[i] = f->list[group->items[i]].upstream_id;
    group->call.request = (struct upstream_request){
        .action = group->count > 1 ? UPSTREAM_REFILL_STATUS_MANY : UPSTREAM_REFILL_STATUS,
        .ids = group->ids,
        .id_count = group->count};
    paced_call_start(&group->call);
}

static struct group *refill_query_group_of(struct refill_query *f, const struct provider *provider)
{
    for (size_t i = 0; i < f->group_count; i++)
        if (f->groups[i]->call.provider == provider)
            return f->groups[i];
    struct group *group = memory_new(sizeof *group);
    group->query = f;
    /* Later a response would be of use to nobody. */
    group->call = (struct paced_call){.context = f->context,
                                      .provider = provider,
                                      .request_id = "refill_status",
                                      .give_up_at_ms = f->reply.deadline.due_at_ms,
                                      .done = refill_query_on_response,
                                      .arg = group};
    f->groups = memory_resize(f->groups, f->group_count + 1, sizeof *f->groups);
    f->groups[f->group_count++] = group;
    return group;
}

static void refill_query_send(struct refill_query *f)
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
    for (size_t i = 0; i < count; i++)
        refill_query_group_start(f->groups[i]);
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
                          row->upstream_id.len > 0 && !orderstatus_refill_is_final(row->status);
    }
}

static void refill_query_on_rows(const struct ledger_rows *rows, void *arg)
{
    struct refill_query *f = arg;
    f->is_reading = false;
    f->has_read = rows->result == LEDGER_DONE;
    for (size_t i = 0; i < rows->order_request_count; i++)
        refill_query_take_row(f, &rows->order_requests[i]);
    if (f->reply.is_given)
        refill_query_release(f);
    else
        refill_query_send(f);
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
    reply_once_start(&f->reply, context->loop, context->settings.status_within_ms,
                     refill_query_on_timeout, f);
    ledger_query(context->ledger, context->loop, &query, refill_query_on_rows, f);
}
