/* One line per event on stderr, key=value:
 *   2026-01-31T12:00:00.123Z level=info event=order_accepted request=… order=17 provider=alpha
 * Lines are written whole, so those of several threads never mix. Values that come from outside go
 * through log_value(), which quotes them and cuts them at a ceiling; keys never come here at all.
 *
 * After log_begin nothing that reads stderr can stop a thread: when it is a pipe, a socket or a
 * terminal that takes no more, lines are dropped and counted, and the next line that can be written
 * is preceded by event=log_lines_dropped. Where stderr is the journal's stream ($JOURNAL_STREAM),
 * each line begins with its priority, "<6>" for info. Any thread. */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Looks at what stderr is; call before threads start. Without it writing to stderr may wait. */
void log_begin(void);
/* What is below the level is not written (default LOG_INFO). Any thread, at any time. */
void log_set_level(enum log_level level);
/* What a line of that level begins with: "<3>" for an error where the journal reads, else "". */
const char *log_priority(enum log_level level);
/* event is a snake_case word; format makes "key=value key=value" or is "". */
void log_event(enum log_level level, const char *event, const char *format, ...) PRINTF_LIKE(3, 4);

/* The calling thread, which runs a loop, will call log_flush before it waits: lines below WARN may
 * be held until then and cost one write() together. A line at WARN or above writes them at once,
 * and so does a failed assertion. */
void log_hold(bool may_hold);
bool log_is_holding_lines(void);
void log_flush(void); /* this thread's */

struct log_value {
    char text[264];
};
/* A value from outside, quoted where needed, unprintable characters escaped, and cut; use as
 * log_value(s).text within the call. */
struct log_value log_value(struct str s);
/* Lines written so far at WARN or above, for /metrics. */
uint64_t log_warnings(void);
uint64_t log_lines_dropped(void);

#endif
