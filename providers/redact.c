/* See redact.h. */
#include "providers/redact.h"

#include <stdlib.h>

#include "base/buf.h"
#include "providers/textfold.h"

/* Longer than what is kept, so that a key is never cut in two at the end of what is kept. */
enum { WINDOW = 16 * 1024, SHORT_KEY = 6 };
#define PLACEHOLDER "[redacted]"

static bool redact_is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Where the key stands in the text, or SIZE_MAX. A very short key counts only as a whole word,
 * else it would eat the text. */
static size_t redact_find_key(struct str text, struct str key)
{
    size_t from = 0;
    while (key.len > 0) {
        size_t at = str_find_folded(str_from(text, from), key);
        if (at == SIZE_MAX)
            return SIZE_MAX;
        at += from;
        size_t end = at + key.len;
        if (key.len >= SHORT_KEY || ((at == 0 || !redact_is_word(text.ptr[at - 1])) &&
                                     (end == text.len || !redact_is_word(text.ptr[end]))))
            return at;
        from = at + 1;
    }
    return SIZE_MAX;
}

static void redact_cut_key(struct buf *out, struct str text, struct str key)
{
    size_t at;
    while ((at = redact_find_key(text, key)) != SIZE_MAX) {
        buf_add_str(out, str_first(text, at));
        buf_add_text(out, PLACEHOLDER);
        text = str_from(text, at + key.len);
    }
    buf_add_str(out, text);
}

/* One line of well-formed UTF-8, cut at the ceiling between characters. */
static struct str redact_clean(struct str text, struct arena *arena)
{
    char *out = arena_new(arena, REDACT_MAX + 1);
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        size_t start = at;
        uint32_t point = textfold_next(text, &at);
        bool is_control = point < 0x20 || (point >= 0x7F && point < 0xA0);
        bool is_broken = point == 0xFFFD && at - start == 1;
        size_t need = is_control || is_broken ? 1 : at - start;
        if (len + need > REDACT_MAX)
            break;
        if (is_control || is_broken)
            out[len++] = is_broken ? '?' : ' ';
        else
            for (; start < at; start++)
                out[len++] = text.ptr[start];
    }
    return str_trim(str_make(out, len));
}

struct str redact(const char *key, struct str text, struct arena *arena)
{
    struct buf once, twice, encoded;
    text = str_first(text, WINDOW);
    if (key == NULL || key[0] == '\0')
        return redact_clean(text, arena);
    buf_init(&once, WINDOW * 8);
    buf_init(&twice, WINDOW * 16);
    buf_init(&encoded, 4096);
    buf_add_urlencoded(&encoded, str_of(key));
    redact_cut_key(&once, text, str_of(key));
    if (str_is(buf_str(&encoded), key))
        buf_add_str(&twice, buf_str(&once));
    else
        redact_cut_key(&twice, buf_str(&once), buf_str(&encoded));
    struct str result = redact_clean(buf_str(&twice), arena);
    buf_fini(&encoded);
    buf_fini(&twice);
    buf_fini(&once);
    return result;
}

bool redact_finds(const char *key, struct str text)
{
    return key != NULL && redact_find_key(text, str_of(key)) != SIZE_MAX;
}
