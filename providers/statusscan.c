/* See statusscan.h. Measured on 100 statuses of one response, gcc -O2: 83 us here, 1,080 us by the
 * tree. By callgrind this file takes 112,000 instructions of them, and 153,000 when strings are
 * searched byte by byte and blanks are looked for before each mark. */
#include "providers/decode.h"

#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { INTEGER_DIGITS = 18, REAL_DIGITS = 15 };

struct statusscan {
    const char *at, *end;
};

static inline bool statusscan_is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline void statusscan_skip_blanks(struct statusscan *s)
{
    while (s->at < s->end && statusscan_is_blank(*s->at))
        s->at++;
}

/* Nearly all panels write no blanks between. */
static inline bool statusscan_take(struct statusscan *s, char c)
{
    if (s->at == s->end || *s->at != c) {
        statusscan_skip_blanks(s);
        if (s->at == s->end || *s->at != c)
            return false;
    }
    s->at++;
    return true;
}

static inline bool statusscan_is_next(struct statusscan *s, char c)
{
    statusscan_skip_blanks(s);
    return s->at < s->end && *s->at == c;
}

/* Printable ASCII that needs no escape and ends no string. */
static const bool statusscan_plain[256] = {
    [' '] = true, ['!'] = true, ['#' ... '['] = true, [']' ... '~'] = true};

static inline const char *statusscan_skip_plain(const char *at, const char *end)
{
#ifdef __SSE2__
    for (; end - at >= 16; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i is_not = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                         _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))),
            _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')), /* those from 0x80 on too */
                         _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f))));
        unsigned marks = (unsigned)_mm_movemask_epi8(is_not);
        if (marks != 0)
            return at + __builtin_ctz(marks);
    }
#endif
    while (at < end && statusscan_plain[(unsigned char)*at])
        at++;
    return at;
}

/* A string of plain ASCII without escapes. */
static inline bool statusscan_take_string(struct statusscan *s, struct str *out)
{
    if (!statusscan_take(s, '"'))
        return false;
    const char *start = s->at, *end = statusscan_skip_plain(start, s->end);
    if (end == s->end || *end != '"')
        return false;
    *out = str_make(start, (size_t)(end - start));
    s->at = end + 1;
    return true;
}

static size_t statusscan_take_digits(struct statusscan *s)
{
    const char *start = s->at;
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
        s->at++;
    return (size_t)(s->at - start);
}

/* Integers of at most 18 digits; reals of at most 15 without an exponent, whose text is exactly
 * what a double of them prints. */
static bool statusscan_take_number(struct statusscan *s, struct scalar *out)
{
    const char *start = s->at;
    if (*s->at == '-')
        s->at++;
    const char *digits = s->at;
    size_t whole = statusscan_take_digits(s), fraction = 0;
    if (whole == 0 || whole > INTEGER_DIGITS || (whole > 1 && *digits == '0'))
        return false;
    bool is_real = s->at < s->end && *s->at == '.';
    if (is_real) {
        s->at++;
        fraction = statusscan_take_digits(s);
        if (fraction == 0 || whole + fraction > REAL_DIGITS)
            return false;
    }
    if (s->at < s->end && (*s->at == 'e' || *s->at == 'E'))
        return false;
    struct str text = str_make(start, (size_t)(s->at - start));
    if (!is_real) {
        out->kind = SCALAR_INTEGER;
        return str_to_i64(text, &out->integer);
    }
    char copy[32];
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    *out = (struct scalar){.kind = SCALAR_REAL, .real = strtod(copy, NULL)};
    return true;
}

static bool statusscan_take_word(struct statusscan *s, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
        return false;
    s->at += len;
    return true;
}

static bool statusscan_take_scalar(struct statusscan *s, struct scalar *out)
{
    statusscan_skip_blanks(s);
    if (s->at == s->end)
        return false;
    *out = (struct scalar){.kind = *s->at == '"' ? SCALAR_TEXT : SCALAR_NONE};
    if (out->kind == SCALAR_TEXT)
        return statusscan_take_string(s, &out->text);
    if (*s->at == '-' || (*s->at >= '0' && *s->at <= '9'))
        return statusscan_take_number(s, out);
    return statusscan_take_word(s, "null"); /* booleans are unusual here */
}

static bool statusscan_at_end(struct statusscan *s)
{
    statusscan_skip_blanks(s);
    return s->at == s->end;
}

enum { MEMBER_CURRENCY = STATUS_MEMBER_COUNT, MEMBER_UNUSUAL };

/* With a size known here the comparison is no call. */
#define IS(name, literal)                                                                          \
    ((name).len == sizeof(literal) - 1 && memcmp((name).ptr, literal, sizeof(literal) - 1) == 0)

static unsigned statusscan_member_of(struct str name)
{
    return IS(name, "status")          ? STATUS_MEMBER_STATUS
           : IS(name, "charge")        ? STATUS_MEMBER_CHARGE
           : IS(name, "remains")       ? STATUS_MEMBER_REMAINS
           : IS(name, "start_count")   ? STATUS_MEMBER_START_COUNT
           : IS(name, "currency")      ? (unsigned)MEMBER_CURRENCY
           : IS(name, "order")         ? STATUS_MEMBER_ORDER
           : IS(name, "start_counter") ? STATUS_MEMBER_START_COUNTER
                                       : (unsigned)MEMBER_UNUSUAL;
}

#undef IS

static unsigned statusscan_take_member(struct statusscan *s)
{
    struct str name;
    bool is_name = statusscan_take_string(s, &name) && statusscan_take(s, ':');
    return is_name ? statusscan_member_of(name) : MEMBER_UNUSUAL;
}

static bool statusscan_is_other_currency(const struct decoding *d, struct str stated)
{
    struct str own = str_of(d->settings->currency);
    return !str_equal(stated, own) && (money_is_coinless(stated) || money_is_coinless(own));
}

/* The usual members only; each once. */
static bool statusscan_take_status(struct statusscan *s, struct status_reading *reading)
{
    unsigned seen = 0;
    struct scalar value;
    if (!statusscan_take(s, '{'))
        return false;
    do {
        unsigned member = statusscan_take_member(s);
        if (member == MEMBER_UNUSUAL || (seen >> member & 1) != 0 ||
            !statusscan_take_scalar(s, &value))
            return false;
        seen |= 1u << member;
        /* Both spellings at once: which one counts is for the slow way. */
        if ((seen >> STATUS_MEMBER_START_COUNT & 1) != 0 &&
            (seen >> STATUS_MEMBER_START_COUNTER & 1) != 0)
            return false;
        if (member != MEMBER_CURRENCY)
            decode_status_member(reading, (enum status_member)member, &value);
        else if (statusscan_is_other_currency(reading->d, value.text))
            return false; /* it may change how the charge is read */
    } while (statusscan_take(s, ','));
    return statusscan_take(s, '}') && reading->has_status;
}

/* {"error":"Incorrect order ID"}, which a batch may hold many times over. */
static bool statusscan_take_error(struct statusscan *s, const struct decoding *d,
                                  struct upstream_status *status)
{
    struct statusscan look = *s;
    struct str name, text;
    /* Nearly never: a look at the name's beginning is enough. */
    if (!statusscan_take(&look, '{') || !statusscan_is_next(&look, '"') || look.end - look.at < 2 ||
        look.at[1] != 'e')
        return false;
    if (!statusscan_take_string(&look, &name) || !str_is(name, "error") ||
        !statusscan_take(&look, ':') || !statusscan_take_string(&look, &text) ||
        !statusscan_take(&look, '}') || !str_equal_folded(text, STR("Incorrect order ID")))
        return false;
    *s = look;
    *status = (struct upstream_status){.id = status->id,
                                       .status = ORDERSTATUS_UNKNOWN,
                                       .is_unknown_id = true,
                                       .word = arena_str(d->arena, text)};
    return true;
}

/* Panels list in the order requested, or by number; hence a guess first. */
static bool statusscan_find_requested(const struct upstream_request *request, struct str id,
                                      size_t guess, size_t *out)
{
    for (size_t i = 0; i < request->id_count; i++) {
        size_t at = guess + i < request->id_count ? guess + i : guess + i - request->id_count;
        if (str_equal(request->ids[at], id)) {
            *out = at;
            return true;
        }
    }
    return false;
}

static struct upstream_status statusscan_absent(struct str id)
{
    return (struct upstream_status){.id = id, .is_absent = true, .status = ORDERSTATUS_UNKNOWN};
}

static bool statusscan_scan_keyed(struct statusscan *s, const struct decoding *d,
                                  struct upstream_status *statuses, bool *is_taken)
{
    size_t at = 0, guess = 0;
    struct str id;
    if (!statusscan_take(s, '{'))
        return false;
    do {
        if (!statusscan_take_string(s, &id) || !statusscan_take(s, ':') ||
            !statusscan_is_next(s, '{'))
            return false;
        if (!statusscan_find_requested(d->request, id, guess, &at) || is_taken[at])
            return false;
        is_taken[at] = true;
        guess = at + 1;
        if (statusscan_take_error(s, d, &statuses[at]))
            continue;
        struct status_reading reading = {
            .d = d, .status = &statuses[at], .asked_id = statuses[at].id};
        statuses[at].is_absent = false;
        if (!statusscan_take_status(s, &reading))
            return false;
        /* As below: a number may be an error's. */
        if (!decode_status_finish(&reading) || statuses[at].status == ORDERSTATUS_UNKNOWN)
            return false;
    } while (statusscan_take(s, ','));
    return statusscan_take(s, '}') && statusscan_at_end(s);
}

static struct statusscan statusscan_scan_of(const struct decoding *d)
{
    return (struct statusscan){d->facts->body.ptr, d->facts->body.ptr + d->facts->body.len};
}

bool statusscan_status_many(struct decoding *d)
{
    struct statusscan s = statusscan_scan_of(d);
    size_t count = d->request->id_count;
    /* The provider's own table may say otherwise of an unknown id. */
    if (!statusscan_is_next(&s, '{') || d->settings->answer_count > 0)
        return false;
    bool *is_taken = arena_new(d->arena, count * sizeof *is_taken + 1);
    if (!statusscan_scan_keyed(&s, d, d->answer->statuses, is_taken)) {
        for (size_t i = 0; i < count; i++)
            d->answer->statuses[i] = statusscan_absent(d->request->ids[i]);
        return false;
    }
    d->answer->outcome = OUTCOME_ACCEPTED;
    return true;
}

bool statusscan_status(struct decoding *d)
{
    struct statusscan s = statusscan_scan_of(d);
    struct upstream_status *status = d->answer->statuses;
    struct status_reading reading = {.d = d, .status = status, .asked_id = status->id};
    if (!statusscan_is_next(&s, '{'))
        return false;
    if (!statusscan_take_status(&s, &reading) || !statusscan_at_end(&s) ||
        !decode_status_finish(&reading) ||
        status->status == ORDERSTATUS_UNKNOWN) { /* a number may be an error's */
        *status = statusscan_absent(d->request->ids[0]);
        return false;
    }
    d->answer->outcome = OUTCOME_ACCEPTED;
    return true;
}

bool statusscan_add(struct decoding *d)
{
    struct statusscan s = statusscan_scan_of(d);
    struct str name, id;
    struct scalar value;
    if (!statusscan_take(&s, '{') || !statusscan_take_string(&s, &name) || !str_is(name, "order") ||
        !statusscan_take(&s, ':') || !statusscan_take_scalar(&s, &value) ||
        value.kind != SCALAR_INTEGER || !statusscan_take(&s, '}') || !statusscan_at_end(&s))
        return false;
    if (!scalar_id(value, d->arena, &id))
        return false;
    d->answer->outcome = OUTCOME_ACCEPTED;
    d->answer->order = id;
    return true;
}
