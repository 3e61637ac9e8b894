/* panelmux order: list and show query the running gateway and, without one, read the ledger
 * directly; resolve needs the gateway. */
#include <stdio.h>
#include <stdlib.h>

#include "admin/orderfilter.h"
#include "admin/orderjson.h"
#include "app/csv.h"
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

/* One read looks at so many orders at most: even where it found none there may be more. */
static void command_order_print_more(const json_t *json, FILE *out)
{
    struct remote_room room;
    const char *before = remote_text(json, "next_before", &room);
    if (before[0])
        fprintf(out, "there may be more: --before %s\n", before);
}

static void command_order_print_list(const json_t *json)
{
    static const struct column columns[] = {
        {">ORDER", "order"},       {"STATE", "state"},        {"CLIENT", "client"},
        {">SERVICE", "service"},   {">QUANTITY", "quantity"}, {">CHARGE", "charge"},
        {">PAID", "paid"},         {">COST", "cost"},         {">PROFIT", "profit"},
        {">REMAINS", "remains"},   {"PROVIDER", "provider"},  {"UPSTREAM", "upstream_id"},
        {"CREATED", "created_at"}, {"LINK", "link"},
    };
    command_order_print_table(json_object_get(json, "orders"), columns, COUNT_OF(columns),
                              "no orders");
    command_order_print_more(json, stdout);
}

/* The last two are free text. */
static void command_order_print_csv(const json_t *json)
{
    static const char *const keys[] = {"order",    "created_at", "client",  "service", "state",
                                       "quantity", "charge",     "paid",    "cost",    "profit",
                                       "currency", "remains",    "provider"};
    struct remote_room room;
    size_t i;
    json_t *order;
    puts("order,created,client,service,state,quantity,charge,paid,cost,profit,currency,remains,"
         "provider,upstream,link");
    json_array_foreach(json_object_get(json, "orders"), i, order)
    {
        for (size_t k = 0; k < COUNT_OF(keys); k++)
            printf("%s,", remote_text(order, keys[k], &room));
        csv_print_text(remote_text(order, "upstream_id", &room), stdout);
        putchar(',');
        csv_print_text(remote_text(order, "link", &room), stdout);
        puts("");
    }
    command_order_print_more(json, stderr);
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
    command_order_print_more(json, stdout);
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
        {"cost", "cost"},
        {"profit", "profit"},
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

enum { JSON_BYTES = 64 * 1024 * 1024, PATH_BYTES = 32 * 1024 };

enum command_order_use { USE_LIST = 1 << 0, USE_SHOW = 1 << 1, USE_RESOLVE = 1 << 2 };

struct order_options {
    struct command_options common;
    bool is_doubt, is_stuck, has_refused, is_csv;
    const char *state, *client, *provider, *service, *link, *upstream, *since, *until, *before,
        *limit;
    bool next_offer, refund, is_forced, is_yes;
    const char *accepted, *text, *reason;
    uint64_t id;               /* read by the checks */
    struct ledger_query query; /* likewise */
};

/* Each option belongs to some of the sub-commands; false: reported on stderr. */
static bool command_order_check_options(const struct order_options *o, enum command_order_use use)
{
    const struct {
        const char *name;
        bool is_given;
        unsigned uses;
    } rules[] = {
        {"--in-doubt", o->is_doubt, USE_LIST},
        {"--stuck", o->is_stuck, USE_LIST},
        {"--refused", o->has_refused, USE_LIST},
        {"--csv", o->is_csv, USE_LIST},
        {"--state", o->state, USE_LIST},
        {"--client", o->client, USE_LIST},
        {"--provider", o->provider, USE_LIST | USE_RESOLVE},
        {"--service", o->service, USE_LIST},
        {"--link", o->link, USE_LIST},
        {"--upstream", o->upstream, USE_LIST},
        {"--since", o->since, USE_LIST},
        {"--until", o->until, USE_LIST},
        {"--before", o->before, USE_LIST},
        {"--limit", o->limit, USE_LIST},
        {"--accepted", o->accepted, USE_RESOLVE},
        {"--next-offer", o->next_offer, USE_RESOLVE},
        {"--refund", o->refund, USE_RESOLVE},
        {"--force", o->is_forced, USE_RESOLVE},
        {"--text", o->text, USE_RESOLVE},
        {"--reason", o->reason, USE_RESOLVE},
        {"--yes", o->is_yes, USE_RESOLVE},
    };
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        if (!rules[i].is_given || (rules[i].uses & use))
            continue;
        command_fail(ERROR_USAGE, "order %s takes no %s", o->common.arguments[0], rules[i].name);
        return false;
    }
    return true;
}

/* The empty variable of a script must not stand for all orders. */
static bool command_order_check_filled(const struct order_options *o)
{
    const struct {
        const char *name, *value;
    } filters[] = {
        {"--state", o->state},     {"--client", o->client}, {"--provider", o->provider},
        {"--service", o->service}, {"--link", o->link},     {"--upstream", o->upstream},
        {"--since", o->since},     {"--until", o->until},   {"--before", o->before},
        {"--limit", o->limit},     {"--text", o->text},     {"--accepted", o->accepted},
    };
    for (size_t i = 0; i < COUNT_OF(filters); i++) {
        if (filters[i].value == NULL || filters[i].value[0] != '\0')
            continue;
        command_fail(ERROR_USAGE, "%s is empty; give it a value, or leave it out", filters[i].name);
        return false;
    }
    return true;
}

static bool command_order_parse(int argc, char **argv, struct order_options *out)
{
    *out = (struct order_options){0};
    const struct command_option own[] = {
        {"--in-doubt", &out->is_doubt, NULL},   {"--stuck", &out->is_stuck, NULL},
        {"--refused", &out->has_refused, NULL}, {"--csv", &out->is_csv, NULL},
        {"--state", NULL, &out->state},         {"--client", NULL, &out->client},
        {"--provider", NULL, &out->provider},   {"--service", NULL, &out->service},
        {"--link", NULL, &out->link},           {"--upstream", NULL, &out->upstream},
        {"--since", NULL, &out->since},         {"--until", NULL, &out->until},
        {"--before", NULL, &out->before},       {"--limit", NULL, &out->limit},
        {"--accepted", NULL, &out->accepted},   {"--next-offer", &out->next_offer, NULL},
        {"--refund", &out->refund, NULL},       {"--text", NULL, &out->text},
        {"--force", &out->is_forced, NULL},     {"--reason", NULL, &out->reason},
        {"--yes", &out->is_yes, NULL},
    };
    return command_parse(argc, argv, own, COUNT_OF(own), &out->common);
}

static bool command_order_read_id(struct order_options *o)
{
    const char *text = o->common.arguments[1];
    if (str_to_u64(str_of(text), &o->id) && o->id >= 1 && o->id <= INT32_MAX)
        return true;
    command_fail(ERROR_USAGE, "an order's ID must be a whole number from 1 to %d", INT32_MAX);
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

/* False: it cannot be read; that was printed. */
static bool command_order_read_list(struct ledger *ledger, const struct order_options *o,
                                    struct buf *out)
{
    struct arena arena;
    struct ledger_rows rows;
    struct jsonwriter w = orderjson_list_begin(out);
    arena_init(&arena);
    ledger_read(ledger, &o->query, &arena, &rows);
    for (size_t i = 0; i < rows.order_count; i++) {
        struct ledger_rows shown = {0};
        struct ledger_query show = {.request = LEDGER_QUERY_SHOW, .id = rows.orders[i].id};
        if (o->is_doubt)
            ledger_read(ledger, &show, &arena, &shown);
        orderjson_order(&w, &rows.orders[i], orderjson_doubt(&shown));
    }
    orderjson_list_end(&w, rows.next_before);
    bool is_read = rows.result == LEDGER_DONE;
    if (!is_read)
        command_fail(ERROR_BROKEN, "the ledger cannot be read; see panelmux ledger verify");
    arena_fini(&arena);
    return is_read;
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
        command_fail(ERROR_NOT_FOUND, "there is no such order; order list shows those there are");
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
    const struct orderfilter given = {
        .state = str_of(o->state),
        .client = str_of(o->client),
        .provider = str_of(o->provider),
        .service = str_of(o->service),
        .link = str_of(o->link),
        .upstream = str_of(o->upstream),
        .since = str_of(o->since),
        .until = str_of(o->until),
        .before = str_of(o->before),
        .limit = str_of(o->limit),
        .is_doubt = o->is_doubt,
        .has_refused = o->has_refused,
    };
    struct fault why;
    if (o->is_doubt && o->is_stuck)
        command_fail(ERROR_USAGE, "--in-doubt or --stuck, not both");
    else if (o->is_csv && o->common.is_json)
        command_fail(ERROR_USAGE, "--csv or --json, not both");
    else if (orderfilter_read(&given, &o->query, &why))
        return true;
    else
        command_fail(ERROR_USAGE, "order list: %s", why.message);
    return false;
}

static void command_order_add_param(struct buf *path, const char *name, const char *value)
{
    if (value == NULL)
        return;
    buf_printf(path, "&%s=", name);
    buf_add_urlencoded(path, str_of(value));
}

static void command_order_print_path(const struct order_options *o, struct buf *path)
{
    buf_printf(path, "/orders?limit=%u", o->query.limit);
    command_order_add_param(path, "in_doubt", o->is_doubt ? "1" : NULL);
    command_order_add_param(path, "stuck", o->is_stuck ? "1" : NULL);
    command_order_add_param(path, "refused", o->has_refused ? "1" : NULL);
    command_order_add_param(path, "state", o->state);
    command_order_add_param(path, "client", o->client);
    command_order_add_param(path, "provider", o->provider);
    command_order_add_param(path, "service", o->service);
    command_order_add_param(path, "link", o->link);
    command_order_add_param(path, "upstream", o->upstream);
    command_order_add_param(path, "since", o->since);
    command_order_add_param(path, "until", o->until);
    command_order_add_param(path, "before", o->before);
}

/* No gateway answered. */
static int command_order_list_here(struct remote *remote, const struct order_options *o,
                                   const struct remote_reply *reply,
                                   void (*print)(const json_t *json))
{
    struct buf json;
    if (o->is_stuck) {
        command_fail(
            ERROR_UNREACHABLE,
            "%s\npanelmux: which orders are stuck only the running gateway knows; start it, "
            "or list those under way: --state pending,processing,in_progress",
            reply->message);
        return EXIT_UNREACHABLE;
    }
    struct ledger *ledger = command_order_open_ledger(remote, reply);
    if (ledger == NULL)
        return EXIT_UNREACHABLE;
    buf_init(&json, JSON_BYTES);
    bool is_read = command_order_read_list(ledger, o, &json);
    if (is_read)
        command_order_print_ledger(&json, o->common.is_json, print);
    buf_fini(&json);
    ledger_close(&ledger);
    return is_read ? EXIT_OK : EXIT_PROBLEM;
}

static int command_order_list(struct remote *remote, const struct order_options *o)
{
    struct remote_reply reply;
    struct buf path;
    void (*print)(const json_t *) = o->is_csv     ? command_order_print_csv
                                    : o->is_doubt ? command_order_print_doubt_list
                                                  : command_order_print_list;
    buf_init(&path, PATH_BYTES);
    command_order_print_path(o, &path);
    remote_ask_whole(remote, &path, NULL, &reply);
    buf_fini(&path);
    int code = reply.code;
    if (code == EXIT_UNREACHABLE) {
        code = command_order_list_here(remote, o, &reply, print);
    } else {
        remote_tell(&reply, o->common.is_json);
        if (code == EXIT_OK && !o->common.is_json)
            print(reply.json);
    }
    remote_reply_fini(&reply);
    return code;
}

/* ---- show ---- */

static bool command_order_check_show(struct order_options *o)
{
    return command_order_read_id(o);
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
    else if (o->is_forced && o->accepted == NULL)
        command_fail(ERROR_USAGE, "--force takes a number unseen: it goes with --accepted");
    else
        return !has_id || command_order_read_id(o);
    return false;
}

static void command_order_print_body(const struct order_options *o, bool is_preview,
                                     struct buf *out)
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
    if (is_preview)
        jsonwriter_text(&w, "preview", STR("yes"));
    if (o->reason)
        jsonwriter_text(&w, "reason", str_of(o->reason));
    if (o->provider) {
        jsonwriter_text(&w, "provider", str_of(o->provider));
        jsonwriter_text(&w, "text", str_of(o->text));
    }
    jsonwriter_object_end(&w);
}

static void command_order_ask_resolve(struct remote *remote, const struct order_options *o,
                                      bool is_preview, struct remote_reply *reply)
{
    struct buf path, body;
    buf_init(&path, 64);
    if (o->id)
        buf_printf(&path, "/orders/%llu/resolve", (unsigned long long)o->id);
    else
        buf_add_text(&path, "/orders/resolve");
    buf_init(&body, 64 * 1024);
    command_order_print_body(o, is_preview, &body);
    remote_ask_whole(remote, &path, &body, reply);
    buf_fini(&path);
    buf_fini(&body);
}

/* What will happen, and to whose money. */
static void command_order_print_question(const struct order_options *o, const json_t *preview,
                                         struct buf *out)
{
    struct remote_room count, charges, currency;
    buf_printf(
        out, "%s in doubt, charges %s %s in all: ", remote_text(preview, "would_resolve", &count),
        remote_text(preview, "charges", &charges), remote_text(preview, "currency", &currency));
    if (o->accepted)
        buf_printf(out, "it becomes the panel's order %s and is charged to its client",
                   o->accepted);
    else if (o->refund)
        buf_add_text(out, "the client gets that back; what the panel took after all is your loss");
    else
        buf_add_text(out, "sent to the next offer, or where none is left the client gets that "
                          "back; what the panel took after all is delivered and paid twice");
    buf_add_text(out, ". Go on?");
}

/* EXIT_OK: go on. */
static int command_order_confirm(struct remote *remote, const struct order_options *o)
{
    struct remote_reply reply;
    struct buf question;
    if (o->is_yes)
        return EXIT_OK;
    command_order_ask_resolve(remote, o, true, &reply);
    int code = reply.code;
    if (code == EXIT_OK) {
        buf_init(&question, 4096);
        command_order_print_question(o, reply.json, &question);
        code = command_confirm(question.ptr, false) ? EXIT_OK : EXIT_PROBLEM;
        buf_fini(&question);
        if (code != EXIT_OK)
            command_fail(ERROR_CONFLICT, "nothing was changed");
    } else {
        remote_tell(&reply, o->common.is_json);
    }
    remote_reply_fini(&reply);
    return code;
}

static int command_order_resolve(struct remote *remote, const struct order_options *options)
{
    struct remote_reply reply;
    struct remote_room room;
    int code = command_order_confirm(remote, options);
    if (code != EXIT_OK)
        return code;
    command_order_ask_resolve(remote, options, false, &reply);
    remote_tell(&reply, options->common.is_json);
    if (reply.code == EXIT_OK && !options->common.is_json)
        printf("resolved: %s\n", remote_text(reply.json, "resolved", &room));
    code = reply.code;
    remote_reply_fini(&reply);
    return code;
}

static const struct command_order_verb {
    const char *name;
    enum command_order_use use;
    size_t min, max;
    bool (*check)(struct order_options *o); /* false: printed a usage fault */
    int (*run)(struct remote *remote, const struct order_options *options);
} verbs[] = {{"list", USE_LIST, 0, 0, command_order_check_list, command_order_list},
             {"show", USE_SHOW, 1, 1, command_order_check_show, command_order_show},
             {"resolve", USE_RESOLVE, 0, 1, command_order_check_resolve, command_order_resolve}};

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
            !command_order_check_options(&options, verbs[i].use) ||
            !command_order_check_filled(&options) || !verbs[i].check(&options))
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
