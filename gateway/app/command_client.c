/* panelmux client: who may call. What changes a client or its money goes through the running
 * gateway; list and statement read the files themselves when none runs. */
#include <stdio.h>
#include <stdlib.h>

#include "admin/clientjson.h"
#include "app/csv.h"
#include "app/remote.h"
#include "app/texttable.h"
#include "base/clock.h"
#include "base/digest.h"

enum { KEY_DIGITS = 40, JSON_BYTES = 64 * 1024 * 1024, PATH_BYTES = 2048 };

enum command_client_verb {
    VERB_LIST = 1 << 0,
    VERB_ADD = 1 << 1,
    VERB_SET = 1 << 2,
    VERB_FREEZE = 1 << 3,
    VERB_UNFREEZE = 1 << 4,
    VERB_KEY = 1 << 5,
    VERB_KEY_ADD = 1 << 6,
    VERB_KEY_REVOKE = 1 << 7,
    VERB_CREDIT = 1 << 8,
    VERB_STATEMENT = 1 << 9
};

struct client_options {
    struct command_options common;
    enum command_client_verb verb;
    const char *funds, *balance, *credit_limit, *daily_limit, *prices, *markup, *rate_limit,
        *get_orders, *refs, *services, *addresses;
    const char *label, *id, *note, *since, *until;
    bool is_csv;
};

/* ---- settings from options ---- */

/* "1-99,200" is a list, "all" a text. */
static json_t *command_client_make_list(const char *text)
{
    struct str rest = str_of(text), piece;
    if (str_find_byte(rest, ',') == SIZE_MAX)
        return json_string(text);
    json_t *list = json_array();
    while (str_next(&rest, ',', &piece)) {
        piece = str_trim(piece);
        json_array_append_new(list, json_stringn(piece.ptr, piece.len));
    }
    return list;
}

/* "1=0.80,2=1.20"; "none" takes them all out. NULL: it is neither. */
static json_t *command_client_make_prices(const char *text)
{
    struct str rest = str_of(text), piece;
    if (str_is(rest, "none"))
        return json_null();
    json_t *prices = json_object();
    while (str_next(&rest, ',', &piece)) {
        size_t equals = str_find_byte(piece, '=');
        struct str service = str_trim(str_first(piece, equals));
        if (equals == SIZE_MAX || service.len == 0) {
            json_decref(prices);
            return NULL;
        }
        struct str rate = str_trim(str_from(piece, equals + 1));
        char *name = str_copy(service);
        json_object_set_new(prices, name, json_stringn(rate.ptr, rate.len));
        free(name);
    }
    return prices;
}

static void command_client_put(json_t *body, const char *name, const char *value)
{
    if (value)
        json_object_set_new(body, name, json_string(value));
}

/* Whatever it sees as its balance is the operator's word, never our own funds unasked. */
static bool command_client_check_balance(const struct client_options *o)
{
    bool is_unlimited = o->funds == NULL || str_equal_folded(str_of(o->funds), STR("unlimited"));
    if (o->verb != VERB_ADD || !is_unlimited || o->balance)
        return true;
    command_fail(ERROR_USAGE,
                 "client add: a client with unlimited funds needs --balance, what it sees as its "
                 "balance: an amount or provider_sum; or add it with --funds prepaid");
    return false;
}

/* NULL: reported on stderr. */
static json_t *command_client_make_settings(const struct client_options *o)
{
    json_t *body = json_object(),
           *prices = o->prices ? command_client_make_prices(o->prices) : NULL;
    if (!command_client_check_balance(o)) {
        json_decref(body);
        json_decref(prices);
        return NULL;
    }
    if (o->prices && prices == NULL) {
        command_fail(ERROR_USAGE, "--prices %s: right is such as 1=0.80,2=1.20, or none",
                     o->prices);
        json_decref(body);
        return NULL;
    }
    if (prices)
        json_object_set_new(body, "prices", prices);
    command_client_put(body, "funds", o->funds);
    command_client_put(body, "balance", o->balance);
    command_client_put(body, "credit_limit", o->credit_limit);
    command_client_put(body, "daily_limit", o->daily_limit);
    command_client_put(body, "markup", o->markup);
    command_client_put(body, "rate_limit", o->rate_limit);
    command_client_put(body, "get_orders", o->get_orders);
    command_client_put(body, "refs", o->refs);
    if (o->services)
        json_object_set_new(body, "services", command_client_make_list(o->services));
    if (o->addresses)
        json_object_set_new(body, "addresses", command_client_make_list(o->addresses));
    if (json_object_size(body) == 0 && o->verb == VERB_SET) {
        command_fail(ERROR_USAGE,
                     "client set: nothing to set; name a setting, such as --markup 5%%");
        json_decref(body);
        return NULL;
    }
    return body;
}

/* ---- asking the gateway ---- */

static void command_client_ask(struct remote *remote, const char *name, const char *what,
                               json_t *body, struct remote_reply *reply)
{
    struct buf path;
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    buf_init(&path, PATH_BYTES);
    buf_add_text(&path, "/api/clients/");
    buf_add_urlencoded(&path, str_of(name));
    buf_printf(&path, "/%s", what);
    if (path.is_over)
        remote_ask_whole(remote, &path, NULL, reply);
    else
        remote_ask(remote, path.ptr, text ? str_of(text) : STR_NONE, reply);
    free(text);
    buf_fini(&path);
}

static void command_client_print_changed(const struct client_options *o, const json_t *json)
{
    struct remote_room room[4];
    const char *name = remote_text(json, "name", &room[0]);
    const char *key = remote_text(json, "key", &room[1]);
    switch (o->verb) {
    case VERB_ADD:
    case VERB_KEY_ADD:
        printf("client %s: the key \"%s\", shown only now, for the client:\n  %s\n", name,
               remote_text(json, "label", &room[2]), key);
        return;
    case VERB_CREDIT:
        printf("client %s: %s, balance %s, available %s\n", name,
               remote_is(json, "repeat") ? "this credit was booked before, nothing is changed"
                                         : "booked",
               remote_text(json, "balance", &room[2]), remote_text(json, "available", &room[3]));
        return;
    case VERB_FREEZE:
        printf("client %s: frozen\n", name);
        return;
    case VERB_UNFREEZE:
        printf("client %s: no longer frozen\n", name);
        return;
    case VERB_KEY_REVOKE:
        printf("client %s: the key is revoked\n", name);
        return;
    case VERB_SET:
        printf("client %s: in force\n", name);
        return;
    case VERB_LIST:
    case VERB_KEY:
    case VERB_STATEMENT:
        break; /* they change nothing */
    }
    UNREACHABLE();
}

/* The body is taken. */
static int command_client_change(const struct client_options *o, const char *name, const char *what,
                                 json_t *body)
{
    struct remote remote;
    struct remote_reply reply;
    if (body == NULL)
        return EXIT_USAGE;
    if (!remote_open(&remote, &o->common)) {
        json_decref(body);
        return EXIT_PROBLEM;
    }
    command_client_ask(&remote, name, what, body, &reply);
    remote_tell(&reply, o->common.is_json);
    if (reply.code == EXIT_OK && !o->common.is_json)
        command_client_print_changed(o, reply.json);
    int code = reply.code;
    json_decref(body);
    remote_reply_fini(&reply);
    remote_close(&remote);
    return code;
}

/* ---- without a gateway ---- */

/* The clients of the file, whatever else is wrong in it, and those of the ledger. */
static struct client_set *command_client_read_set(struct remote *remote,
                                                  const struct ledger_rows *kept,
                                                  struct roster *roster, struct fault *why)
{
    struct configuration_draft *draft = &remote->draft;
    struct client_set *of_file = client_set_new(draft->clients, draft->client_count, why);
    struct client_set *all = NULL;
    bool is_good = of_file != NULL;
    for (size_t i = 0; is_good && i < kept->client_count; i++)
        is_good = roster_put(roster, kept->clients[i].name, kept->clients[i].settings,
                             kept->clients[i].is_frozen, kept->clients[i].created_at_ms, why);
    for (size_t i = 0; is_good && i < kept->client_key_count; i++) {
        const struct ledger_client_key *key = &kept->client_keys[i];
        struct digest sha256;
        memcpy(sha256.bytes, key->sha256, sizeof sha256.bytes);
        if (key->revoked_at_ms)
            continue;
        roster_add_key(roster, key->client, key->label, &sha256, key->created_at_ms);
        client_key_set_use(&sha256, key->last_used_at_ms);
    }
    if (is_good)
        all = roster_merge(roster, of_file, why);
    client_set_unpin(&of_file);
    return all;
}

/* ledger: NULL where there is none yet. */
static bool command_client_read_list(struct remote *remote, struct ledger *ledger, struct buf *out,
                                     struct fault *why)
{
    struct ledger_query clients = {.request = LEDGER_QUERY_CLIENTS};
    struct ledger_query accounts = {.request = LEDGER_QUERY_ACCOUNTS,
                                    .since_ms = clientjson_day_start(clock_wall_ms())};
    struct ledger_rows kept = {.result = LEDGER_DONE}, money = {.result = LEDGER_DONE};
    struct roster *roster = roster_new();
    struct arena arena;
    arena_init(&arena);
    if (ledger) {
        ledger_read(ledger, &clients, &arena, &kept);
        ledger_read(ledger, &accounts, &arena, &money);
    }
    struct client_set *set = NULL;
    if (kept.result == LEDGER_DONE)
        set = command_client_read_set(remote, &kept, roster, why);
    else
        fault_set(why, FAULT_BROKEN, "the ledger cannot be read (%s)",
                  ledger_result_name(kept.result));
    if (set)
        clientjson_list(out, set, roster, money.result == LEDGER_DONE ? &money : NULL,
                        str_of(remote->draft.made.catalogue.currency), clock_wall_ms());
    bool is_good = set != NULL;
    client_set_unpin(&set);
    roster_free(roster);
    arena_fini(&arena);
    return is_good;
}

static bool command_client_read_statement(struct remote *remote, const struct client_options *o,
                                          struct ledger *ledger, struct buf *out, struct fault *why)
{
    static const struct ledger_rows none;
    struct clientjson_statement statement = {.client = str_of(o->common.arguments[1]),
                                             .currency =
                                                 str_of(remote->draft.made.catalogue.currency)};
    struct ledger_rows rows, before = none;
    struct arena arena;
    if (!clientjson_parse_span(str_of(o->since ? o->since : ""), str_of(o->until ? o->until : ""),
                               &statement.since_ms, &statement.until_ms, why))
        return false;
    struct ledger_query query = {.request = LEDGER_QUERY_STATEMENT,
                                 .client = statement.client,
                                 .since_ms = statement.since_ms,
                                 .until_ms = statement.until_ms};
    arena_init(&arena);
    ledger_read(ledger, &query, &arena, &rows);
    if (rows.posting_count == 0 && statement.since_ms) {
        query.since_ms = 0;
        query.until_ms = statement.since_ms;
        ledger_read(ledger, &query, &arena, &before);
    }
    statement.rows = &rows;
    statement.before = &before;
    bool is_good = rows.result == LEDGER_DONE && rows.account_count > 0;
    if (is_good)
        clientjson_statement(out, &statement);
    else if (rows.result == LEDGER_DONE)
        fault_set(why, FAULT_NOT_FOUND, "the ledger knows no money of a client of that name");
    else
        fault_set(why, FAULT_BROKEN, "the ledger cannot be read (%s)",
                  ledger_result_name(rows.result));
    arena_fini(&arena);
    return is_good;
}

/* As if the gateway had answered, from the files; false: reported on stderr. */
static bool command_client_read_instead(struct remote *remote, const struct client_options *o,
                                        struct remote_reply *reply)
{
    struct fault why;
    struct ledger *ledger = ledger_open_reading(&remote->draft.made.ledger, &why);
    /* Before the first start there is none, but the file's clients are there. */
    bool is_good = ledger != NULL || (o->verb == VERB_LIST && why.code == FAULT_NOT_FOUND);
    remote_reply_fini(reply);
    buf_init(&reply->body, JSON_BYTES);
    if (is_good && o->verb == VERB_LIST)
        is_good = command_client_read_list(remote, ledger, &reply->body, &why);
    else if (is_good)
        is_good = command_client_read_statement(remote, o, ledger, &reply->body, &why);
    if (ledger)
        ledger_close(&ledger);
    reply->code = is_good ? EXIT_OK : EXIT_PROBLEM;
    reply->error = errorcode_of_fault(why.code);
    if (is_good)
        reply->json = json_loadb(reply->body.ptr, reply->body.len, 0, NULL);
    else
        snprintf(reply->message, sizeof reply->message, "%.380s", why.message);
    return is_good;
}

/* ---- list ---- */

static void command_client_print_keys(const json_t *client, struct buf *out)
{
    struct remote_room room[2];
    size_t i;
    json_t *key;
    json_array_foreach(json_object_get(client, "key_list"), i, key)
    {
        const char *label = remote_text(key, "label", &room[0]);
        const char *used = remote_text(key, "last_used_at", &room[1]);
        buf_printf(out, "%s%s%s%.16s", i ? ", " : "", label[0] ? label : "key", used[0] ? " " : "",
                   used);
    }
}

static void command_client_add_row(struct texttable *table, const json_t *client)
{
    static const char *const keys[] = {
        "name",        "origin", "funds",      "balance",  "held",         "orders_today",
        "spent_today", "markup", "rate_limit", "services", "last_call_at", NULL /* key_list */};
    struct remote_room rooms[COUNT_OF(keys)];
    const char *cells[COUNT_OF(keys)];
    char funds[64];
    struct buf labels;
    buf_init(&labels, JSON_BYTES);
    command_client_print_keys(client, &labels);
    for (size_t k = 0; k < COUNT_OF(keys); k++)
        cells[k] = keys[k] ? remote_text(client, keys[k], &rooms[k]) : buf_str(&labels).ptr;
    if (remote_is(client, "frozen")) {
        snprintf(funds, sizeof funds, "%s, frozen", cells[2]);
        cells[2] = funds;
    }
    texttable_add(table, cells);
    buf_fini(&labels);
}

static void command_client_print_table(const json_t *json)
{
    static const char *const heads[] = {"NAME",       "IN",       "FUNDS",     ">BALANCE",
                                        ">HELD",      ">ORDERS",  ">TODAY",    "MARKUP",
                                        "RATE LIMIT", "SERVICES", "LAST CALL", "KEYS"};
    struct texttable table;
    size_t i;
    json_t *client;
    texttable_init(&table, heads, COUNT_OF(heads));
    json_array_foreach(json_object_get(json, "clients"), i, client)
        command_client_add_row(&table, client);
    texttable_print(&table, "no clients: nobody can call", stdout);
    texttable_fini(&table);
}

static int command_client_list(const struct client_options *o)
{
    struct remote remote;
    struct remote_reply reply;
    if (!remote_open(&remote, &o->common))
        return EXIT_PROBLEM;
    remote_ask(&remote, "/clients", STR_NONE, &reply);
    if (reply.code == EXIT_UNREACHABLE)
        command_client_read_instead(&remote, o, &reply);
    remote_tell(&reply, o->common.is_json);
    if (reply.code == EXIT_OK && !o->common.is_json)
        command_client_print_table(reply.json);
    int code = reply.code;
    remote_reply_fini(&reply);
    remote_close(&remote);
    return code;
}

/* ---- statement ---- */

static void command_client_print_csv(const json_t *json)
{
    static const char *const keys[] = {"time", "kind", "order", "amount", "balance", "held"};
    struct remote_room room;
    size_t i;
    json_t *line;
    puts("time,kind,order,amount,balance,held,note");
    printf("%s,opening,,,%s,,\n", remote_text(json, "since", &room),
           json_string_value(json_object_get(json, "opening")));
    json_array_foreach(json_object_get(json, "lines"), i, line)
    {
        for (size_t k = 0; k < COUNT_OF(keys); k++)
            printf("%s,", remote_text(line, keys[k], &room));
        csv_print_text(remote_text(line, "note", &room), stdout);
        puts("");
    }
    printf("%s,closing,,,%s,,\n", remote_text(json, "until", &room),
           json_string_value(json_object_get(json, "closing")));
}

static void command_client_print_statement(const json_t *json)
{
    static const char *const heads[] = {"TIME",     "KIND",  ">ORDER", ">AMOUNT",
                                        ">BALANCE", ">HELD", "NOTE"};
    static const char *const keys[] = {"time",    "kind", "order", "amount",
                                       "balance", "held", "note"};
    struct texttable table;
    struct remote_room rooms[COUNT_OF(keys)];
    const char *cells[COUNT_OF(keys)];
    size_t i;
    json_t *line;
    printf("opening balance %s %s\n", json_string_value(json_object_get(json, "opening")),
           json_string_value(json_object_get(json, "currency")));
    texttable_init(&table, heads, COUNT_OF(heads));
    json_array_foreach(json_object_get(json, "lines"), i, line)
    {
        for (size_t k = 0; k < COUNT_OF(keys); k++)
            cells[k] = remote_text(line, keys[k], &rooms[k]);
        texttable_add(&table, cells);
    }
    texttable_print(&table, "no postings", stdout);
    texttable_fini(&table);
    printf("closing balance %s %s\n", json_string_value(json_object_get(json, "closing")),
           json_string_value(json_object_get(json, "currency")));
}

static int command_client_statement(const struct client_options *o)
{
    struct remote remote;
    struct remote_reply reply;
    struct buf what;
    if (!remote_open(&remote, &o->common))
        return EXIT_PROBLEM;
    buf_init(&what, PATH_BYTES);
    buf_add_text(&what, "statement?since=");
    buf_add_urlencoded(&what, str_of(o->since ? o->since : ""));
    buf_add_text(&what, "&until=");
    buf_add_urlencoded(&what, str_of(o->until ? o->until : ""));
    if (what.is_over)
        remote_ask_whole(&remote, &what, NULL, &reply);
    else
        command_client_ask(&remote, o->common.arguments[1], what.ptr, NULL, &reply);
    if (reply.code == EXIT_UNREACHABLE)
        command_client_read_instead(&remote, o, &reply);
    remote_tell(&reply, o->common.is_json);
    if (reply.code == EXIT_OK && o->is_csv)
        command_client_print_csv(reply.json);
    else if (reply.code == EXIT_OK && !o->common.is_json)
        command_client_print_statement(reply.json);
    int code = reply.code;
    buf_fini(&what);
    remote_reply_fini(&reply);
    remote_close(&remote);
    return code;
}

/* ---- a key for the file ---- */

static int command_client_make_key(const struct client_options *o)
{
    char fresh[KEY_DIGITS + 1], hex[65];
    struct buf out;
    digest_random_hex(fresh, KEY_DIGITS);
    struct digest digest = digest_sha256(str_of(fresh));
    digest_print(&digest, hex);
    if (!o->common.is_json) {
        printf("the key, shown only now, for the client:\n  %s\n"
               "for the configuration, under clients:\n  key_sha256: %s\n",
               fresh, hex);
        return EXIT_OK;
    }
    buf_init(&out, 4096);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    jsonwriter_text(&w, "key", str_of(fresh));
    jsonwriter_text(&w, "key_sha256", str_of(hex));
    jsonwriter_object_end(&w);
    puts(out.ptr);
    buf_fini(&out);
    return EXIT_OK;
}

/* ---- which one ---- */

static const struct command_client_row {
    enum command_client_verb verb;
    const char *first, *second; /* as typed */
    size_t min, max;            /* arguments behind the first word */
    const char *what;           /* of the address; NULL: not a change */
} verbs[] = {
    {VERB_LIST, "list", NULL, 0, 0, NULL},
    {VERB_ADD, "add", NULL, 1, 1, "add"},
    {VERB_SET, "set", NULL, 1, 1, "set"},
    {VERB_FREEZE, "freeze", NULL, 1, 1, "freeze"},
    {VERB_UNFREEZE, "unfreeze", NULL, 1, 1, "unfreeze"},
    {VERB_KEY_ADD, "key", "add", 2, 2, "keys"},
    {VERB_KEY_REVOKE, "key", "revoke", 3, 3, "keys/revoke"},
    {VERB_KEY, "key", NULL, 0, 0, NULL},
    {VERB_CREDIT, "credit", NULL, 2, 2, "credit"},
    {VERB_STATEMENT, "statement", NULL, 1, 1, NULL},
};

static const struct command_client_row *command_client_find(const struct command_options *given)
{
    const char *first = given->argument_count > 0 ? given->arguments[0] : "";
    const char *second = given->argument_count > 1 ? given->arguments[1] : "";
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        if (strcmp(first, verbs[i].first) == 0 &&
            (verbs[i].second == NULL || strcmp(second, verbs[i].second) == 0))
            return &verbs[i];
    return NULL;
}

/* Each option belongs to some of the sub-commands; false: reported on stderr. */
static bool command_client_check_options(const struct client_options *o)
{
    const unsigned settings = VERB_ADD | VERB_SET;
    const struct {
        const char *name;
        bool is_given;
        unsigned verbs;
    } rules[] = {
        {"--funds", o->funds, settings},
        {"--balance", o->balance, settings},
        {"--credit-limit", o->credit_limit, settings},
        {"--daily-limit", o->daily_limit, settings},
        {"--prices", o->prices, settings},
        {"--markup", o->markup, settings},
        {"--rate-limit", o->rate_limit, settings},
        {"--get-orders", o->get_orders, settings},
        {"--refs", o->refs, settings},
        {"--services", o->services, settings},
        {"--addresses", o->addresses, settings},
        {"--label", o->label, VERB_ADD | VERB_KEY_ADD},
        {"--id", o->id, VERB_CREDIT},
        {"--note", o->note, VERB_CREDIT},
        {"--since", o->since, VERB_STATEMENT},
        {"--until", o->until, VERB_STATEMENT},
        {"--csv", o->is_csv, VERB_STATEMENT},
    };
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        if (!rules[i].is_given || (rules[i].verbs & o->verb))
            continue;
        command_fail(ERROR_USAGE, "client %s takes no %s", o->common.arguments[0], rules[i].name);
        return false;
    }
    if (o->verb == VERB_KEY_ADD && o->label == NULL) {
        command_fail(ERROR_USAGE, "client key add NAME needs --label TEXT, to tell its keys apart");
        return false;
    }
    return true;
}

static json_t *command_client_make_body(const struct client_options *o)
{
    json_t *body = o->verb == VERB_ADD || o->verb == VERB_SET ? command_client_make_settings(o)
                                                              : json_object();
    if (body == NULL)
        return NULL;
    command_client_put(body, "label", o->label);
    if (o->verb == VERB_KEY_REVOKE)
        command_client_put(body, "label", o->common.arguments[3]);
    if (o->verb == VERB_CREDIT)
        command_client_put(body, "amount", o->common.arguments[2]);
    command_client_put(body, "id", o->id);
    command_client_put(body, "note", o->note);
    return body;
}

static int command_client_act(const struct client_options *o, const struct command_client_row *row)
{
    if (o->verb == VERB_LIST)
        return command_client_list(o);
    if (o->verb == VERB_KEY)
        return command_client_make_key(o);
    if (o->verb == VERB_STATEMENT)
        return command_client_statement(o);
    return command_client_change(o, o->common.arguments[row->second ? 2 : 1], row->what,
                                 command_client_make_body(o));
}

int command_client_run(int argc, char **argv)
{
    struct client_options o = {0};
    const struct command_option own[] = {
        {"--funds", NULL, &o.funds},
        {"--balance", NULL, &o.balance},
        {"--credit-limit", NULL, &o.credit_limit},
        {"--daily-limit", NULL, &o.daily_limit},
        {"--prices", NULL, &o.prices},
        {"--markup", NULL, &o.markup},
        {"--rate-limit", NULL, &o.rate_limit},
        {"--get-orders", NULL, &o.get_orders},
        {"--refs", NULL, &o.refs},
        {"--services", NULL, &o.services},
        {"--addresses", NULL, &o.addresses},
        {"--label", NULL, &o.label},
        {"--id", NULL, &o.id},
        {"--note", NULL, &o.note},
        {"--since", NULL, &o.since},
        {"--until", NULL, &o.until},
        {"--csv", &o.is_csv, NULL},
    };
    if (!command_parse(argc, argv, own, COUNT_OF(own), &o.common))
        return EXIT_USAGE;
    const struct command_client_row *row = command_client_find(&o.common);
    if (row == NULL) {
        command_fail(ERROR_USAGE,
                     "client list, add, set, freeze, unfreeze, key, credit or statement");
        return EXIT_USAGE;
    }
    o.verb = row->verb;
    if (!command_check_count(&o.common, row->min, row->max) || !command_client_check_options(&o))
        return EXIT_USAGE;
    return command_client_act(&o, row);
}
