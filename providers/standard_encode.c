/* A question as the form body of the standard dialect. */
#include "providers/standard.h"

static void standard_encode_add_pair(struct buf *out, const char *name, struct str value)
{
    if (out->len > 0)
        buf_add_byte(out, '&');
    buf_add_text(out, name);
    buf_add_byte(out, '=');
    buf_add_urlencoded(out, value);
}

/* Comma and digits need no encoding, but textual ids might. */
static void standard_encode_add_ids(struct buf *out, const char *name,
                                    const struct question *question)
{
    if (out->len > 0)
        buf_add_byte(out, '&');
    buf_add_text(out, name);
    buf_add_byte(out, '=');
    for (size_t i = 0; i < question->id_count; i++) {
        if (i > 0)
            buf_add_byte(out, ',');
        buf_add_urlencoded(out, question->ids[i]);
    }
}

static struct str standard_encode_without_last_breaks(struct str list)
{
    while (list.len > 0 && (list.ptr[list.len - 1] == '\n' || list.ptr[list.len - 1] == '\r'))
        list.len--;
    return list;
}

static uint64_t standard_encode_count_lines(struct str list)
{
    struct str line;
    uint64_t count = 0;
    list = standard_encode_without_last_breaks(list);
    while (str_next(&list, '\n', &line))
        count += str_trim(line).len > 0;
    return count;
}

/* Some panels demand a quantity even where they derive it themselves. */
static void standard_encode_add_derived_quantity(struct buf *out, const struct fields *fields)
{
    const struct str *list = &fields->value[FIELD_COMMENTS];
    if (list->ptr == NULL)
        list = &fields->value[FIELD_USERNAMES];
    if (list->ptr == NULL || fields->value[FIELD_QUANTITY].ptr != NULL)
        return;
    buf_add_text(out, "&quantity=");
    buf_add_u64(out, standard_encode_count_lines(*list));
}

static void standard_encode_add_order(struct buf *out, const struct question *question)
{
    standard_encode_add_pair(out, "service", question->service);
    if (question->fields == NULL)
        return;
    for (int i = 0; i < FIELD_COUNT; i++) {
        enum field field = (enum field)i;
        struct str value = question->fields->value[field];
        if (value.ptr == NULL)
            continue;
        standard_encode_add_pair(out, field_name(field),
                                 field_is_list(field) ? standard_encode_without_last_breaks(value)
                                                      : value);
    }
    standard_encode_add_derived_quantity(out, question->fields);
}

void standard_encode(const struct provider_settings *settings, const struct question *question,
                     struct buf *out)
{
    static const struct {
        const char *action, *ids; /* ids: the parameter that holds them */
    } rows[QUESTION_ACTION_COUNT] = {
        [QUESTION_SERVICES] = {"services", NULL},
        [QUESTION_ADD] = {"add", NULL},
        [QUESTION_STATUS] = {"status", "order"},
        [QUESTION_STATUS_MANY] = {"status", "orders"},
        [QUESTION_REFILL] = {"refill", "order"},
        [QUESTION_REFILL_MANY] = {"refill", "orders"},
        [QUESTION_REFILL_STATUS] = {"refill_status", "refill"},
        [QUESTION_REFILL_STATUS_MANY] = {"refill_status", "refills"},
        [QUESTION_CANCEL] = {"cancel", "orders"},
        [QUESTION_BALANCE] = {"balance", NULL},
    };
    ASSERT(question->action < QUESTION_ACTION_COUNT);
    standard_encode_add_pair(out, "key", str_of(settings->key));
    standard_encode_add_pair(out, "action", str_of(rows[question->action].action));
    if (rows[question->action].ids != NULL)
        standard_encode_add_ids(out, rows[question->action].ids, question);
    if (question->action == QUESTION_ADD)
        standard_encode_add_order(out, question);
}
