/* action=services: the prepared answer for the client's price list, plain or gzip, by reference. By
 * GET with an ETag for that encoding, so that a client that has it gets a 304. */
#include "v2/call.h"

/* Whether one of a coding's parameters is a weight of nought: "q=0", "q=0.000". */
static bool action_services_is_unwanted(struct str parameters)
{
    struct str parameter;
    while (str_next(&parameters, ';', &parameter)) {
        size_t equals = str_find_byte(parameter, '=');
        if (equals == SIZE_MAX ||
            !str_equal_folded(str_trim(str_first(parameter, equals)), STR("q")))
            continue;
        struct str weight = str_trim(str_from(parameter, equals + 1));
        size_t zeros = 0;
        while (zeros < weight.len && (weight.ptr[zeros] == '0' || weight.ptr[zeros] == '.'))
            zeros++;
        return weight.len > 0 && weight.ptr[0] == '0' && zeros == weight.len;
    }
    return false;
}

/* What names gzip decides over "*", and one refusal over any number of offers. */
static bool action_services_accepts_gzip(struct str header)
{
    struct str piece;
    bool is_named = false, takes_any = false;
    while (str_next(&header, ',', &piece)) {
        size_t semicolon = str_find_byte(piece, ';');
        struct str coding = str_trim(str_first(piece, semicolon));
        bool is_gzip =
            str_equal_folded(coding, STR("gzip")) || str_equal_folded(coding, STR("x-gzip"));
        bool is_unwanted =
            semicolon != SIZE_MAX && action_services_is_unwanted(str_from(piece, semicolon + 1));
        if (is_gzip && is_unwanted)
            return false;
        is_named |= is_gzip;
        takes_any |= str_is(coding, "*") && !is_unwanted;
    }
    return is_named || takes_any;
}

static bool action_services_has_tag(struct str header, const char *etag)
{
    struct str piece;
    while (str_next(&header, ',', &piece)) {
        piece = str_trim(piece);
        if (str_starts(piece, STR("W/")))
            piece = str_from(piece, 2);
        if (str_is(piece, etag) || str_is(piece, "*"))
            return true;
    }
    return false;
}

static void action_services_release(const void *bytes, size_t len, void *arg)
{
    struct catalogue *catalogue = arg;
    (void)bytes, (void)len;
    catalogue_unpin(&catalogue);
}

void action_services_run(struct call *call)
{
    struct exchange *x = call->exchange;
    const struct pricelist *list = call->catalogue && call->catalogue->has_lists
                                       ? pricelist_of(call->catalogue, call->client)
                                       : NULL;
    /* An empty list makes scripts switch off everything they sell; on an error they keep what
     * they have. */
    if (list == NULL || pricelist_count(list) == 0) {
        call_error(call, MESSAGES_UNAVAILABLE);
        return;
    }
    const struct rendering *rendering = pricelist_rendering(list);
    bool is_gzip = action_services_accepts_gzip(exchange_header(x, "Accept-Encoding"));
    const char *etag = is_gzip ? rendering->etag_gzip : rendering->etag_plain;
    exchange_add_header(x, "Vary", "Accept-Encoding");
    if (exchange_method(x) != EXCHANGE_POST) {
        exchange_add_header(x, "ETag", etag);
        exchange_add_header(x, "Cache-Control", "private");
        if (action_services_has_tag(exchange_header(x, "If-None-Match"), etag)) {
            call_note(call, false);
            exchange_reply(x, 304, STR(""));
            return;
        }
    }
    if (is_gzip)
        exchange_add_header(x, "Content-Encoding", "gzip");
    call_note(call, false);
    struct catalogue *pinned = catalogue_pin(call->catalogue);
    exchange_reply_shared(x, 200, is_gzip ? rendering->gzip : rendering->plain,
                          action_services_release, pinned);
}
