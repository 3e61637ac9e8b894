/* struct str: a borrowed run of bytes, passed by value; never owns, never needs a final NUL.
 * Comparisons fold ASCII letters only and do not look at the locale. Any thread. */
#ifndef BASE_STR_H
#define BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"

struct str {
    const char *ptr; /* borrowed; NULL means absent */
    size_t len;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).len, (s).ptr ? (s).ptr : ""

static inline struct str str_of(const char *text)
{
    return text ? (struct str){text, strlen(text)} : STR_NONE;
}
static inline struct str str_make(const char *ptr, size_t len)
{
    return (struct str){ptr, len};
}
static inline bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
static inline bool str_is(struct str a, const char *text)
{
    return str_equal(a, str_of(text));
}
/* Of two texts; NULL is as "". */
static inline bool str_is_same(const char *a, const char *b)
{
    return str_equal(str_of(a), str_of(b));
}
static inline struct str str_from(struct str s, size_t offset)
{
    return offset >= s.len ? (struct str){s.ptr ? s.ptr + s.len : NULL, 0}
                           : (struct str){s.ptr + offset, s.len - offset};
}
static inline struct str str_first(struct str s, size_t len)
{
    return (struct str){s.ptr, len < s.len ? len : s.len};
}
/* The value of a hex digit in either case, or -1. */
static inline int str_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool str_equal_folded(struct str a, struct str b); /* ASCII case ignored */
int str_compare(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Offset of the first occurrence, or SIZE_MAX. */
size_t str_find(struct str s, struct str needle);
size_t str_find_folded(struct str s, struct str needle);
size_t str_find_byte(struct str s, char byte);
struct str str_trim(struct str s); /* blanks, tabs, CR, LF at both ends */
/* The same, and what nobody can see at either end: byte order marks, zero-width and bidirectional
 * marks, Unicode's blanks. A variation selector stays, for it is part of its emoji. */
struct str str_trim_unseen(struct str s);
/* Cuts *rest at the next separator; false when *rest was absent. The last piece leaves it absent.
 */
bool str_next(struct str *rest, char separator, struct str *piece_out);
/* The whole of s as a decimal number; false when empty, signed (u64), or out of range. */
bool str_to_u64(struct str s, uint64_t *out) MUST_USE;
bool str_to_i64(struct str s, int64_t *out) MUST_USE;
/* Shell-like pattern: only '*' is special; ASCII case ignored. */
bool str_matches(struct str s, struct str pattern);
bool str_is_utf8(struct str s);
/* The code point at s.ptr[at] and how many bytes it has; 0 when they are not UTF-8. at < s.len. */
size_t str_code_point(struct str s, size_t at, uint32_t *point_out);
/* May be shown on a terminal or in a log as it is: neither a control character nor one that turns,
 * breaks or hides text (U+202E, U+2028, U+200B, …). The joiners U+200C and U+200D may: Persian and
 * emoji need them. */
bool str_is_printable(uint32_t point);
/* A NUL-terminated copy to free(). */
char *str_copy(struct str s);
/* Edits needed to turn a into b, for "did you mean"; stops counting at ceiling. */
size_t str_distance(struct str a, struct str b, size_t max);

/* ---- words of a protocol: lower case, without blanks, '-' and '_' ---- */
enum { STR_WORD_ROOM = 48 };
/* The folded word, in room; "" when it is longer than any word of the protocol. */
struct str str_fold_word(struct str text, char room[STR_WORD_ROOM]);

#endif
