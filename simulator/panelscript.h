/* The script of a simulated panel: YAML (libyaml) or JSON, one table of keys for the file and for
 * POST /_control/set. On the panel's thread. */
#ifndef SIMULATOR_PANELSCRIPT_H
#define SIMULATOR_PANELSCRIPT_H
#include <jansson.h>

#include "base/fault.h"
#include "base/str.h"

struct panel;

/* Plain scalars that are whole numbers, true, false or null become that; everything else, decimals
 * too, stays text. New reference; NULL with *why as "NAME:LINE:COLUMN: …". */
json_t *panelscript_parse(struct str yaml, const char *name, struct fault *why);
/* Sets what the mapping names, in the table's order; stops at the first fault. */
bool panelscript_apply(struct panel *panel, const json_t *settings, struct fault *why) MUST_USE;
bool panelscript_load(struct panel *panel, const char *path, struct fault *why) MUST_USE;

#endif
