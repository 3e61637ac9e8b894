/* money_parse_loose: amounts as panels print them for people. See money.h. */
#include "money/decimal.h"
#include "money/money.h"

enum { TEXT_MAX = 96 };

struct currency_sign {
    const char *sign, *code;
};
/* Longer signs before those they begin with. */
static const struct currency_sign signs[] = {
    {"US$", "USD"},          {"R$", "BRL"},
    {"Rp.", "IDR"},          {"Rp", "IDR"},
    {"Rs.", "INR"},          {"Rs", "INR"},
    {"TL", "TRY"},           {"$", "USD"},
    {"\xE2\x82\xAC", "EUR"}, {"\xC2\xA3", "GBP"},
    {"\xE2\x82\xB9", "INR"}, {"\xE2\x82\xBA", "TRY"},
    {"\xE2\x82\xBD", "RUB"}, {"\xE2\x82\xAB", "VND"},
    {"\xE2\x82\xA9", "KRW"}, {"\xE2\x82\xA6", "NGN"},
    {"\xE2\x82\xB1", "PHP"}, {"\xE2\x82\xB4", "UAH"},
    {"\xE0\xB8\xBF", "THB"}, {"\xC2\xA5", "JPY"},
};

static bool money_loose_is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool money_loose_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Blanks, also the non-breaking ones (U+00A0, U+2009, U+202F); 0 when s begins with none. */
static size_t money_loose_blank_at(struct str s)
{
    if (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t' || s.ptr[0] == '\r' || s.ptr[0] == '\n'))
        return 1;
    if (str_starts(s, STR("\xC2\xA0")))
        return 2;
    return str_starts(s, STR("\xE2\x80\xAF")) || str_starts(s, STR("\xE2\x80\x89")) ? 3 : 0;
}

static bool money_loose_ends_in_blank(struct str s, size_t *len_out)
{
    for (size_t len = 1; len <= 3 && len <= s.len; len++)
        if (money_loose_blank_at(str_from(s, s.len - len)) == len) {
            *len_out = len;
            return true;
        }
    return false;
}

static struct str money_loose_trim(struct str s)
{
    size_t len;
    while ((len = money_loose_blank_at(s)) > 0)
        s = str_from(s, len);
    while (money_loose_ends_in_blank(s, &len))
        s.len -= len;
    return s;
}

/* A sign or code at either end of *s; cuts it off. */
static bool money_loose_take_sign(struct str *s, struct str *currency)
{
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        struct str sign = str_of(signs[i].sign);
        if (str_starts(*s, sign))
            *s = str_from(*s, sign.len);
        else if (str_ends(*s, sign))
            s->len -= sign.len;
        else
            continue;
        *currency = str_of(signs[i].code);
        return true;
    }
    return false;
}

static bool money_loose_take_code(struct str *s, struct str *currency)
{
    size_t first = 0, last = 0;
    while (first < s->len && money_loose_is_letter(s->ptr[first]))
        first++;
    while (last < s->len && money_loose_is_letter(s->ptr[s->len - 1 - last]))
        last++;
    if (first >= 3 && first <= 4 && first < s->len) {
        *currency = str_first(*s, first);
        *s = str_from(*s, first);
        return true;
    }
    if (last >= 3 && last <= 4 && last < s->len) {
        *currency = str_from(*s, s->len - last);
        s->len -= last;
        return true;
    }
    return false;
}

/* What separates thousands and what the decimals, from the text alone. A lone comma before exactly
 * three digits separates thousands ("1,234"), a lone point never does. */
static char money_loose_decimal_mark(struct str s)
{
    size_t points = 0, commas = 0, last_point = 0, last_comma = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '.')
            points++, last_point = i;
        if (s.ptr[i] == ',')
            commas++, last_comma = i;
    }
    if (points && commas)
        return last_point > last_comma ? '.' : ',';
    if (points)
        return points == 1 ? '.' : '\0';
    if (commas != 1)
        return '\0';
    bool is_thousands =
        s.len - last_comma - 1 == 3 && last_comma >= 1 && last_comma <= 3 && s.ptr[0] != '0';
    return is_thousands ? '\0' : ',';
}

/* Groups of three (or two, as in India) digits with one kind of separator between them. */
static bool money_loose_copy_whole_part(struct str s, char out[TEXT_MAX], size_t *len)
{
    size_t group = 0;
    struct str separator = STR_NONE;
    for (size_t i = 0; i < s.len;) {
        if (money_loose_is_digit(s.ptr[i])) {
            out[(*len)++] = s.ptr[i++];
            group++;
            continue;
        }
        size_t width = money_loose_blank_at(str_from(s, i));
        if (width == 0 && (s.ptr[i] == ',' || s.ptr[i] == '.' || s.ptr[i] == '\''))
            width = 1;
        struct str found = str_make(s.ptr + i, width);
        if (width == 0 || group == 0 || group > 3)
            return false;
        if (separator.ptr != NULL && (!str_equal(separator, found) || group < 2))
            return false;
        separator = found;
        group = 0;
        i += width;
    }
    return separator.ptr == NULL || group == 3;
}

static bool money_loose_parse_grouped(struct str s, struct money *out)
{
    char plain[TEXT_MAX];
    size_t len = 0;
    char mark = money_loose_decimal_mark(s);
    size_t at = s.len;
    if (mark != '\0')
        for (at = s.len - 1; s.ptr[at] != mark; at--)
            ;
    if (!money_loose_copy_whole_part(str_first(s, at), plain, &len))
        return false;
    if (at < s.len) {
        plain[len++] = '.';
        memcpy(plain + len, s.ptr + at + 1, s.len - at - 1);
        len += s.len - at - 1;
    }
    return len > 0 && money_parse(str_make(plain, len), MONEY_UP, out);
}

bool money_parse_loose(struct str text, struct money *out, struct str *currency_out)
{
    struct str currency = STR_NONE, s = text;
    struct money amount;
    bool is_negative = false;
    if (!money_parse(s, MONEY_UP, &amount)) { /* nearly always it is plain */
        s = money_loose_trim(text);
        if (s.len == 0 || s.len >= TEXT_MAX)
            return false;
        for (int i = 0; i < 2 && s.len > 0; i++) { /* "-$5", "$-5" */
            if (!is_negative && (s.ptr[0] == '-' || s.ptr[0] == '+')) {
                is_negative = s.ptr[0] == '-';
                s = money_loose_trim(str_from(s, 1));
            }
            if (currency.ptr == NULL &&
                (money_loose_take_sign(&s, &currency) || money_loose_take_code(&s, &currency)))
                s = money_loose_trim(s);
        }
        if (s.len == 0 || !(money_loose_is_digit(s.ptr[0]) || s.ptr[0] == '.' || s.ptr[0] == ','))
            return false;
        if (!money_parse(s, MONEY_UP, &amount) && !money_loose_parse_grouped(s, &amount))
            return false;
    }
    out->units = is_negative ? -amount.units : amount.units;
    if (currency_out != NULL)
        *currency_out = currency;
    return true;
}
