/* application/x-www-form-urlencoded: names and values decoded into one run of the arena. A '%' that
 * no two hex digits follow stays as it is, for links are often sent unescaped. */
#include "http/params_private.h"

enum { PAIRS_MAX = 20000 }; /* elements of lists and empty ones included */

static int params_form_hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Returns how many bytes it wrote, never more than it read. */
static size_t params_form_decode(const char *from, size_t len, char *to)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = from[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%' && i + 2 < len) {
            int high = params_form_hex_of(from[i + 1]), low = params_form_hex_of(from[i + 2]);
            if (high >= 0 && low >= 0) {
                c = (char)(high << 4 | low);
                i += 2;
            }
        }
        to[n++] = c;
    }
    return n;
}

bool params_add_form(struct params *params, struct str text, struct arena *arena, struct fault *why)
{
    struct params_source source;
    if (text.len == 0)
        return true;
    params_source_begin(&source, params, arena);
    char *to = arena_new(arena, text.len);
    struct str rest = text, pair;
    for (int count = 0; str_next(&rest, '&', &pair); count++) {
        if (count == PAIRS_MAX)
            return fault_set(why, FAULT_INVALID, "More than %d parameters", PAIRS_MAX);
        size_t equals = str_find_byte(pair, '=');
        size_t name_len = equals == SIZE_MAX ? pair.len : equals;
        struct str raw_value = equals == SIZE_MAX ? STR("") : str_from(pair, equals + 1);
        char *name = to;
        size_t decoded = params_form_decode(pair.ptr, name_len, to);
        to += decoded;
        struct str value = str_make(to, params_form_decode(raw_value.ptr, raw_value.len, to));
        to += value.len;
        if (!params_source_add(&source, name, decoded, value, why))
            return false;
    }
    return true;
}
