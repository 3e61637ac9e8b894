/* The orders a simulated panel took: its deliveries. They move on by the script's progress, which
 * is worked out when somebody asks, or as /_control says. On the panel's thread. */
#ifndef SIMULATOR_PANELORDER_H
#define SIMULATOR_PANELORDER_H
#include <jansson.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/table.h"
#include "simulator/panelform.h"
#include "simulator/panelservice.h"

#define PANELORDER_MOST ((size_t)2000000)

struct panel;

/* How orders move on by themselves; -1 = not by that. */
struct panelprogress {
    int64_t start_ms, finish_ms;       /* by age */
    int64_t start_asked, finish_asked; /* by the number of status questions */
    int64_t lag_ms, lag_asked;         /* until then the panel does not know the order */
    int64_t flip_ms, flip_asked;       /* from the end on: a late flip */
    int64_t refill_ms;                 /* when refills complete */
    char *ends_as;                     /* Completed, Partial, Canceled … */
    int64_t ends_remains;              /* with Partial */
    int64_t start_count;
    char *flips_to; /* Partial, Canceled … */
    int64_t flips_remains;
};

struct panelorder {
    char *id;
    char *service;
    char *fields; /* all that was received, urlencoded, the key masked */
    char *state;
    const struct paneltype *type;
    int64_t rate, charge;
    int64_t quantity, runs; /* quantity of a run; runs 0 = no drip-feed */
    int64_t start_count, remains;
    int64_t made_at_ms, asked; /* wall clock; status questions so far */
    int64_t missed;            /* questions that came before the panel knew the order */
    int64_t ended_at_ms, asked_at_end;
    bool is_flipped;
    uint64_t line; /* number of the connection it came by */
    bool may_refill, may_cancel;
    bool is_steered; /* by control: no progress of its own any more */
    bool is_cancel_asked;
    json_t *shown;  /* fields of the status answer set by control; NULL = none */
    json_t *answer; /* instead of the whole status answer; NULL = none */
    UT_hash_handle hh;
};

struct panelrefill {
    char *id;
    char *order;
    char *state;
    int64_t made_at_ms;
    bool is_steered;
    UT_hash_handle hh;
};

struct panelorders {
    struct panelorder *by_id; /* in the order they came */
    struct panelrefill *refills;
};

void panelorder_init(struct panelorders *orders);
void panelorder_fini(struct panelorders *orders);
struct panelorder *panelorder_find(const struct panel *panel, struct str id);
/* The same for who asks from outside: NULL while the panel lags behind its own answer to the add.
 */
struct panelorder *panelorder_find_known(const struct panel *panel, struct str id);
struct panelrefill *panelorder_find_refill(const struct panel *panel, struct str id);
/* Checks the order as a panel does and stores it. NULL with the panel's words in *error_out. */
struct panelorder *panelorder_place(struct panel *panel, const struct panelform *form,
                                    uint64_t line, const char **error_out);
struct panelrefill *panelorder_refill(struct panel *panel, struct panelorder *order,
                                      const char **error_out);
/* True when taken; *error_out has the panel's words otherwise. */
bool panelorder_cancel(struct panel *panel, struct panelorder *order, const char **error_out);
/* Moves the order on by age and by questions; counts one question. */
void panelorder_ask(struct panel *panel, struct panelorder *order);
void panelorder_ask_refill(const struct panel *panel, struct panelrefill *refill);
/* Sets the state as the panel's owner would: money follows it (Canceled: all back, Partial: what
 * remains). */
void panelorder_move(struct panel *panel, struct panelorder *order, const char *state,
                     int64_t remains);
/* The fields of a status answer, with {}. */
void panelorder_print_status(const struct panel *panel, const struct panelorder *order,
                             bool is_with_id, struct buf *out);
/* An id as this panel prints it: bare or quoted. */
void panelorder_print_id(const struct panel *panel, const char *id, struct buf *out);

#endif
