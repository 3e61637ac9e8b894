/* refill_status for clients: the books know the refill; while it is not final its panel is asked,
 * and after status_within the last known status is given. See aftersale.h. */
#include <stdlib.h>

#include "base/clock.h"
#include "orders/aftersale.h"
#include "providers/ask.h"

enum { REFILLS_MOST = 100, CONNECTION_WAIT_MS = 1000 };

struct refill {
    uint32_t number;
    struct str provider, upstream_id;
    uint32_t order;
    enum refillstatus status;
    bool is_found, is_open; /* open: its panel should be asked */
};

struct group { /* one question under way */
    struct refillfollow *follow;
    struct ask *ask;
    const struct provider *provider;
    struct loop_timer timer;
    bool is_done;
    size_t count;
    size_t items[REFILLS_MOST];
};

struct refillfollow {
    struct desk *desk;
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
    refillfollow_done_fn *done;
    void *arg;
};

static bool refillfollow_is_final(enum refillstatus status)
{
    return status == REFILLSTATUS_COMPLETED || status == REFILLSTATUS_REJECTED ||
           status == REFILLSTATUS_CANCELED;
}

static void refillfollow_release(struct refillfollow *f)
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
    f->desk->aftersales--;
    free(f);
}

static void refillfollow_finish(struct refillfollow *f)
{
    if (f->is_done)
        return;
    f->is_done = true;
    loop_timer_cancel(&f->timer);
    struct refillfollow_status *out = arena_new(&f->arena, f->count * sizeof *out);
    for (size_t i = 0; i < f->count; i++)
        out[i] = (struct refillfollow_status){.refill = f->list[i].number,
                                              .is_found = f->list[i].is_found,
                                              .is_unavailable = !f->has_read,
                                              .status = f->list[i].status};
    f->done(out, f->count, f->arg);
}

static void refillfollow_on_timeout(void *arg)
{
    struct refillfollow *f = arg;
    refillfollow_finish(f);
    refillfollow_release(f);
}

static void refillfollow_keep(struct refillfollow *f, const struct refill *refill)
{
    struct ledger_aftersale row = {.kind = AFTERSALE_REFILL,
                                   .number = refill->number,
                                   .order = refill->order,
                                   .state = ATTEMPTSTATE_ACCEPTED,
                                   .client = client_name(f->client_id),
                                   .provider = refill->provider,
                                   .upstream_id = refill->upstream_id,
                                   .status = refill->status,
                                   .updated_at_ms = clock_wall_ms()};
    struct ledger_change change = {
        .order = refill->order, .aftersale = &row, .event = "refill_status"};
    /* A failed write is no loss: the panel is asked again the next time. */
    ledger_write(f->desk->ledger, NULL, &change, NULL, NULL);
}

static void refillfollow_take_item(struct refillfollow *f, struct refill *refill,
                                   const struct answer_item *said)
{
    if (said->is_absent || said->status == REFILLSTATUS_UNKNOWN || !said->is_accepted)
        return;
    if (said->status == refill->status)
        return;
    refill->status = said->status;
    refillfollow_keep(f, refill);
}

static void refillfollow_group_end(struct group *group)
{
    struct refillfollow *f = group->follow;
    group->is_done = true;
    if (--f->open_groups == 0)
        refillfollow_finish(f);
    refillfollow_release(f);
}

static void refillfollow_on_answer(const struct answer *answer, void *arg)
{
    struct group *group = arg;
    struct refillfollow *f = group->follow;
    group->ask = NULL;
    health_note(f->desk->health, group->provider->id, HEALTH_READINGS, STR_NONE, answer, MONEY_ZERO,
                loop_now_ms(f->desk->loop));
    if (answer->outcome == OUTCOME_ACCEPTED)
        for (size_t i = 0; i < group->count && i < answer->item_count; i++)
            refillfollow_take_item(f, &f->list[group->items[i]], &answer->items[i]);
    refillfollow_group_end(group);
}

static void refillfollow_group_start(void *arg)
{
    struct group *group = arg;
    struct refillfollow *f = group->follow;
    struct str ids[REFILLS_MOST];
    int64_t now = loop_now_ms(f->desk->loop);
    if (f->is_done || health_look(f->desk->health, group->provider->id, HEALTH_READINGS, STR_NONE,
                                  now) != SKIP_NONE) {
        refillfollow_group_end(group);
        return;
    }
    int64_t wait = provider_take_token(group->provider, PROVIDER_LANE_OTHER, now);
    if (wait > 0) {
        /* Beyond f's time its answer would be for nobody. */
        if (now + wait < f->timer.due_at_ms)
            loop_timer_start(&group->timer, f->desk->loop, wait, refillfollow_group_start, group);
        else
            refillfollow_group_end(group);
        return;
    }
    for (size_t i = 0; i < group->count; i++)
        ids[i] = f->list[group->items[i]].upstream_id;
    struct question question = {.action = group->count > 1 ? QUESTION_REFILL_STATUS_MANY
                                                           : QUESTION_REFILL_STATUS,
                                .ids = ids,
                                .id_count = group->count};
    struct ask_options options = {.request_id = "refill_status", .wait_ms = CONNECTION_WAIT_MS};
    group->ask = ask_start(f->desk->loop, group->provider, &question, &options,
                           refillfollow_on_answer, group);
}

static struct group *refillfollow_group_of(struct refillfollow *f, const struct provider *provider)
{
    for (size_t i = 0; i < f->group_count; i++)
        if (f->groups[i]->provider == provider)
            return f->groups[i];
    struct group *group = memory_new(sizeof *group);
    group->follow = f;
    group->provider = provider;
    f->groups = memory_resize(f->groups, f->group_count + 1, sizeof *f->groups);
    f->groups[f->group_count++] = group;
    return group;
}

static void refillfollow_ask_panels(struct refillfollow *f)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct provider *provider =
            f->list[i].is_open ? provider_set_find(f->providers, f->list[i].provider) : NULL;
        if (provider) {
            struct group *group = refillfollow_group_of(f, provider);
            group->items[group->count++] = i;
        }
    }
    size_t count = f->open_groups = f->group_count;
    if (count == 0) {
        refillfollow_finish(f);
        refillfollow_release(f);
        return;
    }
    /* The last group's end may free f. */
    struct group **groups = f->groups;
    for (size_t i = 0; i + 1 < count; i++)
        refillfollow_group_start(groups[i]);
    refillfollow_group_start(groups[count - 1]);
}

static void refillfollow_take_row(struct refillfollow *f, const struct ledger_aftersale *row)
{
    if (client_id(row->client) != f->client_id || row->kind != AFTERSALE_REFILL)
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
                          row->upstream_id.len > 0 && !refillfollow_is_final(row->status);
    }
}

static void refillfollow_on_rows(const struct ledger_rows *rows, void *arg)
{
    struct refillfollow *f = arg;
    f->is_reading = false;
    f->has_read = rows->result == LEDGER_DONE;
    for (size_t i = 0; i < rows->aftersale_count; i++)
        refillfollow_take_row(f, &rows->aftersales[i]);
    if (f->is_done)
        refillfollow_release(f);
    else
        refillfollow_ask_panels(f);
}

void refillfollow_start(struct desk *desk, unsigned client_id_asking, const uint32_t *refills,
                        size_t count, refillfollow_done_fn *done, void *arg)
{
    struct refillfollow *f = memory_new(sizeof *f);
    ASSERT(count <= REFILLS_MOST && desk->catalogue);
    arena_init(&f->arena);
    f->desk = desk;
    f->providers = provider_set_pin(desk->catalogue->providers);
    f->client_id = client_id_asking;
    f->count = count;
    f->list = arena_new(&f->arena, count * sizeof *f->list);
    f->done = done;
    f->arg = arg;
    f->is_reading = true;
    for (size_t i = 0; i < count; i++)
        f->list[i].number = refills[i];
    desk->aftersales++;
    struct ledger_query query = {
        .question = LEDGER_ASK_AFTERSALES, .ids = refills, .id_count = count};
    loop_timer_start(&f->timer, desk->loop, desk->settings.status_within_ms,
                     refillfollow_on_timeout, f);
    ledger_ask(desk->ledger, desk->loop, &query, refillfollow_on_rows, f);
}
