/* See metric.h. */
#include "admin/metric.h"

void metric_family(struct buf *out, enum metric_type type, const char *name, const char *help)
{
    ASSERT((type == METRIC_COUNTER) == str_ends(str_of(name), STR("_total")));
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
               type == METRIC_COUNTER ? "counter" : "gauge");
}

static void metric_add_value(struct buf *out, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == '\\' || c == '"')
            buf_add_byte(out, '\\');
        if (c == '\n')
            buf_add_text(out, "\\n");
        else
            buf_add_byte(out, c);
    }
}

static void metric_add_name(struct buf *out, const char *name, const struct metric_labels *labels)
{
    buf_add_text(out, name);
    if (labels) {
        for (size_t i = 0; i < METRIC_LABELS_MAX && labels->list[i].name; i++) {
            buf_printf(out, "%c%s=\"", i ? ',' : '{', labels->list[i].name);
            metric_add_value(out, labels->list[i].value);
            buf_add_byte(out, '"');
        }
        buf_add_byte(out, '}');
    }
    buf_add_byte(out, ' ');
}

void metric_number(struct buf *out, const char *name, const struct metric_labels *labels,
                   int64_t value)
{
    metric_add_name(out, name, labels);
    buf_add_i64(out, value);
    buf_add_byte(out, '\n');
}

void metric_count(struct buf *out, const char *name, const struct metric_labels *labels,
                  uint64_t value)
{
    metric_add_name(out, name, labels);
    buf_add_u64(out, value);
    buf_add_byte(out, '\n');
}

void metric_seconds(struct buf *out, const char *name, const struct metric_labels *labels,
                    int64_t microseconds)
{
    metric_add_name(out, name, labels);
    if (microseconds < 0)
        buf_add_byte(out, '-');
    uint64_t magnitude = microseconds < 0 ? (uint64_t)-microseconds : (uint64_t)microseconds;
    buf_printf(out, "%llu.%06llu\n", (unsigned long long)(magnitude / 1000000),
               (unsigned long long)(magnitude % 1000000));
}

void metric_money(struct buf *out, const char *name, const struct metric_labels *labels,
                  struct money amount)
{
    char text[MONEY_TEXT];
    money_print(amount, 0, text);
    metric_add_name(out, name, labels);
    buf_printf(out, "%s\n", text);
}

void metric_one_count(struct buf *out, const char *name, const char *help, uint64_t value)
{
    metric_family(out, METRIC_COUNTER, name, help);
    metric_count(out, name, NULL, value);
}

void metric_one_gauge(struct buf *out, const char *name, const char *help, int64_t value)
{
    metric_family(out, METRIC_GAUGE, name, help);
    metric_number(out, name, NULL, value);
}
