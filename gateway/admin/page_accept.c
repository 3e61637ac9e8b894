/* GET /providers/NAME/quarantine: the prices that wait for an operator, old and new, with what they
 * would change for what we sell. POST /providers/NAME/accept takes them: `services` with the prices
 * that were seen (`shown`), or `all` with the `state` that was seen. */
#include <stdlib.h>

#include "admin/admin_private.h"
#include "catalogue/pricelist.h"

enum { SERVICES_MAX = 10000 };

/* ---- what waits ---- */

struct page_accept_sale {             /* one of our services that has the held one as an offer */
    size_t held;                      /* which of the held ones */
    const struct service *now, *then; /* now: NULL where it is not sold yet */
};

struct page_accept_preview {
    const struct quarantine *quarantine;
    const struct provider *provider;
    struct page_accept_sale *sales; /* by held */
    size_t sale_count, sale_room;
    unsigned decimals;
};

static int page_accept_compare_held(const void *key, const void *member)
{
    const struct str *service = key;
    const struct held_price *price = member;
    return str_compare(*service, price->service);
}

static int page_accept_compare_sales(const void *a, const void *b)
{
    const struct page_accept_sale *first = a, *second = b;
    if (first->held != second->held)
        return first->held < second->held ? -1 : 1;
    return first->then->id < second->then->id ? -1 : first->then->id > second->then->id;
}

static void page_accept_add_sale(struct page_accept_preview *p, const struct service *service,
                                 const struct held_price *price)
{
    if (p->sale_count == p->sale_room) {
        p->sale_room = p->sale_room ? p->sale_room * 2 : 64;
        p->sales = memory_resize(p->sales, p->sale_room, sizeof *p->sales);
    }
    p->sales[p->sale_count++] = (struct page_accept_sale){
        .held = (size_t)(price - p->quarantine->prices),
        .now = p->quarantine->now ? catalogue_find(p->quarantine->now, service->id) : NULL,
        .then = service};
}

static void page_accept_find_sales(struct page_accept_preview *p)
{
    const struct quarantine *q = p->quarantine;
    for (size_t i = 0; q->then && i < q->then->count; i++) {
        const struct service *service = &q->then->list[i];
        for (size_t j = 0; j < service->offer_count; j++) {
            const struct offer *offer = &service->offers[j];
            const struct held_price *price =
                offer->provider_id == p->provider->id
                    ? bsearch(&offer->service, q->prices, q->count, sizeof *q->prices,
                              page_accept_compare_held)
                    : NULL;
            if (price)
                page_accept_add_sale(p, service, price);
        }
    }
    if (p->sale_count)
        qsort(p->sales, p->sale_count, sizeof *p->sales, page_accept_compare_sales);
}

static void page_accept_print_amount(struct jsonwriter *w, const char *key, bool is_known,
                                     struct money amount)
{
    if (is_known)
        money_write_json(w, key, amount);
    else
        jsonwriter_null(w, key);
}

/* Published price, cost and what is between them, in our currency for 1000; of a service that is
 * not published there is no price. */
static void page_accept_print_side(struct jsonwriter *w, const char *side,
                                   const struct service *service, bool has_cost, struct money rate,
                                   const struct page_accept_preview *p)
{
    struct money price = MONEY_ZERO, cost = MONEY_ZERO, margin = MONEY_ZERO;
    bool has_price =
        service && service->is_priced && quote_rate(&service->terms, p->decimals, &price);
    has_cost = has_cost && quote_cost(rate, p->provider->exchange, &cost);
    bool has_margin = has_price && has_cost && money_subtract(price, cost, &margin);
    jsonwriter_object(w, side);
    page_accept_print_amount(w, "price", has_price, price);
    page_accept_print_amount(w, "cost", has_cost, cost);
    page_accept_print_amount(w, "margin", has_margin, margin);
    jsonwriter_object_end(w);
}

static void page_accept_print_sale(struct jsonwriter *w, const struct page_accept_preview *p,
                                   const struct page_accept_sale *sale)
{
    const struct held_price *price = &p->quarantine->prices[sale->held];
    jsonwriter_object(w, NULL);
    jsonwriter_number(w, "service", sale->then->id);
    jsonwriter_text(w, "name", sale->then->name);
    page_accept_print_side(w, "old", sale->now, price->has_accepted, price->accepted, p);
    page_accept_print_side(w, "new", sale->then, price->why != PRICE_HELD_UNREADABLE,
                           price->pending, p);
    jsonwriter_object_end(w);
}

static void page_accept_print_held(struct jsonwriter *w, const struct held_price *price)
{
    jsonwriter_text(w, "service", price->service);
    jsonwriter_text(w, "name", price->name);
    jsonwriter_text(w, "why", str_of(pricebook_why_name(price->why)));
    jsonwriter_time(w, "since", price->since_ms);
    page_accept_print_amount(w, "old", price->has_accepted, price->accepted);
    page_accept_print_amount(w, "new", price->why != PRICE_HELD_UNREADABLE, price->pending);
}

static void page_accept_print_services(struct jsonwriter *w, const struct page_accept_preview *p)
{
    size_t sale = 0;
    jsonwriter_array(w, "services");
    for (size_t i = 0; i < p->quarantine->count; i++) {
        jsonwriter_object(w, NULL);
        page_accept_print_held(w, &p->quarantine->prices[i]);
        jsonwriter_array(w, "sold");
        for (; sale < p->sale_count && p->sales[sale].held == i; sale++)
            page_accept_print_sale(w, p, &p->sales[sale]);
        jsonwriter_array_end(w);
        jsonwriter_object_end(w);
    }
    jsonwriter_array_end(w);
}

static void page_accept_on_quarantine(const struct quarantine *quarantine, void *arg)
{
    struct admin_call *call = arg;
    struct page_accept_preview p = {
        .quarantine = quarantine,
        .provider = provider_set_find(call->catalogue->providers, call->subject),
        .decimals = call->catalogue->decimals};
    struct buf out;
    page_accept_find_sales(&p);
    buf_init(&out, ADMIN_ANSWER_BYTES);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    jsonwriter_text(&w, "provider", str_of(p.provider->settings.name));
    jsonwriter_text(&w, "provider_currency", str_of(p.provider->settings.currency));
    jsonwriter_text(&w, "currency", str_of(call->catalogue->currency));
    jsonwriter_text(&w, "state", str_of(quarantine->state));
    jsonwriter_number(&w, "gone", (int64_t)quarantine->gone);
    jsonwriter_number(&w, "listed", (int64_t)quarantine->listed);
    page_accept_print_services(&w, &p);
    jsonwriter_object_end(&w);
    free(p.sales);
    admin_reply(call, 200, &out);
}

void page_accept_show(struct admin_call *call)
{
    const struct provider *provider = admin_provider(call);
    if (provider)
        refresher_quarantine(call->context->refresher, provider->id, call->context->loop,
                             page_accept_on_quarantine, call);
}

/* ---- accept ---- */

static void page_accept_on_taken(const struct acceptance *acceptance, void *arg)
{
    struct admin_call *call = arg;
    struct buf out;
    if (acceptance->why.code != FAULT_NONE) {
        admin_fail(call, admin_status_of(acceptance->why.code), acceptance->why.message);
        return;
    }
    if (acceptance->count + acceptance->gone > 0 && !acceptance->is_kept) {
        admin_fail(call, 503,
                   "in force, but the ledger could not keep it: a restart will not know of it "
                   "unless the ledger can be written again before; it is kept with the next list");
        return;
    }
    buf_init(&out, ADMIN_ANSWER_BYTES);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    jsonwriter_number(&w, "accepted", (int64_t)acceptance->count);
    jsonwriter_number(&w, "gone", (int64_t)acceptance->gone);
    jsonwriter_number(&w, "held", (int64_t)acceptance->held);
    jsonwriter_number(&w, "left_zero", (int64_t)acceptance->left_zero);
    jsonwriter_number(&w, "left_unreadable", (int64_t)acceptance->left_unreadable);
    jsonwriter_array(&w, "services");
    for (size_t i = 0; i < acceptance->count; i++) {
        jsonwriter_object(&w, NULL);
        page_accept_print_held(&w, &acceptance->taken[i]);
        jsonwriter_object_end(&w);
    }
    jsonwriter_array_end(&w);
    jsonwriter_object_end(&w);
    admin_reply(call, 200, &out);
}

/* The lines of `services`, or the one `service`; false: answered. */
static bool page_accept_read_services(struct admin_call *call, struct str *list, size_t *count)
{
    struct str rest = params_get(&call->params, "services"), line;
    if (rest.len == 0)
        rest = params_get(&call->params, "service");
    *count = 0;
    while (rest.len > 0 && str_next(&rest, '\n', &line)) {
        line = str_trim(line);
        if (line.len == 0)
            continue;
        if (*count == SERVICES_MAX) {
            admin_fail(call, 400, "services: 10000 at once are the most; all: true takes all");
            return false;
        }
        list[(*count)++] = line;
    }
    return true;
}

static bool page_accept_read_shown(struct admin_call *call, struct money *shown, size_t count)
{
    struct str rest = params_get(&call->params, "shown"), line;
    size_t read = 0;
    bool is_good = true;
    while (is_good && read < count && rest.len > 0 && str_next(&rest, '\n', &line))
        is_good = money_parse(str_trim(line), MONEY_EXACT, &shown[read++]);
    if (is_good && read == count && rest.len == 0)
        return true;
    admin_fail(call, 400, "shown: one amount for each of services is right, or leave it out");
    return false;
}

void page_accept_run(struct admin_call *call)
{
    const struct provider *provider = admin_provider(call);
    struct arena *arena = exchange_arena(call->exchange);
    if (provider == NULL)
        return;
    struct str *services = arena_new(arena, SERVICES_MAX * sizeof *services);
    struct accept_wish wish = {.services = services,
                               .state = str_trim(params_get(&call->params, "state"))};
    if (!admin_read_flag(call, "all", &wish.is_all) ||
        !admin_read_flag(call, "zero", &wish.takes_zero) ||
        !page_accept_read_services(call, services, &wish.count))
        return;
    if ((wish.count > 0) == wish.is_all) {
        admin_fail(call, 400,
                   "services: [ID, …] or all: true is right; GET /providers/NAME/quarantine shows "
                   "what there is to accept");
        return;
    }
    if (wish.count && params_get(&call->params, "shown").len) {
        struct money *shown = arena_new(arena, wish.count * sizeof *shown);
        if (!page_accept_read_shown(call, shown, wish.count))
            return;
        wish.shown = shown;
    }
    if (wish.state.len == 0)
        wish.state = STR_NONE;
    refresher_accept(call->context->refresher, provider->id, &wish, call->context->loop,
                     page_accept_on_taken, call);
}
