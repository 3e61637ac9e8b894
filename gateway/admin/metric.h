/* The Prometheus text format, version 0.0.4: a family with HELP and TYPE, then its samples. Pure,
 * any thread. */
#ifndef ADMIN_METRIC_H
#define ADMIN_METRIC_H
#include "base/buf.h"
#include "money/money.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE };

struct metric_label {
    const char *name;
    struct str value; /* escaped when written */
};
enum { METRIC_LABELS_MAX = 4 };
struct metric_labels { /* a list that ends with the first label without a name */
    struct metric_label list[METRIC_LABELS_MAX];
};
#define METRIC_LABELS(...) (&(const struct metric_labels){{__VA_ARGS__}})

/* One call a family, before its samples. Counters end in _total. */
void metric_family(struct buf *out, enum metric_type type, const char *name, const char *help);
/* labels may be NULL. */
void metric_number(struct buf *out, const char *name, const struct metric_labels *labels,
                   int64_t value);
void metric_count(struct buf *out, const char *name, const struct metric_labels *labels,
                  uint64_t value);
void metric_seconds(struct buf *out, const char *name, const struct metric_labels *labels,
                    int64_t microseconds);
void metric_money(struct buf *out, const char *name, const struct metric_labels *labels,
                  struct money amount);
/* A family of one sample without labels. */
void metric_one_count(struct buf *out, const char *name, const char *help, uint64_t value);
void metric_one_gauge(struct buf *out, const char *name, const char *help, int64_t value);

#endif
