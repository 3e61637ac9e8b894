/* What panelline.c and panellines.c share: one connection's state. On the panel's thread. */
#ifndef SIMULATOR_PANELLINE_PRIVATE_H
#define SIMULATOR_PANELLINE_PRIVATE_H
#include <event2/event.h>
#include <sys/queue.h>

#include "simulator/panelform.h"
#include "simulator/panelline.h"
#include "simulator/panelrule.h"

enum line_state {
    LINE_READING,
    LINE_HELD,    /* at a rule's hold */
    LINE_DELAYED, /* by a rule */
    LINE_WAITING, /* control: for an event */
    LINE_WRITING,
    LINE_DRIPPING,
    LINE_POURING /* an endless answer */
};

struct panelline {
    TAILQ_ENTRY(panelline) link;
    struct panel *panel; /* borrowed */
    struct bufferevent *wire;
    struct event *timer;
    uint64_t number, requests;
    enum line_state state;
    bool keeps_alive;   /* this request's wish */
    bool closes;        /* once written */
    bool has_continued; /* 100 Continue was sent for this request */
    bool is_looked_at;  /* early rules were asked for this request */
    bool is_in_flight;  /* an API request is not answered yet */
    bool is_run;        /* the action was carried out; body holds its answer */
    struct panelform form;
    struct panelrule *rule; /* pinned; NULL: none */
    struct panelwait *wait;
    uint64_t entry; /* the journal's number of this request */
    char *order;    /* id it stored */
    struct buf body, out;
    size_t sent;   /* of out, while dripping */
    size_t queued; /* of this request's answer, given to the wire */
};

/* Closes the connection, by RST or FIN, and forgets it. */
void panelline_free(struct panelline *line, bool is_reset);
/* Its timer, for a line that is delayed or drips. */
void panelline_arm(struct panelline *line, int64_t ms);

#endif
