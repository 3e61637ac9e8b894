/* The clients: GET /clients; what changes those in the ledger, POST /api/clients/NAME/…: add and
 * set with their settings as a JSON object, freeze, unfreeze, keys with a `label`, keys/revoke; and
 * every client's money: POST …/credit, GET …/statement. */
#include <jansson.h>
#include <stdlib.h>

#include "admin/admin_private.h"
#include "admin/clientjson.h"
#include "base/clock.h"

static void page_clients_on_accounts(const struct ledger_rows *rows, void *arg)
{
    struct admin_call *call = arg;
    struct buf out;
    buf_init(&out, ADMIN_ANSWER_BYTES);
    clientjson_list(&out, call->clients, call->admin->parts.roster,
                    rows->result == LEDGER_DONE ? rows : NULL,
                    str_of(call->context->settings.currency), clock_wall_ms());
    admin_reply(call, 200, &out);
}

void page_clients_list(struct admin_call *call)
{
    struct ledger_query query = {.request = LEDGER_QUERY_ACCOUNTS,
                                 .since_ms = clientjson_day_start(clock_wall_ms())};
    ledger_query(call->context->ledger, call->context->loop, &query, page_clients_on_accounts,
                 call);
}

/* ---- changes ---- */

struct client_page { /* a change on its way; in the exchange's arena */
    struct admin_call *call;
    struct client_change change;
};

static void page_clients_on_changed(const struct fault *why, const char *key, void *arg)
{
    const struct client_page *page = arg;
    struct admin_call *call = page->call;
    struct buf out;
    if (why) {
        admin_fail(call, admin_status_of(why->code), why->message);
        return;
    }
    buf_init(&out, ADMIN_ANSWER_BYTES);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    jsonwriter_text(&w, "name", page->change.client);
    if (key) {
        jsonwriter_text(&w, "label", page->change.label);
        jsonwriter_text(&w, "key", str_of(key));
    }
    jsonwriter_bool(&w, "ok", true);
    jsonwriter_object_end(&w);
    admin_reply(call, 200, &out);
}

static struct str page_clients_take_text(struct admin_call *call, json_t *body, const char *name)
{
    const json_t *value = json_object_get(body, name);
    struct str text = json_is_string(value)
                          ? arena_str(exchange_arena(call->exchange),
                                      str_make(json_string_value(value), json_string_length(value)))
                          : STR("");
    json_object_del(body, name);
    return text;
}

/* What is left of the body once label and key are taken out of it are settings. False: answered. */
static bool page_clients_read_body(struct admin_call *call, struct client_change *change)
{
    struct str text = str_trim(exchange_body(call->exchange));
    json_error_t error;
    json_t *body =
        text.len ? json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &error) : json_object();
    if (!json_is_object(body)) {
        json_decref(body);
        admin_fail(call, 400,
                   "the body is no JSON object; {} is right where there is nothing to say");
        return false;
    }
    change->label = page_clients_take_text(call, body, "label");
    change->key = page_clients_take_text(call, body, "key");
    char *settings = json_dumps(body, JSON_REAL_PRECISION(15));
    change->settings =
        settings ? arena_str(exchange_arena(call->exchange), str_of(settings)) : STR("{}");
    free(settings);
    json_decref(body);
    return true;
}

static void page_clients_change(struct admin_call *call, enum client_change_kind kind)
{
    const struct admin_parts *parts = &call->admin->parts;
    struct client_page *page = arena_new(exchange_arena(call->exchange), sizeof *page);
    page->call = call;
    page->change.kind = kind;
    page->change.client = call->subject;
    if (!page_clients_read_body(call, &page->change))
        return;
    if (kind == CLIENT_CHANGE_ADD && page->change.label.len == 0)
        page->change.label = STR("first");
    parts->change_client(&page->change, page_clients_on_changed, page, parts->arg);
}

void page_clients_add(struct admin_call *call)
{
    page_clients_change(call, CLIENT_CHANGE_ADD);
}

void page_clients_set(struct admin_call *call)
{
    page_clients_change(call, CLIENT_CHANGE_SET);
}

void page_clients_freeze(struct admin_call *call)
{
    page_clients_change(call, CLIENT_CHANGE_FREEZE);
}

void page_clients_unfreeze(struct admin_call *call)
{
    page_clients_change(call, CLIENT_CHANGE_UNFREEZE);
}

void page_clients_add_key(struct admin_call *call)
{
    page_clients_change(call, CLIENT_CHANGE_KEY_ADD);
}

void page_clients_revoke_key(struct admin_call *call)
{
    page_clients_change(call, CLIENT_CHANGE_KEY_REVOKE);
}

/* ---- money ---- */

enum { ID_BYTES = 128, NOTE_BYTES = 1000 };

struct credit_page { /* in the exchange's arena */
    struct admin_call *call;
    struct ledger_credit credit;
};

static void page_clients_fail_credit(const struct credit_page *page, struct ledger_outcome outcome)
{
    struct admin_call *call = page->call;
    struct arena *arena = exchange_arena(call->exchange);
    if (outcome.result == LEDGER_NO_FUNDS)
        admin_fail(call, 409, "so much is not available; nothing was changed");
    else if (ledger_is_decided(outcome.result))
        admin_fail(
            call, 409,
            arena_printf(arena, "refused: %s; nothing was changed",
                         outcome.reason ? outcome.reason : ledger_result_name(outcome.result)));
    else
        admin_fail(call, 503,
                   arena_printf(arena, "the ledger cannot be written (%s); nothing was changed",
                                ledger_result_name(outcome.result)));
}

static void page_clients_on_credited(struct ledger_outcome outcome, void *arg)
{
    const struct credit_page *page = arg;
    struct admin_call *call = page->call;
    struct money available = MONEY_ZERO;
    struct buf out;
    if (outcome.result != LEDGER_DONE) {
        page_clients_fail_credit(page, outcome);
        return;
    }
    buf_init(&out, ADMIN_ANSWER_BYTES);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    jsonwriter_text(&w, "name", page->credit.client);
    money_write_json(&w, "amount", page->credit.amount);
    jsonwriter_text(&w, "currency", page->credit.currency);
    jsonwriter_bool(&w, "repeat", outcome.is_repeat);
    money_write_json(&w, "balance", outcome.account.balance);
    if (money_subtract(outcome.account.balance, outcome.account.held, &available))
        money_write_json(&w, "available", available);
    jsonwriter_bool(&w, "ok", true);
    jsonwriter_object_end(&w);
    admin_reply(call, 200, &out);
}

/* False: answered. */
static bool page_clients_find(struct admin_call *call)
{
    if (call->clients && client_set_find(call->clients, call->subject))
        return true;
    admin_fail(call, 404, "there is no client of that name; see client list");
    return false;
}

static bool page_clients_is_line(struct str text, size_t most)
{
    uint32_t point;
    bool is_good = text.len <= most && str_is_utf8(text);
    for (size_t at = 0; is_good && at < text.len;) {
        at += str_code_point(text, at, &point);
        is_good = str_is_printable(point);
    }
    return is_good;
}

/* A text, or a whole number as text; STR_NONE where it is neither. Absent: empty. */
static struct str page_clients_scalar(struct arena *arena, const json_t *body, const char *name)
{
    const json_t *value = json_object_get(body, name);
    if (value == NULL || json_is_null(value))
        return STR("");
    if (json_is_string(value))
        return arena_str(arena, str_make(json_string_value(value), json_string_length(value)));
    if (json_is_integer(value))
        return str_of(arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value)));
    return STR_NONE;
}

static bool page_clients_read_amount(struct arena *arena, const json_t *body, struct money *out)
{
    const json_t *value = json_object_get(body, "amount");
    bool is_read =
        json_is_real(value)
            ? money_from_double(json_real_value(value), out)
            : money_parse(str_trim(page_clients_scalar(arena, body, "amount")), MONEY_EXACT, out);
    return is_read && out->units != 0;
}

static const char *page_clients_read_credit(struct arena *arena, const json_t *body,
                                            struct ledger_credit *out)
{
    if (!json_is_object(body))
        return "the body is no JSON object; right is {\"amount\": \"25.00\", \"id\": …, \"note\": "
               "…}";
    if (!page_clients_read_amount(arena, body, &out->amount))
        return "amount is no amount; right is such as 25.00, or -5.00 to take back, with 8 "
               "decimals "
               "at most and not 0";
    out->id = page_clients_scalar(arena, body, "id");
    if (out->id.ptr == NULL || !page_clients_is_line(out->id, ID_BYTES))
        return "id is right as one line of text, 128 bytes at most";
    out->note = page_clients_scalar(arena, body, "note");
    if (out->note.ptr == NULL || !page_clients_is_line(out->note, NOTE_BYTES))
        return "note is right as one line of text, 1000 bytes at most";
    return NULL;
}

void page_clients_credit(struct admin_call *call)
{
    struct arena *arena = exchange_arena(call->exchange);
    struct str text = exchange_body(call->exchange);
    if (!page_clients_find(call))
        return;
    struct credit_page *page = arena_new(arena, sizeof *page);
    json_t *body = text.len ? json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *fault = page_clients_read_credit(arena, body, &page->credit);
    json_decref(body);
    if (fault) {
        admin_fail(call, 400, fault);
        return;
    }
    page->call = call;
    page->credit.client = call->subject;
    page->credit.currency = str_of(call->context->settings.currency);
    page->credit.who = exchange_request_id(call->exchange);
    ledger_credit(call->context->ledger, call->context->loop, &page->credit,
                  page_clients_on_credited, page);
}

struct statement_page { /* in the exchange's arena */
    struct admin_call *call;
    struct clientjson_statement statement;
};

static void page_clients_reply_statement(const struct statement_page *page)
{
    struct buf out;
    buf_init(&out, ADMIN_ANSWER_BYTES);
    clientjson_statement(&out, &page->statement);
    admin_reply(page->call, 200, &out);
}

static void page_clients_on_before(const struct ledger_rows *rows, void *arg)
{
    static const struct ledger_rows none;
    struct statement_page *page = arg;
    if (rows->result != LEDGER_DONE) {
        admin_fail(page->call, 503, "the ledger cannot be read; try again");
        return;
    }
    page->statement.rows = &none;
    page->statement.before = rows;
    page_clients_reply_statement(page);
}

static void page_clients_on_statement(const struct ledger_rows *rows, void *arg)
{
    struct statement_page *page = arg;
    struct admin_call *call = page->call;
    if (rows->result != LEDGER_DONE) {
        admin_fail(call, 503, "the ledger cannot be read; try again");
        return;
    }
    if (rows->posting_count > 0 || page->statement.since_ms == 0) {
        page->statement.rows = rows;
        page_clients_reply_statement(page);
        return;
    }
    struct ledger_query query = {.request = LEDGER_QUERY_STATEMENT,
                                 .client = call->subject,
                                 .until_ms = page->statement.since_ms};
    ledger_query(call->context->ledger, call->context->loop, &query, page_clients_on_before, page);
}

void page_clients_statement(struct admin_call *call)
{
    struct statement_page *page = arena_new(exchange_arena(call->exchange), sizeof *page);
    struct clientjson_statement *statement = &page->statement;
    struct fault why;
    if (!page_clients_find(call))
        return;
    if (!clientjson_parse_span(params_get(&call->params, "since"),
                               params_get(&call->params, "until"), &statement->since_ms,
                               &statement->until_ms, &why)) {
        admin_fail(call, 400, why.message);
        return;
    }
    page->call = call;
    statement->client = call->subject;
    statement->currency = str_of(call->context->settings.currency);
    struct ledger_query query = {.request = LEDGER_QUERY_STATEMENT,
                                 .client = call->subject,
                                 .since_ms = statement->since_ms,
                                 .until_ms = statement->until_ms};
    ledger_query(call->context->ledger, call->context->loop, &query, page_clients_on_statement,
                 page);
}
