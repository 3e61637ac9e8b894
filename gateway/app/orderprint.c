/* See orderprint.h. */
#include "app/orderprint.h"

#include <stdio.h>

#include "app/remote.h"
#include "app/texttable.h"

struct column {
    const char *head, *key;
};

/* A table of the objects of an array. */
static void orderprint_print_table(const json_t *array, const struct column *columns, size_t count,
                                   const char *empty)
{
    const char *heads[TEXTTABLE_COLUMNS];
    struct texttable table;
    size_t i;
    json_t *object;
    for (size_t c = 0; c < count; c++)
        heads[c] = columns[c].head;
    texttable_init(&table, heads, count);
    json_array_foreach(array, i, object)
    {
        struct remote_room rooms[TEXTTABLE_COLUMNS];
        const char *cells[TEXTTABLE_COLUMNS];
        for (size_t c = 0; c < count; c++)
            cells[c] = remote_text(object, columns[c].key, &rooms[c]);
        texttable_add(&table, cells);
    }
    texttable_print(&table, empty, stdout);
    texttable_fini(&table);
}

static void orderprint_print_more(const json_t *json)
{
    struct remote_room room;
    const char *before = remote_text(json, "next_before", &room);
    if (before[0])
        printf("there may be more: --before %s\n", before);
}

void orderprint_list(const json_t *json)
{
    static const struct column columns[] = {
        {">ORDER", "order"},         {"STATE", "state"},        {"CLIENT", "client"},
        {">SERVICE", "service"},     {">QUANTITY", "quantity"}, {">CHARGE", "charge"},
        {">PAID", "paid"},           {">REMAINS", "remains"},   {"PROVIDER", "provider"},
        {"UPSTREAM", "upstream_id"}, {"CREATED", "created_at"},
    };
    orderprint_print_table(json_object_get(json, "orders"), columns, COUNT_OF(columns),
                           "no orders");
    orderprint_print_more(json);
}

static void orderprint_print_masked(const char *label, const char *text)
{
    struct buf masked;
    if (text[0] == '\0')
        return;
    buf_init(&masked, 64 * 1024);
    texttable_mask(str_of(text), &masked);
    printf("%s%s\n", label, masked.ptr ? masked.ptr : "");
    buf_fini(&masked);
}

void orderprint_doubt_list(const json_t *json)
{
    size_t i;
    json_t *order;
    struct remote_room a, b, c;
    const json_t *orders = json_object_get(json, "orders");
    if (json_array_size(orders) == 0)
        puts("no order is in doubt");
    json_array_foreach(orders, i, order)
    {
        const json_t *doubt = json_object_get(order, "doubt");
        printf("order %s  %s  client %s, ", remote_text(order, "order", &a),
               remote_text(order, "created_at", &b), remote_text(order, "client", &c));
        printf("service %s, at %s as its service %s\n", remote_text(order, "service", &a),
               remote_text(doubt, "provider", &b), remote_text(doubt, "upstream_service", &c));
        orderprint_print_masked("  text:     ", remote_text(doubt, "text", &a));
        orderprint_print_masked("  evidence: ", remote_text(doubt, "evidence", &a));
    }
    orderprint_print_more(json);
}

static void orderprint_print_order(const json_t *order)
{
    struct remote_room room;
    static const struct column lines[] = {
        {"state", "state"},
        {"shown as", "status"},
        {"client", "client"},
        {"service", "service"},
        {"type", "type"},
        {"quantity", "quantity"},
        {"rate", "rate"},
        {"charge", "charge"},
        {"paid", "paid"},
        {"currency", "currency"},
        {"start count", "start_count"},
        {"remains", "remains"},
        {"provider", "provider"},
        {"its service", "upstream_service"},
        {"its order", "upstream_id"},
        {"reason", "reason"},
        {"number given", "number_given"},
        {"parent", "parent"},
        {"request", "request_id"},
        {"created", "created_at"},
        {"updated", "updated_at"},
    };
    printf("order %s\n", remote_text(order, "order", &room));
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        char label[24];
        snprintf(label, sizeof label, "  %-13s", lines[i].head);
        orderprint_print_masked(label, remote_text(order, lines[i].key, &room));
    }
    const char *name;
    json_t *value;
    puts("  as sent:");
    json_object_foreach(json_object_get(order, "fields"), name, value)
    {
        char label[64];
        snprintf(label, sizeof label, "    %-19s", name);
        orderprint_print_masked(label, json_is_string(value) ? json_string_value(value) : "");
    }
}

void orderprint_show(const json_t *json)
{
    static const struct column attempts[] = {
        {">ATTEMPT", "attempt"},         {"STATE", "state"}, {"PROVIDER", "provider"},
        {"SERVICE", "upstream_service"}, {">COST", "cost"},  {"ORDER", "upstream_id"},
        {"STARTED", "started_at"},       {"TEXT", "text"},   {"EVIDENCE", "evidence"},
    };
    static const struct column events[] = {
        {"AT", "at"}, {"EVENT", "event"},        {"FROM", "from"},
        {"TO", "to"}, {"REQUEST", "request_id"}, {"REASON", "reason"},
    };
    static const struct column order_requests[] = {
        {"KIND", "kind"},          {">NUMBER", "number"},    {"STATE", "state"},
        {"STATUS", "status"},      {"PROVIDER", "provider"}, {"UPSTREAM", "upstream_id"},
        {"CREATED", "created_at"}, {"TEXT", "text"},         {"EVIDENCE", "evidence"},
    };
    orderprint_print_order(json_object_get(json, "order"));
    puts("");
    orderprint_print_table(json_object_get(json, "attempts"), attempts, COUNT_OF(attempts),
                           "no attempts");
    puts("");
    orderprint_print_table(json_object_get(json, "events"), events, COUNT_OF(events), "no events");
    if (json_array_size(json_object_get(json, "aftersales")) == 0)
        return;
    puts("");
    orderprint_print_table(json_object_get(json, "aftersales"), order_requests,
                           COUNT_OF(order_requests), "");
}
