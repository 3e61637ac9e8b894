/* GET /clients: who may call, without keys. */
#include <inttypes.h>
#include <stdio.h>

#include "admin/admin_private.h"
#include "http/network.h"

static void page_clients_print_percent(struct percent percent, struct buf *out)
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

static void page_clients_print_markup(struct jsonwriter *w, const struct markup *markup)
{
    struct buf text;
    char amount[MONEY_TEXT];
    buf_init(&text, 128);
    page_clients_print_percent(markup->percent, &text);
    if (markup->amount.units != 0) {
        struct money size = {imaxabs(markup->amount.units)};
        money_print(size, 2, amount);
        buf_printf(&text, " %s %s", markup->amount.units < 0 ? "-" : "+", amount);
    }
    jsonwriter_text(w, "markup", buf_str(&text));
    buf_fini(&text);
}

/* As it is written: "300/m". */
static void page_clients_print_rate(const struct setting_rate *limit, char *out, size_t room)
{
    const char *unit = limit->window_ms == 1000 ? "s" : limit->window_ms == 60000 ? "m" : "h";
    snprintf(out, room, "%.10g/%s", limit->per_s * (double)limit->window_ms / 1000, unit);
}

static void page_clients_print_services(struct jsonwriter *w,
                                        const struct client_settings *settings)
{
    struct buf text;
    if (settings->service_count == 0) {
        jsonwriter_text(w, "services", STR("all"));
        return;
    }
    buf_init(&text, 64 * 1024);
    for (size_t i = 0; i < settings->service_count; i++) {
        const struct client_range *range = &settings->services[i];
        buf_printf(&text, "%s%u", i ? ", " : "", range->first);
        if (range->last != range->first)
            buf_printf(&text, "-%u", range->last);
    }
    jsonwriter_text(w, "services", buf_str(&text));
    buf_fini(&text);
}

static void page_clients_print_addresses(struct jsonwriter *w,
                                         const struct client_settings *settings)
{
    struct buf text;
    char address[NETWORK_TEXT_BYTES];
    if (settings->address_count == 0) {
        jsonwriter_text(w, "addresses", STR("any"));
        return;
    }
    buf_init(&text, 64 * 1024);
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

static void page_clients_print_client(struct jsonwriter *w, const struct client_settings *settings)
{
    char rate[32];
    jsonwriter_object(w, NULL);
    jsonwriter_text(w, "name", str_of(settings->name));
    jsonwriter_number(w, "keys", (int64_t)settings->key_count);
    jsonwriter_text(w, "funds", STR("unlimited"));
    if (settings->has_balance && !settings->balance.is_provider_sum)
        money_write_json(w, "balance", settings->balance.amount);
    else
        jsonwriter_null(w, "balance");
    page_clients_print_markup(w, &settings->markup);
    page_clients_print_rate(&settings->rate_limit, rate, sizeof rate);
    if (settings->rate_limit.per_s > 0)
        jsonwriter_text(w, "rate_limit", str_of(rate));
    else
        jsonwriter_null(w, "rate_limit");
    jsonwriter_bool(w, "get_orders", settings->get_orders);
    page_clients_print_services(w, settings);
    page_clients_print_addresses(w, settings);
    jsonwriter_object_end(w);
}

void page_clients_list(struct admin_call *call)
{
    struct buf out;
    buf_init(&out, ADMIN_ANSWER_BYTES);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    jsonwriter_array(&w, "clients");
    for (size_t i = 0; call->clients && i < call->clients->count; i++)
        page_clients_print_client(&w, &call->clients->list[i].settings);
    jsonwriter_array_end(&w);
    jsonwriter_object_end(&w);
    admin_reply(call, 200, &out);
}
