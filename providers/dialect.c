/* The table of dialects, and the encoder of its one row: the form body of the standard dialect.
 * See dialect.h; the decoder is decode.c. */
#include "providers/dialect.h"

#include "providers/decode.h"

static void dialect_add_pair(struct buf *out, const char *name, struct str value)
{
    if (out->len > 0)
        buf_add_byte(out, '&');
    buf_add_text(out, name);
    buf_add_byte(out, '=');
    buf_add_urlencoded(out, value);
}

/* Comma and digits need no encoding, but textual ids might. */
static void dialect_add_ids(struct buf *out, const char *name,
                            const struct upstream_request *request)
{
    if (out->len > 0)
        buf_add_byte(out, '&');
    buf_add_text(out, name);
    buf_add_byte(out, '=');
    for (size_t i = 0; i < request->id_count; i++) {
        if (i > 0)
            buf_add_byte(out, ',');
        buf_add_urlencoded(out, request->ids[i]);
    }
}

static struct str dialect_without_last_breaks(struct str list)
{
    while (list.len > 0 && (list.ptr[list.len - 1] == '\n' || list.ptr[list.len - 1] == '\r'))
        list.len--;
    return list;
}

static uint64_t dialect_count_lines(struct str list)
{
    struct str line;
    uint64_t count = 0;
    list = dialect_without_last_breaks(list);
    while (str_next(&list, '\n', &line))
        count += str_trim(line).len > 0;
    return count;
}

/* Some panels demand a quantity even where they derive it themselves. */
static void dialect_add_derived_quantity(struct buf *out, const struct fields *fields)
{
    const struct str *list = &fields->value[FIELD_COMMENTS];
    if (list->ptr == NULL)
        list = &fields->value[FIELD_USERNAMES];
    if (list->ptr == NULL || fields->value[FIELD_QUANTITY].ptr != NULL)
        return;
    buf_add_text(out, "&quantity=");
    buf_add_u64(out, dialect_count_lines(*list));
}

static void dialect_add_order(struct buf *out, const struct upstream_request *request)
{
    dialect_add_pair(out, "service", request->service);
    if (request->fields == NULL)
        return;
    for (int i = 0; i < FIELD_COUNT; i++) {
        enum field field = (enum field)i;
        struct str value = request->fields->value[field];
        if (value.ptr == NULL)
            continue;
        dialect_add_pair(out, field_name(field),
                         field_is_list(field) ? dialect_without_last_breaks(value) : value);
    }
    dialect_add_derived_quantity(out, request->fields);
}

static void dialect_encode(const struct provider_settings *settings,
                           const struct upstream_request *request, struct buf *out)
{
    static const struct {
        const char *action, *ids; /* ids: the parameter that holds them */
    } rows[UPSTREAM_ACTION_COUNT] = {
        [UPSTREAM_SERVICES] = {"services", NULL},
        [UPSTREAM_ADD] = {"add", NULL},
        [UPSTREAM_STATUS] = {"status", "order"},
        [UPSTREAM_STATUS_MANY] = {"status", "orders"},
        [UPSTREAM_REFILL] = {"refill", "order"},
        [UPSTREAM_REFILL_MANY] = {"refill", "orders"},
        [UPSTREAM_REFILL_STATUS] = {"refill_status", "refill"},
        [UPSTREAM_REFILL_STATUS_MANY] = {"refill_status", "refills"},
        [UPSTREAM_CANCEL] = {"cancel", "orders"},
        [UPSTREAM_BALANCE] = {"balance", NULL},
    };
    ASSERT(request->action < UPSTREAM_ACTION_COUNT);
    dialect_add_pair(out, "key", str_of(settings->key));
    dialect_add_pair(out, "action", str_of(rows[request->action].action));
    if (rows[request->action].ids != NULL)
        dialect_add_ids(out, rows[request->action].ids, request);
    if (request->action == UPSTREAM_ADD)
        dialect_add_order(out, request);
}

static const struct dialect dialects[] = {
    {.name = "standard", .encode = dialect_encode, .decode = decode_standard},
};

const struct dialect *dialect_find(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(dialects); i++)
        if (str_equal_folded(name, str_of(dialects[i].name)))
            return &dialects[i];
    return NULL;
}

const struct dialect *dialect_default(void)
{
    return &dialects[0];
}

const char *dialect_names(void)
{
    return "standard";
}
