/* See decode.h. */
#include "providers/decode.h"

#include "providers/paneltext.h"

enum { LONGEST_NUMBER = 18, LONGEST_EXPONENT = 3, LONGEST_REAL = 300, ODD_NUMBER_MAX = 64 };

static bool replyrepair_hex4(struct str text, size_t at, uint32_t *out)
{
    *out = 0;
    if (at + 4 > text.len)
        return false;
    for (size_t i = at; i < at + 4; i++) {
        int digit = str_hex_digit(text.ptr[i]);
        if (digit < 0)
            return false;
        *out = *out << 4 | (uint32_t)digit;
    }
    return true;
}

struct repair {
    struct str in;
    size_t at; /* next byte of in */
    char *out;
    size_t len;
    bool is_strict;
    char open[REPLYJSON_DEPTH + 1]; /* the brackets around what is read */
    size_t depth;
    char last, before; /* the last two bytes outside of strings that are no blanks; 'x': a value */
    size_t last_at;    /* where in out the last one stands */
};

static void replyrepair_put(struct repair *r, const char *bytes, size_t len)
{
    memcpy(r->out + r->len, bytes, len);
    r->len += len;
}

static void replyrepair_put_text(struct repair *r, const char *text)
{
    replyrepair_put(r, text, strlen(text));
}

static void replyrepair_put_quoted(struct repair *r, struct str text)
{
    replyrepair_put(r, "\"", 1);
    replyrepair_put(r, text.ptr, text.len);
    replyrepair_put(r, "\"", 1);
}

static bool replyrepair_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool replyrepair_is_any(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool replyrepair_is_blank(char c)
{
    return replyrepair_is_any(c, " \t\r\n");
}

/* The next byte at or behind `at` that is no blank; '\0' at the end. */
static char replyrepair_next_byte(const struct repair *r, size_t at)
{
    while (at < r->in.len && replyrepair_is_blank(r->in.ptr[at]))
        at++;
    return at < r->in.len ? r->in.ptr[at] : '\0';
}

/* ---- strings ---- */

/* An escape inside a string: lone surrogates and unknown escapes are what panels get wrong. */
static void replyrepair_escape(struct repair *r)
{
    uint32_t unit, second;
    char next = r->at + 1 < r->in.len ? r->in.ptr[r->at + 1] : '\0';
    if (next == 'u' && replyrepair_hex4(r->in, r->at + 2, &unit)) {
        bool is_pair = unit >= 0xD800 && unit < 0xDC00 && r->at + 7 < r->in.len &&
                       r->in.ptr[r->at + 6] == '\\' && r->in.ptr[r->at + 7] == 'u' &&
                       replyrepair_hex4(r->in, r->at + 8, &second) && second >= 0xDC00 &&
                       second < 0xE000;
        size_t len = is_pair ? 12 : 6;
        if (!is_pair && unit >= 0xD800 && unit < 0xE000)
            replyrepair_put(r, "\\ufffd", 6);
        else
            replyrepair_put(r, r->in.ptr + r->at, len);
        r->at += len;
        return;
    }
    if (next != '\0' && replyrepair_is_any(next, "\"\\/bfnrt"))
        replyrepair_put(r, r->in.ptr + r->at, 2);
    else if (next == '\'')
        replyrepair_put(r, "'", 1);
    else
        replyrepair_put(r, "?", 1);
    r->at += next == '\0' ? 1 : 2;
}

/* The quote at the next byte ends the string: always a double one, a single one only where the text
 * goes on as behind a value ("it's"). */
static bool replyrepair_is_end(const struct repair *r, char quote)
{
    if (r->in.ptr[r->at] != quote)
        return false;
    char next = replyrepair_next_byte(r, r->at + 1);
    return quote == '"' || next == '\0' || replyrepair_is_any(next, ",:}]");
}

/* In double quotes or, as Python prints it, in single ones. */
static void replyrepair_string(struct repair *r)
{
    char quote = r->in.ptr[r->at++];
    replyrepair_put(r, "\"", 1);
    while (r->at < r->in.len) {
        char c = r->in.ptr[r->at];
        if (c == '\\') {
            replyrepair_escape(r);
            continue;
        }
        if (replyrepair_is_end(r, quote)) {
            replyrepair_put(r, "\"", 1);
            r->at++;
            return;
        }
        size_t start = r->at;
        uint32_t point = paneltext_next(r->in, &r->at);
        if (point == 0xFFFD && r->at - start == 1)
            replyrepair_put(r, "\xEF\xBF\xBD", 3);
        else if (point < 0x20)
            replyrepair_put(r, " ", 1);
        else if (c == '"')
            replyrepair_put(r, "\\\"", 2);
        else
            replyrepair_put(r, r->in.ptr + start, r->at - start);
    }
}

/* ---- what stands without quotes ---- */

/* By JSON's grammar. */
static bool replyrepair_is_number(struct str token)
{
    size_t at = token.len > 0 && token.ptr[0] == '-', start = at;
    while (at < token.len && replyrepair_is_digit(token.ptr[at]))
        at++;
    if (at == start || (token.ptr[start] == '0' && at > start + 1))
        return false;
    if (at < token.len && token.ptr[at] == '.') {
        start = ++at;
        while (at < token.len && replyrepair_is_digit(token.ptr[at]))
            at++;
        if (at == start)
            return false;
    }
    if (at < token.len && (token.ptr[at] == 'e' || token.ptr[at] == 'E')) {
        at += at + 1 < token.len && replyrepair_is_any(token.ptr[at + 1], "+-") ? 2 : 1;
        start = at;
        while (at < token.len && replyrepair_is_digit(token.ptr[at]))
            at++;
        if (at == start)
            return false;
    }
    return at == token.len;
}

/* A number too large for the parser becomes a text, so that it spoils its own row only, and an id
 * beyond 64 bits stays what it is. Of an order's answer a real does not: its letters make an id. */
static void replyrepair_number(struct repair *r, struct str token)
{
    size_t digits = 0, exponent = 0;
    bool is_real = false, in_exponent = false;
    for (size_t i = 0; i < token.len; i++) {
        bool is_digit = replyrepair_is_digit(token.ptr[i]);
        digits += is_digit;
        exponent += is_digit && in_exponent;
        in_exponent |= token.ptr[i] == 'e' || token.ptr[i] == 'E';
        is_real |= in_exponent || token.ptr[i] == '.';
    }
    bool is_long =
        is_real ? exponent >= LONGEST_EXPONENT || digits > LONGEST_REAL : digits > LONGEST_NUMBER;
    if (is_long && (!is_real || !r->is_strict))
        replyrepair_put_quoted(r, token);
    else
        replyrepair_put(r, token.ptr, token.len);
}

/* "+12", "007", ".5", "5.", "0,05": digits, points and commas behind at most one sign. */
static bool replyrepair_is_odd_number(struct str token)
{
    size_t digits = 0;
    for (size_t i = 0; i < token.len; i++) {
        char c = token.ptr[i];
        if (!replyrepair_is_digit(c) && c != '.' && c != ',' && !(i == 0 && (c == '+' || c == '-')))
            return false;
        digits += replyrepair_is_digit(c);
    }
    return digits > 0;
}

/* As the number that it is. A plus and a decimal comma are kept, as text: they say something more,
 * save of an order's answer, where the plus of an id says nothing. */
static void replyrepair_odd_number(struct repair *r, struct str token)
{
    bool has_plus = token.ptr[0] == '+', is_negative = token.ptr[0] == '-';
    struct str digits = str_from(token, has_plus || is_negative);
    while (digits.len > 1 && digits.ptr[0] == '0' && replyrepair_is_digit(digits.ptr[1]))
        digits = str_from(digits, 1);
    if (digits.ptr[digits.len - 1] == '.')
        digits.len--;
    bool is_text = (has_plus && !r->is_strict) || str_find_byte(digits, ',') != SIZE_MAX;
    size_t start = r->len;
    if (is_text)
        replyrepair_put(r, "\"", 1);
    if (is_negative || (has_plus && !r->is_strict))
        replyrepair_put(r, token.ptr, 1);
    if (digits.ptr[0] == '.')
        replyrepair_put(r, "0", 1);
    replyrepair_put(r, digits.ptr, digits.len);
    if (is_text)
        replyrepair_put(r, "\"", 1);
    else if (digits.len > LONGEST_NUMBER) { /* as replyrepair_number would */
        struct str put = str_make(r->out + start, r->len - start);
        memmove(r->out + start + 1, put.ptr, put.len);
        r->out[start] = '"';
        r->out[r->len + 1] = '"';
        r->len += 2;
    }
}

/* NaN, Infinity and the like, as some languages print what is no number. */
static bool replyrepair_is_no_number(struct str token)
{
    static const char *const words[] = {"nan", "infinity", "inf"};
    struct str word = str_from(token, token.ptr[0] == '-' || token.ptr[0] == '+');
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_equal_folded(word, str_of(words[i])))
            return true;
    return false;
}

/* JSON's own words, as other languages write them; NULL when it is none. */
static const char *replyrepair_word_of(struct str token)
{
    static const struct {
        const char *word, *json;
    } words[] = {{"true", "true"},
                 {"false", "false"},
                 {"null", "null"},
                 {"none", "null"},
                 {"undefined", "null"}};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_equal_folded(token, str_of(words[i].word)))
            return words[i].json;
    return NULL;
}

static bool replyrepair_is_name(struct str token)
{
    for (size_t i = 0; i < token.len; i++) {
        char c = token.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!is_letter && !replyrepair_is_digit(c) && c != '-')
            return false;
    }
    return token.len > 0;
}

/* In an object a member begins with its name: digits right behind a comma go on with the number.
 * No number is longer, and looking at it again at each comma has its price. */
static size_t replyrepair_token_len(const struct repair *r)
{
    struct str rest = str_from(r->in, r->at);
    bool is_member = r->depth > 0 && r->open[r->depth - 1] == '{';
    size_t len = 0;
    for (; len < rest.len; len++) {
        char c = rest.ptr[len];
        bool goes_on = is_member && c == ',' && len > 0 && len <= ODD_NUMBER_MAX &&
                       len + 1 < rest.len && replyrepair_is_digit(rest.ptr[len - 1]) &&
                       replyrepair_is_digit(rest.ptr[len + 1]) &&
                       replyrepair_is_odd_number(str_first(rest, len));
        if (!goes_on && (replyrepair_is_blank(c) || replyrepair_is_any(c, ",:{}[]\"'")))
            break;
    }
    return len > 0 ? len : 1;
}

static void replyrepair_token(struct repair *r)
{
    struct str token = str_first(str_from(r->in, r->at), replyrepair_token_len(r));
    const char *word = replyrepair_word_of(token);
    r->at += token.len;
    bool is_name = replyrepair_next_byte(r, r->at) == ':' && replyrepair_is_name(token);
    bool is_first_letter = token.ptr[0] >= 'A' && replyrepair_is_name(token);
    if (is_name || replyrepair_is_no_number(token))
        replyrepair_put_quoted(r, token);
    else if (word != NULL)
        replyrepair_put_text(r, word);
    else if (replyrepair_is_number(token))
        replyrepair_number(r, token);
    else if (replyrepair_is_odd_number(token))
        replyrepair_odd_number(r, token);
    else if (is_first_letter && !r->is_strict) /* {"status":Completed} */
        replyrepair_put_quoted(r, token);
    else
        replyrepair_put(r, token.ptr, token.len);
}

/* ---- brackets and commas ---- */

static void replyrepair_note(struct repair *r, char last, size_t at)
{
    r->before = r->last;
    r->last = last;
    r->last_at = at;
}

/* A comma behind the last member or element says nothing. */
static void replyrepair_bracket(struct repair *r, char c)
{
    if (c == '{' || c == '[') {
        if (r->depth < sizeof r->open)
            r->open[r->depth++] = c;
    } else {
        r->depth -= r->depth > 0;
        if (r->last == ',' && replyrepair_is_any(r->before, "x}]"))
            r->out[r->last_at] = ' ';
    }
}

struct str replyrepair_text(struct str text, bool is_strict, struct arena *arena)
{
    struct repair r = {.in = text, .is_strict = is_strict, .last = '{', .before = '{'};
    r.out = arena_new(arena, text.len * 3 + 16);
    while (r.at < text.len) {
        char c = text.ptr[r.at];
        size_t start = r.len;
        if (c == '"' || c == '\'')
            replyrepair_string(&r);
        else if (replyrepair_is_blank(c) || replyrepair_is_any(c, ",:{}[]")) {
            if (replyrepair_is_any(c, "{}[]"))
                replyrepair_bracket(&r, c);
            replyrepair_put(&r, text.ptr + r.at++, 1);
        } else {
            replyrepair_token(&r);
        }
        if (!replyrepair_is_blank(c))
            replyrepair_note(&r, replyrepair_is_any(c, ",:{}[]") ? c : 'x', start);
    }
    return str_make(r.out, r.len);
}
