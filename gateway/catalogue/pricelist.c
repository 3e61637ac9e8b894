/* See pricelist.h. */
#include "catalogue/pricelist.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/digest.h"

/* ---- the `services` response ---- */

static void pricelist_add_bool(struct buf *out, const char *name, bool is_true)
{
    buf_add_text(out, name);
    buf_add_text(out, is_true ? "true" : "false");
}

static void pricelist_add_row(const struct service *service, struct money rate, struct buf *out)
{
    char text[MONEY_TEXT];
    size_t len = money_print(rate, 2, text);
    buf_add_text(out, "{\"service\":");
    buf_add_u64(out, service->id);
    buf_add_text(out, ",\"name\":");
    buf_add_json(out, service->name);
    buf_add_text(out, ",\"type\":");
    buf_add_json(out, str_of(ordertype_name(service->type)));
    buf_add_text(out, ",\"category\":");
    buf_add_json(out, service->category);
    buf_add_text(out, ",\"rate\":\"");
    buf_add(out, text, len);
    buf_add_text(out, "\",\"min\":\"");
    buf_add_i64(out, service->min);
    buf_add_text(out, "\",\"max\":\"");
    buf_add_i64(out, service->max);
    pricelist_add_bool(out, "\",\"refill\":", service->refill);
    pricelist_add_bool(out, ",\"cancel\":", service->cancel);
    pricelist_add_bool(out, ",\"dripfeed\":", service->dripfeed);
    buf_add_byte(out, '}');
}

void pricelist_print(const struct catalogue *catalogue, const struct money *rates, struct buf *out)
{
    char separator = '[';
    for (size_t i = 0; i < catalogue->count; i++) {
        if (rates[i].units < 0)
            continue;
        buf_add_byte(out, separator);
        pricelist_add_row(&catalogue->list[i], rates[i], out);
        separator = ',';
    }
    buf_add_text(out, separator == '[' ? "[]" : "]");
    ASSERT(!out->is_over);
}

static struct str pricelist_compress_gzip(struct str plain, int level)
{
    enum { GZIP_WINDOW = 15 + 16, MEMORY = 8 };
    z_stream stream = {0};
    int result = deflateInit2(&stream, level, Z_DEFLATED, GZIP_WINDOW, MEMORY, Z_DEFAULT_STRATEGY);
    ASSERT(result == Z_OK);
    size_t room = deflateBound(&stream, plain.len);
    char *bytes = memory_new(room);
    stream.next_in = (Bytef *)(uintptr_t)plain.ptr;
    stream.avail_in = (uInt)plain.len;
    stream.next_out = (Bytef *)bytes;
    stream.avail_out = (uInt)room;
    result = deflate(&stream, Z_FINISH);
    ASSERT(result == Z_STREAM_END);
    size_t len = stream.total_out;
    deflateEnd(&stream);
    return str_make(memory_resize(bytes, len, 1), len);
}

/* A strong tag stands for bytes, so each form has its own. */
static void pricelist_tag(struct str bytes, char out[40])
{
    struct digest digest = digest_sha256(bytes);
    char hex[65];
    digest_print(&digest, hex);
    snprintf(out, 40, "\"%.32s\"", hex);
}

struct rendered *pricelist_make_rendered(struct buf *plain, int level)
{
    struct rendered *rendered = memory_new(sizeof *rendered);
    struct rendering *open = &rendered->open;
    atomic_init(&rendered->pins, 1);
    size_t len = plain->len;
    open->plain = str_make(memory_resize(buf_take(plain), len + 1, 1), len);
    open->gzip = pricelist_compress_gzip(open->plain, level);
    pricelist_tag(open->plain, open->etag_plain);
    pricelist_tag(open->gzip, open->etag_gzip);
    return rendered;
}

struct rendered *pricelist_pin_rendered(struct rendered *rendered)
{
    atomic_fetch_add_explicit(&rendered->pins, 1, memory_order_relaxed);
    return rendered;
}

void pricelist_unpin_rendered(struct rendered **rendered)
{
    struct rendered *last = *rendered;
    *rendered = NULL;
    if (!last || atomic_fetch_sub_explicit(&last->pins, 1, memory_order_acq_rel) > 1)
        return;
    free((void *)(uintptr_t)last->open.plain.ptr);
    free((void *)(uintptr_t)last->open.gzip.ptr);
    free(last);
}

/* gzip -9 costs four times gzip -6 and saves a tenth: with many lists that time is too long. */
enum { BEST_LISTS = 16, BEST_LEVEL = 9, MANY_LEVEL = 6, LATE_LEVEL = 1 };

static uint64_t pricelist_mix(uint64_t hash, uint64_t value)
{
    hash ^= value;
    hash *= UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

static uint64_t pricelist_hash_of(const struct client_settings *settings)
{
    uint64_t hash = pricelist_mix(1, (uint64_t)settings->markup.percent.units);
    hash = pricelist_mix(hash, (uint64_t)settings->markup.amount.units);
    for (size_t i = 0; i < settings->price_count; i++) {
        hash = pricelist_mix(hash, settings->prices[i].service);
        hash = pricelist_mix(hash, (uint64_t)settings->prices[i].rate.units);
    }
    for (size_t i = 0; i < settings->service_count; i++)
        hash = pricelist_mix(hash, (uint64_t)settings->services[i].first << 32 |
                                       settings->services[i].last);
    return hash;
}

static bool pricelist_is_for(const struct pricelist *list, const struct client_settings *settings)
{
    if (list->markup.percent.units != settings->markup.percent.units ||
        list->markup.amount.units != settings->markup.amount.units ||
        list->range_count != settings->service_count || list->price_count != settings->price_count)
        return false;
    for (size_t i = 0; i < list->price_count; i++)
        if (list->prices[i].service != settings->prices[i].service ||
            list->prices[i].rate.units != settings->prices[i].rate.units)
            return false;
    for (size_t i = 0; i < list->range_count; i++)
        if (list->ranges[i].first != settings->services[i].first ||
            list->ranges[i].last != settings->services[i].last)
            return false;
    return true;
}

static const struct pricelist *pricelist_find(const struct catalogue *catalogue, uint64_t hash,
                                              const struct client_settings *settings)
{
    const struct catalogue_body *body = (const struct catalogue_body *)(const void *)catalogue;
    size_t low = 0, high = body->list_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (body->lists[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < body->list_count && body->lists[low].hash == hash; low++)
        if (pricelist_is_for(&body->lists[low], settings))
            return &body->lists[low];
    return NULL;
}

const struct pricelist *pricelist_of(const struct catalogue *catalogue, const struct client *client)
{
    return pricelist_find(catalogue, pricelist_hash_of(&client->settings), &client->settings);
}

/* ---- making ---- */

static bool pricelist_covers(const struct pricelist *list, uint32_t service)
{
    for (size_t i = 0; i < list->range_count; i++)
        if (service >= list->ranges[i].first && service <= list->ranges[i].last)
            return true;
    return list->range_count == 0;
}

static bool pricelist_quote(const struct pricelist *list, const struct service *service,
                            struct money *rate_out)
{
    const struct client_settings as_client = {.prices = list->prices,
                                              .price_count = list->price_count};
    const struct money *own = client_price(&as_client, service->id);
    struct rate_terms terms = service->terms;
    terms.client = list->markup;
    if (!service->is_priced || !pricelist_covers(list, service->id))
        return false;
    return own ? money_round_up(*own, list->catalogue->decimals, rate_out)
               : quote_rate(&terms, list->catalogue->decimals, rate_out);
}

static void pricelist_fill_rates(struct pricelist *list)
{
    const struct catalogue *catalogue = list->catalogue;
    list->rates = memory_array(catalogue->count + 1, sizeof *list->rates);
    for (size_t i = 0; i < catalogue->count; i++) {
        bool is_in = pricelist_quote(list, &catalogue->list[i], &list->rates[i]);
        if (!is_in)
            list->rates[i].units = -1;
        list->count += is_in;
    }
}

/* former: the same list of the former snapshot, or NULL. */
static struct rendered *pricelist_render(struct pricelist *list, const struct pricelist *former,
                                         int level)
{
    struct rendered *before = former ? atomic_load(&former->rendered) : NULL;
    struct buf plain;
    pricelist_fill_rates(list);
    buf_init(&plain, PRICELIST_RENDERED_MAX);
    pricelist_print(list->catalogue, list->rates, &plain);
    if (!before || !str_equal(buf_str(&plain), before->open.plain))
        return pricelist_make_rendered(&plain, level);
    buf_fini(&plain);
    return pricelist_pin_rendered(before);
}

static struct rendered *pricelist_render_late(const struct pricelist *list)
{
    struct catalogue_body *body = catalogue_body((struct catalogue *)(uintptr_t)list->catalogue);
    struct pricelist *own = &body->lists[list - body->lists];
    pthread_mutex_lock(&body->late);
    struct rendered *rendered = atomic_load(&own->rendered);
    if (!rendered) {
        rendered = pricelist_render(own, NULL, LATE_LEVEL);
        atomic_store(&own->rendered, rendered);
    }
    pthread_mutex_unlock(&body->late);
    return rendered;
}

/* ---- reading ---- */

const struct rendering *pricelist_rendering(const struct pricelist *list)
{
    struct rendered *rendered = atomic_load(&list->rendered);
    return rendered ? &rendered->open : &pricelist_render_late(list)->open;
}

size_t pricelist_count(const struct pricelist *list)
{
    pricelist_rendering(list);
    return list->count;
}

bool pricelist_rate(const struct pricelist *list, const struct service *service,
                    struct money *rate_out)
{
    ASSERT(service >= list->catalogue->list);
    size_t index = (size_t)(service - list->catalogue->list);
    ASSERT(index < list->catalogue->count);
    if (!atomic_load(&list->rendered))
        return pricelist_quote(list, service, rate_out);
    if (list->rates[index].units < 0)
        return false;
    *rate_out = list->rates[index];
    return true;
}

/* ---- all lists of a snapshot ---- */

static void pricelist_list_init(struct pricelist *list, const struct catalogue *catalogue,
                                uint64_t hash, const struct client_settings *settings)
{
    *list = (struct pricelist){.hash = hash,
                               .markup = settings->markup,
                               .price_count = settings->price_count,
                               .range_count = settings->service_count,
                               .catalogue = catalogue};
    list->prices = memory_array(list->price_count + 1, sizeof *list->prices);
    for (size_t i = 0; i < list->price_count; i++)
        list->prices[i] = settings->prices[i];
    list->ranges = memory_array(list->range_count + 1, sizeof *list->ranges);
    for (size_t i = 0; i < list->range_count; i++)
        list->ranges[i] = settings->services[i];
}

struct wish { /* a client's settings on their way to a list */
    uint64_t hash;
    const struct client_settings *settings;
};

static int pricelist_compare_wishes(const void *a, const void *b)
{
    const struct wish *first = a, *second = b;
    return first->hash < second->hash ? -1 : first->hash > second->hash;
}

/* Is the wish met by a list made from it on, back to the first with its hash? */
static bool pricelist_is_met(const struct catalogue_body *body, const struct wish *wish)
{
    for (size_t i = body->list_count; i > 0 && body->lists[i - 1].hash == wish->hash; i--)
        if (pricelist_is_for(&body->lists[i - 1], wish->settings))
            return true;
    return false;
}

void pricelist_make_all(struct catalogue *catalogue, struct client_set *clients,
                        const struct catalogue *former)
{
    struct catalogue_body *body = catalogue_body(catalogue);
    struct wish *wishes = memory_array(clients->count + 1, sizeof *wishes);
    for (size_t i = 0; i < clients->count; i++)
        wishes[i] = (struct wish){.hash = pricelist_hash_of(&clients->list[i].settings),
                                  .settings = &clients->list[i].settings};
    qsort(wishes, clients->count, sizeof *wishes, pricelist_compare_wishes);
    body->lists = memory_array(clients->count + 1, sizeof *body->lists);
    catalogue->clients = client_set_pin(clients);
    for (size_t i = 0; i < clients->count; i++)
        if (!pricelist_is_met(body, &wishes[i]))
            pricelist_list_init(&body->lists[body->list_count++], catalogue, wishes[i].hash,
                                wishes[i].settings);
    int level = body->list_count <= BEST_LISTS ? BEST_LEVEL : MANY_LEVEL;
    for (size_t i = 0; i < body->list_count && i < PRICELIST_READY; i++) {
        struct pricelist *list = &body->lists[i];
        const struct client_settings as_client = {.markup = list->markup,
                                                  .prices = list->prices,
                                                  .price_count = list->price_count,
                                                  .services = list->ranges,
                                                  .service_count = list->range_count};
        const struct pricelist *before =
            former ? pricelist_find(former, list->hash, &as_client) : NULL;
        atomic_init(&list->rendered, pricelist_render(list, before, level));
    }
    free(wishes);
}

void pricelist_fini(struct pricelist *list)
{
    free(list->prices);
    free(list->ranges);
    free(list->rates);
    struct rendered *rendered = atomic_load(&list->rendered);
    pricelist_unpin_rendered(&rendered);
}
