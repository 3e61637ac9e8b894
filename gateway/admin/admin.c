/* See admin.h: who may call, and which page answers. */
#include "admin/admin.h"

#include <stdio.h>
#include <stdlib.h>

#include "admin/admin_private.h"
#include "admin/errorcode.h"
#include "base/log.h"
#include "http/listener_settings.h"
#include "http/network.h"
#include "settings/rows.h"

struct route {
    enum exchange_method method;
    const char *path; /* at most one '*', a whole segment */
    bool is_open;     /* no token */
    void (*run)(struct admin_call *call);
    const char *does;  /* for the index: what it does; its parameters */
    const char *takes; /* any other parameter is refused; NULL: is passed over */
};

static void admin_run_index(struct admin_call *call);

static const struct route routes[] = {
    {EXCHANGE_GET, "/", false, admin_run_index, "this index", NULL},
    {EXCHANGE_GET, "/healthz", true, page_gateway_healthz, "whether the gateway is alive", NULL},
    {EXCHANGE_GET, "/readyz", true, page_gateway_readyz,
     "whether it may be sent clients, else 503; verbose= with the token: each part, the lists, the "
     "tracker",
     NULL},
    {EXCHANGE_GET, "/metrics", true, metrics_run, "Prometheus text", NULL},
    {EXCHANGE_GET, "/orders", false, page_orders_list, "orders, the newest first",
     "in_doubt stuck refused state client provider service link upstream since until before limit"},
    {EXCHANGE_POST, "/orders/resolve", false, page_orders_resolve_text,
     "ends all doubts of one provider that have the same text", "provider text how preview reason"},
    {EXCHANGE_GET, "/orders/*", false, page_orders_show,
     "one order with its attempts, events and evidence", NULL},
    {EXCHANGE_POST, "/orders/*/resolve", false, page_orders_resolve, "ends the doubt of one order",
     "how upstream_id force preview reason"},
    {EXCHANGE_GET, "/providers", false, page_providers_list, "the state of each provider", NULL},
    {EXCHANGE_POST, "/providers/*/pause", false, page_providers_pause,
     "no new orders and no readings from now on; for, reason", "for reason"},
    {EXCHANGE_POST, "/providers/*/resume", false, page_providers_resume,
     "ends a pause, and all that is held against it; its balance is read", NULL},
    {EXCHANGE_GET, "/providers/*/quarantine", false, page_accept_show,
     "its prices in quarantine, old and new, with what they change for what is sold", NULL},
    {EXCHANGE_POST, "/providers/*/accept", false, page_accept_run,
     "takes quarantined prices; services and shown, or all and state; zero", NULL},
    {EXCHANGE_POST, "/providers/*/doctor", false, page_providers_doctor,
     "calls the panel, read-only, and tells what is wrong", NULL},
    {EXCHANGE_GET, "/clients", false, page_clients_list,
     "the clients with balance, held, today's orders and keys", NULL},
    {EXCHANGE_GET, "/api/clients", false, page_clients_list, "the same", NULL},
    {EXCHANGE_POST, "/api/clients/*/add", false, page_clients_add,
     "adds a client and shows its key, once", NULL},
    {EXCHANGE_POST, "/api/clients/*/set", false, page_clients_set, "changes a client's settings",
     NULL},
    {EXCHANGE_POST, "/api/clients/*/freeze", false, page_clients_freeze, "the client may only read",
     NULL},
    {EXCHANGE_POST, "/api/clients/*/unfreeze", false, page_clients_unfreeze,
     "the client may order again", NULL},
    {EXCHANGE_POST, "/api/clients/*/keys", false, page_clients_add_key,
     "adds a key and shows it, once; label", NULL},
    {EXCHANGE_POST, "/api/clients/*/keys/revoke", false, page_clients_revoke_key,
     "ends a key; label", NULL},
    {EXCHANGE_POST, "/api/clients/*/credit", false, page_clients_credit,
     "books a payment; amount, id, note", NULL},
    {EXCHANGE_GET, "/api/clients/*/statement", false, page_clients_statement,
     "opening balance, each posting, closing balance; since, until", NULL},
    {EXCHANGE_GET, "/explain", false, page_explain_run,
     "price, cost and what each offer would do with an order; service, quantity, client", NULL},
    {EXCHANGE_GET, "/config", false, page_gateway_show_configuration,
     "the configuration in force, without its secrets", NULL},
    {EXCHANGE_GET, "/config/diff", false, page_gateway_compare_configuration,
     "what the file would change now", NULL},
    {EXCHANGE_POST, "/reload", false, page_gateway_reload,
     "reads the configuration again, all or nothing", NULL},
    {EXCHANGE_POST, "/ledger/backup", false, page_gateway_backup,
     "copies the ledger into a new file; path", NULL},
};

struct admin *admin_new(const struct admin_parts *parts)
{
    struct admin *admin = memory_new(sizeof *admin);
    admin->parts = *parts;
    return admin;
}

void admin_configure(struct admin *admin, const struct admin_settings *settings,
                     struct client_set *clients)
{
    admin->has_token = settings->has_token;
    admin->token = settings->token;
    if (admin->clients)
        client_set_unpin(&admin->clients);
    admin->clients = clients;
}

bool admin_is_idle(const struct admin *admin)
{
    return admin->open_calls == 0;
}

void admin_free(struct admin *admin)
{
    if (admin == NULL)
        return;
    if (admin->clients)
        client_set_unpin(&admin->clients);
    free(admin);
}

/* The worst turn is kept until /metrics has reported it, whoever looked before. */
void admin_state(struct admin *admin, struct admin_state *out)
{
    admin->parts.state(out, admin->parts.arg);
    if (out->longest_turn_us > admin->longest_turn_us)
        admin->longest_turn_us = out->longest_turn_us;
    out->longest_turn_us = admin->longest_turn_us;
}

/* ---- replies ---- */

static void admin_end_call(struct admin *admin)
{
    if (--admin->open_calls == 0 && admin->parts.on_idle)
        admin->parts.on_idle(admin->parts.arg);
}

void admin_reply(struct admin_call *call, int status, struct buf *json)
{
    if (json->is_over) {
        buf_fini(json);
        admin_fail(call, 500, "the answer is too large; ask for less, with limit=");
        return;
    }
    struct buf text = *json; /* json may be the exchange's, which goes */
    admin_end_call(call->admin);
    exchange_reply(call->exchange, status, buf_str(&text));
    buf_fini(&text);
}

void admin_fail(struct admin_call *call, int status, const char *message)
{
    struct buf text;
    buf_init(&text, ADMIN_ANSWER_BYTES);
    errorcode_print(errorcode_of_status(status), message, &text);
    admin_end_call(call->admin);
    exchange_reply(call->exchange, status, buf_str(&text));
    buf_fini(&text);
}

int admin_status_of(enum fault_code code)
{
    switch (code) {
    case FAULT_INVALID:
        return 400;
    case FAULT_NOT_FOUND:
        return 404;
    case FAULT_CONFLICT:
        return 409;
    case FAULT_DENIED:
        return 403;
    case FAULT_LIMIT:
        return 429;
    case FAULT_UNAVAILABLE:
        return 503;
    case FAULT_NONE:
    case FAULT_BROKEN:
        return 500;
    }
    UNREACHABLE();
}

const struct provider *admin_provider(struct admin_call *call)
{
    if (call->catalogue == NULL) {
        admin_fail(call, 503, "the providers' lists have not arrived yet; try again in a moment");
        return NULL;
    }
    const struct provider *provider = provider_set_find(call->catalogue->providers, call->subject);
    if (provider == NULL)
        admin_fail(call, 404, "there is no such provider; see provider list");
    return provider;
}

/* A word that is neither is no guess: a safety may hang on it. */
bool admin_read_flag(struct admin_call *call, const char *name, bool *out)
{
    static const char *const words[] = {"0", "1", "no", "yes", "false", "true", "off", "on"};
    struct str given = params_get(&call->params, name), word = str_trim(given);
    char message[64];
    *out = given.ptr != NULL;
    if (word.len == 0)
        return true;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_equal_folded(word, str_of(words[i]))) {
            *out = i % 2 == 1;
            return true;
        }
    snprintf(message, sizeof message, "%s must be yes or no", name);
    admin_fail(call, 400, message);
    return false;
}

/* ---- GET /: the table of routes ---- */

static void admin_run_index(struct admin_call *call)
{
    struct buf out;
    buf_init(&out, ADMIN_ANSWER_BYTES);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    jsonwriter_array(&w, "index");
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        const struct route *route = &routes[i];
        jsonwriter_object(&w, NULL);
        jsonwriter_text(&w, "method", route->method == EXCHANGE_POST ? STR("POST") : STR("GET"));
        jsonwriter_text(&w, "path", str_of(route->path));
        jsonwriter_text(&w, "does", str_of(route->does));
        jsonwriter_bool(&w, "needs_token", call->admin->has_token && !route->is_open);
        jsonwriter_object_end(&w);
    }
    jsonwriter_array_end(&w);
    jsonwriter_object_end(&w);
    admin_reply(call, 200, &out);
}

/* ---- who may call ---- */

static bool admin_has_right_token(const struct admin *admin, const struct exchange *x)
{
    struct str given = exchange_header(x, "Authorization");
    if (given.len < 7 || !str_equal_folded(str_first(given, 7), STR("Bearer ")))
        return false;
    struct digest digest = digest_sha256(str_trim(str_from(given, 7)));
    return digest_equal(&digest, &admin->token);
}

/* Of "HOST", "HOST:PORT", "[IPV6]" or "[IPV6]:PORT" the host; false for anything else. */
static bool admin_split_host(struct str whole, struct str *host_out)
{
    bool is_bracketed = whole.len > 0 && whole.ptr[0] == '[';
    size_t end = str_find_byte(whole, is_bracketed ? ']' : ':');
    uint64_t number;
    if (is_bracketed && end == SIZE_MAX)
        return false;
    *host_out = is_bracketed ? str_make(whole.ptr + 1, end - 1) : str_first(whole, end);
    struct str port = str_from(whole, end == SIZE_MAX ? whole.len : end + is_bracketed);
    return port.len == 0 ||
           (port.ptr[0] == ':' && str_to_u64(str_from(port, 1), &number) && number <= UINT16_MAX);
}

/* "localhost", an IPv4 address without brackets or an IPv6 address within them. */
bool admin_is_local_name(struct str whole)
{
    struct in6_addr address;
    struct str host;
    if (!admin_split_host(whole, &host))
        return false;
    bool has_colon = str_find_byte(host, ':') != SIZE_MAX;
    if (has_colon != (whole.ptr[0] == '['))
        return false;
    return str_equal_folded(host, STR("localhost")) || network_parse_address(host, &address);
}

/* This listener speaks plain HTTP, so that "http://" and the Host are all of our own origin. */
static bool admin_is_own_origin(struct str origin, struct str host)
{
    static const struct str scheme = {"http://", 7};
    return str_equal_folded(str_first(origin, scheme.len), scheme) &&
           str_equal_folded(str_from(origin, scheme.len), host);
}

/* Without a token, a web page in the operator's browser could reach us through a host name of its
 * own that resolves to loopback, through a form, or through an image. Host shows the first, Origin
 * the second, and Sec-Fetch-Site all of them in browsers that send it. */
static bool admin_is_own_page(const struct exchange *x)
{
    struct str host = exchange_header(x, "Host"), origin = exchange_header(x, "Origin");
    struct str site = exchange_header(x, "Sec-Fetch-Site");
    if (!admin_is_local_name(host))
        return false;
    if (site.ptr && !str_is(site, "same-origin") && !str_is(site, "none"))
        return false;
    return origin.ptr == NULL || admin_is_own_origin(origin, host);
}

bool admin_is_trusted(const struct admin_call *call)
{
    return call->admin->has_token ? admin_has_right_token(call->admin, call->exchange)
                                  : admin_is_own_page(call->exchange);
}

/* False: answered. */
static bool admin_admit(struct admin_call *call)
{
    if (admin_is_trusted(call))
        return true;
    if (!call->admin->has_token) {
        admin_fail(
            call, 403,
            "without a token, call by IP address or localhost and not from another site's page");
        return false;
    }
    exchange_add_header(call->exchange, "WWW-Authenticate", "Bearer");
    admin_fail(call, 401, "the admin token is missing or wrong: Authorization: Bearer TOKEN");
    return false;
}

/* ---- which page ---- */

static bool admin_matches(struct str path, const char *pattern, struct str *subject_out)
{
    struct str wanted = str_of(pattern), want, have;
    while (wanted.ptr && path.ptr) {
        str_next(&wanted, '/', &want);
        str_next(&path, '/', &have);
        if (str_is(want, "*") && have.len > 0)
            *subject_out = have;
        else if (!str_equal(want, have))
            return false;
    }
    return wanted.ptr == NULL && path.ptr == NULL;
}

static const struct route *admin_find(struct admin_call *call, enum exchange_method method,
                                      bool *is_path_out)
{
    struct str path = exchange_path(call->exchange);
    if (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    *is_path_out = false;
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        if (!admin_matches(path, routes[i].path, &call->subject))
            continue;
        if (routes[i].method == method)
            return &routes[i];
        *is_path_out = true;
    }
    return NULL;
}

static bool admin_read_params(struct admin_call *call)
{
    struct exchange *x = call->exchange;
    struct arena *arena = exchange_arena(x);
    struct fault why;
    bool is_read = exchange_method(x) == EXCHANGE_POST
                       ? params_decode(&call->params, exchange_content_type(x), exchange_body(x),
                                       exchange_query(x), arena, &why)
                       : params_add_form(&call->params, exchange_query(x), arena, &why);
    if (!is_read)
        admin_fail(call, 400, why.message);
    return is_read;
}

/* A filter or a time that is misspelt would stand for all orders, or for ever. */
static bool admin_check_params(struct admin_call *call, const struct route *route)
{
    for (size_t i = 0; route->takes && i < call->params.count; i++) {
        struct str name = call->params.list[i].name, rest = str_of(route->takes), known;
        bool is_known = false;
        while (!is_known && str_next(&rest, ' ', &known))
            is_known = str_equal(name, known);
        if (is_known)
            continue;
        struct fault why;
        fault_set(&why, FAULT_INVALID, "there is no parameter %.60s here; there is: %s",
                  log_value(name).text, route->takes);
        admin_fail(call, 400, why.message);
        return false;
    }
    return true;
}

static void admin_drop_pins(void *arg)
{
    struct admin_call *call = arg;
    if (call->clients)
        client_set_unpin(&call->clients);
    catalogue_unpin(&call->catalogue);
}

static struct admin_call *admin_begin(struct admin *admin, struct exchange *exchange)
{
    struct admin_call *call = arena_new(exchange_arena(exchange), sizeof *call);
    struct order_context *context = admin->parts.context;
    call->admin = admin;
    call->exchange = exchange;
    call->context = context;
    call->clients = admin->clients ? client_set_pin(admin->clients) : NULL;
    call->catalogue = context->catalogue ? catalogue_pin(context->catalogue) : NULL;
    admin->open_calls++;
    exchange_on_end(exchange, admin_drop_pins, call);
    return call;
}

void admin_handle(struct exchange *exchange, void *arg)
{
    struct admin_call *call = admin_begin(arg, exchange);
    enum exchange_method method = exchange_method(exchange);
    bool is_path;
    const struct route *route =
        admin_find(call, method == EXCHANGE_HEAD ? EXCHANGE_GET : method, &is_path);
    if ((route == NULL || !route->is_open) && !admin_admit(call))
        return;
    if (route == NULL && is_path) {
        bool is_post = method == EXCHANGE_POST;
        exchange_add_header(exchange, "Allow", is_post ? "GET, HEAD" : "POST");
        admin_fail(call, 405,
                   is_post ? "POST is not for this page; GET is right"
                           : "this page changes something; POST is right");
    } else if (route == NULL) {
        admin_fail(call, 404, "not found; GET / lists what there is");
    } else if (admin_read_params(call) && admin_check_params(call, route)) {
        route->run(call);
    }
}

/* ---- the settings ---- */

enum { TOKEN_MIN = 6 };

static const struct setting_row list[] = {
    {.key = "listen",
     .kind = &listener_settings_listen,
     .offset = offsetof(struct admin_draft, settings.listener),
     .standard = "127.0.0.1:8081",
     .sentence = "Where health, metrics and operations answer. Beyond loopback a token is a must."},
    {.key = "token",
     .kind = &kind_secret,
     .offset = offsetof(struct admin_draft, token),
     .has_offset = offsetof(struct admin_draft, settings.has_token),
     .sentence = "Asked for by everything but /healthz, /readyz and /metrics."},
};

static void admin_rows_begin(void *record)
{
    struct admin_draft *draft = record;
    listener_settings_begin_admin(&draft->settings.listener);
}

static bool admin_rows_is_reachable(const struct listener_settings *listener)
{
    for (size_t i = 0; i < listener->listen_count; i++)
        if (!listener_settings_is_loopback(&listener->listen[i]))
            return true;
    return false;
}

/* A short token can be guessed: a fault where others can try, else a warning. */
static void admin_rows_check_token(struct setting_reader *reader, const struct yamlnode *token,
                                   const struct admin_draft *draft)
{
    static const char message[] =
        "`token` has %zu of at least %d characters, so it can be guessed; "
        "use a random one, such as from `openssl rand -hex 16`";
    size_t len = draft->token ? strlen(draft->token) : 0;
    if (len == 0 || len >= TOKEN_MIN)
        return;
    if (admin_rows_is_reachable(&draft->settings.listener))
        faultlist_add(reader->faults, token->place, message, len, TOKEN_MIN);
    else
        faultlist_warn(reader->faults, token->place, message, len, TOKEN_MIN);
}

static void admin_rows_check(struct setting_reader *reader, const struct yamlnode *map,
                             void *record)
{
    struct admin_draft *draft = record;
    const struct yamlnode *listen = yamltree_find(map, "listen");
    if (draft->settings.has_token)
        draft->settings.token = digest_sha256(str_of(draft->token));
    if (yamltree_find(map, "token")) {
        admin_rows_check_token(reader, yamltree_find(map, "token"), draft);
        return;
    }
    for (size_t i = 0; i < draft->settings.listener.listen_count; i++) {
        const struct listener_address *address = &draft->settings.listener.listen[i];
        if (listener_settings_is_loopback(address))
            continue;
        faultlist_add(reader->faults, listen ? listen->place : map->place,
                      "%s can be reached from elsewhere and there is no `token`; add `token: "
                      "${env:PANELMUX_ADMIN_TOKEN}`, or listen on 127.0.0.1",
                      address->text);
        return;
    }
}

const struct setting_table admin_rows = {.name = "`admin`",
                                         .rows = list,
                                         .count = COUNT_OF(list),
                                         .size = sizeof(struct admin_draft),
                                         .begin = admin_rows_begin,
                                         .check = admin_rows_check};

void admin_rows_fini(struct admin_draft *draft)
{
    if (draft->token)
        explicit_bzero(draft->token, strlen(draft->token));
    free(draft->token);
    listener_settings_fini(&draft->settings.listener);
    *draft = (struct admin_draft){0};
}
