/* struct panel: all that one simulated panel knows. Of this room only; on its base's thread only.
 * Each part has its file: services, orders, rules, journal, waits, lines (connections). */
#ifndef SIMULATOR_PANEL_H
#define SIMULATOR_PANEL_H
#include <event2/event.h>

#include "simulator/paneljournal.h"
#include "simulator/panelorder.h"
#include "simulator/panelrule.h"
#include "simulator/panelservice.h"
#include "simulator/panelwait.h"

enum panel_ids { PANEL_IDS_NUMBER, PANEL_IDS_STRING, PANEL_IDS_TEXT };
enum panel_multi {
    PANEL_MULTI_OBJECT,
    PANEL_MULTI_LIST,
    PANEL_MULTI_LIST_WITHOUT_IDS,
    PANEL_MULTI_UNSUPPORTED
};
enum panel_unknown {
    PANEL_UNKNOWN_ERROR,
    PANEL_UNKNOWN_TEXT,
    PANEL_UNKNOWN_LEFT_OUT,
    PANEL_UNKNOWN_REFUSED
};
enum panel_cancel { PANEL_CANCEL_NOW, PANEL_CANCEL_REQUEST, PANEL_CANCEL_UNSUPPORTED };

TAILQ_HEAD(panelline_list, panelline);

struct panel {
    struct event_base *base; /* borrowed */
    char *key;
    char *currency;
    char *prefix;        /* of text ids */
    int64_t balance;     /* 10^-8 */
    uint64_t next_order; /* number of the next order */
    uint64_t next_refill;
    enum panel_ids ids;
    enum panel_multi multi;
    enum panel_unknown unknown;
    enum panel_cancel cancel;
    bool may_refill;
    struct panelprogress progress;
    struct panelservices services;
    struct panelorders orders;
    struct panelrules rules;
    struct paneljournal journal;
    struct panelwaits waits;
    struct panelline_list lines;
    uint64_t line_count, lines_ever, in_flight, most_in_flight;
};

/* The defaults of README.md: ten services, a balance of 1000.00 USD, the key simulated-key. */
struct panel *panel_new(struct event_base *base);
void panel_free(struct panel *panel); /* its lines are gone already */

#endif
