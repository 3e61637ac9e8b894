/* What still works when a part fails: one table, told as JSON on /readyz?verbose and as a page in
 * docs/operations.md (panelmux help --parts). Each cell is held by the story that it names, which
 * breaks the part and looks. Any thread. */
#ifndef ADMIN_RESILIENCE_H
#define ADMIN_RESILIENCE_H
#include "admin/jsonwriter.h"

enum resilience_part {
    RESILIENCE_REDIS,
    RESILIENCE_DISK,
    RESILIENCE_PROVIDER,  /* one of several */
    RESILIENCE_PROVIDERS, /* all of them */
    RESILIENCE_CLOCK,
    RESILIENCE_PART_COUNT
};
enum resilience_now { RESILIENCE_WELL, RESILIENCE_FAILING, RESILIENCE_UNKNOWN };

/* The array "parts"; now says of each part how it is. */
void resilience_print_json(const enum resilience_now now[RESILIENCE_PART_COUNT],
                           struct jsonwriter *w);
/* A Markdown table of words and one of tests. */
void resilience_print_markdown(struct buf *out);

#endif
