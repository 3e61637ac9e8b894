/* See str.h. */
#include "base/str.h"

#include <stdlib.h>

static unsigned char str_lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool str_equal_folded(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (str_lower(a.ptr[i]) != str_lower(b.ptr[i]))
            return false;
    return true;
}

int str_compare(struct str a, struct str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.ptr, b.ptr, len) : 0;
    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_equal(str_first(s, prefix.len), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len && str_equal(str_from(s, s.len - suffix.len), suffix);
}

size_t str_find(struct str s, struct str needle)
{
    if (needle.len == 0)
        return 0;
    if (s.len < needle.len)
        return SIZE_MAX;
    const char *hit = memmem(s.ptr, s.len, needle.ptr, needle.len);
    return hit ? (size_t)(hit - s.ptr) : SIZE_MAX;
}

size_t str_find_folded(struct str s, struct str needle)
{
    for (size_t i = 0; i + needle.len <= s.len; i++)
        if (str_equal_folded(str_make(s.ptr + i, needle.len), needle))
            return i;
    return SIZE_MAX;
}

size_t str_find_byte(struct str s, char byte)
{
    const char *hit = s.len ? memchr(s.ptr, byte, s.len) : NULL;
    return hit ? (size_t)(hit - s.ptr) : SIZE_MAX;
}

static bool str_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

struct str str_trim(struct str s)
{
    while (s.len && str_is_blank(s.ptr[0]))
        s = str_from(s, 1);
    while (s.len && str_is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* Whether the bytes are one such character in UTF-8. */
static bool str_is_unseen(const char *bytes, size_t len)
{
    const unsigned char *b = (const unsigned char *)bytes;
    if (len == 1)
        return str_is_blank(bytes[0]);
    if (len == 2) /* U+00A0, U+00AD, U+061C */
        return (b[0] == 0xC2 && (b[1] == 0xA0 || b[1] == 0xAD)) || (b[0] == 0xD8 && b[1] == 0x9C);
    unsigned c = (b[0] & 0x0Fu) << 12 | (b[1] & 0x3Fu) << 6 | (b[2] & 0x3Fu);
    if (b[0] >> 4 != 0xE || b[1] >> 6 != 2 || b[2] >> 6 != 2)
        return false;
    return c == 0x1680 || c == 0x180E || (c >= 0x2000 && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202F) || (c >= 0x205F && c <= 0x206F) || c == 0x3000 ||
           c == 0xFEFF;
}

static bool str_is_graphic(char c)
{
    return c > ' ' && c < 0x7F;
}

struct str str_trim_unseen(struct str s)
{
    if (s.len > 0 && str_is_graphic(s.ptr[0]) && str_is_graphic(s.ptr[s.len - 1]))
        return s;
    for (size_t len = 1; len <= 3 && len <= s.len;) {
        bool is_unseen = str_is_unseen(s.ptr, len);
        s = is_unseen ? str_from(s, len) : s;
        len = is_unseen ? 1 : len + 1;
    }
    for (size_t len = 1; len <= 3 && len <= s.len;) {
        bool is_unseen = str_is_unseen(s.ptr + s.len - len, len);
        s.len -= is_unseen ? len : 0;
        len = is_unseen ? 1 : len + 1;
    }
    return s;
}

bool str_next(struct str *rest, char separator, struct str *piece_out)
{
    if (rest->ptr == NULL)
        return false;
    size_t at = str_find_byte(*rest, separator);
    if (at == SIZE_MAX) {
        *piece_out = *rest;
        *rest = STR_NONE;
    } else {
        *piece_out = str_first(*rest, at);
        *rest = str_make(rest->ptr + at + 1, rest->len - at - 1);
    }
    return true;
}

enum { DIGITS_THAT_FIT = 19 }; /* any so many are below 2^64 */

bool str_to_u64(struct str s, uint64_t *out)
{
    uint64_t value = 0;
    if (s.len == 0)
        return false;
    if (s.len <= DIGITS_THAT_FIT) {
        for (size_t i = 0; i < s.len; i++) {
            unsigned digit = (unsigned)(s.ptr[i] - '0');
            if (digit > 9)
                return false;
            value = value * 10 + digit;
        }
        *out = value;
        return true;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(s.ptr[i] - '0'), &value))
            return false;
    }
    *out = value;
    return true;
}

bool str_to_i64(struct str s, int64_t *out)
{
    bool negative = s.len > 1 && s.ptr[0] == '-';
    uint64_t magnitude;
    if (!str_to_u64(negative ? str_from(s, 1) : s, &magnitude))
        return false;
    if (magnitude > (uint64_t)INT64_MAX)
        return false;
    *out = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return true;
}

bool str_matches(struct str s, struct str pattern)
{
    size_t i = 0, p = 0, star = SIZE_MAX, mark = 0;
    while (i < s.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            mark = i;
        } else if (p < pattern.len && str_lower(pattern.ptr[p]) == str_lower(s.ptr[i])) {
            p++;
            i++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            i = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

/* Length of the well-formed UTF-8 sequence at p (RFC 3629), or 0. */
static size_t str_utf8_sequence(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80)
        return 1;
    size_t need = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || left < need)
        return 0;
    for (size_t i = 1; i < need; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
        (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return need;
}

size_t str_code_point(struct str s, size_t at, uint32_t *point_out)
{
    const unsigned char *p = (const unsigned char *)s.ptr + at;
    size_t len = str_utf8_sequence(p, s.len - at);
    *point_out = len < 2 ? p[0] : p[0] & (0x7FU >> len);
    for (size_t i = 1; i < len; i++)
        *point_out = *point_out << 6 | (p[i] & 0x3F);
    return len;
}

bool str_is_printable(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        {0x00, 0x1F},        {0x7F, 0x9F},     {0xAD, 0xAD},       {0x61C, 0x61C},
        {0x115F, 0x1160},    {0x180E, 0x180E}, {0x200B, 0x200B},   {0x200E, 0x200F},
        {0x2028, 0x202E},    {0x2060, 0x206F}, {0x3164, 0x3164},   {0xFEFF, 0xFEFF},
        {0xFFA0, 0xFFA0},    {0xFFF0, 0xFFFB}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
        {0xF0000, 0x10FFFF}, /* private use: a font's whim */
    };
    for (size_t i = 0; i < COUNT_OF(hidden); i++)
        if (point >= hidden[i].first && point <= hidden[i].last)
            return false;
    return true;
}

bool str_is_utf8(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    for (size_t i = 0; i < s.len;) {
        size_t step = str_utf8_sequence(p + i, s.len - i);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

char *str_copy(struct str s)
{
    return memory_text_of(s.ptr, s.len);
}

size_t str_distance(struct str a, struct str b, size_t max)
{
    size_t row[65];
    if (a.len > 64 || b.len > 64)
        return max;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t change = diagonal + (str_lower(a.ptr[i - 1]) != str_lower(b.ptr[j - 1]));
            diagonal = row[j];
            size_t best = row[j] + 1 < row[j - 1] + 1 ? row[j] + 1 : row[j - 1] + 1;
            row[j] = change < best ? change : best;
        }
    }
    return row[b.len] < max ? row[b.len] : max;
}

/* ---- words of a protocol ---- */

static bool str_is_skipped(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '-' || c == '_';
}

struct str str_fold_word(struct str text, char room[STR_WORD_ROOM])
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (str_is_skipped(c) && !(c == '-' && len == 0)) /* "-1" is not "1" */
            continue;
        if (len == STR_WORD_ROOM)
            return STR("");
        room[len++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    return str_make(room, len);
}
