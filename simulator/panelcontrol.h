/* /_control: what a test or a person steers a simulated panel with; JSON. The list of doors is in
 * README.md. On the panel's thread. */
#ifndef SIMULATOR_PANELCONTROL_H
#define SIMULATOR_PANELCONTROL_H
#include "base/str.h"
#include "simulator/panelform.h"

struct panel;
struct panelline;

bool panelcontrol_is_for(struct str path);
/* Answers line now or, for those that wait, later. form is the query's fields. */
void panelcontrol_handle(struct panel *panel, struct panelline *line, struct str method,
                         struct str path, struct str body, const struct panelform *form);

#endif
