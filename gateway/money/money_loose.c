/* money_parse_loose: amounts as panels print them for people. See money.h. Pure, any thread. */
#include "money/money.h"
#include "money/money_private.h"

enum { TEXT_MAX = 1024, CODE_MIN = 3, CODE_MAX = 4 };

struct currency_sign {
    const char *sign, *code;
};
/* Longer signs before those they begin or end with. */
static const struct currency_sign signs[] = {
    {"US$", "USD"},  {"HK$", "HKD"}, {"NT$", "TWD"},   {"MX$", "MXN"},  {"CA$", "CAD"},
    {"AU$", "AUD"},  {"R$", "BRL"},  {"S$", "SGD"},    {"A$", "AUD"},   {"C$", "CAD"},
    {"Rp.", "IDR"},  {"Rp", "IDR"},  {"rp.", "IDR"},   {"rp", "IDR"},   {"RP.", "IDR"},
    {"RP", "IDR"},   {"Rs.", "INR"}, {"Rs", "INR"},    {"TL", "TRY"},   {"VNĐ", "VND"},
    {"VNđ", "VND"},  {"vnđ", "VND"}, {"USh", "UGX"},   {"Gs.", "PYG"},  {"₲", "PYG"},
    {"so'm", "UZS"}, {"сум", "UZS"}, {"zł", "PLN"},    {"руб.", "RUB"}, {"руб", "RUB"},
    {"₽", "RUB"},  {"€", "EUR"},   {"£", "GBP"},     {"₹", "INR"},    {"₺", "TRY"},
    {"₫", "VND"},    {"đ", "VND"},   {"Đ", "VND"},     {"₩", "KRW"},    {"₦", "NGN"},
    {"₱", "PHP"},    {"₴", "UAH"},   {"₸", "KZT"},     {"₼", "AZN"},  {"₾", "GEL"},
    {"฿", "THB"},    {"¥", "JPY"},   {"￥", "JPY"},    {"円", "JPY"},   {"元", "CNY"},
    {"원", "KRW"},   {"₭", "LAK"},   {"تومان", "IRT"}, {"ریال", "IRR"}, {"$", "USD"},
};

/* Signs that several currencies write: which one is meant only the account's own currency tells. */
static const struct {
    const char *sign, *codes;
} shared_signs[] = {
    {"$", "USD ARS AUD BBD BMD BND BSD BZD CAD CLP COP CUP DOP FJD GYD HKD JMD KYD LRD MXN NAD NZD "
          "SBD SGD SRD TTD TWD UYU XCD"},
    {"¥", "JPY CNY"},
    {"￥", "JPY CNY"},
    {"£", "GBP EGP FKP GIP LBP SHP SSP SYP"},
    {"Rs", "INR PKR LKR NPR MUR SCR"},
};

/* Those of ISO 4217 without a minor unit, and those whose minor unit nobody writes any more. */
static const char *const coinless[] = {
    "BIF", "CLP", "COP", "DJF", "GNF", "IDR", "IRR", "IRT", "ISK",  "JPY",
    "KHR", "KMF", "KRW", "LAK", "LBP", "MGA", "MMK", "PYG", "RWF",  "TZS",
    "UGX", "UZS", "VND", "VUV", "XAF", "XOF", "XPF", "CFA", "FCFA",
};

bool money_is_coinless(struct str currency)
{
    for (size_t i = 0; i < COUNT_OF(coinless); i++)
        if (str_equal_folded(currency, str_of(coinless[i])))
            return true;
    return false;
}

static bool money_loose_is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Does the currency write that sign, as others do? */
static bool money_loose_shares(struct str sign, struct str currency)
{
    for (size_t i = 0; i < COUNT_OF(shared_signs) && currency.len == 3; i++)
        if (str_starts(sign, str_of(shared_signs[i].sign)))
            return str_find_folded(str_of(shared_signs[i].codes), currency) != SIZE_MAX;
    return false;
}

bool money_is_signed_as(struct str text, struct str currency)
{
    for (size_t i = 0; i < COUNT_OF(shared_signs); i++) {
        struct str sign = str_of(shared_signs[i].sign);
        size_t at = str_find(text, sign);
        bool is_part = at != SIZE_MAX && at > 0 && money_loose_is_letter(text.ptr[at - 1]);
        if (at != SIZE_MAX && !is_part && money_loose_shares(sign, currency)) /* not "US$" */
            return true;
    }
    return false;
}

static bool money_loose_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool money_is_bare(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!money_loose_is_digit(text.ptr[i]) && strchr(".,'+- \t\r\n", text.ptr[i]) == NULL)
            return false;
    return text.len > 0;
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

/* A sign at either end of *s; cuts it off. A code outweighs it: "$15.000 CLP". */
static bool money_loose_take_sign(struct str *s, struct str beside, struct str *currency)
{
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        struct str sign = str_of(signs[i].sign);
        if (str_starts(*s, sign))
            *s = str_from(*s, sign.len);
        else if (str_ends(*s, sign))
            s->len -= sign.len;
        else
            continue;
        if (currency->ptr == NULL)
            *currency = money_loose_shares(sign, beside) ? beside : str_of(signs[i].code);
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
    if (first >= CODE_MIN && first <= CODE_MAX && first < s->len) {
        *currency = str_first(*s, first);
        *s = str_from(*s, first);
        return true;
    }
    if (last >= CODE_MIN && last <= CODE_MAX && last < s->len) {
        *currency = str_from(*s, s->len - last);
        s->len -= last;
        return true;
    }
    return false;
}

/* "15.000,-": no cents. */
static struct str money_loose_without_dash(struct str s)
{
    static const char *const dashes[] = {",--", ".--", ",-", ".-"};
    for (size_t i = 0; i < COUNT_OF(dashes); i++)
        if (str_ends(s, str_of(dashes[i])))
            return str_first(s, s.len - strlen(dashes[i]));
    return s;
}

/* What stands around the digits: a minus, a sign, a code, each at most once, in any order. */
static struct str money_loose_take_frame(struct str s, struct str beside, bool *is_negative,
                                         struct str *currency)
{
    bool has_sign = false, has_code = false, is_signed = false, is_changed = true;
    while (is_changed && s.len > 0) {
        is_changed = false;
        if (!is_signed && (s.ptr[0] == '-' || s.ptr[0] == '+')) {
            *is_negative = s.ptr[0] == '-';
            s = str_from(s, 1);
            is_signed = is_changed = true;
        } else if (!has_sign && money_loose_take_sign(&s, beside, currency)) {
            has_sign = is_changed = true;
        } else if (!has_code && money_loose_take_code(&s, currency)) {
            has_code = is_changed = true;
        }
        s = money_loose_trim(s);
    }
    return money_loose_without_dash(s);
}

/* A mark at `at` before exactly three last digits and behind one to three. */
static bool money_loose_is_thousands(struct str s, size_t at)
{
    return s.len - at - 1 == 3 && at >= 1 && at <= 3 && s.ptr[0] != '0';
}

/* What separates the decimals; '\0' when nothing does. */
static char money_loose_decimal_mark(struct str s, bool is_coinless)
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
    if (points == 1)
        return is_coinless && money_loose_is_thousands(s, last_point) ? '\0' : '.';
    if (commas == 1)
        return money_loose_is_thousands(s, last_comma) ? '\0' : ',';
    return '\0';
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

static bool money_loose_parse_grouped(struct str s, bool is_coinless, struct money *out)
{
    char plain[TEXT_MAX];
    size_t len = 0;
    char mark = money_loose_decimal_mark(s, is_coinless);
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

/* "15.000": a plain amount, or one with a mark between thousands. */
static bool money_loose_may_be_grouped(struct str plain)
{
    return plain.len > 4 && plain.ptr[plain.len - 4] == '.';
}

bool money_parse_loose(struct str text, struct str beside, struct money *out,
                       struct str *currency_out)
{
    struct str currency = STR_NONE, s = text;
    struct money amount;
    bool is_negative = false, is_plain = money_parse(s, MONEY_UP, &amount); /* nearly always */
    if (!is_plain || (money_loose_may_be_grouped(s) && money_is_coinless(beside))) {
        bool is_coinless = money_is_coinless(beside);
        s = money_loose_trim(text);
        if (s.len >= TEXT_MAX)
            return false;
        s = money_loose_take_frame(s, beside, &is_negative, &currency);
        is_coinless |= money_is_coinless(currency);
        if (s.len == 0 || !(money_loose_is_digit(s.ptr[0]) || s.ptr[0] == '.' || s.ptr[0] == ','))
            return false;
        bool is_grouped = money_loose_parse_grouped(s, is_coinless, &amount);
        if (!is_grouped && !money_parse(s, MONEY_UP, &amount))
            return false;
    }
    out->units = is_negative ? -amount.units : amount.units;
    if (currency_out != NULL)
        *currency_out = currency;
    return true;
}
