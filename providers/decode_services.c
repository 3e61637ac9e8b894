/* A panel's list. A row that cannot be read spoils itself only; a list that cannot be read is no
 * list. */
#include <stdlib.h>

#include "providers/decode.h"
#include "providers/paneltext.h"

enum { ROWS_MAX = 100000, NAME_MAX = 512, ID_MAX = 64 };

static const struct {
    const char *name, *text;
} entities[] = {
    {"&amp;", "&"}, {"&lt;", "<"},   {"&gt;", ">"},   {"&quot;", "\""}, {"&#039;", "'"},
    {"&#39;", "'"}, {"&apos;", "'"}, {"&nbsp;", " "}, {"&ndash;", "-"}, {"&mdash;", "-"},
};

/* Bytes of an entity at s, and what it stands for; 0 when there is none. */
static size_t decode_services_entity_at(struct str s, const char **text_out)
{
    for (size_t i = 0; i < COUNT_OF(entities); i++)
        if (str_starts(s, str_of(entities[i].name))) {
            *text_out = entities[i].text;
            return strlen(entities[i].name);
        }
    return 0;
}

/* "<b>" and the like; "a < b" is none. */
static size_t decode_services_tag_at(struct str s)
{
    char first = s.len > 1 ? s.ptr[1] : '\0';
    bool is_tag = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '/';
    size_t end = str_find_byte(str_first(s, 200), '>');
    return is_tag && end != SIZE_MAX ? end + 1 : 0;
}

struct services_reading { /* of one list */
    struct decoding *d;
    bool has_key;      /* our key stands somewhere in it */
    bool has_decimals; /* its bare rates have decimals, in a currency without small coins */
};

/* A name as a person should see it: one line, entities resolved, tags gone, blanks collapsed. */
static struct str decode_services_clean_name(struct str text, size_t max, struct arena *arena)
{
    text = str_first(text, 4 * NAME_MAX);
    char *out = arena_new(arena, text.len + 1);
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        const char *resolved = NULL;
        struct str rest = str_from(text, at);
        size_t skip = rest.ptr[0] == '&'   ? decode_services_entity_at(rest, &resolved)
                      : rest.ptr[0] == '<' ? decode_services_tag_at(rest)
                                           : 0;
        size_t start = at;
        uint32_t point = resolved ? (unsigned char)resolved[0] : ' ';
        if (skip > 0)
            at += skip;
        else
            point = paneltext_next(text, &at);
        if (point <= ' ' || (point >= 0x7F && point <= 0xA0) || point == 0x2028 ||
            point == 0x2029) {
            if (len > 0 && out[len - 1] != ' ')
                out[len++] = ' ';
            continue;
        }
        size_t size = resolved ? 1 : at - start;
        if (len + size > max)
            break;
        if (resolved)
            out[len] = resolved[0];
        else
            memcpy(out + len, text.ptr + start, size);
        len += size;
    }
    return str_trim(str_make(out, len));
}

static struct str decode_services_read_name(struct decoding *d, const json_t *value, size_t max,
                                            bool has_key)
{
    struct str text = scalar_print(scalar_of(value), d->arena);
    if (has_key && paneltext_holds_key(d->settings->key, text))
        text = decode_text(d, text);
    return decode_services_clean_name(text, max, d->arena);
}

/* Any printable text of a sane length: some panels use slugs. */
static bool decode_services_read_id(struct decoding *d, const json_t *value, struct str *out)
{
    int64_t number;
    struct scalar plain = scalar_of(value);
    if (plain.kind == SCALAR_INTEGER || plain.kind == SCALAR_REAL) {
        if (!scalar_integer(plain, &number) || number < 0)
            return false;
        *out = str_of(arena_printf(d->arena, "%lld", (long long)number));
        return true;
    }
    struct str text = str_trim(plain.text);
    if (plain.kind != SCALAR_TEXT || text.len == 0 || text.len > ID_MAX)
        return false;
    for (size_t at = 0; at < text.len;) {
        size_t start = at;
        uint32_t point = paneltext_next(text, &at);
        if (point < ' ' || (point >= 0x7F && point < 0xA0) || (point == 0xFFFD && at - start == 1))
            return false;
    }
    *out = arena_str(d->arena, text);
    return true;
}

/* Missing, null and blank say nothing; what is there and no number leaves nothing. */
static bool decode_services_read_limit(const json_t *value, int64_t *out, bool *is_void)
{
    struct scalar limit = scalar_of(value);
    bool is_blank = limit.kind == SCALAR_TEXT && str_trim(limit.text).len == 0;
    if (value == NULL || json_is_null(value) || is_blank)
        return false;
    if (scalar_integer(limit, out))
        return true;
    *is_void = true;
    return false;
}

/* Each of the two for itself: panels name one alone, and switch a service off by limits that leave
 * nothing. */
static void decode_services_read_limits(const json_t *row, struct upstream_service *out)
{
    int64_t min = 1, max = UPSTREAM_MAX_QUANTITY;
    bool has_min = decode_services_read_limit(scalar_member(row, "min"), &min, &out->is_void);
    bool has_max = decode_services_read_limit(scalar_member(row, "max"), &max, &out->is_void);
    max = max > UPSTREAM_MAX_QUANTITY ? UPSTREAM_MAX_QUANTITY : max;
    out->is_void = out->is_void || max < 1 || min > max;
    out->has_limits = !out->is_void && (has_min || has_max);
    if (!out->has_limits)
        return;
    out->min = min < 0 ? 0 : min;
    out->max = max;
}

/* false, 0, "no"; absent, null and empty say nothing. */
static bool decode_services_says_no(const json_t *flag)
{
    struct scalar value = scalar_of(flag);
    bool is_empty = json_is_string(flag) && str_trim(value.text).len == 0;
    return flag != NULL && !json_is_null(flag) && !is_empty && scalar_is_falsy(value);
}

/* "0.90", "1500.500": a point that stands between no thousands. */
static bool decode_services_has_decimals(struct str rate)
{
    rate = str_trim(rate);
    size_t point = str_find_byte(rate, '.');
    return point != SIZE_MAX && money_is_bare(rate) &&
           str_find_byte(str_from(rate, point + 1), '.') == SIZE_MAX &&
           str_find_byte(rate, ',') == SIZE_MAX &&
           (rate.len - point - 1 != 3 || point > 3 || rate.ptr[0] == '0');
}

/* Where our account has no small coins, a bare "15.000" is fifteen thousand, unless the list shows
 * elsewhere that its points are decimal ones. */
static bool decode_services_list_has_decimals(const json_t *list)
{
    const char *key;
    json_t *row;
    size_t i;
    json_array_foreach(list, i, row)
    {
        if (decode_services_has_decimals(scalar_of(scalar_member(row, "rate")).text))
            return true;
    }
    json_object_foreach((json_t *)(uintptr_t)list, key, row)
    {
        if (decode_services_has_decimals(scalar_of(scalar_member(row, "rate")).text))
            return true;
    }
    return false;
}

static void decode_services_read_rate(const struct services_reading *reading, const json_t *row,
                                      struct upstream_service *out)
{
    struct scalar rate = scalar_of(scalar_member(row, "rate"));
    bool is_decimal = reading->has_decimals && money_is_bare(rate.text);
    struct str stated = scalar_currency(row);
    struct str beside =
        is_decimal ? stated : scalar_beside(rate, stated, reading->d->settings->currency);
    out->has_rate = scalar_money(rate, beside, &out->rate, NULL) && out->rate.units >= 0;
    if (!out->has_rate)
        out->rate = MONEY_ZERO;
}

static bool decode_services_read_row(const struct services_reading *reading, const json_t *row,
                                     const char *key, struct upstream_service *out)
{
    static const char *const id_names[] = {"service", "service_id", "serviceId", "id"};
    struct decoding *d = reading->d;
    const bool has_key = reading->has_key;
    const json_t *id = NULL;
    if (!json_is_object(row))
        return false;
    *out = (struct upstream_service){0};
    for (size_t i = 0; i < COUNT_OF(id_names) && id == NULL; i++)
        id = scalar_member(row, id_names[i]);
    if (id == NULL && key != NULL) {
        out->id = arena_str(d->arena, str_first(str_of(key), ID_MAX));
    } else if (!decode_services_read_id(d, id, &out->id)) {
        return false;
    }
    out->name = decode_services_read_name(d, scalar_member(row, "name"), NAME_MAX, has_key);
    out->category = decode_services_read_name(d, scalar_member(row, "category"), NAME_MAX, has_key);
    out->type_text = decode_services_read_name(d, scalar_member(row, "type"), ID_MAX, has_key);
    out->type = ordertype_fold(out->type_text);
    decode_services_read_rate(reading, row, out);
    decode_services_read_limits(row, out);
    out->refill = scalar_is_true(scalar_of(scalar_member(row, "refill")));
    out->cancel = scalar_is_true(scalar_of(scalar_member(row, "cancel")));
    out->dripfeed = scalar_is_true(scalar_of(scalar_member(row, "dripfeed")));
    out->no_refill = decode_services_says_no(scalar_member(row, "refill"));
    out->no_cancel = decode_services_says_no(scalar_member(row, "cancel"));
    return true;
}

static int decode_services_compare_ids(const void *a, const void *b)
{
    const struct upstream_service *const *left = a, *const *right = b;
    int order = str_compare((*left)->id, (*right)->id);
    if (order != 0)
        return order;
    return *left < *right ? -1 : *left > *right;
}

static bool decode_services_is_same_content(const struct upstream_service *a,
                                            const struct upstream_service *b)
{
    return a->type == b->type && str_equal(a->type_text, b->type_text) &&
           a->has_rate == b->has_rate && a->rate.units == b->rate.units &&
           a->has_limits == b->has_limits && a->is_void == b->is_void && a->min == b->min &&
           a->max == b->max;
}

/* What one id says in several rows: the first counts when all say the same, none when they do not.
 */
static void decode_services_judge_doubles(struct upstream_response *answer,
                                          struct upstream_service *const *rows, size_t count,
                                          bool *is_dropped)
{
    bool is_mixed = false;
    for (size_t i = 1; i < count && !is_mixed; i++)
        is_mixed = !decode_services_is_same_content(rows[0], rows[i]);
    for (size_t i = is_mixed ? 0 : 1; i < count; i++) {
        rows[i]->is_doubled = is_mixed;
        is_dropped[rows[i] - answer->services] = !is_mixed;
    }
}

static void decode_services_mark_doubles(struct upstream_response *answer)
{
    size_t count = answer->service_count, kept = 0;
    struct upstream_service **sorted = memory_array(count, sizeof(struct upstream_service *));
    bool *is_dropped = memory_array(count, sizeof *is_dropped);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &answer->services[i];
    qsort(sorted, count, sizeof(struct upstream_service *), decode_services_compare_ids);
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && str_equal(sorted[first]->id, sorted[end]->id);)
            end++;
        decode_services_judge_doubles(answer, sorted + first, end - first, is_dropped);
    }
    for (size_t i = 0; i < count; i++)
        if (!is_dropped[i])
            answer->services[kept++] = answer->services[i];
    answer->service_count = kept;
    free(is_dropped);
    free(sorted);
}

/* Rows, or an object keyed by id or index whose members all are rows. */
static bool decode_services_is_keyed_list(const json_t *object)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object) || json_object_size(object) == 0)
        return false;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (!json_is_object(value) || scalar_member(value, "rate") == NULL)
            return false;
    }
    return true;
}

static void decode_services_read_rows(struct decoding *d, const json_t *list)
{
    struct upstream_response *answer = d->answer;
    size_t count = json_is_array(list) ? json_array_size(list) : json_object_size(list);
    bool is_coinless = money_is_coinless(str_of(d->settings->currency));
    struct services_reading reading = {
        .d = d,
        .has_key = paneltext_holds_key(d->settings->key, d->facts->body),
        .has_decimals = is_coinless && decode_services_list_has_decimals(list)};
    const char *key;
    json_t *row;
    size_t i;
    count = count < ROWS_MAX ? count : ROWS_MAX;
    answer->services = arena_new(d->arena, (count + 1) * sizeof *answer->services);
    if (json_is_array(list)) {
        json_array_foreach(list, i, row)
        {
            if (answer->service_count < count &&
                decode_services_read_row(&reading, row, NULL,
                                         &answer->services[answer->service_count]))
                answer->service_count++;
        }
    } else {
        json_object_foreach((json_t *)(uintptr_t)list, key, row)
        {
            if (answer->service_count < count &&
                decode_services_read_row(&reading, row, key,
                                         &answer->services[answer->service_count]))
                answer->service_count++;
        }
    }
    decode_services_mark_doubles(answer);
}

void decode_services(struct decoding *d)
{
    const json_t *list = d->root;
    for (int depth = 0; depth < 2 && json_is_object(list) && !decode_services_is_keyed_list(list);
         depth++) {
        const json_t *inner = scalar_member(list, "services");
        if (inner == NULL)
            inner = scalar_member(list, "data");
        if (inner == NULL)
            break;
        list = inner;
    }
    bool is_list = json_is_array(list) || decode_services_is_keyed_list(list);
    /* [{"error":…}] is an error, not a list of one. */
    bool is_error = decode_is_error(d) && !(is_list && json_array_size(list) > 1);
    if (is_list && !is_error) {
        decode_services_read_rows(d, list);
        size_t rows = json_is_array(list) ? json_array_size(list) : json_object_size(list);
        if (d->answer->service_count > 0 || rows == 0) {
            d->answer->outcome = OUTCOME_ACCEPTED;
            return;
        }
    }
    decode_fail(d);
}
