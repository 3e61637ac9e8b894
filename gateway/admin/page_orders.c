/* GET /orders and GET /orders/ID. A list of orders in doubt shows the evidence of each. */
#include "admin/admin_private.h"
#include "admin/orderjson.h"

/* Absent is `otherwise`; false when it is no number from 1 to most. */
static bool page_orders_read_number(const struct admin_call *call, const char *name, uint64_t max,
                                    uint64_t otherwise, uint64_t *out)
{
    struct str text = params_get(&call->params, name);
    *out = otherwise;
    return text.len == 0 || (str_to_u64(text, out) && *out >= 1 && *out <= max);
}

static bool page_orders_is_yes(struct str text)
{
    return text.ptr && !str_is(text, "0") && !str_is(text, "false") && !str_is(text, "no");
}

/* ---- a list ---- */

struct page_orders_listing {
    struct admin_call *call;
    struct buf out;
    struct jsonwriter w;
    uint32_t *orders; /* in doubt: read one after the other */
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
    for (size_t i = 0; i < rows->order_count; i++)
        orderjson_order(&listing->w, &rows->orders[i], NULL);
    page_orders_listing_end(listing);
}

static void page_orders_on_doubt_list(const struct ledger_rows *rows, void *arg)
{
    struct page_orders_listing *listing = arg;
    if (rows->result != LEDGER_DONE) {
        page_orders_listing_fail(listing);
        return;
    }
    struct arena *arena = exchange_arena(listing->call->exchange);
    listing->count = rows->order_count;
    listing->orders = arena_new(arena, (rows->order_count + 1) * sizeof *listing->orders);
    for (size_t i = 0; i < rows->order_count; i++)
        listing->orders[i] = rows->orders[i].id;
    page_orders_listing_next(listing);
}

/* A page that is full may have more behind it. */
struct paging {
    struct page_orders_listing *listing;
    uint64_t limit;
    ledger_rows_fn *then;
};

static void page_orders_on_page(const struct ledger_rows *rows, void *arg)
{
    struct paging *paging = arg;
    if (rows->result == LEDGER_DONE && rows->order_count == paging->limit)
        paging->listing->next_before = rows->orders[rows->order_count - 1].id;
    paging->then(rows, paging->listing);
}

void page_orders_run(struct admin_call *call)
{
    uint64_t before, limit;
    bool is_doubt = page_orders_is_yes(params_get(&call->params, "in_doubt"));
    struct str client = params_get(&call->params, "client");
    if (!page_orders_read_number(call, "before", UINT32_MAX, 0, &before) ||
        !page_orders_read_number(call, "limit", ADMIN_LIST_MAX, ADMIN_LIST_DEFAULT, &limit)) {
        admin_fail(call, 400, "before must be an order number and limit one from 1 to 1000");
        return;
    }
    struct arena *arena = exchange_arena(call->exchange);
    struct page_orders_listing *listing = arena_new(arena, sizeof *listing);
    struct paging *paging = arena_new(arena, sizeof *paging);
    listing->call = call;
    buf_init(&listing->out, ADMIN_ANSWER_BYTES);
    listing->w = orderjson_list_begin(&listing->out);
    *paging =
        (struct paging){listing, limit, is_doubt ? page_orders_on_doubt_list : page_orders_on_list};
    struct ledger_query query = {.request = LEDGER_QUERY_LIST,
                                 .client = client.len ? client : STR_NONE,
                                 .is_doubt = is_doubt,
                                 .before = (uint32_t)before,
                                 .limit = (unsigned)limit};
    ledger_query(call->context->ledger, call->context->loop, &query, page_orders_on_page, paging);
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
        admin_fail(call, 404, "there is no such order");
        return;
    }
    buf_init(&out, ADMIN_ANSWER_BYTES);
    orderjson_show(&out, rows);
    admin_reply(call, 200, &out);
}

void page_order_run(struct admin_call *call)
{
    uint64_t id;
    if (!str_to_u64(call->subject, &id) || id < 1 || id > INT32_MAX) {
        admin_fail(call, 404, "there is no such order; an order number is a whole number");
        return;
    }
    struct ledger_query query = {.request = LEDGER_QUERY_SHOW, .id = (uint32_t)id};
    ledger_query(call->context->ledger, call->context->loop, &query, page_orders_on_shown, call);
}
