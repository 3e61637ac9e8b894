/* From what the feeds hold to one new snapshot: numbers for imports first, durable before anybody
 * sees them, then the snapshot, and only if it says something new (refresher_private.h). */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "catalogue/assemble.h"
#include "catalogue/pricelist.h"
#include "catalogue/refresher_private.h"

enum { GATHER_MS = 50 };

/* ---- settled ---- */

static bool refresher_publish_has_settled(const struct refresher *refresher)
{
    if (!refresher->view.settings || refresher->is_dirty)
        return false;
    for (const struct feed *feed = refresher->feeds; feed; feed = feed->next)
        if (feed->is_active && !feed->list && !feed->is_tried && !refresher->is_time_over)
            return false;
    return true;
}

void refresher_settle(struct refresher *refresher)
{
    if (atomic_load(&refresher->is_settled) || !refresher_publish_has_settled(refresher))
        return;
    atomic_store(&refresher->is_settled, true);
    if (refresher->parts.settled)
        refresher->parts.settled(refresher->parts.arg);
}

/* ---- making ---- */

struct ingredients {
    const struct provider_list *lists[PROVIDER_MAX];
    const struct pricebook *books[PROVIDER_MAX];
    int64_t blocked_since_ms[PROVIDER_MAX];
};

static void refresher_publish_gather(const struct refresher *refresher, struct ingredients *out)
{
    *out = (struct ingredients){0};
    for (const struct feed *feed = refresher->feeds; feed; feed = feed->next) {
        if (!feed->is_active)
            continue;
        out->lists[feed->id] = feed->list;
        out->books[feed->id] = &feed->book;
        out->blocked_since_ms[feed->id] = feed->blocked_since_ms;
    }
}

static void refresher_publish_say(const struct catalogue *catalogue)
{
    size_t priced = 0, held = 0;
    for (size_t i = 0; i < catalogue->count; i++) {
        priced += catalogue->list[i].is_priced;
        for (size_t o = 0; o < catalogue->list[i].offer_count; o++)
            held += catalogue->list[i].offers[o].is_quarantined;
    }
    log_event(LOG_INFO, "catalogue_published",
              "version=%llu services=%zu for_sale=%zu offers_quarantined=%zu",
              (unsigned long long)catalogue->version, catalogue->count, priced, held);
}

static void refresher_publish_publish(struct refresher *refresher, struct catalogue *catalogue)
{
    pricelist_make_all(catalogue, refresher->view.clients, refresher->last);
    catalogue->version = ++refresher->version;
    catalogue_unpin(&refresher->last);
    refresher->last = catalogue;
    refresher_publish_say(catalogue);
    refresher->parts.publish(catalogue_pin(catalogue), refresher->parts.arg);
}

static void refresher_publish_make(struct refresher *refresher, const struct ingredients *from,
                                   const struct importplan *plan)
{
    struct assemble_input input = {.settings = refresher->view.settings,
                                   .providers = refresher->view.providers,
                                   .lists = from->lists,
                                   .books = from->books,
                                   .blocked_since_ms = from->blocked_since_ms,
                                   .plan = plan};
    struct catalogue *catalogue = assemble_make(&input, clock_wall_ms());
    bool is_news = refresher->must_publish || !refresher->last ||
                   !catalogue_is_same(catalogue, refresher->last);
    refresher->is_dirty = false;
    refresher->must_publish = false;
    refresher->unlist_at_ms = catalogue->unlist_at_ms;
    if (is_news)
        refresher_publish_publish(refresher, catalogue);
    else
        catalogue_unpin(&catalogue);
    refresher_settle(refresher);
}

/* ---- numbers ---- */

static void refresher_publish_on_numbers_kept(struct ledger_outcome outcome, void *arg)
{
    struct refresher *refresher = arg;
    refresher->is_keeping_numbers = false;
    /* Books that cannot be written are no reason to sell nothing: the numbers are told again with
     * the next snapshot. */
    refresher->is_numbers_failed = outcome.result != LEDGER_DONE;
    if (outcome.result == LEDGER_DONE)
        importnumbers_all_kept(refresher->numbers);
    else
        log_event(LOG_WARN, "import_numbers_not_kept", "result=%s",
                  ledger_result_name(outcome.result));
    if (!refresher->is_stopped)
        refresher_publish_now(refresher);
}

/* True when there is nothing to wait for. */
static bool refresher_publish_keep_numbers(struct refresher *refresher)
{
    struct ledger_import *list;
    size_t count = importnumbers_unkept(refresher->numbers, &list);
    if (count > 0) {
        refresher->is_keeping_numbers = true;
        ledger_keep_imports(refresher->parts.ledger, refresher->parts.loop, list, count,
                            refresher_publish_on_numbers_kept, refresher);
    }
    free(list);
    return count == 0;
}

static void refresher_publish_say_moved(const struct importplan *plan)
{
    if (plan->moved > 0)
        log_event(LOG_WARN, "import_numbers_moved",
                  "services=%zu why=\"first_id + theirs is no free number\"", plan->moved);
    if (plan->left_over > 0)
        log_event(LOG_ERROR, "import_numbers_used_up", "services=%zu", plan->left_over);
}

static void refresher_publish_on_publish_timer(void *arg)
{
    refresher_publish_now(arg);
}

void refresher_publish_now(struct refresher *refresher)
{
    if (refresher->is_stopped || !refresher->view.settings || refresher->is_keeping_numbers)
        return; /* what keeps the numbers calls again */
    loop_timer_cancel(&refresher->publish_timer);
    struct ingredients from;
    struct importplan plan;
    refresher_publish_gather(refresher, &from);
    importplan_make(refresher->view.settings, refresher->view.providers, from.lists,
                    refresher->numbers, &plan);
    refresher_publish_say_moved(&plan);
    bool must_wait = refresher->parts.ledger && !refresher->is_numbers_failed &&
                     !refresher_publish_keep_numbers(refresher);
    refresher->is_numbers_failed = false;
    if (!must_wait)
        refresher_publish_make(refresher, &from, &plan);
    importplan_fini(&plan);
}

void refresher_publish_soon(struct refresher *refresher)
{
    refresher->is_dirty = true;
    if (!refresher->is_keeping_numbers && !refresher->publish_timer.is_armed)
        loop_timer_start(&refresher->publish_timer, refresher->parts.loop, GATHER_MS,
                         refresher_publish_on_publish_timer, refresher);
}
