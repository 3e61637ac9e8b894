/* struct buf: a growable run of bytes born with its ceiling. What would pass the ceiling is not
 * added and the buffer remembers it (buf_is_over), so that a writer checks once at the end.
 * Always NUL-terminated once anything was added. Any thread, one at a time. */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include <stdarg.h>

#include "base/str.h"

struct buf {
    char *ptr; /* owned; NULL until something is added */
    size_t len;
    size_t room;  /* allocated, final NUL included */
    size_t max;   /* the most bytes it may hold */
    bool is_over; /* something did not fit */
};

void buf_init(struct buf *b, size_t max);
void buf_fini(struct buf *b);  /* frees; the buffer may be used again after buf_init */
void buf_clear(struct buf *b); /* empties, keeps the memory */
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_add_str(struct buf *b, struct str s);
void buf_add_text(struct buf *b, const char *text);
void buf_add_byte(struct buf *b, char byte);
void buf_add_u64(struct buf *b, uint64_t value);
void buf_add_i64(struct buf *b, int64_t value);
void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *format, va_list args) PRINTF_LIKE(2, 0);
/* application/x-www-form-urlencoded, blanks as '+'. */
void buf_add_urlencoded(struct buf *b, struct str s);
/* A JSON string with its quotes; ill-formed UTF-8 becomes U+FFFD. */
void buf_add_json(struct buf *b, struct str s);
/* Makes room for len more bytes and returns where to write them, or NULL past the ceiling;
 * buf_added() then says how many were written. */
char *buf_reserve(struct buf *b, size_t len);
void buf_added(struct buf *b, size_t len);
static inline struct str buf_str(const struct buf *b)
{
    return str_make(b->ptr ? b->ptr : "", b->len);
}
/* The bytes, NUL-terminated, to free(); the buffer is empty afterwards. */
char *buf_take(struct buf *b);

#endif
