/* Those who wait, by a GET of /_control, until the journal holds enough entries or enough requests
 * are held at a name. Each ends exactly once: by the event, by its time, or with its connection.
 * On the panel's thread. */
#ifndef SIMULATOR_PANELWAIT_H
#define SIMULATOR_PANELWAIT_H
#include <sys/queue.h>

#include "simulator/paneljournal.h"

struct panel;
struct panelline;
struct panelwait;

TAILQ_HEAD(panelwait_list, panelwait);
struct panelwaits {
    struct panelwait_list list;
};

void panelwait_init(struct panelwaits *waits);
/* Waits for count entries that fit query (the filter's texts are copied), answers line then. */
void panelwait_for_journal(struct panel *panel, struct panelline *line,
                           const struct paneljournal_filter *filter, size_t count, size_t most,
                           int64_t within_ms);
void panelwait_for_hold(struct panel *panel, struct panelline *line, struct str name, size_t count,
                        int64_t within_ms);
void panelwait_on_entry(struct panel *panel, const struct paneljournal_entry *entry);
void panelwait_on_hold(struct panel *panel);
/* The line is going: nobody is answered. */
void panelwait_cancel(struct panelwait **wait);

#endif
