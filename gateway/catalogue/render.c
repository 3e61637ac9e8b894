/* See render.h. */
#include "catalogue/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/digest.h"

static void render_add_bool(struct buf *out, const char *name, bool is_true)
{
    buf_add_text(out, name);
    buf_add_text(out, is_true ? "true" : "false");
}

static void render_add_row(const struct service *service, struct money rate, struct buf *out)
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
    render_add_bool(out, "\",\"refill\":", service->refill);
    render_add_bool(out, ",\"cancel\":", service->cancel);
    render_add_bool(out, ",\"dripfeed\":", service->dripfeed);
    buf_add_byte(out, '}');
}

void render_plain(const struct catalogue *catalogue, const struct money *rates, struct buf *out)
{
    char separator = '[';
    for (size_t i = 0; i < catalogue->count; i++) {
        if (rates[i].units < 0)
            continue;
        buf_add_byte(out, separator);
        render_add_row(&catalogue->list[i], rates[i], out);
        separator = ',';
    }
    buf_add_text(out, separator == '[' ? "[]" : "]");
    ASSERT(!out->is_over);
}

static struct str render_compress_gzip(struct str plain, int level)
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
static void render_tag(struct str bytes, char out[40])
{
    struct digest digest = digest_sha256(bytes);
    char hex[65];
    digest_print(&digest, hex);
    snprintf(out, 40, "\"%.32s\"", hex);
}

struct rendered *render_make(struct buf *plain, int level)
{
    struct rendered *rendered = memory_new(sizeof *rendered);
    struct rendering *open = &rendered->open;
    atomic_init(&rendered->pins, 1);
    size_t len = plain->len;
    open->plain = str_make(memory_resize(buf_take(plain), len + 1, 1), len);
    open->gzip = render_compress_gzip(open->plain, level);
    render_tag(open->plain, open->etag_plain);
    render_tag(open->gzip, open->etag_gzip);
    return rendered;
}

struct rendered *render_pin(struct rendered *rendered)
{
    atomic_fetch_add_explicit(&rendered->pins, 1, memory_order_relaxed);
    return rendered;
}

void render_unpin(struct rendered **rendered)
{
    struct rendered *last = *rendered;
    *rendered = NULL;
    if (!last || atomic_fetch_sub_explicit(&last->pins, 1, memory_order_acq_rel) > 1)
        return;
    free((void *)(uintptr_t)last->open.plain.ptr);
    free((void *)(uintptr_t)last->open.gzip.ptr);
    free(last);
}
