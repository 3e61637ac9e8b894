/* See clientjson.h. */
#include "admin/clientjson.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "http/network.h"

enum { DAY_MS = 86400000, TEXT_BYTES = 64 * 1024 };

/* ---- settings, as they are written ---- */

static void clientjson_print_percent(struct percent percent, struct buf *out)
{
    const uint64_t one = PERCENT_WHOLE / 100;
    char text[MONEY_TEXT];
    uint64_t magnitude = percent.units < 0 ? (uint64_t)-percent.units : (uint64_t)percent.units;
    if (percent.units < 0)
        buf_add_byte(out, '-');
    snprintf(text, sizeof text, "%llu.%012llu", (unsigned long long)(magnitude / one),
             (unsigned long long)(magnitude % one));
    size_t len = strlen(text);
    while (text[len - 1] == '0')
        len--;
    if (text[len - 1] == '.')
        len--;
    buf_add(out, text, len);
    buf_add_byte(out, '%');
}

static void clientjson_print_markup(struct jsonwriter *w, const struct markup *markup)
{
    struct buf text;
    char amount[MONEY_TEXT];
    buf_init(&text, 128);
    clientjson_print_percent(markup->percent, &text);
    if (markup->amount.units != 0) {
        struct money size = {imaxabs(markup->amount.units)};
        money_print(size, 2, amount);
        buf_printf(&text, " %s %s", markup->amount.units < 0 ? "-" : "+", amount);
    }
    jsonwriter_text(w, "markup", buf_str(&text));
    buf_fini(&text);
}

/* As it is written: "300/m". */
static void clientjson_print_rate(const struct setting_rate *limit, char *out, size_t room)
{
    const char *unit = limit->window_ms == 1000 ? "s" : limit->window_ms == 60000 ? "m" : "h";
    snprintf(out, room, "%.10g/%s", limit->per_s * (double)limit->window_ms / 1000, unit);
}

static void clientjson_print_services(struct jsonwriter *w, const struct client_settings *settings)
{
    struct buf text;
    if (settings->service_count == 0) {
        jsonwriter_text(w, "services", STR("all"));
        return;
    }
    buf_init(&text, TEXT_BYTES);
    for (size_t i = 0; i < settings->service_count; i++) {
        const struct client_range *range = &settings->services[i];
        buf_printf(&text, "%s%u", i ? ", " : "", range->first);
        if (range->last != range->first)
            buf_printf(&text, "-%u", range->last);
    }
    jsonwriter_text(w, "services", buf_str(&text));
    buf_fini(&text);
}

static void clientjson_print_addresses(struct jsonwriter *w, const struct client_settings *settings)
{
    struct buf text;
    char address[NETWORK_TEXT_BYTES];
    if (settings->address_count == 0) {
        jsonwriter_text(w, "addresses", STR("any"));
        return;
    }
    buf_init(&text, TEXT_BYTES);
    for (size_t i = 0; i < settings->address_count; i++) {
        const struct network *network = &settings->addresses[i];
        network_print_address(&network->base, address);
        bool is_v4 = IN6_IS_ADDR_V4MAPPED(&network->base) && network->bits >= 96;
        buf_printf(&text, "%s%s/%u", i ? ", " : "", address,
                   is_v4 ? network->bits - 96 : network->bits);
    }
    jsonwriter_text(w, "addresses", buf_str(&text));
    buf_fini(&text);
}

static void clientjson_prices(struct jsonwriter *w, const struct client_settings *settings)
{
    struct buf text;
    char amount[MONEY_TEXT];
    buf_init(&text, 16 * TEXT_BYTES);
    buf_add_byte(&text, '{');
    for (size_t i = 0; i < settings->price_count; i++) {
        money_print(settings->prices[i].rate, 2, amount);
        buf_printf(&text, "%s\"%u\":\"%s\"", i ? "," : "", settings->prices[i].service, amount);
    }
    buf_add_byte(&text, '}');
    jsonwriter_raw(w, "prices", buf_str(&text));
    buf_fini(&text);
}

static void clientjson_money(struct jsonwriter *w, const struct client_settings *settings)
{
    jsonwriter_text(w, "funds", settings->is_prepaid ? STR("prepaid") : STR("unlimited"));
    money_write_json(w, "credit_limit", settings->credit_limit);
    if (settings->daily_limit.units > 0)
        money_write_json(w, "daily_limit", settings->daily_limit);
    else
        jsonwriter_null(w, "daily_limit");
    clientjson_prices(w, settings);
}

static void clientjson_settings(struct jsonwriter *w, const struct client_settings *settings)
{
    char rate[32];
    clientjson_money(w, settings);
    clientjson_print_markup(w, &settings->markup);
    clientjson_print_rate(&settings->rate_limit, rate, sizeof rate);
    if (settings->rate_limit.per_s > 0)
        jsonwriter_text(w, "rate_limit", str_of(rate));
    else
        jsonwriter_null(w, "rate_limit");
    jsonwriter_bool(w, "get_orders", settings->get_orders);
    jsonwriter_bool(w, "refs", settings->refs);
    clientjson_print_services(w, settings);
    clientjson_print_addresses(w, settings);
}

/* ---- keys ---- */

static void clientjson_key(struct jsonwriter *w, const char *label, const struct digest *sha256,
                           int64_t created_at_ms)
{
    jsonwriter_object(w, NULL);
    if (label)
        jsonwriter_text(w, "label", str_of(label));
    else
        jsonwriter_null(w, "label");
    jsonwriter_time(w, "created_at", created_at_ms);
    jsonwriter_time(w, "last_used_at", client_key_last_use(sha256));
    jsonwriter_object_end(w);
}

/* Those of the file have no labels; when they were used is known since the start. */
static void clientjson_keys(struct jsonwriter *w, const struct client_settings *settings,
                            const struct roster_client *kept)
{
    int64_t last_call_ms = 0;
    jsonwriter_number(w, "keys", (int64_t)settings->key_count);
    jsonwriter_array(w, "key_list");
    for (size_t i = 0; kept && i < kept->key_count; i++)
        clientjson_key(w, kept->keys[i].label, &kept->keys[i].sha256, kept->keys[i].created_at_ms);
    for (size_t i = 0; kept == NULL && i < settings->key_count; i++)
        clientjson_key(w, NULL, &settings->keys[i], 0);
    jsonwriter_array_end(w);
    for (size_t i = 0; i < settings->key_count; i++) {
        int64_t used_at_ms = client_key_last_use(&settings->keys[i]);
        last_call_ms = used_at_ms > last_call_ms ? used_at_ms : last_call_ms;
    }
    jsonwriter_time(w, "last_call_at", last_call_ms);
}

/* ---- a client ---- */

static void clientjson_head(struct jsonwriter *w, const struct client_settings *settings)
{
    struct buf where;
    jsonwriter_text(w, "name", str_of(settings->name));
    jsonwriter_text(w, "origin", settings->file ? STR("file") : STR("ledger"));
    if (settings->file) {
        buf_init(&where, 8192);
        buf_printf(&where, "%s:%u", settings->file, settings->line);
        jsonwriter_text(w, "where", buf_str(&where));
        buf_fini(&where);
    } else {
        jsonwriter_null(w, "where");
    }
    jsonwriter_bool(w, "frozen", settings->is_frozen);
}

/* What an unlimited client is shown; a prepaid one's is its account's. */
static void clientjson_balance(struct jsonwriter *w, const struct client_settings *settings,
                               const struct ledger_account *row)
{
    if (settings->is_prepaid && row)
        money_write_json(w, "balance", row->account.balance);
    else if (!settings->is_prepaid && settings->has_balance && !settings->balance.is_provider_sum)
        money_write_json(w, "balance", settings->balance.amount);
    else
        jsonwriter_null(w, "balance");
}

int64_t clientjson_day_start(int64_t wall_ms)
{
    return wall_ms - wall_ms % DAY_MS;
}

/* Charges of a day are counted where they decide: for who pays beforehand or has a daily limit. */
static bool clientjson_is_counted(const struct client_settings *settings)
{
    return settings->is_prepaid || settings->daily_limit.units > 0;
}

/* What the daily limit counts, where one may; else what today's orders pay as things stand. */
static struct money clientjson_spent(const struct client_settings *settings,
                                     const struct ledger_account *row, int64_t wall_now_ms)
{
    if (!clientjson_is_counted(settings))
        return row->charges_since;
    return row->account.day == wall_now_ms / DAY_MS ? row->account.charged : MONEY_ZERO;
}

static void clientjson_account(struct jsonwriter *w, const struct client_settings *settings,
                               const struct ledger_account *row, int64_t wall_now_ms)
{
    struct money available = MONEY_ZERO;
    if (row == NULL) {
        jsonwriter_null(w, "held");
        jsonwriter_null(w, "available");
        jsonwriter_null(w, "orders_today");
        jsonwriter_null(w, "spent_today");
        return;
    }
    const struct account *account = &row->account;
    money_write_json(w, "held", account->held);
    if (money_subtract(account->balance, account->held, &available))
        money_write_json(w, "available", available);
    else
        jsonwriter_null(w, "available");
    jsonwriter_number(w, "orders_today", row->orders_since);
    money_write_json(w, "spent_today", clientjson_spent(settings, row, wall_now_ms));
}

static void clientjson_body(struct jsonwriter *w, const struct client *client,
                            const struct roster *roster)
{
    const struct client_settings *settings = &client->settings;
    const struct roster_client *kept =
        settings->file ? NULL : roster_find(roster, str_of(settings->name));
    clientjson_keys(w, settings, kept);
    clientjson_settings(w, settings);
}

static int clientjson_compare_accounts(const void *a, const void *b)
{
    const struct ledger_account *first = a, *second = b;
    int order = str_compare(first->client, second->client);
    return order ? order : str_compare(first->currency, second->currency);
}

static const struct ledger_account *clientjson_find_account(const struct ledger_rows *accounts,
                                                            const char *name, struct str currency)
{
    static const struct ledger_account none;
    const struct ledger_account key = {.client = str_of(name), .currency = currency};
    if (accounts == NULL)
        return NULL;
    const struct ledger_account *found =
        accounts->account_count ? bsearch(&key, accounts->accounts, accounts->account_count,
                                          sizeof key, clientjson_compare_accounts)
                                : NULL;
    return found ? found : &none;
}

void clientjson_list(struct buf *out, const struct client_set *clients, const struct roster *roster,
                     const struct ledger_rows *accounts, struct str currency, int64_t wall_now_ms)
{
    struct jsonwriter w = jsonwriter_to(out);
    jsonwriter_object(&w, NULL);
    jsonwriter_array(&w, "clients");
    for (size_t i = 0; clients && i < clients->count; i++) {
        const struct client *client = &clients->list[i];
        const struct ledger_account *account =
            clientjson_find_account(accounts, client->settings.name, currency);
        jsonwriter_object(&w, NULL);
        clientjson_head(&w, &client->settings);
        clientjson_balance(&w, &client->settings, account);
        clientjson_account(&w, &client->settings, account, wall_now_ms);
        clientjson_body(&w, client, roster);
        jsonwriter_object_end(&w);
    }
    jsonwriter_array_end(&w);
    jsonwriter_object_end(&w);
}

/* ---- a statement ---- */

static void clientjson_line(struct jsonwriter *w, const struct ledger_posting *posting)
{
    jsonwriter_object(w, NULL);
    jsonwriter_time(w, "time", posting->at_ms);
    jsonwriter_text(w, "kind", str_of(account_kind_name(posting->movement.kind)));
    if (posting->order)
        jsonwriter_number(w, "order", posting->order);
    else
        jsonwriter_null(w, "order");
    money_write_json(w, "amount", posting->movement.amount);
    money_write_json(w, "balance", posting->balance);
    money_write_json(w, "held", posting->held);
    jsonwriter_text(w, "note", posting->note);
    jsonwriter_object_end(w);
}

/* The balance before the first line; where there is none, that of the last posting before. */
static struct money clientjson_opening(const struct clientjson_statement *statement)
{
    struct money opening = MONEY_ZERO;
    const struct ledger_rows *rows = statement->rows, *before = statement->before;
    if (rows->posting_count > 0 &&
        money_subtract(rows->postings[0].balance, rows->postings[0].movement.amount, &opening))
        return opening;
    if (before && before->posting_count > 0)
        return before->postings[before->posting_count - 1].balance;
    return opening;
}

void clientjson_statement(struct buf *out, const struct clientjson_statement *statement)
{
    const struct ledger_rows *rows = statement->rows;
    struct money opening = clientjson_opening(statement);
    struct jsonwriter w = jsonwriter_to(out);
    jsonwriter_object(&w, NULL);
    jsonwriter_text(&w, "client", statement->client);
    jsonwriter_text(&w, "currency", statement->currency);
    jsonwriter_time(&w, "since", statement->since_ms);
    jsonwriter_time(&w, "until", statement->until_ms);
    money_write_json(&w, "opening", opening);
    jsonwriter_array(&w, "lines");
    for (size_t i = 0; i < rows->posting_count; i++)
        clientjson_line(&w, &rows->postings[i]);
    jsonwriter_array_end(&w);
    money_write_json(&w, "closing",
                     rows->posting_count ? rows->postings[rows->posting_count - 1].balance
                                         : opening);
    jsonwriter_object_end(&w);
}

/* Exactly so many digits, from the front. */
static bool clientjson_parse_digits(struct str *text, size_t width, int *out)
{
    uint64_t value;
    if (text->len < width || !str_to_u64(str_first(*text, width), &value))
        return false;
    *text = str_from(*text, width);
    *out = (int)value;
    return true;
}

/* What follows the seconds: up to three digits. */
static bool clientjson_parse_ms(struct str *text, int64_t *out)
{
    int64_t worth = 100;
    size_t i = 0;
    for (; i < text->len && i < 3 && text->ptr[i] >= '0' && text->ptr[i] <= '9'; i++, worth /= 10)
        *out += (text->ptr[i] - '0') * worth;
    *text = str_from(*text, i);
    return i > 0;
}

static bool clientjson_take_byte(struct str *text, char byte)
{
    bool is_there = text->len > 0 && text->ptr[0] == byte;
    if (is_there)
        *text = str_from(*text, 1);
    return is_there;
}

static bool clientjson_parse_date(struct str *text, struct tm *out)
{
    return clientjson_parse_digits(text, 4, &out->tm_year) && clientjson_take_byte(text, '-') &&
           clientjson_parse_digits(text, 2, &out->tm_mon) && clientjson_take_byte(text, '-') &&
           clientjson_parse_digits(text, 2, &out->tm_mday);
}

/* "T10:30", "T10:30:05" or "T10:30:05.123", a blank for the T. */
static bool clientjson_parse_clock(struct str *text, struct tm *out, int64_t *ms)
{
    if ((!clientjson_take_byte(text, 'T') && !clientjson_take_byte(text, ' ')) ||
        !clientjson_parse_digits(text, 2, &out->tm_hour) || !clientjson_take_byte(text, ':') ||
        !clientjson_parse_digits(text, 2, &out->tm_min))
        return false;
    if (!clientjson_take_byte(text, ':'))
        return true;
    return clientjson_parse_digits(text, 2, &out->tm_sec) &&
           (!clientjson_take_byte(text, '.') || clientjson_parse_ms(text, ms));
}

bool clientjson_parse_time(struct str text, int64_t *wall_ms_out)
{
    struct tm tm = {0}, check;
    int64_t ms = 0;
    if (!clientjson_parse_date(&text, &tm))
        return false;
    if (text.len > 0 && !clientjson_parse_clock(&text, &tm, &ms))
        return false;
    clientjson_take_byte(&text, 'Z');
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    check = tm;
    time_t seconds = timegm(&check); /* puts 31 February right, which is wrong here */
    if (text.len > 0 || check.tm_mon != tm.tm_mon || check.tm_mday != tm.tm_mday ||
        check.tm_hour != tm.tm_hour || check.tm_min != tm.tm_min || check.tm_sec != tm.tm_sec)
        return false;
    *wall_ms_out = (int64_t)seconds * 1000 + ms;
    return true;
}

bool clientjson_parse_span(struct str since, struct str until, int64_t *since_ms_out,
                           int64_t *until_ms_out, struct fault *why)
{
    *since_ms_out = *until_ms_out = 0;
    if ((since.len > 0 && !clientjson_parse_time(since, since_ms_out)) ||
        (until.len > 0 && !clientjson_parse_time(until, until_ms_out)))
        return fault_set(why, FAULT_INVALID,
                         "since and until are UTC times such as 2026-11-30 or "
                         "2026-11-30T12:00:00Z");
    return true;
}
