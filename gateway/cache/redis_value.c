/* See redis_value.h. */
#include "cache/redis_value.h"

#include "base/digest.h"

enum { DIGITS = 32 };
#define MARK "panelmux "
#define HEAD MARK "1 "

static void redis_value_print_digits(struct str s, char out[65])
{
    struct digest digest = digest_sha256(s);
    digest_print(&digest, out);
}

void redis_value_print(struct str name, struct str value, int64_t put_wall_ms, struct buf *out)
{
    size_t from = out->len + sizeof HEAD - 1;
    char digits[65];
    buf_add_text(out, HEAD "00000000000000000000000000000000 ");
    buf_add_i64(out, put_wall_ms);
    buf_add_byte(out, ' ');
    buf_add_str(out, name);
    buf_add_byte(out, '\n');
    buf_add_str(out, value);
    if (out->is_over)
        return;
    redis_value_print_digits(str_from(buf_str(out), from + DIGITS), digits);
    memcpy(out->ptr + from, digits, DIGITS);
}

enum redis_value_verdict redis_value_parse(struct str bytes, struct str name, struct str *value_out,
                                           int64_t *put_wall_ms_out)
{
    char digits[65];
    struct str rest = bytes, line, put;
    if (!str_starts(bytes, STR(MARK)))
        return REDIS_VALUE_FOREIGN;
    if (!str_starts(bytes, STR(HEAD)))
        return REDIS_VALUE_VERSION;
    rest = str_from(rest, sizeof HEAD - 1);
    if (rest.len < DIGITS)
        return REDIS_VALUE_BROKEN;
    struct str found = str_first(rest, DIGITS);
    rest = str_from(rest, DIGITS);
    redis_value_print_digits(rest, digits);
    if (memcmp(found.ptr, digits, DIGITS) != 0 || !str_next(&rest, '\n', &line) || !rest.ptr)
        return REDIS_VALUE_BROKEN;
    line = str_from(line, 1); /* the blank after the digits */
    if (!str_next(&line, ' ', &put) || !str_to_i64(put, put_wall_ms_out) || !str_equal(line, name))
        return REDIS_VALUE_BROKEN;
    *value_out = rest;
    return REDIS_VALUE_GOOD;
}

const char *redis_value_message(enum redis_value_verdict verdict)
{
    switch (verdict) {
    case REDIS_VALUE_GOOD:
        return "is good";
    case REDIS_VALUE_FOREIGN:
        return "is not ours";
    case REDIS_VALUE_VERSION:
        return "is of another version";
    case REDIS_VALUE_BROKEN:
        return "is broken";
    }
    UNREACHABLE();
}
