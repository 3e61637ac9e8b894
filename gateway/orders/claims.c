/* See claims.h. */
#include "orders/claims.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/table.h"

enum { CLAIMS_MAX = 200000 };

struct claims_entry {
    uint64_t id;
    struct digest digest;
    uint32_t order; /* 0: its intent is not durable yet */
    int64_t placed_at_ms;
    bool is_lost, is_taken; /* taken: by an add whose answer is on its way, or was written */
    bool is_given;          /* an add took its number once: it is promised */
    struct claims_entry *next_equal; /* of the same digest */
    UT_hash_handle hh;               /* by id; in the order of their beginning */
};

struct claims_equal { /* all entries of one digest */
    struct digest digest;
    struct claims_entry *first;
    UT_hash_handle hh;
};

struct claims {
    pthread_mutex_t lock;
    uint64_t last_id;
    struct claims_entry *entries;
    struct claims_equal *equals;
};

struct claims *claims_new(void)
{
    struct claims *claims = memory_new(sizeof *claims);
    pthread_mutex_init(&claims->lock, NULL);
    return claims;
}

struct digest claims_digest(struct str client, uint32_t service, struct str fields)
{
    struct buf text;
    buf_init(&text, SIZE_MAX);
    buf_printf(&text, "%u %zu ", service, client.len);
    buf_add(&text, client.ptr, client.len);
    buf_add(&text, fields.ptr, fields.len);
    struct digest digest = digest_sha256(buf_str(&text));
    buf_fini(&text);
    return digest;
}

/* ---- the table; with the lock ---- */

/* A digest is as good a hash as any. */
static unsigned claims_hash_of(const struct digest *digest)
{
    unsigned hash;
    memcpy(&hash, digest->bytes, sizeof hash);
    return hash;
}

static struct claims_equal *claims_find_equal(struct claims *claims, const struct digest *digest)
{
    struct claims_equal *equal;
    HASH_FIND_BYHASHVALUE(hh, claims->equals, digest, sizeof *digest, claims_hash_of(digest),
                          equal);
    return equal;
}

static struct claims_entry *claims_find(struct claims *claims, uint64_t id)
{
    struct claims_entry *entry;
    HASH_FIND(hh, claims->entries, &id, sizeof id, entry);
    return entry;
}

static void claims_remove(struct claims *claims, struct claims_entry *entry)
{
    struct claims_equal *equal = claims_find_equal(claims, &entry->digest);
    struct claims_entry **at = &equal->first;
    while (*at != entry)
        at = &(*at)->next_equal;
    *at = entry->next_equal;
    if (equal->first == NULL) {
        HASH_DEL(claims->equals, equal);
        free(equal);
    }
    HASH_DEL(claims->entries, entry);
    free(entry);
}

static struct claims_entry *claims_add(struct claims *claims, const struct digest *digest,
                                       int64_t placed_at_ms)
{
    if (HASH_COUNT(claims->entries) >= CLAIMS_MAX)
        claims_remove(claims, claims->entries); /* the oldest */
    struct claims_equal *equal = claims_find_equal(claims, digest);
    if (equal == NULL) {
        equal = memory_new(sizeof *equal);
        equal->digest = *digest;
        HASH_ADD_BYHASHVALUE(hh, claims->equals, digest, sizeof equal->digest,
                             claims_hash_of(digest), equal);
    }
    struct claims_entry *entry = memory_new(sizeof *entry), **end = &equal->first;
    while (*end)
        end = &(*end)->next_equal;
    *end = entry;
    entry->id = ++claims->last_id;
    entry->digest = *digest;
    entry->placed_at_ms = placed_at_ms;
    HASH_ADD(hh, claims->entries, id, sizeof entry->id, entry);
    return entry;
}

void claims_free(struct claims *claims)
{
    if (claims == NULL)
        return;
    while (claims->entries)
        claims_remove(claims, claims->entries);
    pthread_mutex_destroy(&claims->lock);
    free(claims);
}

/* ---- an add's life ---- */

uint64_t claims_open(struct claims *claims, const struct digest *digest, int64_t now_ms,
                     int64_t since_ms)
{
    pthread_mutex_lock(&claims->lock);
    for (struct claims_entry *entry;
         (entry = claims->entries) != NULL && entry->is_lost && entry->placed_at_ms < since_ms;)
        claims_remove(claims, entry);
    uint64_t id = claims_add(claims, digest, now_ms)->id;
    pthread_mutex_unlock(&claims->lock);
    return id;
}

bool claims_set_order(struct claims *claims, uint64_t id, uint32_t order)
{
    pthread_mutex_lock(&claims->lock);
    struct claims_entry *entry = claims_find(claims, id);
    bool may_go_on = entry == NULL || !entry->is_taken;
    if (entry)
        entry->order = order;
    pthread_mutex_unlock(&claims->lock);
    return may_go_on;
}

void claims_lose(struct claims *claims, uint64_t id)
{
    pthread_mutex_lock(&claims->lock);
    struct claims_entry *entry = claims_find(claims, id);
    if (entry)
        entry->is_lost = true;
    pthread_mutex_unlock(&claims->lock);
}

static bool claims_forget(struct claims *claims, uint64_t id)
{
    pthread_mutex_lock(&claims->lock);
    struct claims_entry *entry = claims_find(claims, id);
    bool is_given = entry && entry->is_given;
    if (entry)
        claims_remove(claims, entry);
    pthread_mutex_unlock(&claims->lock);
    return is_given;
}

bool claims_end(struct claims *claims, uint64_t id)
{
    return claims_forget(claims, id);
}

void claims_answer(struct claims *claims, uint64_t id)
{
    (void)claims_forget(claims, id);
}

/* ---- claiming ---- */

void claims_load(struct claims *claims, const struct digest *digest, uint32_t order,
                 int64_t placed_at_ms)
{
    pthread_mutex_lock(&claims->lock);
    struct claims_entry *entry = claims_add(claims, digest, placed_at_ms);
    entry->order = order;
    entry->is_lost = true;
    pthread_mutex_unlock(&claims->lock);
}

/* What is too old goes; so does what was lost before it could be sent: it is superseded. */
uint32_t claims_take(struct claims *claims, const struct digest *digest, int64_t since_ms)
{
    uint32_t order = 0;
    pthread_mutex_lock(&claims->lock);
    struct claims_equal *equal = claims_find_equal(claims, digest);
    struct claims_entry *entry = equal ? equal->first : NULL;
    while (entry && order == 0) {
        struct claims_entry *next = entry->next_equal;
        if (entry->is_lost && !entry->is_taken && entry->placed_at_ms < since_ms) {
            claims_remove(claims, entry);
        } else if (entry->is_lost && !entry->is_taken) {
            entry->is_taken = true;
            order = entry->order;
            entry->is_given |= order != 0;
        }
        entry = next;
    }
    pthread_mutex_unlock(&claims->lock);
    return order;
}

void claims_give_back(struct claims *claims, uint32_t order)
{
    pthread_mutex_lock(&claims->lock);
    for (struct claims_entry *entry = claims->entries; entry; entry = entry->hh.next)
        if (entry->order == order)
            entry->is_taken = false;
    pthread_mutex_unlock(&claims->lock);
}

size_t claims_count(struct claims *claims)
{
    pthread_mutex_lock(&claims->lock);
    size_t count = HASH_COUNT(claims->entries);
    pthread_mutex_unlock(&claims->lock);
    return count;
}
