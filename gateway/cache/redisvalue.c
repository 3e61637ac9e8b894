/* See redisvalue.h. */
#include "cache/redisvalue.h"

#include "base/digest.h"

enum { DIGITS = 32 };
#define MARK "panelmux "
#define HEAD MARK "1 "

static void redisvalue_print_digits(struct str s, char out[65])
{
    struct digest digest = digest_sha256(s);
    digest_print(&digest, out);
}

void redisvalue_print(struct str name, struct str value, int64_t put_wall_ms, struct buf *out)
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
    redisvalue_print_digits(str_from(buf_str(out), from + DIGITS), digits);
    memcpy(out->ptr + from, digits, DIGITS);
}

enum redisvalue_verdict redisvalue_parse(struct str bytes, struct str name, struct str *value_out,
                                         int64_t *put_wall_ms_out)
{
    char digits[65];
    struct str rest = bytes, line, put;
    if (!str_starts(bytes, STR(MARK)))
        return REDISVALUE_FOREIGN;
    if (!str_starts(bytes, STR(HEAD)))
        return REDISVALUE_VERSION;
    rest = str_from(rest, sizeof HEAD - 1);
    if (rest.len < DIGITS)
        return REDISVALUE_BROKEN;
    struct str found = str_first(rest, DIGITS);
    rest = str_from(rest, DIGITS);
    redisvalue_print_digits(rest, digits);
    if (memcmp(found.ptr, digits, DIGITS) != 0 || !str_next(&rest, '\n', &line) || !rest.ptr)
        return REDISVALUE_BROKEN;
    line = str_from(line, 1); /* the blank after the digits */
    if (!str_next(&line, ' ', &put) || !str_to_i64(put, put_wall_ms_out) || !str_equal(line, name))
        return REDISVALUE_BROKEN;
    *value_out = rest;
    return REDISVALUE_GOOD;
}

const char *redisvalue_words(enum redisvalue_verdict verdict)
{
    switch (verdict) {
    case REDISVALUE_GOOD:
        return "is good";
    case REDISVALUE_FOREIGN:
        return "is not ours";
    case REDISVALUE_VERSION:
        return "is of another version";
    case REDISVALUE_BROKEN:
        return "is broken";
    }
    UNREACHABLE();
}
