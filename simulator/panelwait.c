/* See panelwait.h. */
#include "simulator/panelwait.h"

#include <stdlib.h>

#include "simulator/panel.h"
#include "simulator/panelline.h"

struct panelwait {
    TAILQ_ENTRY(panelwait) link;
    struct panel *panel;    /* borrowed */
    struct panelline *line; /* borrowed; it cancels us when it goes */
    struct event *timer;
    bool is_for_hold;
    char *name; /* of the hold */
    struct paneljournal_filter filter;
    char *texts[4]; /* the filter's */
    size_t have, count, most;
};

void panelwait_init(struct panelwaits *waits)
{
    TAILQ_INIT(&waits->list);
}

static void panelwait_free_wait(struct panelwait *wait)
{
    TAILQ_REMOVE(&wait->panel->waits.list, wait, link);
    event_free(wait->timer);
    free(wait->name);
    for (size_t i = 0; i < COUNT_OF(wait->texts); i++)
        free(wait->texts[i]);
    free(wait);
}

static void panelwait_finish(struct panelwait *wait, bool is_timed_out)
{
    struct panelline *line = wait->line;
    json_t *answer;
    if (wait->is_for_hold)
        answer = json_pack("{sssI}", "name", wait->name, "held",
                           (json_int_t)panelline_held(wait->panel, str_of(wait->name)));
    else
        answer = paneljournal_list(&wait->panel->journal, &wait->filter, wait->most);
    json_object_set_new(answer, "timed_out", json_boolean(is_timed_out));
    panelline_forget_wait(line);
    panelwait_free_wait(wait);
    panelline_reply_json(line, 200, answer);
}

static void panelwait_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct panelwait *wait = arg;
    (void)fd;
    (void)what;
    panelwait_finish(wait, !wait->is_for_hold && wait->have < wait->count
                               ? true
                               : wait->is_for_hold &&
                                     panelline_held(wait->panel, str_of(wait->name)) < wait->count);
}

static struct panelwait *panelwait_new_wait(struct panel *panel, struct panelline *line,
                                            size_t count, int64_t within_ms)
{
    struct panelwait *wait = memory_new(sizeof *wait);
    wait->panel = panel;
    wait->line = line;
    wait->count = count;
    wait->timer = evtimer_new(panel->base, panelwait_on_timer, wait);
    ASSERT(wait->timer);
    struct timeval within = {.tv_sec = within_ms / 1000, .tv_usec = within_ms % 1000 * 1000};
    event_add(wait->timer, &within);
    TAILQ_INSERT_TAIL(&panel->waits.list, wait, link);
    panelline_set_wait(line, wait);
    return wait;
}

/* Answering from inside the request's own call would re-enter its line: the loop does it next. */
static void panelwait_finish_soon(struct panelwait *wait)
{
    struct timeval now = {0, 0};
    event_add(wait->timer, &now);
}

static struct str panelwait_kept_text(struct panelwait *wait, size_t at, struct str text)
{
    if (text.ptr == NULL)
        return STR_NONE;
    wait->texts[at] = str_copy(text);
    return str_make(wait->texts[at], text.len);
}

void panelwait_for_journal(struct panel *panel, struct panelline *line,
                           const struct paneljournal_filter *filter, size_t count, size_t most,
                           int64_t within_ms)
{
    struct panelwait *wait = panelwait_new_wait(panel, line, count, within_ms);
    wait->filter = *filter;
    wait->filter.action = panelwait_kept_text(wait, 0, filter->action);
    wait->filter.link_part = panelwait_kept_text(wait, 1, filter->link_part);
    wait->filter.service = panelwait_kept_text(wait, 2, filter->service);
    wait->filter.order = panelwait_kept_text(wait, 3, filter->order);
    wait->most = most;
    wait->have = paneljournal_count(&panel->journal, filter);
    if (wait->have >= count)
        panelwait_finish_soon(wait);
}

void panelwait_for_hold(struct panel *panel, struct panelline *line, struct str name, size_t count,
                        int64_t within_ms)
{
    struct panelwait *wait = panelwait_new_wait(panel, line, count, within_ms);
    wait->is_for_hold = true;
    wait->name = str_copy(name);
    if (panelline_held(panel, name) >= count)
        panelwait_finish_soon(wait);
}

void panelwait_on_entry(struct panel *panel, const struct paneljournal_entry *entry)
{
    struct panelwait *wait;
    TAILQ_FOREACH(wait, &panel->waits.list, link)
    {
        if (wait->is_for_hold || !paneljournal_fits(entry, &wait->filter))
            continue;
        if (++wait->have == wait->count)
            panelwait_finish_soon(wait);
    }
}

void panelwait_on_hold(struct panel *panel)
{
    struct panelwait *wait;
    TAILQ_FOREACH(wait, &panel->waits.list, link)
    if (wait->is_for_hold && panelline_held(panel, str_of(wait->name)) >= wait->count)
        panelwait_finish_soon(wait);
}

void panelwait_cancel(struct panelwait **wait)
{
    if (*wait)
        panelwait_free_wait(*wait);
    *wait = NULL;
}
