/* See paneltext.h. */
#include "providers/paneltext.h"

#include <stdlib.h>

#include "base/buf.h"

enum { REPLACEMENT = 0xFFFD };

/* The plain letters of U+00C0 to U+017F and of U+1EA0 to U+1EF9 (Vietnamese). */
static const char latin[] = "aaaaaaaceeeeiiiidnoooooxouuuuytsaaaaaaaceeeeiiiidnooooo/ouuuuyty"
                            "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
                            "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static const char vietnamese[] = "aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooo"
                                 "oooouuuuuuuuuuuuuuyyyyyyyy";

uint32_t paneltext_next(struct str text, size_t *at)
{
    unsigned char first = (unsigned char)text.ptr[*at];
    size_t len = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (len > text.len - *at || !str_is_utf8(str_make(text.ptr + *at, len))) {
        (*at)++;
        return REPLACEMENT;
    }
    uint32_t point = len == 1 ? first : first & (0xFFu >> (len + 1));
    for (size_t i = 1; i < len; i++)
        point = point << 6 | ((unsigned char)text.ptr[*at + i] & 0x3F);
    *at += len;
    return point;
}

struct paneltext_range {
    uint32_t first, last, to; /* all of them become that one; 0: they vanish */
};

static const struct paneltext_range ranges[] = {
    {0, ' ', ' '},          {'_', '_', ' '},
    {0xA0, 0xA0, ' '},      {0x1A0, 0x1A1, 'o'},
    {0x1AF, 0x1B0, 'u'},    {0x300, 0x36F, 0}, /* combining marks */
    {0x401, 0x401, 0x435},  {0x451, 0x451, 0x435},
    {0x622, 0x623, 0x627}, /* alef, however it is dressed */
    {0x625, 0x625, 0x627},  {0x629, 0x629, 0x647},
    {0x649, 0x649, 0x64A},  {0x64B, 0x652, 0},   /* Arabic vowels */
    {0x2000, 0x200A, ' '},  {0x200B, 0x200F, 0}, /* invisible ones */
    {0x2018, 0x2019, '\''}, {0x2026, 0x2026, '.'},
    {0x202F, 0x202F, ' '},  {0x3000, 0x3000, ' '},
    {0xFEFF, 0xFEFF, 0},
};

/* The folded character; 0 for one that vanishes. */
static uint32_t paneltext_fold_point(uint32_t point)
{
    if (point >= 'a' && point <= 'z') /* nearly always */
        return point;
    if (point >= 'A' && point <= 'Z')
        return point + ('a' - 'A');
    if (point >= 0xC0 && point <= 0x17F)
        return (unsigned char)latin[point - 0xC0];
    if (point >= 0x1EA0 && point <= 0x1EF9)
        return (unsigned char)vietnamese[point - 0x1EA0];
    if (point >= 0x410 && point <= 0x42F)
        return point + 0x20;
    for (size_t i = 0; i < COUNT_OF(ranges) && point >= ranges[i].first; i++)
        if (point <= ranges[i].last)
            return ranges[i].to;
    return point;
}

static size_t paneltext_put_point(char *to, uint32_t point)
{
    if (point < 0x80) {
        to[0] = (char)point;
        return 1;
    }
    size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len - 1; i > 0; i--, point >>= 6)
        to[i] = (char)(0x80 | (point & 0x3F));
    to[0] = (char)(marks[len] | point);
    return len;
}

struct str paneltext_fold(struct str text, struct arena *arena)
{
    size_t len = 0;
    text = str_first(text, PANELTEXT_FOLD_MAX);
    char *out = arena_new(arena, text.len * 3 + 1); /* an ill-formed byte becomes three */
    for (size_t at = 0; at < text.len;) {
        uint32_t point = paneltext_fold_point(paneltext_next(text, &at));
        if (point == 0 || (point == ' ' && (len == 0 || out[len - 1] == ' ')))
            continue;
        len += paneltext_put_point(out + len, point);
    }
    while (len > 0 && (out[len - 1] == '.' || out[len - 1] == '!' || out[len - 1] == ' '))
        len--;
    return str_make(out, len);
}

struct str paneltext_strip_tags(struct str page, struct arena *arena)
{
    char *out = arena_new(arena, page.len + 1);
    size_t len = 0;
    bool in_tag = false;
    for (size_t i = 0; i < page.len; i++) {
        if (page.ptr[i] == '<' || page.ptr[i] == '>') {
            in_tag = page.ptr[i] == '<';
            out[len++] = ' ';
        } else if (!in_tag) {
            out[len++] = page.ptr[i];
        }
    }
    return str_make(out, len);
}

/* ---- our key cut out ---- */

/* Longer than what is kept, so that a key is never cut in two at the end of what is kept. */
enum { WINDOW = 16 * 1024, SHORT_KEY = 6 };
#define PLACEHOLDER "[redacted]"

static bool paneltext_is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Where the key stands in the text, or SIZE_MAX. A very short key counts only as a whole word,
 * else it would eat the text. */
static size_t paneltext_find_key(struct str text, struct str key)
{
    size_t from = 0;
    while (key.len > 0) {
        size_t at = str_find_folded(str_from(text, from), key);
        if (at == SIZE_MAX)
            return SIZE_MAX;
        at += from;
        size_t end = at + key.len;
        if (key.len >= SHORT_KEY || ((at == 0 || !paneltext_is_word(text.ptr[at - 1])) &&
                                     (end == text.len || !paneltext_is_word(text.ptr[end]))))
            return at;
        from = at + 1;
    }
    return SIZE_MAX;
}

static void paneltext_cut_key(struct buf *out, struct str text, struct str key)
{
    size_t at;
    while ((at = paneltext_find_key(text, key)) != SIZE_MAX) {
        buf_add_str(out, str_first(text, at));
        buf_add_text(out, PLACEHOLDER);
        text = str_from(text, at + key.len);
    }
    buf_add_str(out, text);
}

/* One line of well-formed UTF-8, cut at the ceiling between characters. */
static struct str paneltext_clean(struct str text, struct arena *arena)
{
    char *out = arena_new(arena, PANELTEXT_MAX + 1);
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        size_t start = at;
        uint32_t point = paneltext_next(text, &at);
        bool is_control = point < 0x20 || (point >= 0x7F && point < 0xA0);
        bool is_broken = point == 0xFFFD && at - start == 1;
        size_t need = is_control || is_broken ? 1 : at - start;
        if (len + need > PANELTEXT_MAX)
            break;
        if (is_control || is_broken)
            out[len++] = is_broken ? '?' : ' ';
        else
            for (; start < at; start++)
                out[len++] = text.ptr[start];
    }
    return str_trim(str_make(out, len));
}

struct str paneltext_redact(const char *key, struct str text, struct arena *arena)
{
    struct buf once, twice, encoded;
    text = str_first(text, WINDOW);
    if (key == NULL || key[0] == '\0')
        return paneltext_clean(text, arena);
    buf_init(&once, WINDOW * 8);
    buf_init(&twice, WINDOW * 16);
    buf_init(&encoded, 4096);
    buf_add_urlencoded(&encoded, str_of(key));
    paneltext_cut_key(&once, text, str_of(key));
    if (str_is(buf_str(&encoded), key))
        buf_add_str(&twice, buf_str(&once));
    else
        paneltext_cut_key(&twice, buf_str(&once), buf_str(&encoded));
    struct str result = paneltext_clean(buf_str(&twice), arena);
    buf_fini(&encoded);
    buf_fini(&twice);
    buf_fini(&once);
    return result;
}

bool paneltext_holds_key(const char *key, struct str text)
{
    return key != NULL && paneltext_find_key(text, str_of(key)) != SIZE_MAX;
}
