/* See count.h. */
#include "protocol/count.h"

enum { GROUPS = 12, COUNT_BYTES = 128 };

/* The digits between the marks, and which mark stands before each run but the first. */
struct count_groups {
    struct str digits[GROUPS], mark[GROUPS];
    size_t count;
};

static bool count_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes of a mark that may stand between thousands, or of a blank; 0 when s begins with none. */
static size_t count_mark_at(struct str s)
{
    static const char *const marks[] = {".",
                                        ",",
                                        "'",
                                        " ",
                                        "\t",
                                        "\xC2\xA0" /* no-break space */,
                                        "\xE2\x80\xAF" /* narrow no-break space */,
                                        "\xE2\x80\x89" /* thin space */,
                                        "\xE2\x80\x99" /* right quotation mark */};
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        if (str_starts(s, str_of(marks[i])))
            return strlen(marks[i]);
    return 0;
}

static bool count_is_point(struct str mark)
{
    return str_is(mark, ".") || str_is(mark, ",");
}

static struct str count_trim(struct str s)
{
    size_t len;
    s = str_trim(s);
    while ((len = count_mark_at(s)) > 0 && !count_is_point(str_first(s, len)))
        s = str_from(s, len);
    for (len = 1; len <= 3 && len <= s.len; len++) {
        struct str last = str_from(s, s.len - len);
        if (count_mark_at(last) == len && !count_is_point(last)) {
            s.len -= len;
            len = 0;
        }
    }
    return s;
}

static bool count_split(struct str s, struct count_groups *out)
{
    *out = (struct count_groups){0};
    while (out->count < GROUPS) {
        size_t len = 0;
        while (len < s.len && count_is_digit(s.ptr[len]))
            len++;
        if (len == 0)
            return false;
        out->digits[out->count++] = str_first(s, len);
        s = str_from(s, len);
        if (s.len == 0)
            return true;
        size_t mark = count_mark_at(s);
        if (mark == 0 || out->count == GROUPS)
            return false;
        out->mark[out->count] = str_first(s, mark);
        s = str_from(s, mark);
    }
    return false;
}

/* Groups of three digits behind a first one of one to three, or of two before the last three as in
 * India, with the same mark between all of them. */
static bool count_is_thousands(const struct count_groups *groups, size_t count)
{
    if (count == 1)
        return true;
    if (groups->digits[0].len > 3 || groups->digits[0].ptr[0] == '0' ||
        groups->digits[count - 1].len != 3)
        return false;
    for (size_t i = 1; i < count; i++) {
        size_t len = groups->digits[i].len;
        if (!str_equal(groups->mark[i], groups->mark[1]) || len < 2 || len > 3 ||
            len != (i + 1 < count ? groups->digits[1].len : 3))
            return false;
    }
    return true;
}

static bool count_join(const struct count_groups *groups, size_t count, int64_t *out)
{
    int64_t value = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < groups->digits[i].len; j++)
            if (__builtin_mul_overflow(value, 10, &value) ||
                __builtin_add_overflow(value, groups->digits[i].ptr[j] - '0', &value))
                return false;
    *out = value;
    return true;
}

static bool count_is_zero(struct str digits)
{
    for (size_t i = 0; i < digits.len; i++)
        if (digits.ptr[i] != '0')
            return false;
    return true;
}

/* The sign, cut off *s. */
static bool count_take_sign(struct str *s, bool *has_plus)
{
    bool is_negative = str_starts(*s, STR("-")) || str_starts(*s, STR("\xE2\x88\x92"));
    *has_plus = str_starts(*s, STR("+"));
    if (is_negative || *has_plus)
        *s = count_trim(str_from(*s, s->ptr[0] == '\xE2' ? 3 : 1));
    return is_negative;
}

/* Arabic and Persian digits, and the marks that go with them, as the usual ones; text itself where
 * it has none of them. */
static struct str count_fold_digits(struct str text, char room[COUNT_BYTES])
{
    size_t len = 0;
    bool has_any = false;
    if (text.len > COUNT_BYTES)
        return text;
    for (size_t i = 0; i < text.len; len++) {
        unsigned char first = (unsigned char)text.ptr[i];
        unsigned char second = i + 1 < text.len ? (unsigned char)text.ptr[i + 1] : 0;
        bool is_arabic = first == 0xD9 && second >= 0xA0 && second <= 0xAC && second != 0xAA;
        bool is_persian = first == 0xDB && second >= 0xB0 && second <= 0xB9;
        room[len] = !is_arabic && !is_persian ? text.ptr[i]
                    : is_persian              ? (char)('0' + second - 0xB0)
                    : second <= 0xA9          ? (char)('0' + second - 0xA0)
                    : second == 0xAB          ? '.'
                                              : ',';
        has_any |= is_arabic || is_persian;
        i += is_arabic || is_persian ? 2 : 1;
    }
    return has_any ? str_make(room, len) : text;
}

static bool count_parse_marked(struct str text, struct count *out)
{
    struct count_groups groups;
    struct count count = {0};
    char room[COUNT_BYTES];
    struct str s = count_trim(count_fold_digits(text, room));
    bool is_negative = count_take_sign(&s, &count.has_plus);
    if (!count_split(s, &groups))
        return false;
    size_t last = groups.count - 1;
    bool may_have_point = last > 0 && count_is_point(groups.mark[last]);
    if (count_is_thousands(&groups, groups.count)) {
        count.is_ambiguous = groups.count == 2 && may_have_point;
        if (!count_join(&groups, groups.count, &count.value))
            return false;
        if (count.is_ambiguous && !count_join(&groups, 1, &count.other))
            return false;
        count.is_other_whole = count.is_ambiguous && count_is_zero(groups.digits[last]);
    } else if (!may_have_point || !count_is_zero(groups.digits[last]) ||
               (last > 1 && str_equal(groups.mark[last], groups.mark[1])) ||
               !count_is_thousands(&groups, last) || !count_join(&groups, last, &count.value)) {
        return false;
    }
    if (is_negative) {
        count.value = -count.value;
        count.other = -count.other;
    }
    *out = count;
    return true;
}

bool count_parse(struct str text, struct count *out)
{
    int64_t value;
    if (!str_to_i64(text, &value)) /* nearly always it is plain */
        return count_parse_marked(text, out);
    *out = count_exactly(value);
    return true;
}

bool count_within(struct count count, int64_t most, int64_t *out)
{
    bool is_other = count.is_ambiguous && most > 0 && count.value > most && count.other <= most &&
                    !(count.other == most && !count.is_other_whole);
    if (is_other && !count.is_other_whole)
        return false;
    *out = is_other ? count.other : count.value;
    return true;
}
