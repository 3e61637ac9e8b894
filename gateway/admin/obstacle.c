/* See obstacle.h. */
#include "admin/obstacle.h"

#include <stdio.h>

#include "base/clock.h"

#define WHY(out, ...) snprintf((out)->why, sizeof(out)->why, __VA_ARGS__)
#define HOW(out, ...) snprintf((out)->how, sizeof(out)->how, __VA_ARGS__)

struct obstacle_time {
    char text[25];
};

static const char *obstacle_print_time(int64_t wall_ms, struct obstacle_time *room)
{
    clock_print(wall_ms, room->text);
    return room->text;
}

static const char *obstacle_name(const struct obstacle_facts *f)
{
    return f->provider ? f->provider->settings.name : "(removed)";
}

static const char *obstacle_currency(const struct obstacle_facts *f)
{
    return f->provider ? f->provider->settings.currency : "";
}

void obstacle_look(const struct order_context *context, const struct provider *provider,
                   struct obstacle_facts *out)
{
    struct refresher_report list;
    *out = (struct obstacle_facts){.monotonic_now_ms = clock_monotonic_ms(),
                                   .wall_now_ms = clock_wall_ms(),
                                   .provider = provider};
    if (provider == NULL)
        return;
    refresher_report(context->refresher, provider->id, &list);
    out->has_list = list.has_list;
    out->list_at_ms = list.fetched_at_ms;
    out->list_services = list.services;
    snprintf(out->list_error, sizeof out->list_error, "%s", list.last_error);
    snprintf(out->panel_currency, sizeof out->panel_currency, "%s", list.panel_currency);
}

/* ---- what health knows ---- */

static void obstacle_tell_failing(const struct obstacle_facts *f, struct obstacle *out)
{
    const struct trouble *t = &f->trouble;
    const char *calls = t->is_reading ? "readings (lists, balances, statuses)" : "orders";
    const char *call = t->is_reading ? "reading" : "order";
    WHY(out, "%u %s in a row failed", t->failures, calls);
    if (t->is_probing)
        HOW(out, "one %s is under way as its probe; a success ends it", call);
    else if (out->until_ms == 0)
        HOW(out, "the next %s is its probe: a success ends it", call);
    else
        HOW(out, "then one %s tries it as a probe; `provider resume %s` ends it at once", call,
            obstacle_name(f));
}

static void obstacle_tell_funds(const struct obstacle_facts *f, struct obstacle *out)
{
    const struct trouble *t = &f->trouble;
    char cost[MONEY_TEXT] = "", seen[MONEY_TEXT] = "";
    money_print(t->cost, 2, cost);
    money_print(t->seen, 2, seen);
    if (t->has_seen)
        WHY(out, "the panel says that our account is out of funds; its balance is %s %s", seen,
            obstacle_currency(f));
    else
        WHY(out, "the panel says that our account is out of funds");
    if (t->cost.units > 0)
        HOW(out,
            "ends when its balance rises or covers the order (%s %s), which is read every "
            "`catalogue.balance`; `provider resume %s` ends it at once",
            cost, obstacle_currency(f), obstacle_name(f));
    else
        HOW(out,
            "ends when its balance rises, which is read every `catalogue.balance`; `provider "
            "resume %s` ends it at once",
            obstacle_name(f));
}

static void obstacle_tell_key(const struct obstacle_facts *f, struct obstacle *out)
{
    struct obstacle_time at;
    out->next_try_ms = out->until_ms;
    out->until_ms = 0;
    WHY(out, "the panel refuses our key: nothing is asked there");
    HOW(out,
        "ends by a new `key` and a reload, or by `provider resume %s`; a balance question at %s "
        "tries the present one again",
        obstacle_name(f), obstacle_print_time(out->next_try_ms, &at));
}

static void obstacle_tell_currency(const struct obstacle_facts *f, struct obstacle *out)
{
    WHY(out, "the panel reports %s, and `currency` says %s: closed to new orders",
        f->panel_currency[0] ? f->panel_currency : "another currency", obstacle_currency(f));
    HOW(out, "ends when they agree: correct `currency` and reload, or the account at the panel; "
             "`provider resume` does not end it");
}

static void obstacle_tell_cool_down(const struct obstacle_facts *f, struct obstacle *out)
{
    const struct trouble *t = &f->trouble;
    const char *call = t->is_reading ? "reading" : "order";
    HOW(out, "then the next %s tries it; `provider resume %s` ends it at once", call,
        obstacle_name(f));
    switch (t->why) {
    case WHY_OFF:
        WHY(out, "the panel says that it takes no %ss now", call);
        break;
    case WHY_REFUSED:
        WHY(out, "the panel refuses orders for this service");
        break;
    case WHY_SUPPLIER:
        WHY(out, "the panel says \"out of funds\", though our balance there covers the order: its "
                 "own supplier's are meant");
        break;
    case WHY_LIMITED:
        WHY(out, "the panel says that these are too many requests");
        break;
    case WHY_REDIRECT:
        WHY(out, "the panel's address redirects elsewhere");
        HOW(out, "correct `url` and reload; as it is, the next %s tries it then", call);
        break;
    case WHY_NONE:
    case WHY_FAILING:
    case WHY_FUNDS:
    case WHY_KEY:
    case WHY_CURRENCY:
    case WHY_COUNT:
        break;
    }
}

static void obstacle_tell_trouble(const struct obstacle_facts *f, struct obstacle *out)
{
    const struct trouble *t = &f->trouble;
    int64_t wall_ms = f->wall_now_ms - f->monotonic_now_ms;
    out->reason = trouble_why_name(t->why);
    out->ends = trouble_end_name(trouble_end(t));
    if (t->why != WHY_NONE)
        out->since_ms = wall_ms + t->since_ms;
    if (t->until_ms > f->monotonic_now_ms)
        out->until_ms = wall_ms + t->until_ms;
    if (t->why == WHY_FAILING)
        obstacle_tell_failing(f, out);
    else if (t->why == WHY_FUNDS)
        obstacle_tell_funds(f, out);
    else if (t->why == WHY_KEY)
        obstacle_tell_key(f, out);
    else if (t->why == WHY_CURRENCY)
        obstacle_tell_currency(f, out);
    else if (t->why != WHY_NONE)
        obstacle_tell_cool_down(f, out);
}

/* ---- what the operator did, or wrote ---- */

static void obstacle_tell_closed(const struct obstacle_facts *f, struct obstacle *out)
{
    out->reason = "closed";
    out->ends = "configuration";
    if (f->provider == NULL || !f->provider->settings.is_closed) {
        WHY(out, "the provider is being taken out of the configuration");
        HOW(out, "ends by a configuration that has it, and a reload");
        return;
    }
    WHY(out, "the provider is closed: `state: closed`");
    HOW(out, "ends by `state: open` and a reload");
}

static void obstacle_tell_paused(const struct obstacle_facts *f, struct obstacle *out)
{
    struct provider_pause pause = {0};
    if (f->provider)
        provider_get_pause(f->provider, &pause);
    out->reason = "paused";
    out->ends = pause.until_ms ? "time" : "resume";
    out->since_ms = pause.at_ms;
    out->until_ms = pause.until_ms;
    WHY(out, "paused by %s%s%s", pause.who[0] ? pause.who : "an operator",
        pause.reason[0] ? ": " : "", pause.reason);
    HOW(out, "%s`provider resume %s`", pause.until_ms ? "ends by itself, or by " : "ends by ",
        obstacle_name(f));
}

/* ---- what the panel's list says ---- */

static void obstacle_tell_unknown(const struct obstacle_facts *f, struct obstacle *out)
{
    struct obstacle_time at;
    out->reason = f->has_list ? "not_listed" : "no_list";
    out->ends = "list";
    if (!f->has_list) {
        WHY(out, "no list of the panel was ever read%s%s", f->list_error[0] ? ": " : "",
            f->list_error);
        HOW(out, "ends with its first list; `provider doctor %s` tells what is wrong",
            obstacle_name(f));
        return;
    }
    WHY(out, "the panel lists no service " STR_FMT " (list of %s, %zu services)",
        STR_ARG(f->service), obstacle_print_time(f->list_at_ms, &at), f->list_services);
    HOW(out, "correct `service:`; `panelmux import %s` prints what it lists", obstacle_name(f));
}

static void obstacle_tell_gone(const struct obstacle_facts *f, struct obstacle *out)
{
    struct obstacle_time at;
    out->reason = "no_longer_listed";
    out->ends = "list";
    WHY(out, "the panel no longer lists service " STR_FMT " (list of %s, %zu services)",
        STR_ARG(f->service), obstacle_print_time(f->list_at_ms, &at), f->list_services);
    HOW(out, "ends when it lists it again; else give the service another offer");
}

static void obstacle_tell_quarantine(const struct obstacle_facts *f, struct obstacle *out)
{
    const struct price_state none = {0}, *price = f->price ? f->price : &none;
    const char *zero = f->held == PRICE_HELD_ZERO ? " --zero" : "";
    char before[MONEY_TEXT], now[MONEY_TEXT];
    money_print(price->accepted, 2, before);
    money_print(price->pending, 2, now);
    out->reason = "quarantined";
    out->ends = "accept";
    out->since_ms = price->held_since_ms;
    if (f->held == PRICE_HELD_UNREADABLE)
        WHY(out, "the price in the panel's list cannot be read");
    else if (price->has_accepted)
        WHY(out, "its price went from %s to %s %s%s", before, now, obstacle_currency(f),
            f->held == PRICE_HELD_ABSURD ? ", which is absurd" : "");
    else
        WHY(out, "its price is %s %s", now, obstacle_currency(f));
    if (f->held == PRICE_HELD_UNREADABLE)
        out->ends = "list";
    if (f->held == PRICE_HELD_UNREADABLE)
        HOW(out, "ends with a list whose price can be read");
    else
        HOW(out, "ends by `provider accept %s " STR_FMT "%s`, by a price near the old one%s",
            obstacle_name(f), STR_ARG(f->service), zero,
            f->held == PRICE_HELD_JUMP
                ? ", or by itself once three lists over an hour or more agree"
                : "");
}

static void obstacle_tell_void(struct obstacle *out)
{
    out->reason = "no_limits";
    out->ends = "list";
    WHY(out, "its limits in the panel's list leave nothing");
    HOW(out, "ends with a list whose min and max can be met");
}

/* ---- this order ---- */

static void obstacle_tell_order(const struct obstacle_facts *f, struct obstacle *out)
{
    char cost[MONEY_TEXT], charge[MONEY_TEXT];
    out->ends = "order";
    if (f->skip == SKIP_TYPE) {
        out->reason = "type";
        WHY(out, "the panel's type of it is %s, the service's %s", ordertype_name(f->type),
            ordertype_name(f->wanted_type));
        HOW(out, "give the service offers of one type, or correct its `type:`");
    } else if (f->skip == SKIP_LIMITS) {
        out->reason = "limits";
        WHY(out, "a quantity of %lld is outside its %lld to %lld", (long long)f->quantity,
            (long long)f->min, (long long)f->max);
        HOW(out, "takes orders within them");
    } else if (f->skip == SKIP_COST) {
        money_print(f->cost, 2, cost);
        money_print(f->charge, 2, charge);
        out->reason = "cost";
        WHY(out, "its cost of %s " STR_FMT " is above the charge of %s", cost, STR_ARG(f->currency),
            charge);
        HOW(out, "ends by a higher price, a lower cost, or `margin: allow_loss`");
    } else {
        out->reason = "tried";
        WHY(out, "%s", ranking_skip_name(f->skip));
    }
}

void obstacle_make(const struct obstacle_facts *facts, struct obstacle *out)
{
    *out = (struct obstacle){.reason = "", .ends = ""};
    switch (facts->skip) {
    case SKIP_CLOSED:
        obstacle_tell_closed(facts, out);
        break;
    case SKIP_PAUSED:
        obstacle_tell_paused(facts, out);
        break;
    case SKIP_UNKNOWN:
        obstacle_tell_unknown(facts, out);
        break;
    case SKIP_GONE:
        obstacle_tell_gone(facts, out);
        break;
    case SKIP_VOID:
        obstacle_tell_void(out);
        break;
    case SKIP_QUARANTINED:
        obstacle_tell_quarantine(facts, out);
        break;
    case SKIP_TRIED:
    case SKIP_TYPE:
    case SKIP_LIMITS:
    case SKIP_COST:
        obstacle_tell_order(facts, out);
        break;
    case SKIP_NONE:
    case SKIP_CURRENCY:
    case SKIP_KEY:
    case SKIP_FUNDS:
    case SKIP_BREAKER:
    case SKIP_COOL_DOWN:
    case SKIP_COUNT:
        obstacle_tell_trouble(facts, out);
        break;
    }
}

/* ---- told ---- */

void obstacle_print(const struct obstacle *obstacle, struct buf *out)
{
    struct obstacle_time at;
    if (obstacle->reason[0] == '\0')
        return;
    buf_add_text(out, obstacle->why);
    if (obstacle->since_ms)
        buf_printf(out, ", since %s", obstacle_print_time(obstacle->since_ms, &at));
    if (obstacle->until_ms)
        buf_printf(out, ", until %s", obstacle_print_time(obstacle->until_ms, &at));
    if (obstacle->how[0])
        buf_printf(out, "; %s", obstacle->how);
}

static void obstacle_write_text(struct jsonwriter *w, const char *key, const char *text)
{
    if (text[0])
        jsonwriter_text(w, key, str_of(text));
    else
        jsonwriter_null(w, key);
}

void obstacle_write(const struct obstacle *obstacle, struct jsonwriter *w)
{
    struct buf message;
    buf_init(&message, OBSTACLE_WHY_BYTES + OBSTACLE_HOW_BYTES + 128);
    obstacle_print(obstacle, &message);
    obstacle_write_text(w, "reason", obstacle->reason);
    jsonwriter_text(w, "message", buf_str(&message));
    jsonwriter_time(w, "since", obstacle->since_ms);
    jsonwriter_time(w, "until", obstacle->until_ms);
    jsonwriter_time(w, "next_try", obstacle->next_try_ms);
    obstacle_write_text(w, "ends", obstacle->ends);
    obstacle_write_text(w, "how", obstacle->how);
    buf_fini(&message);
}
