/* The actions of the protocol, carried out on a simulated panel. On its thread. */
#ifndef SIMULATOR_PANELACTION_H
#define SIMULATOR_PANELACTION_H
#include "base/buf.h"
#include "simulator/panelform.h"

struct panel;

struct panelaction_result {
    bool is_stored; /* an order, refill or cancel took effect */
    bool is_key_good;
    const char *order; /* borrowed; id of the order stored, or NULL */
};

/* True for what changes something: add, refill, cancel. */
bool panelaction_writes(struct str action);
/* Carries out what form asks and prints the answer, JSON, into out. */
struct panelaction_result panelaction_run(struct panel *panel, const struct panelform *form,
                                          uint64_t line, struct buf *out);
bool panelaction_key_good(const struct panel *panel, const struct panelform *form);

#endif
