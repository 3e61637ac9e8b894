/* See provider_list.h. */
#include "catalogue/provider_list.h"

#include <jansson.h>
#include <stdlib.h>

#include "catalogue/cleantext.h"

struct provider_list *provider_list_new(int64_t fetched_at_ms)
{
    struct provider_list *list = memory_new(sizeof *list);
    arena_init(&list->arena);
    list->fetched_at_ms = fetched_at_ms;
    return list;
}

void provider_list_free(struct provider_list **list)
{
    if (!*list)
        return;
    arena_fini(&(*list)->arena);
    free((*list)->rows);
    free(*list);
    *list = NULL;
}

void provider_list_add(struct provider_list *list, const struct panelrow *row)
{
    if (list->count == PROVIDER_LIST_MAX)
        return;
    if (list->count == list->room) {
        list->room = list->room ? list->room * 2 : 64;
        list->rows = memory_resize(list->rows, list->room, sizeof *list->rows);
    }
    struct panelrow *copy = &list->rows[list->count];
    *copy = *row;
    copy->id = arena_str(&list->arena, row->id);
    copy->name = cleantext_make(&list->arena, row->name);
    struct str category = cleantext_make(&list->arena, row->category);
    /* Categories come in runs; one copy a run. */
    bool is_same = list->count > 0 && str_equal(copy[-1].category, category);
    copy->category = is_same ? copy[-1].category : category;
    copy->has_limits = row->has_limits && row->min >= 0 && row->max >= row->min && row->max > 0;
    copy->is_void = row->is_void || (row->has_limits && !copy->has_limits);
    if (copy->is_unpriced)
        copy->rate = MONEY_ZERO;
    if (!copy->has_limits)
        copy->min = copy->max = 0;
    list->count++;
}

static int provider_list_compare_rows(const void *a, const void *b)
{
    const struct panelrow *first = a, *second = b;
    int order = str_compare(first->id, second->id);
    /* Copies are made in order of arrival and blocks are not: the name breaks the tie, so that
     * the outcome does not depend on the sorting. */
    return order ? order : str_compare(first->name, second->name);
}

void provider_list_seal(struct provider_list *list)
{
    if (list->count == 0)
        return;
    qsort(list->rows, list->count, sizeof *list->rows, provider_list_compare_rows);
    size_t kept = 1;
    for (size_t i = 1; i < list->count; i++)
        if (!str_equal(list->rows[i].id, list->rows[kept - 1].id))
            list->rows[kept++] = list->rows[i];
    list->count = list->room = kept;
    list->rows = memory_resize(list->rows, kept, sizeof *list->rows);
}

struct provider_list *provider_list_from_answer(const struct upstream_response *answer,
                                                int64_t fetched_at_ms)
{
    struct provider_list *list = provider_list_new(fetched_at_ms);
    for (size_t i = 0; i < answer->service_count; i++) {
        const struct upstream_service *service = &answer->services[i];
        if (service->id.len == 0 || service->id.len > PROVIDER_LIST_ID_MAX)
            continue;
        provider_list_add(list, &(struct panelrow){
                                    .id = service->id,
                                    .name = service->name,
                                    .category = service->category,
                                    .rate = service->rate,
                                    .min = service->min,
                                    .max = service->max,
                                    .type = service->type,
                                    .has_limits = service->has_limits,
                                    .is_void = service->is_void,
                                    .is_unpriced = !service->has_rate || service->is_doubled,
                                    .refill = service->refill,
                                    .cancel = service->cancel,
                                    .dripfeed = service->dripfeed,
                                    .no_refill = service->no_refill,
                                    .no_cancel = service->no_cancel,
                                });
    }
    provider_list_seal(list);
    return list;
}

const struct panelrow *provider_list_find(const struct provider_list *list, struct str id)
{
    size_t low = 0, high = list ? list->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(list->rows[middle].id, id);
        if (order == 0)
            return &list->rows[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

size_t provider_list_priced(const struct provider_list *list)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += !list->rows[i].is_unpriced;
    return count;
}

size_t provider_list_void(const struct provider_list *list)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += list->rows[i].is_void;
    return count;
}

size_t provider_list_missing(const struct provider_list *former, const struct provider_list *next)
{
    size_t missing = 0, at = 0;
    for (size_t i = 0; i < former->count; i++) {
        while (at < next->count && str_compare(next->rows[at].id, former->rows[i].id) < 0)
            at++;
        missing += at == next->count || !str_equal(next->rows[at].id, former->rows[i].id);
    }
    return missing;
}

bool provider_list_is_shrunken(const struct provider_list *former, const struct provider_list *next,
                               struct percent limit)
{
    __extension__ typedef __int128 wide;
    wide missing = (wide)provider_list_missing(former, next) * PERCENT_WHOLE;
    return missing > (wide)former->count * limit.units;
}

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

static void provider_list_print_money(struct money amount, bool is_known, struct buf *out)
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

static void provider_list_print_row(const struct panelrow *row, struct buf *out)
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
    provider_list_print_money(row->rate, !row->is_unpriced, out);
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

static void provider_list_print_held(struct str service, struct price_state *state, void *arg)
{
    struct held_printer *printer = arg;
    if (!state->is_quarantined)
        return;
    struct buf *out = printer->out;
    buf_add_text(out, printer->count++ ? ",[" : "[");
    buf_add_json(out, service);
    buf_add_byte(out, ',');
    provider_list_print_money(state->pending, !state->is_unreadable, out);
    buf_add_byte(out, ',');
    provider_list_print_money(state->accepted, state->has_accepted, out);
    buf_printf(out, ",%u,%lld,%lld]", state->agreeing, (long long)state->since_ms,
               (long long)state->held_since_ms);
}

static void provider_list_print_ran(struct str service, struct price_state *state, void *arg)
{
    struct held_printer *printer = arg;
    if (!state->is_quarantined)
        return;
    if (printer->count++)
        buf_add_byte(printer->out, ',');
    buf_add_json(printer->out, service);
    buf_printf(printer->out, ":%lld", (long long)state->held_ran_ms);
}

/* What changes all the time stands before the rows: it is no news of the list. */
static void provider_list_print_head(const struct provider_list *list, const struct pricebook *book,
                                     const struct outage *outage, struct buf *out)
{
    struct held_printer printer = {.out = out};
    buf_printf(out, "{\"version\":%d,\"fetched\":%lld,", VERSION, (long long)list->fetched_at_ms);
    if (outage && outage->why != OUTAGE_NONE) {
        buf_add_text(out, "\"outage\":");
        outage_print(outage, out);
        buf_add_byte(out, ',');
    }
    buf_add_text(out, "\"ran\":{");
    if (book)
        pricebook_each(book, provider_list_print_ran, &printer);
    buf_add_text(out, "},\"rows\":[");
}

bool provider_list_print(const struct provider_list *list, const struct pricebook *book,
                         const struct outage *outage, struct buf *out)
{
    provider_list_print_head(list, book, outage, out);
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            buf_add_byte(out, ',');
        provider_list_print_row(&list->rows[i], out);
    }
    buf_add_text(out, "],\"held\":[");
    struct held_printer printer = {.out = out};
    if (book)
        pricebook_each(book, provider_list_print_held, &printer);
    buf_add_text(out, "]}");
    return !out->is_over;
}

/* ---- read ---- */

static bool provider_list_read_text(const json_t *row, size_t index, struct str *out)
{
    const json_t *value = json_array_get(row, index);
    if (!json_is_string(value))
        return false;
    *out = str_make(json_string_value(value), json_string_length(value));
    return true;
}

static bool provider_list_read_id(const json_t *row, struct str *out)
{
    return provider_list_read_text(row, 0, out) && out->len > 0 && out->len <= PROVIDER_LIST_ID_MAX;
}

static bool provider_list_read_number(const json_t *row, size_t index, int64_t *out)
{
    const json_t *value = json_array_get(row, index);
    *out = json_integer_value(value);
    return json_is_integer(value) && *out >= 0;
}

/* null where an amount may be unknown. */
static bool provider_list_read_money(const json_t *row, size_t index, struct money *out,
                                     bool *is_known)
{
    struct str text;
    *is_known = !json_is_null(json_array_get(row, index));
    if (!*is_known)
        return true;
    return provider_list_read_text(row, index, &text) && money_parse(text, MONEY_EXACT, out) &&
           out->units >= 0;
}

/* The same, and below 0 as well. */
static bool provider_list_read_balance(const json_t *row, size_t index, struct money *out,
                                       bool *is_known)
{
    struct str text;
    *is_known = !json_is_null(json_array_get(row, index));
    return !*is_known ||
           (provider_list_read_text(row, index, &text) && money_parse(text, MONEY_EXACT, out));
}

static bool provider_list_read_type(const json_t *row, size_t index, enum ordertype *out)
{
    struct str word;
    if (!provider_list_read_text(row, index, &word))
        return false;
    for (int type = 0; type <= ORDERTYPE_UNKNOWN; type++)
        if (str_is(word, ordertype_name((enum ordertype)type))) {
            *out = (enum ordertype)type;
            return true;
        }
    return false;
}

static bool provider_list_read_row(const json_t *json, struct panelrow *out)
{
    struct panelrow row = {0};
    int64_t flags;
    bool is_priced;
    if (!json_is_array(json) || json_array_size(json) != ROW_LENGTH ||
        !provider_list_read_id(json, &row.id) || !provider_list_read_text(json, 1, &row.name) ||
        !provider_list_read_text(json, 2, &row.category) ||
        !provider_list_read_type(json, 3, &row.type) ||
        !provider_list_read_money(json, 4, &row.rate, &is_priced) ||
        !provider_list_read_number(json, 7, &flags) || flags > FLAGS_ALL)
        return false;
    row.has_limits = !json_is_null(json_array_get(json, 5));
    if (row.has_limits && (!provider_list_read_number(json, 5, &row.min) ||
                           !provider_list_read_number(json, 6, &row.max) || row.max < row.min))
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

static bool provider_list_read_held(const json_t *json, struct str *id_out, struct price_state *out)
{
    struct price_state state = {.is_quarantined = true};
    int64_t lists;
    bool has_pending;
    size_t length = json_array_size(json);
    if ((length != HELD_LENGTH && length != HELD_LENGTH_BEFORE) ||
        !provider_list_read_id(json, id_out) ||
        !provider_list_read_money(json, 1, &state.pending, &has_pending) ||
        !provider_list_read_money(json, 2, &state.accepted, &state.has_accepted) ||
        !provider_list_read_number(json, 3, &lists) || lists > QUARANTINE_LISTS ||
        !provider_list_read_number(json, 4, &state.since_ms))
        return false;
    state.agreeing = (unsigned)lists;
    state.is_unreadable = !has_pending;
    state.held_since_ms = state.since_ms;
    if (length == HELD_LENGTH && !provider_list_read_number(json, 5, &state.held_since_ms))
        return false;
    *out = state;
    return true;
}

static struct provider_list *provider_list_read_rows(const json_t *root)
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
    for (size_t i = 0; i < count && provider_list_read_row(json_array_get(rows, i), &row); i++)
        provider_list_add(list, &row);
    bool is_whole = list->count == count;
    provider_list_seal(list);
    if (!is_whole || list->count != count)
        provider_list_free(&list);
    return list;
}

/* All of "held" well-formed? Nothing may be taken over from a half of it. */
static bool provider_list_check_held(const json_t *held)
{
    struct str id;
    struct price_state state;
    for (size_t i = 0; i < json_array_size(held); i++)
        if (!provider_list_read_held(json_array_get(held, i), &id, &state))
            return false;
    return json_is_array(held);
}

/* Of a text without it: what it says of itself, by the wall clock. */
static int64_t provider_list_read_ran(const json_t *root, struct str id,
                                      const struct price_state *state)
{
    const json_t *ran = json_object_getn(json_object_get(root, "ran"), id.ptr, id.len);
    int64_t fetched_at_ms = json_integer_value(json_object_get(root, "fetched"));
    if (json_is_integer(ran) && json_integer_value(ran) >= 0 &&
        json_integer_value(ran) <= OUTAGE_RAN_MAX_MS)
        return json_integer_value(ran);
    return fetched_at_ms > state->held_since_ms ? fetched_at_ms - state->held_since_ms : 0;
}

static void provider_list_read_outage(const json_t *json, struct outage *out)
{
    struct str why;
    struct money balance;
    int64_t ran_ms;
    bool has_balance;
    *out = (struct outage){0};
    if (provider_list_read_text(json, 0, &why) && provider_list_read_number(json, 1, &ran_ms) &&
        provider_list_read_balance(json, 2, &balance, &has_balance))
        outage_set_kept(out, why, ran_ms, has_balance ? &balance : NULL);
}

static void provider_list_fill_book(const struct provider_list *list, const json_t *root,
                                    struct pricebook *book, bool keep_known)
{
    const json_t *held = json_object_get(root, "held");
    for (size_t i = 0; i < json_array_size(held); i++) {
        struct str id;
        struct price_state state;
        bool is_read = provider_list_read_held(json_array_get(held, i), &id, &state);
        bool is_known = pricebook_find(book, id) != NULL;
        struct price_state *place = is_read ? pricebook_need(book, id) : NULL;
        if (place && !(is_known && keep_known)) {
            *place = state;
            place->held_ran_ms = provider_list_read_ran(root, id, &state);
        }
    }
    for (size_t i = 0; i < list->count; i++) {
        struct price_state *known = pricebook_find(book, list->rows[i].id);
        if (known && (keep_known || known->is_quarantined))
            continue;
        struct price_state *place = pricebook_need(book, list->rows[i].id);
        if (place && !list->rows[i].is_unpriced)
            *place = (struct price_state){.has_accepted = true, .accepted = list->rows[i].rate};
        else if (place)
            pricebook_judge_unreadable(place, list->fetched_at_ms);
    }
}

struct provider_list *provider_list_parse(struct str text, struct pricebook *book,
                                          struct outage *outage, bool keep_known)
{
    if (text.len == 0 || text.len > PROVIDER_LIST_TEXT_MAX)
        return NULL;
    json_t *root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *held = json_object_get(root, "held");
    struct provider_list *list =
        provider_list_check_held(held) ? provider_list_read_rows(root) : NULL;
    if (list && book)
        provider_list_fill_book(list, root, book, keep_known);
    if (list && outage)
        provider_list_read_outage(json_object_get(root, "outage"), outage);
    json_decref(root);
    return list;
}
