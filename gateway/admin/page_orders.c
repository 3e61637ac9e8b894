/* GET /orders and GET /orders/ID: orders with their attempts and evidence. POST /orders/ID/resolve
 * and POST /orders/resolve {provider, text}: an operator ends a doubt; the body says how: {"how":
 * "accepted", "upstream_id": "4711"}, "next-offer" or "refund"; `reason` is kept in the event, and
 * with `preview` nothing is done. */
#include "admin/admin_private.h"
#include "admin/errorcode.h"
#include "admin/orderfilter.h"
#include "admin/orderjson.h"
#include "orders/resolve.h"

enum { REASON_MAX = 500, STUCK_MAX = 1000 };

/* ---- a list ---- */

struct page_orders_listing {
    struct admin_call *call;
    struct buf out;
    struct jsonwriter w;
    struct ledger_query filter; /* its texts are the exchange's */
    uint32_t *orders;           /* in doubt: read one after the other */
    size_t count, at;
    uint32_t next_before;
};

static void page_orders_listing_end(struct page_orders_listing *listing)
{
    orderjson_list_end(&listing->w, listing->next_before);
    admin_reply(listing->call, 200, &listing->out);
}

static void page_orders_listing_fail(struct page_orders_listing *listing)
{
    buf_fini(&listing->out);
    admin_fail(listing->call, 503, "the orders could not be read now; try again");
}

static void page_orders_listing_next(struct page_orders_listing *listing);

static void page_orders_on_doubt(const struct ledger_rows *rows, void *arg)
{
    struct page_orders_listing *listing = arg;
    if (rows->result != LEDGER_DONE) {
        page_orders_listing_fail(listing);
        return;
    }
    if (rows->order_count > 0)
        orderjson_order(&listing->w, &rows->orders[0], orderjson_doubt(rows));
    listing->at++;
    page_orders_listing_next(listing);
}

static void page_orders_listing_next(struct page_orders_listing *listing)
{
    struct order_context *context = listing->call->context;
    if (listing->at == listing->count) {
        page_orders_listing_end(listing);
        return;
    }
    struct ledger_query query = {.request = LEDGER_QUERY_SHOW, .id = listing->orders[listing->at]};
    ledger_query(context->ledger, context->loop, &query, page_orders_on_doubt, listing);
}

static void page_orders_on_list(const struct ledger_rows *rows, void *arg)
{
    struct page_orders_listing *listing = arg;
    if (rows->result != LEDGER_DONE) {
        page_orders_listing_fail(listing);
        return;
    }
    listing->next_before = rows->next_before;
    for (size_t i = 0; i < rows->order_count; i++)
        orderjson_order(&listing->w, &rows->orders[i], NULL);
    page_orders_listing_end(listing);
}

/* With the attempt that is in doubt, each read by itself. */
static void page_orders_on_doubt_list(const struct ledger_rows *rows, void *arg)
{
    struct page_orders_listing *listing = arg;
    if (rows->result != LEDGER_DONE) {
        page_orders_listing_fail(listing);
        return;
    }
    struct arena *arena = exchange_arena(listing->call->exchange);
    listing->next_before = rows->next_before;
    listing->count = rows->order_count;
    listing->orders = arena_new(arena, (rows->order_count + 1) * sizeof *listing->orders);
    for (size_t i = 0; i < rows->order_count; i++)
        listing->orders[i] = rows->orders[i].id;
    page_orders_listing_next(listing);
}

/* The gateway knows which are stuck, the ledger does not: the filters come afterwards. They are by
 * number. */
static void page_orders_on_stuck_list(const struct ledger_rows *rows, void *arg)
{
    struct page_orders_listing *listing = arg;
    size_t count = 0;
    uint32_t last = 0;
    if (rows->result != LEDGER_DONE) {
        page_orders_listing_fail(listing);
        return;
    }
    for (size_t i = rows->order_count; i-- > 0;) {
        const struct ledger_order *order = &rows->orders[i];
        if (!orderfilter_matches(&listing->filter, order))
            continue;
        if (count++ == listing->filter.limit) {
            listing->next_before = last;
            break;
        }
        orderjson_order(&listing->w, order, NULL);
        last = order->id;
    }
    page_orders_listing_end(listing);
}

static void page_orders_list_stuck(struct page_orders_listing *listing)
{
    struct order_context *context = listing->call->context;
    uint32_t *ids = arena_new(exchange_arena(listing->call->exchange), STUCK_MAX * sizeof *ids);
    size_t count = open_orders_find_stuck(context->open_orders, ids, STUCK_MAX);
    struct ledger_query query = {.request = LEDGER_QUERY_ORDERS, .ids = ids, .id_count = count};
    if (count == 0)
        page_orders_listing_end(listing);
    else
        ledger_query(context->ledger, context->loop, &query, page_orders_on_stuck_list, listing);
}

static struct orderfilter page_orders_filter_of(const struct admin_call *call)
{
    const struct params *params = &call->params;
    return (struct orderfilter){
        .state = params_get(params, "state"),
        .client = params_get(params, "client"),
        .provider = params_get(params, "provider"),
        .service = params_get(params, "service"),
        .link = params_get(params, "link"),
        .upstream = params_get(params, "upstream"),
        .since = params_get(params, "since"),
        .until = params_get(params, "until"),
        .before = params_get(params, "before"),
        .limit = params_get(params, "limit"),
    };
}

void page_orders_list(struct admin_call *call)
{
    struct arena *arena = exchange_arena(call->exchange);
    struct orderfilter given = page_orders_filter_of(call);
    struct ledger_query query;
    struct fault why;
    bool is_stuck;
    if (!admin_read_flag(call, "in_doubt", &given.is_doubt) ||
        !admin_read_flag(call, "refused", &given.has_refused) ||
        !admin_read_flag(call, "stuck", &is_stuck))
        return;
    if (!orderfilter_read(&given, &query, &why)) {
        admin_fail(call, 400, why.message);
        return;
    }
    struct page_orders_listing *listing = arena_new(arena, sizeof *listing);
    listing->call = call;
    listing->filter = query;
    buf_init(&listing->out, ADMIN_ANSWER_BYTES);
    listing->w = orderjson_list_begin(&listing->out);
    if (is_stuck)
        page_orders_list_stuck(listing);
    else
        ledger_query(call->context->ledger, call->context->loop, &query,
                     given.is_doubt ? page_orders_on_doubt_list : page_orders_on_list, listing);
}

/* ---- one ---- */

static void page_orders_on_shown(const struct ledger_rows *rows, void *arg)
{
    struct admin_call *call = arg;
    struct buf out;
    if (rows->result != LEDGER_DONE) {
        admin_fail(call, 503, "the order could not be read now; try again");
        return;
    }
    if (rows->order_count == 0) {
        admin_fail(call, 404, "there is no such order; order list shows those there are");
        return;
    }
    buf_init(&out, ADMIN_ANSWER_BYTES);
    orderjson_show(&out, rows);
    admin_reply(call, 200, &out);
}

void page_orders_show(struct admin_call *call)
{
    uint64_t id;
    if (!str_to_u64(call->subject, &id) || id < 1 || id > INT32_MAX) {
        admin_fail(call, 404, "there is no such order; an order number is a whole number");
        return;
    }
    struct ledger_query query = {.request = LEDGER_QUERY_SHOW, .id = (uint32_t)id};
    ledger_query(call->context->ledger, call->context->loop, &query, page_orders_on_shown, call);
}

static bool page_orders_is_upstream_id(struct str id)
{
    if (id.len < 1 || id.len > 64)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == ':' || c == '-'))
            return false;
    }
    return true;
}

static void page_orders_on_resolved(const struct resolve_result *result, void *arg)
{
    struct admin_call *call = arg;
    const struct fault *why = &result->why;
    struct buf out;
    if (result->count == 0 && why->code == FAULT_NONE) {
        admin_fail(call, 404, "no order in doubt there with that text; see order list --in-doubt");
        return;
    }
    buf_init(&out, ADMIN_ANSWER_BYTES);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    if (why->code != FAULT_NONE) {
        jsonwriter_text(&w, "error", str_of(why->message));
        jsonwriter_text(&w, "code", str_of(errorcode_word(errorcode_of_fault(why->code))));
    }
    if (result->is_preview) {
        jsonwriter_number(&w, "would_resolve", (int64_t)result->count);
        money_write_json(&w, "charges", result->charges);
        jsonwriter_text(&w, "currency", result->currency);
    } else {
        jsonwriter_number(&w, "resolved", (int64_t)result->count);
    }
    jsonwriter_object_end(&w);
    admin_reply(call, why->code == FAULT_NONE ? 200 : admin_status_of(why->code), &out);
}

/* False: answered. */
static bool page_orders_read_how(struct admin_call *call, struct resolve_request *request)
{
    static const struct {
        const char *word;
        enum resolve_how how;
    } hows[] = {{"accepted", RESOLVE_ACCEPTED},
                {"next-offer", RESOLVE_NEXT_OFFER},
                {"next_offer", RESOLVE_NEXT_OFFER},
                {"refund", RESOLVE_REFUND}};
    struct str given = params_get(&call->params, "how");
    request->upstream_id = params_get(&call->params, "upstream_id");
    request->who = STR("admin");
    request->reason = str_trim_unseen(params_get(&call->params, "reason"));
    request->request_id = exchange_request_id(call->exchange);
    if (!admin_read_flag(call, "force", &request->is_forced) ||
        !admin_read_flag(call, "preview", &request->is_preview))
        return false;
    if (request->reason.len > REASON_MAX) {
        admin_fail(call, 400, "reason has more than 500 bytes; a shorter one");
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(hows); i++) {
        if (!str_is(given, hows[i].word))
            continue;
        request->how = hows[i].how;
        if (request->how != RESOLVE_ACCEPTED || page_orders_is_upstream_id(request->upstream_id))
            return true;
        admin_fail(call, 400,
                   "upstream_id must be the provider's order id: 1 to 64 letters, digits, . _ : -");
        return false;
    }
    admin_fail(call, 400, "how must be accepted (with upstream_id), next-offer or refund");
    return false;
}

void page_orders_resolve(struct admin_call *call)
{
    uint64_t id;
    struct resolve_request request = {0};
    if (!str_to_u64(call->subject, &id) || id < 1 || id > INT32_MAX) {
        admin_fail(call, 404, "there is no such order; an order number is a whole number");
        return;
    }
    if (!page_orders_read_how(call, &request))
        return;
    request.order = (uint32_t)id;
    resolve_start(call->context, &request, page_orders_on_resolved, call);
}

void page_orders_resolve_text(struct admin_call *call)
{
    struct resolve_request request = {0};
    request.provider = params_get(&call->params, "provider");
    request.text = params_get(&call->params, "text");
    if (request.provider.len == 0 || request.text.ptr == NULL) {
        admin_fail(call, 400, "provider and text are needed: which provider, and its error text");
        return;
    }
    if (!page_orders_read_how(call, &request))
        return;
    if (request.how == RESOLVE_ACCEPTED) {
        admin_fail(call, 400, "several orders cannot have one upstream_id: resolve each alone");
        return;
    }
    resolve_start(call->context, &request, page_orders_on_resolved, call);
}
