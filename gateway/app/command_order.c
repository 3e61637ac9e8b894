/* panelmux order: list and show query the running gateway and, without one, read the ledger
 * directly; resolve needs the gateway. */
#include <stdio.h>
#include <stdlib.h>

#include "admin/orderjson.h"
#include "app/remote.h"
#include "app/texttable.h"

struct column {
    const char *head, *key;
};

/* A table of the objects of an array. */
static void command_order_print_table(const json_t *array, const struct column *columns,
                                      size_t count, const char *empty)
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

static void command_order_print_more(const json_t *json)
{
    struct remote_room room;
    const char *before = remote_text(json, "next_before", &room);
    if (before[0])
        printf("there may be more: --before %s\n", before);
}

static void command_order_print_list(const json_t *json)
{
    static const struct column columns[] = {
        {">ORDER", "order"},         {"STATE", "state"},        {"CLIENT", "client"},
        {">SERVICE", "service"},     {">QUANTITY", "quantity"}, {">CHARGE", "charge"},
        {">PAID", "paid"},           {">REMAINS", "remains"},   {"PROVIDER", "provider"},
        {"UPSTREAM", "upstream_id"}, {"CREATED", "created_at"},
    };
    command_order_print_table(json_object_get(json, "orders"), columns, COUNT_OF(columns),
                              "no orders");
    command_order_print_more(json);
}

static void command_order_print_masked(const char *label, const char *text)
{
    struct buf masked;
    if (text[0] == '\0')
        return;
    buf_init(&masked, 64 * 1024);
    texttable_mask(str_of(text), &masked);
    printf("%s%s\n", label, masked.ptr ? masked.ptr : "");
    buf_fini(&masked);
}

static void command_order_print_doubt_list(const json_t *json)
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
        command_order_print_masked("  text:     ", remote_text(doubt, "text", &a));
        command_order_print_masked("  evidence: ", remote_text(doubt, "evidence", &a));
    }
    command_order_print_more(json);
}

static void command_order_print_order(const json_t *order)
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
        command_order_print_masked(label, remote_text(order, lines[i].key, &room));
    }
    const char *name;
    json_t *value;
    puts("  as sent:");
    json_object_foreach(json_object_get(order, "fields"), name, value)
    {
        char label[64];
        snprintf(label, sizeof label, "    %-19s", name);
        command_order_print_masked(label, json_is_string(value) ? json_string_value(value) : "");
    }
}

static void command_order_print_show(const json_t *json)
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
    command_order_print_order(json_object_get(json, "order"));
    puts("");
    command_order_print_table(json_object_get(json, "attempts"), attempts, COUNT_OF(attempts),
                              "no attempts");
    puts("");
    command_order_print_table(json_object_get(json, "events"), events, COUNT_OF(events),
                              "no events");
    if (json_array_size(json_object_get(json, "aftersales")) == 0)
        return;
    puts("");
    command_order_print_table(json_object_get(json, "aftersales"), order_requests,
                              COUNT_OF(order_requests), "");
}

enum { LIST_DEFAULT = 50, LIST_MAX = 1000, JSON_BYTES = 64 * 1024 * 1024 };

struct order_options {
    struct command_options common;
    bool is_doubt, is_stuck, next_offer, refund, is_forced;
    const char *client, *before_text, *limit_text, *accepted, *provider, *text;
    uint64_t id, before, limit; /* read by the checks */
};

static bool command_order_parse(int argc, char **argv, struct order_options *out)
{
    *out = (struct order_options){0};
    const struct command_option own[] = {
        {"--in-doubt", &out->is_doubt, NULL},  {"--client", NULL, &out->client},
        {"--before", NULL, &out->before_text}, {"--limit", NULL, &out->limit_text},
        {"--accepted", NULL, &out->accepted},  {"--next-offer", &out->next_offer, NULL},
        {"--refund", &out->refund, NULL},      {"--provider", NULL, &out->provider},
        {"--text", NULL, &out->text},          {"--force", &out->is_forced, NULL},
        {"--stuck", &out->is_stuck, NULL},
    };
    return command_parse(argc, argv, own, COUNT_OF(own), &out->common);
}

static bool command_order_read_number(const char *name, const char *text, uint64_t max,
                                      uint64_t otherwise, uint64_t *out)
{
    *out = otherwise;
    if (text == NULL || (str_to_u64(str_of(text), out) && *out >= 1 && *out <= max))
        return true;
    command_fail(ERROR_USAGE, "%s must be a whole number from 1 to %llu", name,
                 (unsigned long long)max);
    return false;
}

/* ---- without a gateway ---- */

/* NULL: the fault was printed, after the one of the call that found no gateway. */
static struct ledger *command_order_open_ledger(struct remote *remote,
                                                const struct remote_reply *reply)
{
    struct fault why;
    struct ledger *ledger = ledger_open_reading(&remote->draft.made.ledger, &why);
    if (ledger == NULL)
        command_fail(reply->error, "%s\npanelmux: %s", reply->message, why.message);
    return ledger;
}

static void command_order_read_list(struct ledger *ledger, const struct ledger_query *query,
                                    struct buf *out)
{
    struct arena arena;
    struct ledger_rows rows;
    struct jsonwriter w = orderjson_list_begin(out);
    arena_init(&arena);
    ledger_read(ledger, query, &arena, &rows);
    for (size_t i = 0; i < rows.order_count; i++) {
        struct ledger_rows shown = {0};
        struct ledger_query show = {.request = LEDGER_QUERY_SHOW, .id = rows.orders[i].id};
        if (query->is_doubt)
            ledger_read(ledger, &show, &arena, &shown);
        orderjson_order(&w, &rows.orders[i], orderjson_doubt(&shown));
    }
    bool is_full = rows.order_count == query->limit;
    orderjson_list_end(&w, is_full ? rows.orders[rows.order_count - 1].id : 0);
    arena_fini(&arena);
}

static bool command_order_read_one(struct ledger *ledger, uint32_t id, struct buf *out)
{
    struct arena arena;
    struct ledger_rows rows;
    struct ledger_query query = {.request = LEDGER_QUERY_SHOW, .id = id};
    arena_init(&arena);
    ledger_read(ledger, &query, &arena, &rows);
    bool is_found = rows.result == LEDGER_DONE && rows.order_count > 0;
    if (is_found)
        orderjson_show(out, &rows);
    else
        command_fail(ERROR_NOT_FOUND, "there is no such order");
    arena_fini(&arena);
    return is_found;
}

static void command_order_print_ledger(const struct buf *json, bool is_json,
                                       void (*print)(const json_t *json))
{
    if (is_json) {
        puts(json->ptr);
        return;
    }
    json_t *read = json_loadb(json->ptr, json->len, 0, NULL);
    print(read);
    json_decref(read);
}

/* ---- list ---- */

static bool command_order_check_list(struct order_options *o)
{
    return command_order_read_number("--before", o->before_text, INT32_MAX, 0, &o->before) &&
           command_order_read_number("--limit", o->limit_text, LIST_MAX, LIST_DEFAULT, &o->limit);
}

static int command_order_list(struct remote *remote, const struct order_options *options)
{
    struct remote_reply reply;
    struct buf path;
    void (*print)(const json_t *) =
        options->is_doubt ? command_order_print_doubt_list : command_order_print_list;
    buf_init(&path, 4096);
    buf_printf(&path, "/orders?limit=%llu", (unsigned long long)options->limit);
    if (options->before)
        buf_printf(&path, "&before=%llu", (unsigned long long)options->before);
    if (options->is_doubt)
        buf_add_text(&path, "&in_doubt=1");
    if (options->is_stuck)
        buf_add_text(&path, "&stuck=1");
    if (options->client) {
        buf_add_text(&path, "&client=");
        buf_add_urlencoded(&path, str_of(options->client));
    }
    remote_ask(remote, path.ptr, STR_NONE, &reply);
    buf_fini(&path);
    int code = reply.code;
    struct ledger *ledger =
        code == EXIT_UNREACHABLE ? command_order_open_ledger(remote, &reply) : NULL;
    if (ledger) {
        struct buf json;
        struct ledger_query query = {.request = LEDGER_QUERY_LIST,
                                     .client = str_of(options->client),
                                     .is_doubt = options->is_doubt,
                                     .before = (uint32_t)options->before,
                                     .limit = (unsigned)options->limit};
        buf_init(&json, JSON_BYTES);
        command_order_read_list(ledger, &query, &json);
        command_order_print_ledger(&json, options->common.is_json, print);
        buf_fini(&json);
        ledger_close(&ledger);
        code = EXIT_OK;
    } else if (code != EXIT_UNREACHABLE) {
        remote_tell(&reply, options->common.is_json);
        if (code == EXIT_OK && !options->common.is_json)
            print(reply.json);
    }
    remote_reply_fini(&reply);
    return code;
}

/* ---- show ---- */

static bool command_order_check_show(struct order_options *o)
{
    return command_order_read_number("an order's ID", o->common.arguments[1], INT32_MAX, 0, &o->id);
}

static int command_order_show(struct remote *remote, const struct order_options *options)
{
    struct remote_reply reply;
    char path[64];
    snprintf(path, sizeof path, "/orders/%llu", (unsigned long long)options->id);
    remote_ask(remote, path, STR_NONE, &reply);
    int code = reply.code;
    struct ledger *ledger =
        code == EXIT_UNREACHABLE ? command_order_open_ledger(remote, &reply) : NULL;
    if (ledger) {
        struct buf json;
        buf_init(&json, JSON_BYTES);
        code =
            command_order_read_one(ledger, (uint32_t)options->id, &json) ? EXIT_OK : EXIT_PROBLEM;
        if (code == EXIT_OK)
            command_order_print_ledger(&json, options->common.is_json, command_order_print_show);
        buf_fini(&json);
        ledger_close(&ledger);
    } else if (code != EXIT_UNREACHABLE) {
        remote_tell(&reply, options->common.is_json);
        if (code == EXIT_OK && !options->common.is_json)
            command_order_print_show(reply.json);
    }
    remote_reply_fini(&reply);
    return code;
}

/* ---- resolve ---- */

static bool command_order_check_resolve(struct order_options *o)
{
    bool has_id = o->common.argument_count == 2;
    if ((o->accepted != NULL) + o->next_offer + o->refund != 1)
        command_fail(ERROR_USAGE, "one of --accepted UPSTREAM_ID, --next-offer, --refund");
    else if (has_id == (o->provider || o->text) || (!has_id && !(o->provider && o->text)))
        command_fail(ERROR_USAGE, "an order's ID, or --provider NAME with --text TEXT");
    else if (!has_id && o->accepted)
        command_fail(ERROR_USAGE, "--accepted is for one order: give its ID");
    else
        return !has_id || command_order_read_number("an order's ID", o->common.arguments[1],
                                                    INT32_MAX, 0, &o->id);
    return false;
}

static void command_order_print_body(const struct order_options *o, struct buf *out)
{
    struct jsonwriter w = jsonwriter_to(out);
    jsonwriter_object(&w, NULL);
    jsonwriter_text(&w, "how",
                    str_of(o->accepted ? "accepted"
                           : o->refund ? "refund"
                                       : "next-offer"));
    if (o->accepted)
        jsonwriter_text(&w, "upstream_id", str_of(o->accepted));
    if (o->is_forced)
        jsonwriter_text(&w, "force", STR("yes"));
    if (o->provider) {
        jsonwriter_text(&w, "provider", str_of(o->provider));
        jsonwriter_text(&w, "text", str_of(o->text));
    }
    jsonwriter_object_end(&w);
}

static int command_order_resolve(struct remote *remote, const struct order_options *options)
{
    struct remote_reply reply;
    struct remote_room room;
    struct buf body;
    char path[64] = "/orders/resolve";
    if (options->id)
        snprintf(path, sizeof path, "/orders/%llu/resolve", (unsigned long long)options->id);
    buf_init(&body, 64 * 1024);
    command_order_print_body(options, &body);
    remote_ask(remote, path, buf_str(&body), &reply);
    buf_fini(&body);
    remote_tell(&reply, options->common.is_json);
    if (reply.code == EXIT_OK && !options->common.is_json)
        printf("resolved: %s\n", remote_text(reply.json, "resolved", &room));
    int code = reply.code;
    remote_reply_fini(&reply);
    return code;
}

static const struct command_order_verb {
    const char *name;
    size_t min, max;
    bool (*check)(struct order_options *o); /* false: printed a usage fault */
    int (*run)(struct remote *remote, const struct order_options *options);
} verbs[] = {{"list", 0, 0, command_order_check_list, command_order_list},
             {"show", 1, 1, command_order_check_show, command_order_show},
             {"resolve", 0, 1, command_order_check_resolve, command_order_resolve}};

int command_order_run(int argc, char **argv)
{
    struct order_options options;
    struct remote remote;
    if (!command_order_parse(argc, argv, &options))
        return EXIT_USAGE;
    for (size_t i = 0; options.common.argument_count && i < COUNT_OF(verbs); i++) {
        if (strcmp(options.common.arguments[0], verbs[i].name) != 0)
            continue;
        if (!command_check_count(&options.common, verbs[i].min, verbs[i].max) ||
            !verbs[i].check(&options))
            return EXIT_USAGE;
        if (!remote_open(&remote, &options.common))
            return EXIT_PROBLEM;
        int code = verbs[i].run(&remote, &options);
        remote_close(&remote);
        return code;
    }
    command_fail(ERROR_USAGE, "order list, order show ID, or order resolve");
    return EXIT_USAGE;
}
