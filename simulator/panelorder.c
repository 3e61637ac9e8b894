/* See panelorder.h. */
#include "simulator/panelorder.h"

#include <stdlib.h>

#include "base/clock.h"
#include "simulator/panel.h"
#include "simulator/panelmoney.h"

void panelorder_init(struct panelorders *orders)
{
    *orders = (struct panelorders){.by_id = NULL};
}

static void panelorder_free_order(struct panelorder *order)
{
    free(order->id);
    free(order->service);
    free(order->fields);
    free(order->state);
    json_decref(order->shown);
    json_decref(order->answer);
    free(order);
}

void panelorder_fini(struct panelorders *orders)
{
    struct panelorder *order, *next;
    struct panelrefill *refill, *next_refill;
    HASH_ITER(hh, orders->by_id, order, next)
    {
        HASH_DEL(orders->by_id, order);
        panelorder_free_order(order);
    }
    HASH_ITER(hh, orders->refills, refill, next_refill)
    {
        HASH_DEL(orders->refills, refill);
        free(refill->id);
        free(refill->order);
        free(refill->state);
        free(refill);
    }
}

struct panelorder *panelorder_find(const struct panel *panel, struct str id)
{
    struct panelorder *found = NULL;
    id = str_trim(id);
    if (id.len > 0)
        HASH_FIND(hh, panel->orders.by_id, id.ptr, id.len, found);
    return found;
}

static bool panelorder_has_come(int64_t is_at, int64_t limit)
{
    return limit >= 0 && is_at >= limit;
}

struct panelorder *panelorder_find_known(const struct panel *panel, struct str id)
{
    const struct panelprogress *progress = &panel->progress;
    struct panelorder *order = panelorder_find(panel, id);
    bool has_lag = progress->lag_ms >= 0 || progress->lag_asked >= 0;
    if (order == NULL || order->is_steered || !has_lag)
        return order;
    if (panelorder_has_come(clock_wall_ms() - order->made_at_ms, progress->lag_ms) ||
        panelorder_has_come(order->missed, progress->lag_asked))
        return order;
    order->missed++;
    return NULL;
}

struct panelrefill *panelorder_find_refill(const struct panel *panel, struct str id)
{
    struct panelrefill *found = NULL;
    id = str_trim(id);
    if (id.len > 0)
        HASH_FIND(hh, panel->orders.refills, id.ptr, id.len, found);
    return found;
}

static int64_t panelorder_count_lines(struct str text)
{
    int64_t count = 0;
    struct str line;
    while (str_next(&text, '\n', &line))
        count += str_trim(line).len > 0;
    return count;
}

static bool panelorder_quantity_of(const struct panelform *form, const struct panelservice *service,
                                   int64_t *out)
{
    switch (service->type->counts) {
    case PANELTYPE_QUANTITY:
        return str_to_i64(str_trim(panelform_get(form, "quantity")), out);
    case PANELTYPE_LINES:
        *out = panelorder_count_lines(panelform_get(form, service->type->lines_field));
        return *out > 0;
    case PANELTYPE_ONE:
        *out = 1;
        return true;
    case PANELTYPE_NOTHING:
        *out = 0;
        return true;
    }
    UNREACHABLE();
}

static const char *panelorder_bounds_error(struct panel *panel, const struct panelservice *service,
                                           int64_t quantity)
{
    static _Thread_local char words[80];
    struct buf text;
    if (service->type->counts == PANELTYPE_ONE || service->type->counts == PANELTYPE_NOTHING)
        return NULL;
    if (quantity >= service->min && quantity <= service->max)
        return NULL;
    (void)panel;
    buf_init(&text, sizeof words);
    if (quantity < service->min)
        buf_printf(&text, "Quantity less than minimal %lld", (long long)service->min);
    else
        buf_printf(&text, "Quantity more than maximum %lld", (long long)service->max);
    memcpy(words, text.ptr, text.len + 1);
    buf_fini(&text);
    return words;
}

/* The panel's words about an order it won't take, or NULL. */
static const char *panelorder_order_error(struct panel *panel, const struct panelform *form,
                                          struct panelorder *draft,
                                          const struct panelservice *service)
{
    struct str runs = str_trim(panelform_get(form, "runs"));
    if (HASH_COUNT(panel->orders.by_id) >= PANELORDER_MOST)
        return "Too many orders";
    for (size_t i = 0; service->type->required[i]; i++) {
        const char *name = service->type->required[i];
        if (str_trim(panelform_get(form, name)).len == 0)
            return str_is(str_of(name), "link") ? "Incorrect link"
                                                : "You must fill in the required fields.";
    }
    if (!panelorder_quantity_of(form, service, &draft->quantity))
        return "Incorrect quantity";
    if (runs.len > 0 && !str_is(runs, "0")) {
        if (!str_to_i64(runs, &draft->runs) || draft->runs < 1 || draft->runs > 100000)
            return "Runs is required";
        if (str_trim(panelform_get(form, "interval")).len == 0)
            return "Interval time is required";
    }
    const char *bounds = panelorder_bounds_error(panel, service, draft->quantity);
    if (bounds)
        return bounds;
    int64_t total = draft->quantity * (draft->runs > 0 ? draft->runs : 1);
    draft->charge = service->type->counts == PANELTYPE_NOTHING
                        ? 0
                        : panelmoney_charge(service->rate, total, service->type->is_flat);
    return draft->charge > panel->balance ? "Not enough funds on balance" : NULL;
}

static char *panelorder_new_id(const struct panel *panel, uint64_t number)
{
    struct buf id;
    buf_init(&id, 128);
    if (panel->ids == PANEL_IDS_TEXT)
        buf_add_text(&id, panel->prefix);
    buf_add_u64(&id, number);
    return buf_take(&id);
}

struct panelorder *panelorder_place(struct panel *panel, const struct panelform *form,
                                    uint64_t line, const char **error_out)
{
    const struct panelservice *service =
        panelservice_find(&panel->services, panelform_get(form, "service"));
    struct panelorder draft = {.line = line};
    struct buf fields;
    *error_out =
        service ? panelorder_order_error(panel, form, &draft, service) : "Incorrect service ID";
    if (*error_out)
        return NULL;
    struct panelorder *order = memory_new(sizeof *order);
    *order = draft;
    do {
        free(order->id);
        order->id = panelorder_new_id(panel, panel->next_order++);
    } while (panelorder_find(panel, str_of(order->id)));
    order->service = memory_text(service->id);
    buf_init(&fields, 64 * 1024);
    panelform_pack(form, &fields);
    order->fields = buf_take(&fields);
    order->type = service->type;
    order->rate = service->rate;
    order->may_refill = service->may_refill;
    order->may_cancel = service->may_cancel;
    order->state = memory_text(service->type->counts == PANELTYPE_NOTHING ? "Active" : "Pending");
    order->is_steered = service->type->counts == PANELTYPE_NOTHING;
    order->remains = order->quantity * (order->runs > 0 ? order->runs : 1);
    order->made_at_ms = clock_wall_ms();
    panel->balance -= order->charge;
    HASH_ADD_KEYPTR(hh, panel->orders.by_id, order->id, strlen(order->id), order);
    return order;
}

static bool panelorder_is_finished(const char *state)
{
    static const char *const finished[] = {"Completed", "Partial", "Canceled", "Refunded"};
    for (size_t i = 0; i < COUNT_OF(finished); i++)
        if (strcmp(state, finished[i]) == 0)
            return true;
    return false;
}

struct panelrefill *panelorder_refill(struct panel *panel, struct panelorder *order,
                                      const char **error_out)
{
    *error_out = NULL;
    if (!panel->may_refill || !order->may_refill)
        *error_out = "Refill is disabled for this service";
    else if (strcmp(order->state, "Completed") != 0)
        *error_out = "The order is not completed";
    if (*error_out)
        return NULL;
    struct panelrefill *refill = memory_new(sizeof *refill);
    refill->id = panelorder_new_id(panel, panel->next_refill++);
    refill->order = memory_text(order->id);
    refill->state = memory_text("Pending");
    refill->made_at_ms = clock_wall_ms();
    HASH_ADD_KEYPTR(hh, panel->orders.refills, refill->id, strlen(refill->id), refill);
    return refill;
}

bool panelorder_cancel(struct panel *panel, struct panelorder *order, const char **error_out)
{
    *error_out = NULL;
    if (panel->cancel == PANEL_CANCEL_UNSUPPORTED || !order->may_cancel)
        *error_out = "You are not eligible to cancel this order.";
    else if (panelorder_is_finished(order->state))
        *error_out = "Order can no longer be canceled";
    if (*error_out)
        return false;
    order->is_cancel_asked = true;
    if (panel->cancel == PANEL_CANCEL_NOW)
        panelorder_move(panel, order, "Canceled", -1);
    return true;
}

static void panelorder_set_state(struct panelorder *order, const char *state)
{
    if (strcmp(order->state, state) == 0)
        return;
    free(order->state);
    order->state = memory_text(state);
}

void panelorder_move(struct panel *panel, struct panelorder *order, const char *state,
                     int64_t remains)
{
    int64_t total = order->quantity * (order->runs > 0 ? order->runs : 1);
    int64_t charge = order->charge;
    if (strcmp(state, "Canceled") == 0 || strcmp(state, "Refunded") == 0) {
        order->remains = remains >= 0 ? remains : total;
        charge = 0;
    } else if (strcmp(state, "Partial") == 0) {
        order->remains = remains >= 0 ? remains : order->remains;
        if (!order->type->is_flat && order->remains >= 0 && order->remains <= total)
            charge = panelmoney_charge(order->rate, total - order->remains, false);
    } else if (remains >= 0) {
        order->remains = remains;
    } else if (strcmp(state, "Completed") == 0) {
        order->remains = 0;
    }
    panel->balance += order->charge - charge;
    order->charge = charge;
    panelorder_set_state(order, state);
}

/* Once, some time after the end: what a panel's owner changes by hand. */
static void panelorder_flip(struct panel *panel, struct panelorder *order)
{
    const struct panelprogress *progress = &panel->progress;
    if (order->is_flipped || order->ended_at_ms == 0 ||
        !(panelorder_has_come(clock_wall_ms() - order->ended_at_ms, progress->flip_ms) ||
          panelorder_has_come(order->asked - order->asked_at_end, progress->flip_asked)))
        return;
    bool is_partial = strcmp(progress->flips_to, "Partial") == 0;
    order->is_flipped = true;
    panelorder_move(panel, order, progress->flips_to, is_partial ? progress->flips_remains : -1);
}

void panelorder_ask(struct panel *panel, struct panelorder *order)
{
    const struct panelprogress *progress = &panel->progress;
    order->asked++;
    if (order->is_steered)
        return;
    if (panelorder_is_finished(order->state)) {
        panelorder_flip(panel, order);
        return;
    }
    int64_t age_ms = clock_wall_ms() - order->made_at_ms;
    int64_t total = order->quantity * (order->runs > 0 ? order->runs : 1);
    if (panelorder_has_come(age_ms, progress->finish_ms) ||
        panelorder_has_come(order->asked, progress->finish_asked)) {
        order->start_count = progress->start_count;
        bool is_partial = strcmp(progress->ends_as, "Partial") == 0;
        panelorder_move(panel, order, progress->ends_as, is_partial ? progress->ends_remains : -1);
        order->ended_at_ms = clock_wall_ms();
        order->asked_at_end = order->asked;
    } else if (panelorder_has_come(age_ms, progress->start_ms) ||
               panelorder_has_come(order->asked, progress->start_asked)) {
        order->start_count = progress->start_count;
        panelorder_set_state(order, "In progress");
        if (progress->finish_ms > progress->start_ms &&
            panelorder_has_come(age_ms, progress->start_ms))
            order->remains = total - total * (age_ms - progress->start_ms) /
                                         (progress->finish_ms - progress->start_ms);
    }
}

void panelorder_ask_refill(const struct panel *panel, struct panelrefill *refill)
{
    int64_t age_ms = clock_wall_ms() - refill->made_at_ms;
    if (refill->is_steered || !panelorder_has_come(age_ms, panel->progress.refill_ms))
        return;
    free(refill->state);
    refill->state = memory_text("Completed");
}

void panelorder_print_id(const struct panel *panel, const char *id, struct buf *out)
{
    if (panel->ids == PANEL_IDS_NUMBER)
        buf_add_text(out, id);
    else
        buf_add_json(out, str_of(id));
}

static void panelorder_print_usual(const struct panel *panel, const struct panelorder *order,
                                   bool is_with_id, struct buf *out)
{
    buf_add_byte(out, '{');
    if (is_with_id) {
        buf_add_text(out, "\"order\":");
        panelorder_print_id(panel, order->id, out);
        buf_add_byte(out, ',');
    }
    buf_add_text(out, "\"charge\":\"");
    panelmoney_print(out, order->charge);
    buf_add_text(out, "\",\"start_count\":\"");
    buf_add_i64(out, order->start_count);
    buf_add_text(out, "\",\"status\":");
    buf_add_json(out, str_of(order->state));
    buf_add_text(out, ",\"remains\":\"");
    buf_add_i64(out, order->remains);
    buf_add_text(out, "\",\"currency\":");
    buf_add_json(out, str_of(panel->currency));
    if (order->runs > 0) {
        buf_printf(out, ",\"runs\":\"%lld\",\"orders\":[]", (long long)order->runs);
    }
    buf_add_byte(out, '}');
}

void panelorder_print_status(const struct panel *panel, const struct panelorder *order,
                             bool is_with_id, struct buf *out)
{
    struct buf usual;
    char *text = NULL;
    if (order->answer == NULL && order->shown == NULL) {
        panelorder_print_usual(panel, order, is_with_id, out);
        return;
    }
    if (order->answer) {
        text = json_dumps(order->answer, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    } else {
        buf_init(&usual, 1024 * 1024);
        panelorder_print_usual(panel, order, is_with_id, &usual);
        json_t *fields = json_loadb(usual.ptr, usual.len, 0, NULL), *value;
        const char *name;
        json_object_foreach(order->shown, name, value)
        {
            if (json_is_string(value) && strcmp(json_string_value(value), "$leave_out") == 0)
                json_object_del(fields, name);
            else
                json_object_set(fields, name, value);
        }
        text = json_dumps(fields, JSON_COMPACT | JSON_REAL_PRECISION(15));
        json_decref(fields);
        buf_fini(&usual);
    }
    buf_add_text(out, text ? text : "null");
    free(text);
}
