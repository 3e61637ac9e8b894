/* See panel.h. */
#include "simulator/panel.h"

#include <stdlib.h>

struct panel *panel_new(struct event_base *base)
{
    struct panel *panel = memory_new(sizeof *panel);
    *panel = (struct panel){
        .base = base,
        .key = memory_text("simulated-key"),
        .currency = memory_text("USD"),
        .prefix = memory_text("TX"),
        .balance = (int64_t)1000 * 100000000,
        .next_order = 1,
        .next_refill = 1,
        .may_refill = true,
        .progress = {.start_ms = -1,
                     .finish_ms = -1,
                     .start_asked = -1,
                     .finish_asked = -1,
                     .lag_ms = -1,
                     .lag_asked = -1,
                     .flip_ms = -1,
                     .flip_asked = -1,
                     .refill_ms = -1,
                     .ends_as = memory_text("Completed"),
                     .start_count = 100,
                     .flips_to = memory_text("Canceled")},
    };
    panelservice_init(&panel->services);
    panelorder_init(&panel->orders);
    panelrule_init(&panel->rules);
    paneljournal_init(&panel->journal);
    panelwait_init(&panel->waits);
    TAILQ_INIT(&panel->lines);
    json_t *services = panelservice_defaults();
    struct fault why;
    bool is_good = panelservice_set(&panel->services, services, &why);
    ASSERT(is_good);
    json_decref(services);
    return panel;
}

void panel_free(struct panel *panel)
{
    ASSERT(TAILQ_EMPTY(&panel->lines) && TAILQ_EMPTY(&panel->waits.list));
    panelorder_fini(&panel->orders);
    panelservice_fini(&panel->services);
    panelrule_fini(&panel->rules);
    paneljournal_fini(&panel->journal);
    free(panel->progress.ends_as);
    free(panel->progress.flips_to);
    free(panel->key);
    free(panel->currency);
    free(panel->prefix);
    free(panel);
}
