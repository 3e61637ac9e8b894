/* The page cache of reading connections. SQLite's own forgets what was used longest ago, so that
 * rows read at random from a large table push out the pages above them, and each row costs two
 * reads instead of one. Here the interior pages of trees and all other pages have room of their
 * own. Writers keep SQLite's own cache, to which all calls for them go on. A cache belongs to one
 * connection, and so to one thread at a time. */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/queue.h>

#include "ledger/sqlite.h"

enum {
    POOL_BYTES = 16 * 1024 * 1024, /* address space; memory only as far as it is used */
    LEAVES_BYTES = 1024 * 1024,    /* of it for other pages: what a processor's cache holds too */
    HEADS = 8192,                  /* a power of 2 */
    LINE_BYTES = 64,               /* of the processor's cache */
    TREE_INDEX = 2,                /* the first byte of an interior page */
    TREE_TABLE = 5
};

struct sqlite_pages_page {
    sqlite3_pcache_page page; /* first: SQLite's view of it */
    unsigned key;             /* the page's number; 0: none */
    bool is_pinned, is_interior;
    bool was_used;                       /* an interior one, since the hand passed */
    struct sqlite_pages_page *next;      /* of the same head */
    LIST_ENTRY(sqlite_pages_page) held;  /* with a key */
    TAILQ_ENTRY(sqlite_pages_page) list; /* idle, or a leaf that is not pinned */
};

TAILQ_HEAD(sqlite_pages_list, sqlite_pages_page);

struct sqlite_pages_cache {
    sqlite3_pcache *other; /* SQLite's own, and nothing of the following; else NULL */
    char *mapped;
    size_t mapped_bytes;
    /* Within: by key; what is known of each page, with what SQLite keeps beside it; the pages. */
    struct sqlite_pages_page **heads;
    char *headers, *pool;
    size_t page_bytes, header_bytes, extra_bytes;
    unsigned room, begun, count; /* pages: at most, ever used, held */
    unsigned leaves, leaves_max; /* not pinned */
    unsigned hand;               /* goes round the interior pages when there are too many */
    LIST_HEAD(, sqlite_pages_page) held;
    struct sqlite_pages_list leaf_list, idle; /* used longest ago last; without a key */
};

static sqlite3_pcache_methods2 original;
static _Thread_local bool is_for_reading;

static struct sqlite_pages_cache *sqlite_pages_of(sqlite3_pcache *handle)
{
    return (struct sqlite_pages_cache *)(void *)handle;
}

static struct sqlite_pages_page *sqlite_pages_at(const struct sqlite_pages_cache *cache,
                                                 unsigned index)
{
    return (struct sqlite_pages_page *)(void *)(cache->headers + index * cache->header_bytes);
}

/* ---- by number ---- */

static struct sqlite_pages_page **sqlite_pages_head(struct sqlite_pages_cache *cache, unsigned key)
{
    return &cache->heads[key & (HEADS - 1)];
}

static struct sqlite_pages_page *sqlite_pages_find(struct sqlite_pages_cache *cache, unsigned key)
{
    struct sqlite_pages_page *page = *sqlite_pages_head(cache, key);
    while (page && page->key != key)
        page = page->next;
    return page;
}

static void sqlite_pages_put(struct sqlite_pages_cache *cache, struct sqlite_pages_page *page,
                             unsigned key)
{
    struct sqlite_pages_page **head = sqlite_pages_head(cache, key);
    page->key = key;
    page->next = *head;
    *head = page;
}

static void sqlite_pages_take_out(struct sqlite_pages_cache *cache, struct sqlite_pages_page *page)
{
    struct sqlite_pages_page **at = sqlite_pages_head(cache, page->key);
    while (*at != page)
        at = &(*at)->next;
    *at = page->next;
    page->key = 0;
}

/* ---- which one gives way ---- */

static void sqlite_pages_unlist(struct sqlite_pages_cache *cache, struct sqlite_pages_page *page)
{
    if (page->is_pinned || page->is_interior)
        return;
    TAILQ_REMOVE(&cache->leaf_list, page, list);
    cache->leaves--;
}

static void sqlite_pages_drop(struct sqlite_pages_cache *cache, struct sqlite_pages_page *page)
{
    sqlite_pages_unlist(cache, page);
    sqlite_pages_take_out(cache, page);
    LIST_REMOVE(page, held);
    cache->count--;
    TAILQ_INSERT_HEAD(&cache->idle, page, list);
}

/* Not used since the hand came by the last time; NULL when there is none. */
static struct sqlite_pages_page *sqlite_pages_least_interior(struct sqlite_pages_cache *cache)
{
    for (unsigned steps = 0; steps < 2 * cache->begun; steps++) {
        struct sqlite_pages_page *page = sqlite_pages_at(cache, cache->hand);
        cache->hand = (cache->hand + 1) % cache->begun;
        if (page->key == 0 || page->is_pinned || !page->is_interior)
            continue;
        if (!page->was_used)
            return page;
        page->was_used = false;
    }
    return NULL;
}

static bool sqlite_pages_make_room(struct sqlite_pages_cache *cache)
{
    bool is_full = TAILQ_EMPTY(&cache->idle) && cache->begun == cache->room;
    bool is_leaf = cache->leaves >= cache->leaves_max;
    if (!is_full && !is_leaf)
        return true;
    struct sqlite_pages_page *least = is_leaf ? NULL : sqlite_pages_least_interior(cache);
    if (least == NULL)
        least = TAILQ_LAST(&cache->leaf_list, sqlite_pages_list);
    if (least)
        sqlite_pages_drop(cache, least);
    return least != NULL;
}

/* One to use anew, in no list and without a key; NULL when all are pinned. */
static struct sqlite_pages_page *sqlite_pages_next(struct sqlite_pages_cache *cache)
{
    if (!sqlite_pages_make_room(cache))
        return NULL;
    struct sqlite_pages_page *page = TAILQ_FIRST(&cache->idle);
    if (page) {
        TAILQ_REMOVE(&cache->idle, page, list);
        return page;
    }
    page = sqlite_pages_at(cache, cache->begun);
    page->page.pBuf = cache->pool + cache->begun * cache->page_bytes;
    page->page.pExtra = page + 1;
    cache->begun++;
    return page;
}

/* A search in it jumps about: all of its lines come at once instead of one after the other. */
static void sqlite_pages_prefetch(const struct sqlite_pages_cache *cache,
                                  const struct sqlite_pages_page *page)
{
    const char *bytes = page->page.pBuf;
    for (size_t at = 0; at < cache->page_bytes; at += LINE_BYTES)
        __builtin_prefetch(bytes + at);
}

/* ---- what SQLite calls ---- */

static bool sqlite_pages_map(struct sqlite_pages_cache *cache, size_t page_bytes,
                             size_t extra_bytes)
{
    size_t header = sizeof(struct sqlite_pages_page) + extra_bytes;
    cache->page_bytes = page_bytes;
    cache->extra_bytes = extra_bytes;
    cache->header_bytes = (header + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    cache->room = (unsigned)(POOL_BYTES / page_bytes);
    cache->leaves_max = (unsigned)(LEAVES_BYTES / page_bytes);
    size_t heads = HEADS * sizeof(struct sqlite_pages_page *);
    size_t headers = cache->room * cache->header_bytes;
    cache->mapped_bytes = heads + headers + POOL_BYTES;
    void *mapped = mmap(NULL, cache->mapped_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED)
        return false;
    cache->mapped = mapped;
    cache->heads = mapped;
    cache->headers = cache->mapped + heads;
    cache->pool = cache->headers + headers;
    return true;
}

static sqlite3_pcache *sqlite_pages_on_create(int page_bytes, int extra_bytes, int is_purgeable)
{
    struct sqlite_pages_cache *cache = memory_new(sizeof *cache);
    TAILQ_INIT(&cache->leaf_list);
    TAILQ_INIT(&cache->idle);
    if (!is_for_reading || !is_purgeable ||
        !sqlite_pages_map(cache, (size_t)page_bytes, (size_t)extra_bytes)) {
        cache->other = original.xCreate(page_bytes, extra_bytes, is_purgeable);
        if (cache->other == NULL) {
            free(cache);
            return NULL;
        }
    }
    return (sqlite3_pcache *)(void *)cache;
}

static void sqlite_pages_on_cachesize(sqlite3_pcache *handle, int count)
{
    const struct sqlite_pages_cache *cache = sqlite_pages_of(handle);
    if (cache->other)
        original.xCachesize(cache->other, count);
}

static int sqlite_pages_on_pagecount(sqlite3_pcache *handle)
{
    const struct sqlite_pages_cache *cache = sqlite_pages_of(handle);
    return cache->other ? original.xPagecount(cache->other) : (int)cache->count;
}

static sqlite3_pcache_page *sqlite_pages_on_fetch(sqlite3_pcache *handle, unsigned key, int create)
{
    struct sqlite_pages_cache *cache = sqlite_pages_of(handle);
    if (cache->other)
        return original.xFetch(cache->other, key, create);
    struct sqlite_pages_page *page = sqlite_pages_find(cache, key);
    if (page == NULL) {
        page = create ? sqlite_pages_next(cache) : NULL;
        if (page == NULL)
            return NULL;
        memset(page->page.pExtra, 0, cache->extra_bytes);
        page->is_interior = false;
        sqlite_pages_put(cache, page, key);
        LIST_INSERT_HEAD(&cache->held, page, held);
        cache->count++;
    } else if (page->is_interior) {
        sqlite_pages_prefetch(cache, page);
    } else {
        sqlite_pages_unlist(cache, page);
    }
    page->is_pinned = true;
    return &page->page;
}

static void sqlite_pages_on_unpin(sqlite3_pcache *handle, sqlite3_pcache_page *of, int is_discarded)
{
    struct sqlite_pages_cache *cache = sqlite_pages_of(handle);
    if (cache->other) {
        original.xUnpin(cache->other, of, is_discarded);
        return;
    }
    struct sqlite_pages_page *page = (struct sqlite_pages_page *)(void *)of;
    if (is_discarded) {
        sqlite_pages_drop(cache, page);
        return;
    }
    unsigned char first = *(const unsigned char *)of->pBuf;
    page->is_pinned = false;
    page->was_used = true;
    page->is_interior = page->key == 1 || first == TREE_TABLE || first == TREE_INDEX;
    if (page->is_interior)
        return;
    TAILQ_INSERT_HEAD(&cache->leaf_list, page, list);
    cache->leaves++;
}

static void sqlite_pages_on_rekey(sqlite3_pcache *handle, sqlite3_pcache_page *of, unsigned old,
                                  unsigned key)
{
    struct sqlite_pages_cache *cache = sqlite_pages_of(handle);
    if (cache->other) {
        original.xRekey(cache->other, of, old, key);
        return;
    }
    struct sqlite_pages_page *page = (struct sqlite_pages_page *)(void *)of;
    struct sqlite_pages_page *before = sqlite_pages_find(cache, key);
    if (before && before != page)
        sqlite_pages_drop(cache, before);
    sqlite_pages_take_out(cache, page);
    sqlite_pages_put(cache, page, key);
}

static void sqlite_pages_on_truncate(sqlite3_pcache *handle, unsigned first)
{
    struct sqlite_pages_cache *cache = sqlite_pages_of(handle);
    if (cache->other) {
        original.xTruncate(cache->other, first);
        return;
    }
    struct sqlite_pages_page *next;
    for (struct sqlite_pages_page *page = LIST_FIRST(&cache->held); page; page = next) {
        next = LIST_NEXT(page, held);
        if (page->key >= first)
            sqlite_pages_drop(cache, page);
    }
}

static void sqlite_pages_on_destroy(sqlite3_pcache *handle)
{
    struct sqlite_pages_cache *cache = sqlite_pages_of(handle);
    if (cache->other)
        original.xDestroy(cache->other);
    else
        munmap(cache->mapped, cache->mapped_bytes);
    free(cache);
}

static void sqlite_pages_on_shrink(sqlite3_pcache *handle)
{
    const struct sqlite_pages_cache *cache = sqlite_pages_of(handle);
    if (cache->other)
        original.xShrink(cache->other);
}

void sqlite_pages_configure(void)
{
    if (sqlite3_config(SQLITE_CONFIG_GETPCACHE2, &original) != SQLITE_OK)
        return;
    sqlite3_pcache_methods2 methods = {
        .iVersion = 1,
        .pArg = original.pArg,
        .xInit = original.xInit,
        .xShutdown = original.xShutdown,
        .xCreate = sqlite_pages_on_create,
        .xCachesize = sqlite_pages_on_cachesize,
        .xPagecount = sqlite_pages_on_pagecount,
        .xFetch = sqlite_pages_on_fetch,
        .xUnpin = sqlite_pages_on_unpin,
        .xRekey = sqlite_pages_on_rekey,
        .xTruncate = sqlite_pages_on_truncate,
        .xDestroy = sqlite_pages_on_destroy,
        .xShrink = sqlite_pages_on_shrink,
    };
    sqlite3_config(SQLITE_CONFIG_PCACHE2, &methods);
}

void sqlite_pages_for_reading(bool is_on)
{
    is_for_reading = is_on;
}
