/* struct jsonwriter: writes JSON into a buffer and places the commas. Keys are literals of ours;
 * the key is NULL inside an array. Amounts (money_write_json) and timestamps are written as text.
 * For cold JSON; what is written for each call has buf_add_json. Any thread. */
#ifndef BASE_JSONWRITER_H
#define BASE_JSONWRITER_H
#include "base/buf.h"

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
/* ISO 8601; 0 is null. */
void jsonwriter_time(struct jsonwriter *w, const char *key, int64_t wall_ms);
/* json is written as it stands. */
void jsonwriter_raw(struct jsonwriter *w, const char *key, struct str json);

#endif
