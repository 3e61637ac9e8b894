/* See ledger_private.h. Copying runs the same code twice: once to measure, once to copy, so that an
 * entry costs one allocation. */
#include "ledger/ledger_private.h"

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

/* A struct of the ledger: its size, and where its texts stand. */
enum { TEXTS_MAX = 12 };
struct entry_shape {
    size_t size;
    size_t text_count;
    size_t texts[TEXTS_MAX]; /* offsets of a struct str each */
};

#define TEXT_OF(type, member) offsetof(struct type, member)

static const struct entry_shape shape_order = {
    sizeof(struct ledger_order),
    12,
    {TEXT_OF(ledger_order, client), TEXT_OF(ledger_order, fields), TEXT_OF(ledger_order, currency),
     TEXT_OF(ledger_order, sale.provider), TEXT_OF(ledger_order, sale.upstream_service),
     TEXT_OF(ledger_order, ref), TEXT_OF(ledger_order, provider),
     TEXT_OF(ledger_order, upstream_service), TEXT_OF(ledger_order, upstream_id),
     TEXT_OF(ledger_order, extra), TEXT_OF(ledger_order, reason),
     TEXT_OF(ledger_order, request_id)}};
static const struct entry_shape shape_attempt = {
    sizeof(struct ledger_attempt),
    6,
    {TEXT_OF(ledger_attempt, provider), TEXT_OF(ledger_attempt, upstream_service),
     TEXT_OF(ledger_attempt, upstream_id), TEXT_OF(ledger_attempt, text),
     TEXT_OF(ledger_attempt, evidence), TEXT_OF(ledger_attempt, request_id)}};
static const struct entry_shape shape_update = {
    sizeof(struct ledger_update),
    4,
    {TEXT_OF(ledger_update, provider), TEXT_OF(ledger_update, upstream_service),
     TEXT_OF(ledger_update, upstream_id), TEXT_OF(ledger_update, extra)}};
static const struct entry_shape shape_request = {
    sizeof(struct ledger_request),
    6,
    {TEXT_OF(ledger_request, client), TEXT_OF(ledger_request, provider),
     TEXT_OF(ledger_request, upstream_id), TEXT_OF(ledger_request, text),
     TEXT_OF(ledger_request, evidence), TEXT_OF(ledger_request, request_id)}};
static const struct entry_shape shape_client = {
    sizeof(struct ledger_client),
    2,
    {TEXT_OF(ledger_client, name), TEXT_OF(ledger_client, settings)}};
static const struct entry_shape shape_client_key = {
    sizeof(struct ledger_client_key),
    2,
    {TEXT_OF(ledger_client_key, client), TEXT_OF(ledger_client_key, label)}};
static const struct entry_shape shape_ref = {
    sizeof(struct ledger_ref), 1, {TEXT_OF(ledger_ref, ref)}};
static const struct entry_shape shape_funds = {sizeof(struct ledger_funds), 0, {0}};
static const struct entry_shape shape_credit = {
    sizeof(struct ledger_credit),
    5,
    {TEXT_OF(ledger_credit, client), TEXT_OF(ledger_credit, currency), TEXT_OF(ledger_credit, id),
     TEXT_OF(ledger_credit, note), TEXT_OF(ledger_credit, who)}};
static const struct entry_shape shape_number = {sizeof(uint32_t), 0, {0}};
static const struct entry_shape shape_pause = {
    sizeof(struct ledger_pause),
    3,
    {TEXT_OF(ledger_pause, provider), TEXT_OF(ledger_pause, reason), TEXT_OF(ledger_pause, who)}};

static const struct entry_shape *const shapes[] = {
    [ENTRY_LIST] =
        &(const struct entry_shape){sizeof(struct entry_list),
                                    2,
                                    {TEXT_OF(entry_list, provider), TEXT_OF(entry_list, body)}},
    [ENTRY_IMPORTS] = &(const struct entry_shape){sizeof(struct ledger_import),
                                                  2,
                                                  {TEXT_OF(ledger_import, provider),
                                                   TEXT_OF(ledger_import, upstream_service)}},
    [ENTRY_PRICES] = &(const struct entry_shape){sizeof(struct ledger_price),
                                                 2,
                                                 {TEXT_OF(ledger_price, provider),
                                                  TEXT_OF(ledger_price, upstream_service)}},
    [ENTRY_PAUSE] = &shape_pause,
    [ENTRY_PAUSE_END] = &shape_pause,
    [ENTRY_CLIENT_ADD] = &shape_client,
    [ENTRY_CLIENT_CHANGE] = &shape_client,
    [ENTRY_KEY_ADD] = &shape_client_key,
    [ENTRY_KEY_REVOKE] = &shape_client_key,
    [ENTRY_KEYS_USED] = &shape_client_key,
    [ENTRY_CREDIT] = &shape_credit,
    [ENTRY_ANSWERED] = &shape_number,
};

/* count structs of one shape with their texts; NULL while measuring. */
static const void *entry_pack_rows(struct packer *p, const struct entry_shape *shape,
                                   const void *rows, size_t count)
{
    char *copies = entry_pack(p, rows, count * shape->size, _Alignof(max_align_t));
    for (size_t i = 0; i < count; i++) {
        const char *row = (const char *)rows + i * shape->size;
        for (size_t j = 0; j < shape->text_count; j++) {
            struct str text;
            memcpy(&text, row + shape->texts[j], sizeof text);
            text = entry_pack_str(p, text);
            if (copies)
                memcpy(copies + i * shape->size + shape->texts[j], &text, sizeof text);
        }
    }
    return copies;
}

static const void *entry_pack_optional(struct packer *p, const struct entry_shape *shape,
                                       const void *row)
{
    return row ? entry_pack_rows(p, shape, row, 1) : NULL;
}

static const struct ledger_change *entry_pack_change(struct packer *p,
                                                     const struct ledger_change *change)
{
    struct ledger_change copy = *change;
    copy.insert = entry_pack_optional(p, &shape_order, change->insert);
    copy.attempt_ended = entry_pack_optional(p, &shape_attempt, change->attempt_ended);
    copy.attempt_started = entry_pack_optional(p, &shape_attempt, change->attempt_started);
    copy.ref = entry_pack_optional(p, &shape_ref, change->ref);
    copy.funds = entry_pack_optional(p, &shape_funds, change->funds);
    copy.update = entry_pack_optional(p, &shape_update, change->update);
    copy.order_request = entry_pack_optional(p, &shape_request, change->order_request);
    if (change->event)
        copy.event = entry_pack(p, change->event, strlen(change->event) + 1, 1);
    copy.reason = entry_pack_str(p, change->reason);
    copy.request_id = entry_pack_str(p, change->request_id);
    return entry_pack(p, &copy, sizeof copy, _Alignof(max_align_t));
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
    entry->count = 1;
    return entry;
}

struct ledger_entry *entry_of_rows(enum entry_kind kind, const void *rows, size_t count)
{
    struct packer p = {.size = sizeof(struct ledger_entry)};
    entry_pack_rows(&p, shapes[kind], rows, count);
    struct ledger_entry *entry = entry_new(kind, p.size);
    p = (struct packer){(char *)entry, sizeof *entry};
    entry->of.rows = entry_pack_rows(&p, shapes[kind], rows, count);
    entry->count = count;
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
        struct loop_messages messages = STAILQ_HEAD_INITIALIZER(messages);
        for (size_t j = i; j < count; j++) {
            struct ledger_entry *entry = entries[j];
            if (entry == NULL || entry->loop != loop || entry->done == NULL)
                continue;
            entry->message = (struct loop_message){.run = entry_on_completion};
            STAILQ_INSERT_TAIL(&messages, &entry->message, link);
            entries[j] = NULL;
        }
        loop_post_list(loop, &messages);
    }
}
