/* See listtext.h. */
#include "catalogue/listtext.h"

#include <jansson.h>

enum { VERSION = 1, ROW_LENGTH = 8, HELD_LENGTH = 6, HELD_LENGTH_BEFORE = 5 };
enum {
    FLAG_REFILL = 1,
    FLAG_CANCEL = 2,
    FLAG_DRIPFEED = 4,
    FLAG_VOID = 8,
    FLAG_NO_REFILL = 16,
    FLAG_NO_CANCEL = 32,
    FLAGS_ALL = 63,
};

/* ---- print ---- */

static void listtext_print_money(struct money amount, bool is_known, struct buf *out)
{
    char text[MONEY_TEXT];
    if (!is_known) {
        buf_add_text(out, "null");
        return;
    }
    size_t len = money_print(amount, 0, text);
    buf_add_byte(out, '"');
    buf_add(out, text, len);
    buf_add_byte(out, '"');
}

static void listtext_print_row(const struct panelrow *row, struct buf *out)
{
    buf_add_byte(out, '[');
    buf_add_json(out, row->id);
    buf_add_byte(out, ',');
    buf_add_json(out, row->name);
    buf_add_byte(out, ',');
    buf_add_json(out, row->category);
    buf_add_byte(out, ',');
    buf_add_json(out, str_of(ordertype_name(row->type)));
    buf_add_byte(out, ',');
    listtext_print_money(row->rate, !row->is_unpriced, out);
    if (row->has_limits)
        buf_printf(out, ",%lld,%lld", (long long)row->min, (long long)row->max);
    else
        buf_add_text(out, ",null,null");
    unsigned flags = (row->refill ? FLAG_REFILL : 0U) | (row->cancel ? FLAG_CANCEL : 0U) |
                     (row->dripfeed ? FLAG_DRIPFEED : 0U) | (row->is_void ? FLAG_VOID : 0U) |
                     (row->no_refill ? FLAG_NO_REFILL : 0U) |
                     (row->no_cancel ? FLAG_NO_CANCEL : 0U);
    buf_printf(out, ",%u]", flags);
}

struct held_printer {
    struct buf *out;
    size_t count;
};

static void listtext_print_held(struct str service, struct price_state *state, void *arg)
{
    struct held_printer *printer = arg;
    if (!state->is_quarantined)
        return;
    struct buf *out = printer->out;
    buf_add_text(out, printer->count++ ? ",[" : "[");
    buf_add_json(out, service);
    buf_add_byte(out, ',');
    listtext_print_money(state->pending, !state->is_unreadable, out);
    buf_add_byte(out, ',');
    listtext_print_money(state->accepted, state->has_accepted, out);
    buf_printf(out, ",%u,%lld,%lld]", state->agreeing, (long long)state->since_ms,
               (long long)state->held_since_ms);
}

bool listtext_print(const struct provider_list *list, const struct pricebook *book, struct buf *out)
{
    buf_printf(out, "{\"version\":%d,\"fetched\":%lld,\"rows\":[", VERSION,
               (long long)list->fetched_at_ms);
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            buf_add_byte(out, ',');
        listtext_print_row(&list->rows[i], out);
    }
    buf_add_text(out, "],\"held\":[");
    struct held_printer printer = {.out = out};
    if (book)
        pricebook_each(book, listtext_print_held, &printer);
    buf_add_text(out, "]}");
    return !out->is_over;
}

/* ---- read ---- */

static bool listtext_read_text(const json_t *row, size_t index, struct str *out)
{
    const json_t *value = json_array_get(row, index);
    if (!json_is_string(value))
        return false;
    *out = str_make(json_string_value(value), json_string_length(value));
    return true;
}

static bool listtext_read_id(const json_t *row, struct str *out)
{
    return listtext_read_text(row, 0, out) && out->len > 0 && out->len <= PROVIDER_LIST_ID_MAX;
}

static bool listtext_read_number(const json_t *row, size_t index, int64_t *out)
{
    const json_t *value = json_array_get(row, index);
    *out = json_integer_value(value);
    return json_is_integer(value) && *out >= 0;
}

/* null where an amount may be unknown. */
static bool listtext_read_money(const json_t *row, size_t index, struct money *out, bool *is_known)
{
    struct str text;
    *is_known = !json_is_null(json_array_get(row, index));
    if (!*is_known)
        return true;
    return listtext_read_text(row, index, &text) && money_parse(text, MONEY_EXACT, out) &&
           out->units >= 0;
}

static bool listtext_read_type(const json_t *row, size_t index, enum ordertype *out)
{
    struct str word;
    if (!listtext_read_text(row, index, &word))
        return false;
    for (int type = 0; type <= ORDERTYPE_UNKNOWN; type++)
        if (str_is(word, ordertype_name((enum ordertype)type))) {
            *out = (enum ordertype)type;
            return true;
        }
    return false;
}

static bool listtext_read_row(const json_t *json, struct panelrow *out)
{
    struct panelrow row = {0};
    int64_t flags;
    bool is_priced;
    if (!json_is_array(json) || json_array_size(json) != ROW_LENGTH ||
        !listtext_read_id(json, &row.id) || !listtext_read_text(json, 1, &row.name) ||
        !listtext_read_text(json, 2, &row.category) || !listtext_read_type(json, 3, &row.type) ||
        !listtext_read_money(json, 4, &row.rate, &is_priced) ||
        !listtext_read_number(json, 7, &flags) || flags > FLAGS_ALL)
        return false;
    row.has_limits = !json_is_null(json_array_get(json, 5));
    if (row.has_limits && (!listtext_read_number(json, 5, &row.min) ||
                           !listtext_read_number(json, 6, &row.max) || row.max < row.min))
        return false;
    row.is_unpriced = !is_priced;
    row.is_void = flags & FLAG_VOID;
    if (row.is_void && row.has_limits)
        return false;
    row.refill = flags & FLAG_REFILL;
    row.cancel = flags & FLAG_CANCEL;
    row.dripfeed = flags & FLAG_DRIPFEED;
    row.no_refill = flags & FLAG_NO_REFILL;
    row.no_cancel = flags & FLAG_NO_CANCEL;
    *out = row;
    return true;
}

static bool listtext_read_held(const json_t *json, struct str *id_out, struct price_state *out)
{
    struct price_state state = {.is_quarantined = true};
    int64_t lists;
    bool has_pending;
    size_t length = json_array_size(json);
    if ((length != HELD_LENGTH && length != HELD_LENGTH_BEFORE) ||
        !listtext_read_id(json, id_out) ||
        !listtext_read_money(json, 1, &state.pending, &has_pending) ||
        !listtext_read_money(json, 2, &state.accepted, &state.has_accepted) ||
        !listtext_read_number(json, 3, &lists) || lists > QUARANTINE_LISTS ||
        !listtext_read_number(json, 4, &state.since_ms))
        return false;
    state.agreeing = (unsigned)lists;
    state.is_unreadable = !has_pending;
    state.held_since_ms = state.since_ms;
    if (length == HELD_LENGTH && !listtext_read_number(json, 5, &state.held_since_ms))
        return false;
    *out = state;
    return true;
}

static struct provider_list *listtext_read_rows(const json_t *root)
{
    const json_t *rows = json_object_get(root, "rows");
    const json_t *version = json_object_get(root, "version");
    const json_t *fetched = json_object_get(root, "fetched");
    if (!json_is_array(rows) || json_array_size(rows) == 0 ||
        json_array_size(rows) > PROVIDER_LIST_MAX || json_integer_value(version) != VERSION ||
        json_integer_value(fetched) <= 0)
        return NULL;
    size_t count = json_array_size(rows);
    struct provider_list *list = provider_list_new(json_integer_value(fetched));
    struct panelrow row;
    for (size_t i = 0; i < count && listtext_read_row(json_array_get(rows, i), &row); i++)
        provider_list_add(list, &row);
    bool is_whole = list->count == count;
    provider_list_seal(list);
    if (!is_whole || list->count != count)
        provider_list_free(&list);
    return list;
}

/* All of "held" well-formed? Nothing may be taken over from a half of it. */
static bool listtext_check_held(const json_t *held)
{
    struct str id;
    struct price_state state;
    for (size_t i = 0; i < json_array_size(held); i++)
        if (!listtext_read_held(json_array_get(held, i), &id, &state))
            return false;
    return json_is_array(held);
}

static void listtext_fill_book(const struct provider_list *list, const json_t *held,
                               struct pricebook *book, bool keep_known)
{
    for (size_t i = 0; i < json_array_size(held); i++) {
        struct str id;
        struct price_state state;
        bool is_read = listtext_read_held(json_array_get(held, i), &id, &state);
        bool is_known = pricebook_find(book, id) != NULL;
        struct price_state *place = is_read ? pricebook_need(book, id) : NULL;
        if (place && !(is_known && keep_known))
            *place = state;
    }
    for (size_t i = 0; i < list->count; i++) {
        struct price_state *known = pricebook_find(book, list->rows[i].id);
        if (known && (keep_known || known->is_quarantined))
            continue;
        struct price_state *place = pricebook_need(book, list->rows[i].id);
        if (place && !list->rows[i].is_unpriced)
            *place = (struct price_state){.has_accepted = true, .accepted = list->rows[i].rate};
        else if (place)
            quarantine_judge_unreadable(place, list->fetched_at_ms);
    }
}

struct provider_list *listtext_parse(struct str text, struct pricebook *book, bool keep_known)
{
    if (text.len == 0 || text.len > LISTTEXT_MAX)
        return NULL;
    json_t *root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *held = json_object_get(root, "held");
    struct provider_list *list = listtext_check_held(held) ? listtext_read_rows(root) : NULL;
    if (list && book)
        listtext_fill_book(list, held, book, keep_known);
    json_decref(root);
    return list;
}
