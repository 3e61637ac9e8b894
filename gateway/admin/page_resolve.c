/* POST /orders/ID/resolve and POST /orders/resolve {provider, text}: an operator ends a doubt. The
 * body says how: {"how": "accepted", "upstream_id": "4711"}, "next-offer" or "refund". */
#include "admin/admin_private.h"
#include "orders/resolve.h"

static bool page_resolve_is_upstream_id(struct str id)
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

static void page_resolve_on_resolved(size_t resolved, const struct fault *why, void *arg)
{
    struct admin_call *call = arg;
    struct buf out;
    if (resolved == 0 && why->code == FAULT_NONE) {
        admin_fail(call, 404, "no order in doubt there with that text; see order list --in-doubt");
        return;
    }
    buf_init(&out, ADMIN_ANSWER_BYTES);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    if (why->code != FAULT_NONE)
        jsonwriter_text(&w, "error", str_of(why->message));
    jsonwriter_number(&w, "resolved", (int64_t)resolved);
    jsonwriter_object_end(&w);
    admin_reply(call, why->code == FAULT_NONE ? 200 : admin_status_of(why->code), &out);
}

/* False: answered. */
static bool page_resolve_read_how(struct admin_call *call, struct resolve_request *request)
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
    request->request_id = exchange_request_id(call->exchange);
    for (size_t i = 0; i < COUNT_OF(hows); i++) {
        if (!str_is(given, hows[i].word))
            continue;
        request->how = hows[i].how;
        if (request->how != RESOLVE_ACCEPTED || page_resolve_is_upstream_id(request->upstream_id))
            return true;
        admin_fail(call, 400,
                   "upstream_id must be the provider's order id: 1 to 64 letters, digits, . _ : -");
        return false;
    }
    admin_fail(call, 400, "how must be accepted (with upstream_id), next-offer or refund");
    return false;
}

void page_resolve_one_run(struct admin_call *call)
{
    uint64_t id;
    struct resolve_request request = {0};
    if (!str_to_u64(call->subject, &id) || id < 1 || id > INT32_MAX) {
        admin_fail(call, 404, "there is no such order; an order number is a whole number");
        return;
    }
    if (!page_resolve_read_how(call, &request))
        return;
    request.order = (uint32_t)id;
    resolve_start(call->context, &request, page_resolve_on_resolved, call);
}

void page_resolve_text_run(struct admin_call *call)
{
    struct resolve_request request = {0};
    request.provider = params_get(&call->params, "provider");
    request.text = params_get(&call->params, "text");
    if (request.provider.len == 0 || request.text.ptr == NULL) {
        admin_fail(call, 400, "provider and text are needed: which provider, and its error text");
        return;
    }
    if (!page_resolve_read_how(call, &request))
        return;
    if (request.how == RESOLVE_ACCEPTED) {
        admin_fail(call, 400, "several orders cannot have one upstream_id: resolve each alone");
        return;
    }
    resolve_start(call->context, &request, page_resolve_on_resolved, call);
}
