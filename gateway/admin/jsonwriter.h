/* struct jsonwriter: JSON into a buffer, commas kept by the writer. Keys are literals of ours; key
 * NULL inside an array. Money is text, moments are ISO 8601 text. Any thread. */
#ifndef ADMIN_JSONWRITER_H
#define ADMIN_JSONWRITER_H
#include "base/buf.h"
#include "money/money.h"

struct jsonwriter {
    struct buf *out;
    bool has_before; /* a comma is due before the next value */
};

static inline struct jsonwriter jsonwriter_to(struct buf *out)
{
    return (struct jsonwriter){.out = out};
}
void jsonwriter_object(struct jsonwriter *w, const char *key);
void jsonwriter_object_end(struct jsonwriter *w);
void jsonwriter_array(struct jsonwriter *w, const char *key);
void jsonwriter_array_end(struct jsonwriter *w);
void jsonwriter_text(struct jsonwriter *w, const char *key, struct str value);
void jsonwriter_number(struct jsonwriter *w, const char *key, int64_t value);
void jsonwriter_bool(struct jsonwriter *w, const char *key, bool value);
void jsonwriter_null(struct jsonwriter *w, const char *key);
void jsonwriter_money(struct jsonwriter *w, const char *key, struct money amount);
/* wall_ms 0 is null. */
void jsonwriter_time(struct jsonwriter *w, const char *key, int64_t wall_ms);
/* Already JSON. */
void jsonwriter_raw(struct jsonwriter *w, const char *key, struct str json);

#endif
