/* See entry.h. Copying runs the same code twice: once to measure, once to copy, so that an entry
 * costs one allocation. */
#include "ledger/entry.h"

#include <stdlib.h>

#include "base/clock.h"

struct packer {
    char *base; /* NULL while measuring */
    size_t size;
};

static void *entry_pack(struct packer *p, const void *bytes, size_t len, size_t align)
{
    size_t offset = (p->size + align - 1) & ~(align - 1);
    p->size = offset + len;
    if (p->base == NULL)
        return NULL;
    return memcpy(p->base + offset, bytes, len);
}

static struct str entry_pack_str(struct packer *p, struct str s)
{
    return s.len ? str_make(entry_pack(p, s.ptr, s.len, 1), s.len) : STR("");
}

static const char *entry_pack_text(struct packer *p, const char *text)
{
    return text ? entry_pack(p, text, strlen(text) + 1, 1) : NULL;
}

#define PACK_STRUCT(p, copy) entry_pack(p, copy, sizeof *(copy), _Alignof(max_align_t))

static const struct ledger_order *entry_pack_order(struct packer *p,
                                                   const struct ledger_order *order)
{
    struct ledger_order copy = *order;
    copy.client = entry_pack_str(p, order->client);
    copy.fields = entry_pack_str(p, order->fields);
    copy.currency = entry_pack_str(p, order->currency);
    copy.provider = entry_pack_str(p, order->provider);
    copy.upstream_service = entry_pack_str(p, order->upstream_service);
    copy.upstream_id = entry_pack_str(p, order->upstream_id);
    copy.extra = entry_pack_str(p, order->extra);
    copy.reason = entry_pack_str(p, order->reason);
    copy.request_id = entry_pack_str(p, order->request_id);
    return PACK_STRUCT(p, &copy);
}

static const struct ledger_attempt *entry_pack_attempt(struct packer *p,
                                                       const struct ledger_attempt *attempt)
{
    struct ledger_attempt copy = *attempt;
    copy.provider = entry_pack_str(p, attempt->provider);
    copy.upstream_service = entry_pack_str(p, attempt->upstream_service);
    copy.upstream_id = entry_pack_str(p, attempt->upstream_id);
    copy.text = entry_pack_str(p, attempt->text);
    copy.evidence = entry_pack_str(p, attempt->evidence);
    copy.request_id = entry_pack_str(p, attempt->request_id);
    return PACK_STRUCT(p, &copy);
}

static const struct ledger_update *entry_pack_update(struct packer *p,
                                                     const struct ledger_update *update)
{
    struct ledger_update copy = *update;
    copy.provider = entry_pack_str(p, update->provider);
    copy.upstream_service = entry_pack_str(p, update->upstream_service);
    copy.upstream_id = entry_pack_str(p, update->upstream_id);
    copy.extra = entry_pack_str(p, update->extra);
    return PACK_STRUCT(p, &copy);
}

static const struct ledger_request *entry_pack_request(struct packer *p,
                                                       const struct ledger_request *order_request)
{
    struct ledger_request copy = *order_request;
    copy.client = entry_pack_str(p, order_request->client);
    copy.provider = entry_pack_str(p, order_request->provider);
    copy.upstream_id = entry_pack_str(p, order_request->upstream_id);
    copy.text = entry_pack_str(p, order_request->text);
    copy.evidence = entry_pack_str(p, order_request->evidence);
    copy.request_id = entry_pack_str(p, order_request->request_id);
    return PACK_STRUCT(p, &copy);
}

static const struct ledger_change *entry_pack_change(struct packer *p,
                                                     const struct ledger_change *change)
{
    struct ledger_change copy = *change;
    if (change->insert)
        copy.insert = entry_pack_order(p, change->insert);
    if (change->attempt_ended)
        copy.attempt_ended = entry_pack_attempt(p, change->attempt_ended);
    if (change->attempt_started)
        copy.attempt_started = entry_pack_attempt(p, change->attempt_started);
    if (change->update)
        copy.update = entry_pack_update(p, change->update);
    if (change->order_request)
        copy.order_request = entry_pack_request(p, change->order_request);
    copy.event = entry_pack_text(p, change->event);
    copy.reason = entry_pack_str(p, change->reason);
    copy.request_id = entry_pack_str(p, change->request_id);
    return PACK_STRUCT(p, &copy);
}

static const struct ledger_import *
entry_pack_imports(struct packer *p, const struct ledger_import *rows, size_t count)
{
    struct ledger_import *copies = entry_pack(p, rows, count * sizeof *rows, _Alignof(max_align_t));
    for (size_t i = 0; i < count; i++) {
        struct str provider = entry_pack_str(p, rows[i].provider);
        struct str upstream_service = entry_pack_str(p, rows[i].upstream_service);
        if (copies) {
            copies[i].provider = provider;
            copies[i].upstream_service = upstream_service;
        }
    }
    return copies;
}

static const struct ledger_price *entry_pack_prices(struct packer *p,
                                                    const struct ledger_price *rows, size_t count)
{
    struct ledger_price *copies = entry_pack(p, rows, count * sizeof *rows, _Alignof(max_align_t));
    for (size_t i = 0; i < count; i++) {
        struct str provider = entry_pack_str(p, rows[i].provider);
        struct str upstream_service = entry_pack_str(p, rows[i].upstream_service);
        const char *note = entry_pack_text(p, rows[i].note);
        if (copies) {
            copies[i].provider = provider;
            copies[i].upstream_service = upstream_service;
            copies[i].note = note;
        }
    }
    return copies;
}

static struct ledger_entry *entry_new(enum entry_kind kind, size_t size)
{
    struct ledger_entry *entry = memory_new(size);
    entry->kind = kind;
    entry->bytes = size;
    entry->at_ms = clock_wall_ms();
    return entry;
}

struct ledger_entry *entry_of_change(const struct ledger_change *change)
{
    struct packer p = {.size = sizeof(struct ledger_entry)};
    entry_pack_change(&p, change);
    struct ledger_entry *entry = entry_new(ENTRY_CHANGE, p.size);
    p = (struct packer){(char *)entry, sizeof *entry};
    entry->of.change = entry_pack_change(&p, change);
    return entry;
}

struct ledger_entry *entry_of_list(struct str provider, struct str body, int64_t fetched_at_ms)
{
    struct ledger_entry *entry = entry_new(ENTRY_LIST, sizeof *entry + provider.len + body.len);
    struct packer p = {(char *)entry, sizeof *entry};
    entry->of.list.provider = entry_pack_str(&p, provider);
    entry->of.list.body = entry_pack_str(&p, body);
    entry->of.list.fetched_at_ms = fetched_at_ms;
    return entry;
}

struct ledger_entry *entry_of_imports(const struct ledger_import *rows, size_t count)
{
    struct packer p = {.size = sizeof(struct ledger_entry)};
    entry_pack_imports(&p, rows, count);
    struct ledger_entry *entry = entry_new(ENTRY_IMPORTS, p.size);
    p = (struct packer){(char *)entry, sizeof *entry};
    entry->of.imports.rows = entry_pack_imports(&p, rows, count);
    entry->of.imports.count = count;
    return entry;
}

struct ledger_entry *entry_of_prices(const struct ledger_price *rows, size_t count)
{
    struct packer p = {.size = sizeof(struct ledger_entry)};
    entry_pack_prices(&p, rows, count);
    struct ledger_entry *entry = entry_new(ENTRY_PRICES, p.size);
    p = (struct packer){(char *)entry, sizeof *entry};
    entry->of.prices.rows = entry_pack_prices(&p, rows, count);
    entry->of.prices.count = count;
    return entry;
}

void entry_free(struct ledger_entry *entry)
{
    free(entry);
}

static void entry_on_completion(struct loop_message *message)
{
    struct ledger_entry *entry = (struct ledger_entry *)message;
    entry->done(entry->outcome, entry->arg);
    entry_free(entry);
}

void entry_post_completion(struct ledger_entry **entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct loop *loop = entries[i] ? entries[i]->loop : NULL;
        if (entries[i] && (loop == NULL || entries[i]->done == NULL)) {
            entry_free(entries[i]);
            continue;
        }
        if (entries[i] == NULL)
            continue;
        /* All that goes to this loop, in order; there are few loops, so few passes. */
        struct loop_message *first = NULL, *last = NULL;
        for (size_t j = i; j < count; j++) {
            struct ledger_entry *entry = entries[j];
            if (entry == NULL || entry->loop != loop || entry->done == NULL)
                continue;
            entry->message = (struct loop_message){.run = entry_on_completion};
            if (last)
                last->next = &entry->message;
            else
                first = &entry->message;
            last = &entry->message;
            entries[j] = NULL;
        }
        loop_post_list(loop, first, last);
    }
}
