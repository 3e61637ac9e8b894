/* See panelcontrol.h. */
#include "simulator/panelcontrol.h"

#include <stdlib.h>

#include "simulator/panel.h"
#include "simulator/panelline.h"
#include "simulator/panelmoney.h"
#include "simulator/panelscript.h"
#include "simulator/panelvalue.h"

#define PREFIX "/_control"
#define MOST_WAIT_S 600

struct panelcontrol_wait {
    struct panel *panel;
    struct panelline *line;
    const struct panelform *query;
    const json_t *body; /* NULL with GET */
};

typedef void control_fn(const struct panelcontrol_wait *asked);

bool panelcontrol_is_for(struct str path)
{
    return str_starts(path, STR(PREFIX));
}

static void panelcontrol_say_done(const struct panelcontrol_wait *asked)
{
    panelline_reply_json(asked->line, 200, json_pack("{sb}", "ok", true));
}

static void panelcontrol_say_fault(const struct panelcontrol_wait *asked, const struct fault *why)
{
    panelline_reply_json(asked->line, why->code == FAULT_NOT_FOUND ? 404 : 400,
                         json_pack("{ss}", "error", why->message));
}

static uint64_t panelcontrol_query_number(const struct panelcontrol_wait *asked, const char *name,
                                          uint64_t otherwise)
{
    uint64_t number = otherwise;
    if (!str_to_u64(str_trim(panelform_get(asked->query, name)), &number))
        number = otherwise;
    return number;
}

static void panelcontrol_get_about(const struct panelcontrol_wait *asked)
{
    const struct panel *panel = asked->panel;
    struct buf balance;
    buf_init(&balance, 64);
    panelmoney_print(&balance, panel->balance);
    panelline_reply_json(
        asked->line, 200,
        json_pack("{sb ss ss sI sI sI sI sI sI so}", "simulator", true, "currency", panel->currency,
                  "balance", balance.ptr, "orders", (json_int_t)HASH_COUNT(panel->orders.by_id),
                  "services", (json_int_t)HASH_COUNT(panel->services.by_id), "connections",
                  (json_int_t)panel->line_count, "connections_ever", (json_int_t)panel->lines_ever,
                  "in_flight", (json_int_t)panel->in_flight, "most_in_flight",
                  (json_int_t)panel->most_in_flight, "counts",
                  paneljournal_counts(&panel->journal)));
    buf_fini(&balance);
}

static void panelcontrol_get_log(const struct panelcontrol_wait *asked)
{
    struct paneljournal_filter filter = {
        .after = panelcontrol_query_number(asked, "after", 0),
        .action = panelform_get(asked->query, "action"),
        .link_part = panelform_get(asked->query, "link"),
        .service = panelform_get(asked->query, "service"),
        .order = panelform_get(asked->query, "order"),
        .is_stored_only = str_is(panelform_get(asked->query, "stored"), "1"),
    };
    uint64_t wait_s = panelcontrol_query_number(asked, "wait", 0);
    size_t most = (size_t)panelcontrol_query_number(asked, "most", SIZE_MAX);
    if (wait_s == 0) {
        panelline_reply_json(asked->line, 200,
                             paneljournal_list(&asked->panel->journal, &filter, most));
        return;
    }
    if (wait_s > MOST_WAIT_S)
        wait_s = MOST_WAIT_S;
    panelwait_for_journal(asked->panel, asked->line, &filter,
                          (size_t)panelcontrol_query_number(asked, "count", 1), most,
                          (int64_t)wait_s * 1000);
}

static json_t *panelcontrol_order_json(const struct panel *panel, const struct panelorder *order)
{
    struct buf text;
    buf_init(&text, 64);
    panelmoney_print(&text, order->charge);
    (void)panel;
    json_t *json = json_pack(
        "{ss ss ss ss sI sI sI sI sI sI sI sb so}", "id", order->id, "service", order->service,
        "status", order->state, "charge", text.ptr, "quantity", (json_int_t)order->quantity, "runs",
        (json_int_t)order->runs, "remains", (json_int_t)order->remains, "start_count",
        (json_int_t)order->start_count, "made_at_ms", (json_int_t)order->made_at_ms, "asked",
        (json_int_t)order->asked, "connection", (json_int_t)order->line, "cancel_asked",
        order->is_cancel_asked, "fields", paneljournal_fields(order->fields));
    buf_fini(&text);
    return json;
}

static void panelcontrol_get_orders(const struct panelcontrol_wait *asked)
{
    const struct panel *panel = asked->panel;
    json_t *list = json_array(), *refills = json_array();
    const struct panelorder *order;
    const struct panelrefill *refill;
    uint64_t skip = panelcontrol_query_number(asked, "after", 0), at = 0;
    for (order = panel->orders.by_id; order; order = order->hh.next)
        if (at++ >= skip)
            json_array_append_new(list, panelcontrol_order_json(panel, order));
    for (refill = panel->orders.refills; refill; refill = refill->hh.next)
        json_array_append_new(refills, json_pack("{ssssss}", "id", refill->id, "order",
                                                 refill->order, "status", refill->state));
    panelline_reply_json(asked->line, 200,
                         json_pack("{sosIso}", "orders", list, "count",
                                   (json_int_t)HASH_COUNT(panel->orders.by_id), "refills",
                                   refills));
}

static void panelcontrol_get_wait_hold(const struct panelcontrol_wait *asked)
{
    struct str name = panelform_get(asked->query, "name");
    uint64_t wait_s = panelcontrol_query_number(asked, "wait", 30);
    panelwait_for_hold(asked->panel, asked->line, name.ptr ? name : STR(PANELRULE_HANG),
                       (size_t)panelcontrol_query_number(asked, "count", 1),
                       (int64_t)(wait_s < MOST_WAIT_S ? wait_s : MOST_WAIT_S) * 1000);
}

static void panelcontrol_get_rules(const struct panelcontrol_wait *asked)
{
    panelline_reply_json(asked->line, 200,
                         json_pack("{so}", "rules", panelrule_list(&asked->panel->rules)));
}

static void panelcontrol_post_set(const struct panelcontrol_wait *asked)
{
    struct fault why = {.code = FAULT_NONE};
    if (panelscript_apply(asked->panel, asked->body, &why))
        panelcontrol_say_done(asked);
    else
        panelcontrol_say_fault(asked, &why);
}

/* A list replaces the rules; {"append": […]} adds behind them, {"replace": […]} is the list. */
static void panelcontrol_post_rules(const struct panelcontrol_wait *asked)
{
    struct fault why = {.code = FAULT_NONE};
    const json_t *append = json_object_get(asked->body, "append");
    const json_t *replace = json_object_get(asked->body, "replace");
    const json_t *list = append ? append : replace ? replace : asked->body;
    if (panelrule_set(&asked->panel->rules, list, append == NULL, &why))
        panelcontrol_say_done(asked);
    else
        panelcontrol_say_fault(asked, &why);
}

/* Fields whose values are shown as they were given, whatever their type. */
static void panelcontrol_show_fields(struct panelorder *order, const json_t *body)
{
    static const char *const steering[] = {"id", "answer", "refund", "leave_out", "status"};
    const char *name;
    json_t *value, *leave_out = json_object_get(body, "leave_out");
    size_t i;
    if (order->shown == NULL)
        order->shown = json_object();
    json_object_foreach((json_t *)(uintptr_t)body, name, value)
    {
        bool is_steering = false;
        for (i = 0; i < COUNT_OF(steering); i++)
            is_steering = is_steering || strcmp(name, steering[i]) == 0;
        if (!is_steering)
            json_object_set(order->shown, name, value);
    }
    json_array_foreach(leave_out, i, value) if (json_is_string(value))
        json_object_set_new(order->shown, json_string_value(value), json_string("$leave_out"));
}

static int64_t panelcontrol_number_in(const json_t *body, const char *name, int64_t otherwise)
{
    int64_t number = otherwise;
    struct fault ignored;
    const json_t *value = json_object_get(body, name);
    if (value && !panelvalue_count(value, name, INT64_MIN, &number, &ignored))
        number = otherwise;
    return number;
}

static void panelcontrol_steer_order(struct panel *panel, struct panelorder *order,
                                     const json_t *body)
{
    json_t *answer = json_object_get(body, "answer");
    const json_t *status = json_object_get(body, "status");
    bool keeps_money = json_is_false(json_object_get(body, "refund"));
    int64_t remains = panelcontrol_number_in(body, "remains", -1), before = order->charge;
    int64_t balance = panel->balance;
    order->is_steered = true;
    json_decref(order->answer);
    order->answer = json_is_null(answer) ? NULL : json_incref(answer);
    order->start_count = panelcontrol_number_in(body, "start_count", order->start_count);
    panelorder_move(panel, order, json_is_string(status) ? json_string_value(status) : order->state,
                    remains);
    if (keeps_money) {
        order->charge = before;
        panel->balance = balance;
    }
    json_t *shown_charge = json_object_get(body, "charge");
    int64_t charge;
    if (json_is_string(shown_charge) &&
        panelmoney_parse(str_of(json_string_value(shown_charge)), &charge)) {
        if (!keeps_money)
            panel->balance += order->charge - charge;
        order->charge = charge;
    }
    panelcontrol_show_fields(order, body);
}

static void panelcontrol_post_order(const struct panelcontrol_wait *asked)
{
    struct fault why = {.code = FAULT_NONE};
    char *id = NULL;
    if (!panelvalue_text(json_object_get(asked->body, "id"), "id", &id, &why)) {
        panelcontrol_say_fault(asked, &why);
        return;
    }
    struct panelorder *order, *next, *one = panelorder_find(asked->panel, str_of(id));
    if (strcmp(id, "*") == 0) {
        HASH_ITER(hh, asked->panel->orders.by_id, order, next)
        panelcontrol_steer_order(asked->panel, order, asked->body);
    } else if (one) {
        panelcontrol_steer_order(asked->panel, one, asked->body);
    } else {
        fault_set(&why, FAULT_NOT_FOUND, "no order %.60s", id);
    }
    free(id);
    if (why.code == FAULT_NONE)
        panelcontrol_say_done(asked);
    else
        panelcontrol_say_fault(asked, &why);
}

static void panelcontrol_post_refill(const struct panelcontrol_wait *asked)
{
    struct fault why = {.code = FAULT_NONE};
    char *id = NULL;
    struct panelrefill *refill = NULL;
    if (panelvalue_text(json_object_get(asked->body, "id"), "id", &id, &why)) {
        refill = panelorder_find_refill(asked->panel, str_of(id));
        if (refill == NULL)
            fault_set(&why, FAULT_NOT_FOUND, "no refill %.60s", id);
    }
    free(id);
    if (refill &&
        panelvalue_text(json_object_get(asked->body, "status"), "status", &refill->state, &why)) {
        refill->is_steered = true;
        panelcontrol_say_done(asked);
    } else {
        panelcontrol_say_fault(asked, &why);
    }
}

static void panelcontrol_post_release(const struct panelcontrol_wait *asked)
{
    const char *name = json_string_value(json_object_get(asked->body, "name"));
    int64_t most = panelcontrol_number_in(asked->body, "count", INT64_MAX);
    bool is_open = json_is_true(json_object_get(asked->body, "open"));
    struct str hold = str_of(name ? name : PANELRULE_HANG);
    size_t released = panelline_release(asked->panel, hold, is_open ? SIZE_MAX : (size_t)most);
    if (is_open)
        panelrule_end_hold(&asked->panel->rules, hold);
    panelline_reply_json(asked->line, 200, json_pack("{sI}", "released", (json_int_t)released));
}

static void panelcontrol_post_drop(const struct panelcontrol_wait *asked)
{
    bool is_reset = json_is_true(json_object_get(asked->body, "reset"));
    size_t dropped = panelline_drop_idle(asked->panel, asked->line, is_reset);
    panelline_reply_json(asked->line, 200, json_pack("{sI}", "dropped", (json_int_t)dropped));
}

static void panelcontrol_post_say(const struct panelcontrol_wait *asked)
{
    const json_t *raw = json_object_get(asked->body, "raw");
    struct str bytes = str_make(json_string_value(raw), json_string_length(raw));
    size_t said = bytes.len ? panelline_say(asked->panel, bytes) : 0;
    panelline_reply_json(asked->line, 200, json_pack("{sI}", "said", (json_int_t)said));
}

/* Forgets orders, refills, rules and journal; numbers of orders go on. */
static void panelcontrol_post_reset(const struct panelcontrol_wait *asked)
{
    panelorder_fini(&asked->panel->orders);
    panelorder_init(&asked->panel->orders);
    panelrule_fini(&asked->panel->rules);
    paneljournal_clear(&asked->panel->journal);
    asked->panel->most_in_flight = asked->panel->in_flight;
    panelcontrol_say_done(asked);
}

static const struct {
    const char *method, *path;
    control_fn *run;
} doors[] = {
    {"GET", PREFIX, panelcontrol_get_about},
    {"GET", PREFIX "/log", panelcontrol_get_log},
    {"GET", PREFIX "/orders", panelcontrol_get_orders},
    {"GET", PREFIX "/rules", panelcontrol_get_rules},
    {"GET", PREFIX "/wait_hold", panelcontrol_get_wait_hold},
    {"POST", PREFIX "/set", panelcontrol_post_set},
    {"POST", PREFIX "/rules", panelcontrol_post_rules},
    {"POST", PREFIX "/order", panelcontrol_post_order},
    {"POST", PREFIX "/refill", panelcontrol_post_refill},
    {"POST", PREFIX "/release", panelcontrol_post_release},
    {"POST", PREFIX "/drop", panelcontrol_post_drop},
    {"POST", PREFIX "/say", panelcontrol_post_say},
    {"POST", PREFIX "/reset", panelcontrol_post_reset},
};

void panelcontrol_handle(struct panel *panel, struct panelline *line, struct str method,
                         struct str path, struct str body, const struct panelform *form)
{
    struct panelcontrol_wait asked = {.panel = panel, .line = line, .query = form};
    for (size_t i = 0; i < COUNT_OF(doors); i++) {
        if (!str_is(method, doors[i].method) || !str_is(path, doors[i].path))
            continue;
        json_error_t error;
        json_t *json = NULL;
        if (str_is(method, "POST")) {
            json = body.len ? json_loadb(body.ptr, body.len, 0, &error) : json_object();
            if (json == NULL) {
                panelline_reply_json(line, 400, json_pack("{ss}", "error", error.text));
                return;
            }
        }
        asked.body = json;
        doors[i].run(&asked);
        json_decref(json);
        return;
    }
    panelline_reply_json(line, 404, json_pack("{ss}", "error", "no such door; see README.md"));
}
