/* The families of /metrics about the clients' side of v2, for admin_parts.metrics. */
#ifndef APP_METRICS_V2_H
#define APP_METRICS_V2_H
#include "base/buf.h"

void metrics_v2(struct buf *out, void *arg); /* arg is not used */

#endif
