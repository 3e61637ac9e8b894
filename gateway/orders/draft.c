/* From what a client sent to an order that can be placed. Values are trimmed, lists are split at
 * line ends (CRLF, LF, CR, the two characters backslash n) or, where a type's lists are short
 * words, at commas, and joined by LF again; what is derived is derived here and nowhere else. */
#include "orders/draft.h"

#include "base/buf.h"

#define DRIP_RUNS_MAX 100000
#define DRIP_INTERVAL_MAX 1000000

struct making {
    const struct service *service;
    const struct ordertype_row *row;
    const struct fields *given;
    struct arena *arena;
    struct draft *out;
    struct fault *why;
};

static struct str draft_given(const struct making *m, enum field field)
{
    return str_trim_unseen(m->given->value[field]);
}

static bool draft_incorrect(const struct making *m, enum field field)
{
    return fault_set(m->why, FAULT_INVALID, "Incorrect %s", field_name(field));
}

/* ---- texts ---- */

/* No control characters, save those named; UTF-8. */
static bool draft_is_plain_text(struct str s, const char *save)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char byte = (unsigned char)s.ptr[i];
        if (byte == 0x7f || (byte < 0x20 && (byte == 0 || strchr(save, byte) == NULL)))
            return false;
    }
    return str_is_utf8(s);
}

static bool draft_take_text(struct making *m, enum field field)
{
    struct str text = draft_given(m, field);
    if (text.len > DRAFT_LINK_BYTES || !draft_is_plain_text(text, ""))
        return draft_incorrect(m, field);
    m->out->fields.value[field] = arena_str(m->arena, text);
    return true;
}

/* ---- lists ---- */

static size_t draft_line_end(struct str s, size_t *skip_out)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\n' || s.ptr[i] == '\r') {
            *skip_out = 1;
            return i;
        }
        if (s.ptr[i] == '\\' && i + 1 < s.len && (s.ptr[i + 1] == 'n' || s.ptr[i + 1] == 'r')) {
            *skip_out = 2;
            return i;
        }
    }
    *skip_out = 0;
    return s.len;
}

static size_t draft_add_lines(struct buf *out, struct str text, char also)
{
    size_t lines = 0;
    for (size_t skip = 1; skip > 0;) {
        size_t end = draft_line_end(text, &skip);
        struct str rest = str_first(text, end), piece;
        while (also ? str_next(&rest, also, &piece) : (piece = rest).ptr != NULL) {
            struct str line = str_trim_unseen(piece);
            if (line.len > 0) {
                if (lines++ > 0)
                    buf_add_byte(out, '\n');
                buf_add_str(out, line);
            }
            if (!also)
                break;
        }
        text = str_make(text.ptr + end + skip, text.len - end - skip);
    }
    return lines;
}

/* Comments may hold commas; the other lists are words. */
static bool draft_take_list(struct making *m, enum field field, int64_t *lines_out)
{
    struct buf joined;
    struct str text = draft_given(m, field);
    buf_init(&joined, DRAFT_LIST_BYTES);
    size_t lines = text.len ? draft_add_lines(&joined, text, field == FIELD_COMMENTS ? 0 : ',') : 0;
    bool is_fine = !joined.is_over && lines <= DRAFT_LIST_LINES &&
                   draft_is_plain_text(buf_str(&joined), "\n\t");
    if (is_fine && lines > 0)
        m->out->fields.value[field] = arena_str(m->arena, buf_str(&joined));
    buf_fini(&joined);
    *lines_out = (int64_t)lines;
    return is_fine || draft_incorrect(m, field);
}

/* ---- numbers ---- */

struct draft_digits { /* of a number, its sign in front */
    char text[24];
    size_t len;
    bool is_over;
};

static void draft_add_digits(struct draft_digits *digits, struct str more)
{
    digits->is_over |= digits->len + more.len > sizeof digits->text;
    if (digits->is_over)
        return;
    memcpy(digits->text + digits->len, more.ptr, more.len);
    digits->len += more.len;
}

static struct str draft_part(struct str text, size_t from, size_t to)
{
    return str_from(str_first(text, to), from);
}

/* The width of a mark between thousands at i: . , ' a blank or a no-break one; 0: there is none. */
static size_t draft_mark_width(struct str text, size_t i)
{
    static const struct str marks[] = {STR("."),           STR(","),        STR("'"),
                                       STR(" "),           STR("\xC2\xA0"), STR("\xE2\x80\xAF"),
                                       STR("\xE2\x80\x99")};
    for (size_t m = 0; m < COUNT_OF(marks); m++)
        if (str_starts(str_from(text, i), marks[m]))
            return marks[m].len;
    return 0;
}

static size_t draft_digits_end(struct str text, size_t i)
{
    while (i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9')
        i++;
    return i;
}

/* "1,000", "12.345.678": where the thousands end; start where the text has no such marks. The
 * digits are added to out. */
static size_t draft_take_thousands(struct str text, size_t start, struct draft_digits *out)
{
    size_t end = draft_digits_end(text, start), mark = draft_mark_width(text, end);
    size_t next = draft_digits_end(text, end + mark);
    if (end - start > 3 || mark == 0 || next - end - mark != 3 || end == start ||
        text.ptr[start] == '0')
        return start;
    struct str first_mark = draft_part(text, end, end + mark);
    draft_add_digits(out, draft_part(text, start, end));
    for (; next - end - mark == 3; next = draft_digits_end(text, end + mark)) {
        draft_add_digits(out, draft_part(text, end + mark, next));
        end = next;
        if (!str_starts(str_from(text, end), first_mark))
            break;
    }
    return end;
}

/* A fraction of zeros, behind another mark than the one between thousands (0: there was none, and
 * then a point alone opens a fraction). */
static bool draft_is_zero_fraction(struct str text, char thousands_mark)
{
    if (text.len == 0)
        return true;
    if (text.ptr[0] == thousands_mark ||
        !(text.ptr[0] == '.' || (thousands_mark && text.ptr[0] == ',')))
        return false;
    for (size_t i = 1; i < text.len; i++)
        if (text.ptr[i] != '0')
            return false;
    return true;
}

/* "1000", "1000.0", " 1,000 ", "1.000", "1.000,00"; false when it is no whole number. */
static bool draft_read_whole(struct str text, int64_t *out)
{
    struct draft_digits digits = {.len = 0};
    size_t sign = text.len > 0 && text.ptr[0] == '-';
    draft_add_digits(&digits, str_first(text, sign));
    size_t end = draft_take_thousands(text, sign, &digits);
    bool has_thousands = end > sign;
    if (!has_thousands) {
        end = draft_digits_end(text, sign);
        draft_add_digits(&digits, draft_part(text, sign, end));
    }
    char mark = has_thousands ? text.ptr[draft_digits_end(text, sign)] : '\0';
    return !digits.is_over && draft_is_zero_fraction(str_from(text, end), mark) &&
           str_to_i64(str_make(digits.text, digits.len), out);
}

static bool draft_is_digits(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return text.len > 0;
}

static bool draft_keep_number(struct making *m, enum field field, int64_t value)
{
    char *text = arena_printf(m->arena, "%lld", (long long)value);
    m->out->fields.value[field] = str_of(text);
    return true;
}

static bool draft_take_number(struct making *m, enum field field, int64_t min, int64_t max,
                              int64_t *out)
{
    if (!draft_read_whole(draft_given(m, field), out) || *out < min || *out > max)
        return draft_incorrect(m, field);
    return draft_keep_number(m, field, *out);
}

static bool draft_check_limits(const struct making *m, int64_t quantity)
{
    if (quantity < m->service->min)
        return fault_set(m->why, FAULT_INVALID, "Quantity less than minimal %lld",
                         (long long)m->service->min);
    if (quantity > m->service->max)
        return fault_set(m->why, FAULT_INVALID, "Quantity more than maximum %lld",
                         (long long)m->service->max);
    return true;
}

/* ---- dates ---- */

static bool draft_date_parts(struct str text, char separator, int64_t parts[3])
{
    struct str piece;
    size_t n = 0;
    while (str_next(&text, separator, &piece))
        if (n == 3 || !str_to_i64(str_trim(piece), &parts[n++]))
            return false;
    return n == 3;
}

/* Documented as d/m/Y; m/d/Y and Y-m-d are met too. Kept as d/m/Y. */
static bool draft_take_expiry(struct making *m)
{
    struct str text = draft_given(m, FIELD_EXPIRY);
    int64_t p[3];
    if (!draft_date_parts(text, '/', p) && !draft_date_parts(text, '.', p) &&
        !draft_date_parts(text, '-', p))
        return draft_incorrect(m, FIELD_EXPIRY);
    bool is_year_first = p[0] > 31, is_month_first = p[0] <= 12 && p[1] > 12;
    int64_t year = is_year_first ? p[0] : p[2];
    int64_t month = is_month_first ? p[0] : p[1];
    int64_t day = is_year_first ? p[2] : is_month_first ? p[1] : p[0];
    if (day < 1 || day > 31 || month < 1 || month > 12 || year < 2000 || year > 9999)
        return draft_incorrect(m, FIELD_EXPIRY);
    m->out->fields.value[FIELD_EXPIRY] = str_of(arena_printf(
        m->arena, "%02lld/%02lld/%04lld", (long long)day, (long long)month, (long long)year));
    return true;
}

/* ---- the fields of a type ---- */

/* Clients swap the singular and the plural; either serves. */
static struct str draft_given_or_twin(const struct making *m, enum field field)
{
    struct str value = draft_given(m, field);
    if (value.len > 0)
        return value;
    if (field == FIELD_HASHTAG)
        return draft_given(m, FIELD_HASHTAGS);
    if (field == FIELD_HASHTAGS)
        return draft_given(m, FIELD_HASHTAG);
    if (field == FIELD_USERNAME && !(m->row->required & (1u << FIELD_USERNAMES)))
        return draft_given(m, FIELD_USERNAMES);
    if (field == FIELD_USERNAMES && !(m->row->required & (1u << FIELD_USERNAME)))
        return draft_given(m, FIELD_USERNAME);
    return value;
}

static bool draft_check_required(struct making *m, struct fields *completed)
{
    for (int f = 0; f < FIELD_COUNT; f++) {
        bool is_required = (m->row->required >> f) & 1;
        completed->value[f] =
            is_required ? draft_given_or_twin(m, (enum field)f) : draft_given(m, (enum field)f);
        if (is_required && completed->value[f].len == 0)
            return fault_set(m->why, FAULT_INVALID, "Missing parameter: %s",
                             field_name((enum field)f));
    }
    /* `keyword` is the name of both: of the keywords of SEO, and of a visitor's search. */
    if (m->service->type == ORDERTYPE_WEB_TRAFFIC &&
        str_is(draft_given(m, FIELD_TYPE_OF_TRAFFIC), "1") &&
        completed->value[FIELD_GOOGLE_KEYWORD].len == 0)
        completed->value[FIELD_GOOGLE_KEYWORD] = draft_given(m, FIELD_KEYWORDS);
    return true;
}

static bool draft_take_traffic(struct making *m)
{
    struct str type = draft_given(m, FIELD_TYPE_OF_TRAFFIC);
    enum field needed = str_is(type, "1")   ? FIELD_GOOGLE_KEYWORD
                        : str_is(type, "2") ? FIELD_REFERRING_URL
                                            : FIELD_COUNT;
    if (needed != FIELD_COUNT && draft_given(m, needed).len == 0)
        return fault_set(m->why, FAULT_INVALID, "Missing parameter: %s", field_name(needed));
    return true;
}

/* Leaving posts out means "no end"; a number that means nothing is no way to say so. */
static bool draft_take_posts(struct making *m, enum field field)
{
    int64_t posts;
    if (!draft_read_whole(draft_given(m, field), &posts) || (posts <= 0 && field == FIELD_POSTS))
        return draft_incorrect(m, field);
    return posts <= 0 || draft_keep_number(m, field, posts);
}

static bool draft_take_subscription(struct making *m)
{
    int64_t min, max, delay;
    if (!draft_take_number(m, FIELD_MIN, 1, INT32_MAX, &min) ||
        !draft_take_number(m, FIELD_MAX, 1, INT32_MAX, &max) ||
        !draft_take_number(m, FIELD_DELAY, 0, 100000, &delay))
        return false;
    if (max < min)
        return fault_set(m->why, FAULT_INVALID, "Incorrect max: it is less than min");
    if (!draft_check_limits(m, min) || !draft_check_limits(m, max))
        return false;
    if (draft_given(m, FIELD_POSTS).len && !draft_take_posts(m, FIELD_POSTS))
        return false;
    if (draft_given(m, FIELD_OLD_POSTS).len && !draft_take_posts(m, FIELD_OLD_POSTS))
        return false;
    return draft_given(m, FIELD_EXPIRY).len == 0 || draft_take_expiry(m);
}

static bool draft_take_drip(struct making *m, int64_t *runs_out)
{
    int64_t interval;
    struct str runs = draft_given(m, FIELD_RUNS);
    *runs_out = 1;
    if (!m->row->may_drip || runs.len == 0)
        return true;
    /* Forms send a zero for "not drip-fed". */
    if (draft_read_whole(runs, runs_out) && *runs_out == 0) {
        *runs_out = 1;
        return true;
    }
    if (draft_given(m, FIELD_INTERVAL).len == 0)
        return fault_set(m->why, FAULT_INVALID, "Missing parameter: interval");
    return draft_take_number(m, FIELD_RUNS, 1, DRIP_RUNS_MAX, runs_out) &&
           draft_take_number(m, FIELD_INTERVAL, 0, DRIP_INTERVAL_MAX, &interval);
}

static bool draft_is_taken_elsewhere(enum field field)
{
    const uint32_t elsewhere = 1u << FIELD_QUANTITY | 1u << FIELD_RUNS | 1u << FIELD_INTERVAL |
                               1u << FIELD_MIN | 1u << FIELD_MAX | 1u << FIELD_POSTS |
                               1u << FIELD_OLD_POSTS | 1u << FIELD_DELAY | 1u << FIELD_EXPIRY;
    return (elsewhere >> field) & 1;
}

static bool draft_take_fields(struct making *m, int64_t lines[FIELD_COUNT])
{
    for (int f = 0; f < FIELD_COUNT; f++) {
        enum field field = (enum field)f;
        if (!(((m->row->required | m->row->optional) >> f) & 1) ||
            draft_is_taken_elsewhere(field) || draft_given(m, field).len == 0)
            continue;
        if (field_is_list(field)) {
            if (!draft_take_list(m, field, &lines[f]))
                return false;
            if (lines[f] == 0)
                return fault_set(m->why, FAULT_INVALID, "Missing parameter: %s", field_name(field));
        } else if (!draft_take_text(m, field)) {
            return false;
        }
    }
    return true;
}

static bool draft_take_quantity(struct making *m, const int64_t lines[FIELD_COUNT], int64_t *out)
{
    switch (m->row->quantity) {
    case ORDERTYPE_QUANTITY_GIVEN:
        /* A number below the minimum, zero and negative ones too, is told as such. */
        if (!draft_read_whole(draft_given(m, FIELD_QUANTITY), out)) {
            if (!draft_is_digits(draft_given(m, FIELD_QUANTITY)))
                return draft_incorrect(m, FIELD_QUANTITY);
            *out = INT64_MAX; /* as good as any number above the maximum */
        }
        break;
    case ORDERTYPE_QUANTITY_COMMENTS:
        *out = lines[FIELD_COMMENTS];
        break;
    case ORDERTYPE_QUANTITY_USERNAMES:
        *out = lines[FIELD_USERNAMES];
        break;
    case ORDERTYPE_QUANTITY_ONE:
        /* What the panel counts its remains in; the charge is flat. */
        *out = m->service->min > 0 ? m->service->min : 1;
        return true;
    case ORDERTYPE_QUANTITY_PER_POST:
        *out = 0;
        return true;
    }
    return draft_check_limits(m, *out) && draft_keep_number(m, FIELD_QUANTITY, *out);
}

static bool draft_quote(struct making *m, int64_t runs, unsigned decimals)
{
    struct draft *out = m->out;
    if (__builtin_mul_overflow(out->run_quantity, runs, &out->quantity) ||
        !quote_charge(out->rate, out->quantity, m->row->is_flat, decimals, &out->charge))
        return fault_set(m->why, FAULT_INVALID, "Quantity more than maximum %lld",
                         (long long)m->service->max);
    if (m->row->quantity == ORDERTYPE_QUANTITY_PER_POST)
        out->charge = MONEY_ZERO;
    return true;
}

bool draft_make(const struct service *service, struct money rate, unsigned decimals,
                const struct fields *given_fields, struct arena *arena, struct draft *out,
                struct fault *why)
{
    struct fields completed;
    int64_t lines[FIELD_COUNT] = {0}, runs;
    struct making m = {.service = service,
                       .row = ordertype_row(service->type),
                       .given = given_fields,
                       .arena = arena,
                       .out = out,
                       .why = why};
    *out = (struct draft){.service = service, .type = service->type, .rate = rate};
    if (!draft_check_required(&m, &completed))
        return false;
    m.given = &completed;
    if (!draft_take_fields(&m, lines))
        return false;
    if (service->type == ORDERTYPE_WEB_TRAFFIC && !draft_take_traffic(&m))
        return false;
    if (m.row->quantity == ORDERTYPE_QUANTITY_PER_POST && !draft_take_subscription(&m))
        return false;
    return draft_take_quantity(&m, lines, &out->run_quantity) && draft_take_drip(&m, &runs) &&
           draft_quote(&m, runs, decimals);
}

bool draft_restore(const struct service *service, struct money rate, struct money charge,
                   int64_t quantity, const struct fields *kept, struct draft *out,
                   struct fault *why)
{
    int64_t run_quantity = quantity;
    struct str text = kept->value[FIELD_QUANTITY];
    if (text.len > 0 && !str_to_i64(text, &run_quantity))
        return fault_set(why, FAULT_BROKEN, "the kept fields hold no usable quantity");
    *out = (struct draft){.service = service,
                          .type = service->type,
                          .fields = *kept,
                          .quantity = quantity,
                          .run_quantity = run_quantity,
                          .rate = rate,
                          .charge = charge};
    return true;
}

void draft_reduce(struct draft *draft, int64_t delivered, struct money spent, struct arena *arena)
{
    draft->charge.units = draft->charge.units > spent.units ? draft->charge.units - spent.units : 0;
    if (delivered == 0)
        return;
    draft->quantity -= delivered;
    draft->run_quantity = draft->quantity;
    draft->fields.value[FIELD_QUANTITY] =
        str_of(arena_printf(arena, "%lld", (long long)draft->quantity));
}
