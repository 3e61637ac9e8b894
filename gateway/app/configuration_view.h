/* A configuration as JSON for people, and what its file would change. The main thread. */
#ifndef APP_CONFIGURATION_VIEW_H
#define APP_CONFIGURATION_VIEW_H
#include "app/configuration.h"

/* source: "gateway" or "file"; read_at_ms: wall; 0: this moment. */
void configuration_view_show(const struct configuration *configuration, const char *source,
                             int64_t read_at_ms, struct buf *json);
/* Reads its file again. Returns 200, or 400 when that has faults. */
int configuration_view_compare(const struct configuration *running, struct buf *json);

#endif
