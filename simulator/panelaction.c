/* See panelaction.h. */
#include "simulator/panelaction.h"

#include "simulator/panel.h"
#include "simulator/panelmoney.h"

#define MOST_IDS 1000

typedef struct panelaction_result action_fn(struct panel *panel, const struct panelform *form,
                                            uint64_t line, struct buf *out);

static void panelaction_print_error(struct buf *out, const char *message)
{
    buf_add_text(out, "{\"error\":");
    buf_add_json(out, str_of(message));
    buf_add_byte(out, '}');
}

static void panelaction_print_field(struct buf *out, const char *name)
{
    buf_printf(out, "\"%s\":", name);
}

static struct panelaction_result panelaction_run_services(struct panel *panel,
                                                          const struct panelform *form,
                                                          uint64_t line, struct buf *out)
{
    (void)form;
    (void)line;
    buf_add_str(out, buf_str(&panel->services.text));
    return (struct panelaction_result){.is_stored = false};
}

static struct panelaction_result panelaction_run_balance(struct panel *panel,
                                                         const struct panelform *form,
                                                         uint64_t line, struct buf *out)
{
    (void)form;
    (void)line;
    buf_add_text(out, "{\"balance\":\"");
    panelmoney_print(out, panel->balance);
    buf_add_text(out, "\",\"currency\":");
    buf_add_json(out, str_of(panel->currency));
    buf_add_byte(out, '}');
    return (struct panelaction_result){.is_stored = false};
}

static struct panelaction_result panelaction_run_add(struct panel *panel,
                                                     const struct panelform *form, uint64_t line,
                                                     struct buf *out)
{
    const char *error;
    struct panelorder *order = panelorder_place(panel, form, line, &error);
    if (order == NULL) {
        panelaction_print_error(out, error);
        return (struct panelaction_result){.is_stored = false};
    }
    buf_add_text(out, "{\"order\":");
    panelorder_print_id(panel, order->id, out);
    buf_add_byte(out, '}');
    return (struct panelaction_result){.is_stored = true, .order = order->id};
}

/* The id as it came, for an answer about something that does not exist. */
static void panelaction_print_asked_id(const struct panel *panel, struct str id, struct buf *out)
{
    uint64_t number;
    if (panel->ids == PANEL_IDS_NUMBER && str_to_u64(id, &number) &&
        (id.len == 1 || *id.ptr != '0'))
        buf_add_str(out, id);
    else
        buf_add_json(out, id);
}

static void panelaction_print_many(struct panel *panel, const struct str *ids, size_t count,
                                   struct buf *out)
{
    struct panelorder *orders[MOST_IDS];
    bool is_list = panel->multi != PANEL_MULTI_OBJECT;
    bool has_any = false, has_unknown = false;
    for (size_t i = 0; i < count; i++) {
        orders[i] = panelorder_find_known(panel, ids[i]);
        has_unknown |= orders[i] == NULL;
    }
    if (has_unknown && panel->unknown == PANEL_UNKNOWN_REFUSED) {
        panelaction_print_error(out, "Incorrect order ID");
        return;
    }
    buf_add_byte(out, is_list ? '[' : '{');
    for (size_t i = 0; i < count; i++) {
        struct panelorder *order = orders[i];
        if (order == NULL && (panel->unknown == PANEL_UNKNOWN_LEFT_OUT || is_list))
            continue;
        if (has_any)
            buf_add_byte(out, ',');
        has_any = true;
        if (!is_list) {
            buf_add_json(out, ids[i]);
            buf_add_byte(out, ':');
        }
        if (order) {
            panelorder_ask(panel, order);
            panelorder_print_status(panel, order, panel->multi == PANEL_MULTI_LIST, out);
        } else if (panel->unknown == PANEL_UNKNOWN_TEXT) {
            buf_add_text(out, "\"Incorrect order ID\"");
        } else {
            panelaction_print_error(out, "Incorrect order ID");
        }
    }
    buf_add_byte(out, is_list ? ']' : '}');
}

static struct panelaction_result panelaction_run_status(struct panel *panel,
                                                        const struct panelform *form, uint64_t line,
                                                        struct buf *out)
{
    struct panelaction_result none = {.is_stored = false};
    struct str ids[MOST_IDS], one = panelform_get(form, "order");
    (void)line;
    size_t count = panelform_ids(form, "orders", ids, MOST_IDS);
    if (one.ptr == NULL && count > 0 && panel->multi != PANEL_MULTI_UNSUPPORTED) {
        if (count > 100)
            panelaction_print_error(out, "Maximum 100 orders");
        else
            panelaction_print_many(panel, ids, count, out);
        return none;
    }
    struct panelorder *order = panelorder_find_known(panel, one);
    if (order == NULL) {
        panelaction_print_error(out, "Incorrect order ID");
        return none;
    }
    panelorder_ask(panel, order);
    panelorder_print_status(panel, order, false, out);
    return none;
}

static void panelaction_print_refill_of(struct panel *panel, struct panelorder *order,
                                        bool is_in_list, struct buf *out, bool *is_stored)
{
    const char *error = "Incorrect order ID";
    struct panelrefill *refill = order ? panelorder_refill(panel, order, &error) : NULL;
    if (refill) {
        if (!is_in_list)
            buf_add_text(out, "{\"refill\":");
        if (panel->ids == PANEL_IDS_NUMBER && is_in_list)
            buf_add_text(out, refill->id);
        else
            buf_add_json(out, str_of(refill->id));
        if (!is_in_list)
            buf_add_byte(out, '}');
        *is_stored = true;
    } else {
        panelaction_print_error(out, error);
    }
}

static struct panelaction_result panelaction_run_refill(struct panel *panel,
                                                        const struct panelform *form, uint64_t line,
                                                        struct buf *out)
{
    struct panelaction_result result = {.is_stored = false};
    struct str ids[MOST_IDS], one = panelform_get(form, "order");
    (void)line;
    if (one.ptr) {
        panelaction_print_refill_of(panel, panelorder_find_known(panel, one), false, out,
                                    &result.is_stored);
        return result;
    }
    size_t count = panelform_ids(form, "orders", ids, MOST_IDS);
    buf_add_byte(out, '[');
    for (size_t i = 0; i < count; i++) {
        buf_add_text(out, i ? ",{\"order\":" : "{\"order\":");
        panelaction_print_asked_id(panel, ids[i], out);
        buf_add_byte(out, ',');
        panelaction_print_field(out, "refill");
        panelaction_print_refill_of(panel, panelorder_find_known(panel, ids[i]), true, out,
                                    &result.is_stored);
        buf_add_byte(out, '}');
    }
    buf_add_byte(out, ']');
    return result;
}

static struct panelaction_result panelaction_run_refill_status(struct panel *panel,
                                                               const struct panelform *form,
                                                               uint64_t line, struct buf *out)
{
    struct str ids[MOST_IDS], one = panelform_get(form, "refill");
    struct panelaction_result none = {.is_stored = false};
    (void)line;
    if (one.ptr) {
        struct panelrefill *refill = panelorder_find_refill(panel, one);
        if (refill == NULL) {
            panelaction_print_error(out, "Incorrect refill ID");
            return none;
        }
        panelorder_ask_refill(panel, refill);
        buf_add_text(out, "{\"status\":");
        buf_add_json(out, str_of(refill->state));
        buf_add_byte(out, '}');
        return none;
    }
    size_t count = panelform_ids(form, "refills", ids, MOST_IDS);
    buf_add_byte(out, '[');
    for (size_t i = 0; i < count; i++) {
        struct panelrefill *refill = panelorder_find_refill(panel, ids[i]);
        buf_add_text(out, i ? ",{\"refill\":" : "{\"refill\":");
        panelaction_print_asked_id(panel, ids[i], out);
        buf_add_text(out, ",\"status\":");
        if (refill) {
            panelorder_ask_refill(panel, refill);
            buf_add_json(out, str_of(refill->state));
        } else {
            panelaction_print_error(out, "Refill not found");
        }
        buf_add_byte(out, '}');
    }
    buf_add_byte(out, ']');
    return none;
}

static void panelaction_print_cancel_of(struct panel *panel, struct str id, struct buf *out,
                                        bool *is_stored)
{
    const char *error = "Incorrect order ID";
    struct panelorder *order = panelorder_find_known(panel, id);
    if (order && panelorder_cancel(panel, order, &error)) {
        buf_add_byte(out, '1');
        *is_stored = true;
    } else {
        panelaction_print_error(out, error);
    }
}

static struct panelaction_result panelaction_run_cancel(struct panel *panel,
                                                        const struct panelform *form, uint64_t line,
                                                        struct buf *out)
{
    struct panelaction_result result = {.is_stored = false};
    struct str ids[MOST_IDS];
    (void)line;
    size_t count = panelform_ids(form, "orders", ids, MOST_IDS);
    if (count == 0)
        count = panelform_ids(form, "order", ids, MOST_IDS);
    buf_add_byte(out, '[');
    for (size_t i = 0; i < count; i++) {
        buf_add_text(out, i ? ",{\"order\":" : "{\"order\":");
        panelaction_print_asked_id(panel, ids[i], out);
        buf_add_text(out, ",\"cancel\":");
        panelaction_print_cancel_of(panel, ids[i], out, &result.is_stored);
        buf_add_byte(out, '}');
    }
    buf_add_byte(out, ']');
    return result;
}

static const struct {
    const char *name;
    bool writes;
    action_fn *run;
} actions[] = {
    {"services", false, panelaction_run_services},
    {"add", true, panelaction_run_add},
    {"status", false, panelaction_run_status},
    {"refill", true, panelaction_run_refill},
    {"refill_status", false, panelaction_run_refill_status},
    {"cancel", true, panelaction_run_cancel},
    {"balance", false, panelaction_run_balance},
};

bool panelaction_writes(struct str action)
{
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (str_is(action, actions[i].name))
            return actions[i].writes;
    return false;
}

bool panelaction_key_good(const struct panel *panel, const struct panelform *form)
{
    struct str key = panelform_get(form, "key");
    return key.ptr && str_is(str_trim(key), panel->key);
}

struct panelaction_result panelaction_run(struct panel *panel, const struct panelform *form,
                                          uint64_t line, struct buf *out)
{
    struct str action = panelform_get(form, "action");
    struct panelaction_result result = {.is_key_good = panelaction_key_good(panel, form)};
    if (!result.is_key_good) {
        panelaction_print_error(out, "Invalid API key");
        return result;
    }
    for (size_t i = 0; i < COUNT_OF(actions); i++) {
        if (!str_is(action, actions[i].name))
            continue;
        result = actions[i].run(panel, form, line, out);
        result.is_key_good = true;
        return result;
    }
    panelaction_print_error(out, "Incorrect request");
    return result;
}
