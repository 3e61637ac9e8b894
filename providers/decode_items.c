/* Refills, refill statuses and cancels: one item per requested id. */
#include "providers/decode.h"

static const char *const order_names[] = {"order", "order_id", "orderId", "id"};
static const char *const refill_names[] = {"refill", "refill_id", "refillId"};

static const json_t *decode_items_first_member(const json_t *object, const char *const *names,
                                               size_t count)
{
    const json_t *found = NULL;
    for (size_t i = 0; i < count && found == NULL; i++)
        found = scalar_member(object, names[i]);
    return found;
}

static struct upstream_item *decode_items_find_requested(struct decoding *d, struct str id)
{
    for (size_t i = 0; i < d->answer->item_count; i++)
        if (str_equal(d->answer->items[i].id, id))
            return &d->answer->items[i];
    return NULL;
}

static enum refusal decode_items_default_refusal(enum upstream_action action)
{
    if (action == UPSTREAM_CANCEL)
        return REFUSAL_CANCEL;
    return action == UPSTREAM_REFILL || action == UPSTREAM_REFILL_MANY ? REFUSAL_REFILL
                                                                       : REFUSAL_REFILL_ID;
}

/* An error said of one item is a refusal of that one, also where no table knows it. False where it
 * is known to be ambiguous, of what must not be done twice: then the item is as if not named. */
static bool decode_items_refuse_item(struct decoding *d, struct upstream_item *item,
                                     const struct errortext *error)
{
    struct str text = STR("");
    struct verdict verdict = classify_texts(d->settings, d->request->action, error, &text);
    if (decode_is_writing(d->request->action) && verdict.is_known && verdict.class == VERDICT_DOUBT)
        return false;
    *item = (struct upstream_item){.id = item->id, .status = REFILLSTATUS_UNKNOWN};
    item->refusal = verdict.is_known && verdict.refusal != REFUSAL_NONE
                        ? verdict.refusal
                        : decode_items_default_refusal(d->request->action);
    item->error = decode_text(d, text);
    return true;
}

enum complaint { COMPLAINT_NONE, COMPLAINT_TAKEN, COMPLAINT_DOUBT };

/* The error of an entry: its own, or the one inside the member that should hold the result. */
static enum complaint decode_items_take_error(struct decoding *d, struct upstream_item *item,
                                              const json_t *entry, const json_t *result)
{
    struct errortext error = {0};
    const json_t *status = scalar_member(entry, "status");
    if (json_is_object(result))
        error = errortext_of(result, d->arena);
    if (!error.is_error && json_is_object(status))
        error = errortext_of(status, d->arena);
    if (!error.is_error)
        error = errortext_of(entry, d->arena);
    if (!error.is_error || (error.count == 0 && json_is_string(status)))
        return COMPLAINT_NONE;
    return decode_items_refuse_item(d, item, &error) ? COMPLAINT_TAKEN : COMPLAINT_DOUBT;
}

static void decode_items_accept(struct upstream_item *item)
{
    item->is_absent = false;
    item->is_accepted = true;
}

static bool decode_items_says_success(const json_t *entry)
{
    const json_t *success = scalar_member(entry, "success");
    return errortext_is_success(scalar_member(entry, "status")) ||
           (success != NULL && !scalar_is_falsy(scalar_of(success)));
}

static bool decode_items_read_refill(struct decoding *d, struct upstream_item *item,
                                     const json_t *entry)
{
    const json_t *refill = decode_items_first_member(entry, refill_names, COUNT_OF(refill_names));
    struct str id = STR_NONE;
    enum complaint complaint = decode_items_take_error(d, item, entry, refill);
    if (complaint != COMPLAINT_NONE)
        return complaint == COMPLAINT_TAKEN;
    if (json_is_object(refill))
        refill = decode_items_first_member(refill, order_names, COUNT_OF(order_names));
    if (scalar_id(scalar_of(refill), d->arena, &id)) {
        decode_items_accept(item);
        item->refill = id;
        return true;
    }
    if (json_is_true(refill) || (refill == NULL && decode_items_says_success(entry))) {
        decode_items_accept(item);
        return true;
    }
    struct scalar plain = scalar_of(refill);
    if (plain.kind == SCALAR_FALSE || (plain.kind == SCALAR_INTEGER && plain.integer == 0)) {
        struct errortext none = {0};
        return decode_items_refuse_item(d, item, &none);
    }
    return false;
}

/* Where the refill's state has a name of its own, `status` is the call's. */
static const json_t *decode_items_find_refill_status(const json_t *entry)
{
    const json_t *own = scalar_member(entry, "refill_status");
    return own != NULL ? own : scalar_member(entry, "status");
}

static bool decode_items_read_refill_status(struct decoding *d, struct upstream_item *item,
                                            const json_t *entry)
{
    const json_t *status = decode_items_find_refill_status(entry);
    struct scalar plain = scalar_of(json_is_object(entry) ? status : entry);
    if (json_is_object(entry) && decode_items_take_error(d, item, entry, NULL) == COMPLAINT_TAKEN)
        return true;
    if ((plain.kind != SCALAR_TEXT && plain.kind != SCALAR_INTEGER) ||
        scalar_print(plain, d->arena).len == 0)
        return false;
    decode_items_accept(item);
    item->status = decode_status_refill_word(d->settings, scalar_print(plain, d->arena));
    return true;
}

/* "error", or "Order cannot be cancelled": a text in place of the result that a table knows. */
static bool decode_items_is_no_in_words(const struct decoding *d, struct scalar plain,
                                        struct errortext *out)
{
    struct str text = str_trim(plain.text);
    if (plain.kind != SCALAR_TEXT || text.len == 0)
        return false;
    struct verdict verdict = classify_text(d->settings, d->request->action, text);
    *out = (struct errortext){.texts = {text}, .count = 1};
    return verdict.is_known && verdict.clarity != CLARITY_TOPIC;
}

static bool decode_items_read_cancel(struct decoding *d, struct upstream_item *item,
                                     const json_t *entry)
{
    const json_t *cancel = scalar_member(entry, "cancel");
    struct scalar plain = scalar_of(cancel);
    struct errortext none = {0};
    enum complaint complaint = decode_items_take_error(d, item, entry, cancel);
    if (complaint != COMPLAINT_NONE)
        return complaint == COMPLAINT_TAKEN;
    if (json_is_object(cancel)) {
        if (!decode_items_says_success(cancel))
            return false;
        decode_items_accept(item);
        return true;
    }
    if (cancel == NULL && json_is_object(entry)) {
        if (!decode_items_says_success(entry))
            return false;
        decode_items_accept(item);
        return true;
    }
    if (cancel == NULL)
        plain = scalar_of(entry);
    if (plain.kind == SCALAR_NONE)
        return false;
    if (scalar_is_falsy(plain))
        return decode_items_refuse_item(d, item, &none);
    if (decode_items_is_no_in_words(d, plain, &none))
        return decode_items_refuse_item(d, item, &none);
    decode_items_accept(item);
    return true;
}

static bool decode_items_read_entry(struct decoding *d, struct upstream_item *item,
                                    const json_t *entry)
{
    enum upstream_action action = d->request->action;
    struct scalar plain = scalar_of(entry);
    if (action == UPSTREAM_CANCEL)
        return decode_items_read_cancel(d, item, entry);
    if (action == UPSTREAM_REFILL_STATUS || action == UPSTREAM_REFILL_STATUS_MANY)
        return decode_items_read_refill_status(d, item, entry);
    if (json_is_object(entry))
        return decode_items_read_refill(d, item, entry);
    if (!scalar_id(plain, d->arena, &item->refill)) { /* {"1":"44","3":"Incorrect order ID"} */
        struct errortext error = errortext_of(entry, d->arena);
        return error.count > 0 && decode_items_refuse_item(d, item, &error);
    }
    decode_items_accept(item);
    return true;
}

/* The id a row of a list is about. Where rows name the order by `refill` alone, as one family of
 * scripts does, that is it. */
static struct str decode_items_id_of_row(const struct decoding *d, const json_t *row)
{
    enum upstream_action action = d->request->action;
    bool by_refill = action == UPSTREAM_REFILL_STATUS || action == UPSTREAM_REFILL_STATUS_MANY;
    const json_t *id = NULL;
    if (!by_refill)
        id = decode_items_first_member(row, order_names, COUNT_OF(order_names));
    if (id == NULL && action != UPSTREAM_CANCEL)
        id = decode_items_first_member(row, refill_names, COUNT_OF(refill_names));
    if (id == NULL && by_refill)
        id = scalar_member(row, "id");
    return scalar_print(scalar_of(id), d->arena);
}

/* Does it name another order, or another refill, than the requested one? */
static bool decode_items_is_of_another(struct decoding *d, const json_t *object)
{
    enum upstream_action action = d->request->action;
    bool by_refill = action == UPSTREAM_REFILL_STATUS || action == UPSTREAM_REFILL_STATUS_MANY;
    enum { NAMES = 3 }; /* not `id`, which may be a number of the row's own */
    const char *const *names = by_refill ? refill_names : order_names;
    struct str id;
    for (size_t i = 0; i < NAMES; i++)
        if (scalar_id(scalar_of(scalar_member(object, names[i])), d->arena, &id))
            return decode_items_find_requested(d, id) == NULL &&
                   decode_items_find_requested(
                       d, scalar_print(scalar_of(scalar_member(object, "id")), d->arena)) == NULL;
    return false;
}

static struct upstream_item decode_items_absent(struct str id)
{
    return (struct upstream_item){
        .id = id, .is_absent = true, .status = REFILLSTATUS_UNKNOWN, .error = STR("")};
}

static bool decode_items_is_same(const struct upstream_item *a, const struct upstream_item *b)
{
    return a->is_accepted == b->is_accepted && a->status == b->status && a->refusal == b->refusal &&
           str_equal(a->refill, b->refill);
}

/* One row of a list into the item it names; true when it could be read. Said twice with different
 * facts, an item is not named at all. */
static bool decode_items_read_row(struct decoding *d, struct upstream_item *item,
                                  bool *is_contradicted, const json_t *row)
{
    struct upstream_item next = decode_items_absent(item->id);
    if (!json_is_object(row) || !decode_items_read_entry(d, &next, row))
        return false;
    next.is_absent = false;
    *is_contradicted |= !item->is_absent && !decode_items_is_same(item, &next);
    *item = *is_contradicted ? decode_items_absent(item->id) : next;
    return true;
}

static size_t decode_items_read_list(struct decoding *d, const json_t *list)
{
    size_t read = 0;
    bool *is_contradicted = arena_new(d->arena, d->answer->item_count + 1);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        struct upstream_item *item = decode_items_find_requested(d, decode_items_id_of_row(d, row));
        if (item == NULL && json_array_size(list) == 1 && d->request->id_count == 1 &&
            d->request->action != UPSTREAM_CANCEL && !decode_items_is_of_another(d, row))
            item = d->answer->items;
        if (item != NULL)
            read += decode_items_read_row(d, item, &is_contradicted[item - d->answer->items], row);
    }
    return read;
}

static size_t decode_items_read_keyed(struct decoding *d, const json_t *object)
{
    size_t read = 0;
    for (size_t i = 0; i < d->answer->item_count; i++) {
        struct upstream_item *item = &d->answer->items[i];
        const json_t *entry = json_object_get(object, arena_text(d->arena, item->id));
        if (entry != NULL && decode_items_read_entry(d, item, entry)) {
            item->is_absent = false;
            read++;
        }
    }
    return read;
}

static bool decode_items_is_keyed(const struct decoding *d, const json_t *object)
{
    for (size_t i = 0; i < d->answer->item_count; i++)
        if (json_object_get(object, arena_text(d->arena, d->answer->items[i].id)) != NULL)
            return true;
    return false;
}

/* A response about one thing; only where one was requested. */
static size_t decode_items_read_single(struct decoding *d, const json_t *object)
{
    struct upstream_item *item = d->answer->items;
    if (d->request->id_count != 1 || !json_is_object(object) ||
        decode_items_is_of_another(d, object) || !decode_items_read_entry(d, item, object))
        return 0;
    item->is_absent = false;
    return 1;
}

static size_t decode_items_read_any(struct decoding *d, const json_t *root)
{
    if (json_is_array(root))
        return decode_items_read_list(d, root);
    size_t read = decode_items_read_keyed(d, root);
    return read > 0 || decode_items_is_keyed(d, root) ? read : decode_items_read_single(d, root);
}

/* In the single forms, what was read of the one thing decides for the whole; the plural forms were
 * answered, and the items say how. */
static void decode_items_conclude(struct decoding *d)
{
    struct upstream_item *item = d->answer->items;
    enum upstream_action action = d->request->action;
    d->answer->outcome = OUTCOME_ACCEPTED;
    if ((action != UPSTREAM_REFILL && action != UPSTREAM_REFILL_STATUS) || item->is_accepted)
        return;
    d->answer->refusal = item->refusal;
    d->answer->error = item->error;
    if (action == UPSTREAM_REFILL_STATUS)
        return;
    d->answer->outcome = OUTCOME_REFUSED;
    d->answer->class = VERDICT_CLIENT;
}

static void decode_items(struct decoding *d)
{
    const json_t *root = d->root;
    bool is_writing = decode_is_writing(d->request->action);
    struct str id;
    if (json_array_size(root) == 1 && decode_items_id_of_row(d, json_array_get(root, 0)).len == 0)
        root = json_array_get(root, 0);
    const json_t *inner = decode_unwrap(root);
    /* An error of the whole: of known meaning it decides; of a single item it is the item's. */
    if (decode_is_error(d) && json_is_object(root) && decode_items_read_keyed(d, root) == 0) {
        bool is_data = d->verdict.is_known && (d->verdict.refusal == REFUSAL_ORDER_ID ||
                                               d->verdict.refusal == REFUSAL_REFILL_ID);
        if (is_data && !is_writing && decode_items_read_single(d, root) > 0)
            decode_items_conclude(d);
        else if (is_writing && scalar_id(scalar_of(decode_items_first_member(
                                             root, refill_names, COUNT_OF(refill_names))),
                                         d->arena, &id))
            decode_doubt(d); /* an id and an error at once */
        else
            decode_fail(d);
        return;
    }
    if (decode_items_read_any(d, root) > 0 ||
        (inner != root && decode_items_read_any(d, inner) > 0))
        decode_items_conclude(d);
    else
        decode_fail(d);
}

/* Scripts that lack an action respond to it with null. */
static bool decode_items_is_missing_action(const struct decoding *d)
{
    return json_is_null(d->root);
}

void decode_refill(struct decoding *d)
{
    if (decode_items_is_missing_action(d))
        decode_refuse_unsupported(d);
    else
        decode_items(d);
}

void decode_refill_status(struct decoding *d)
{
    decode_items(d);
}

void decode_cancel(struct decoding *d)
{
    if (decode_items_is_missing_action(d))
        decode_refuse_unsupported(d);
    else
        decode_items(d);
}
