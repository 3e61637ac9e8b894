/* The page cache of reading connections: which page gives way, and that each page found is the one
 * that was put there, whatever comes in between. Its calls are those that SQLite makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/sqlite.h"

enum {
    PAGE_BYTES = 4096,
    EXTRA_BYTES = 200,
    LEAVES_MAX = 256,
    ROOM = 4096,
    INTERIOR = 5,
    LEAF = 13,
    MODEL_PAGES = 12000,
    MODEL_STEPS = 200000,
    SMALL_PAGE_BYTES = 512,
    ROWS = 30000
};

static sqlite3_pcache_methods2 methods;

static sqlite3_pcache *new_cache(bool is_for_reading)
{
    sqlite_pages_for_reading(is_for_reading);
    sqlite3_pcache *cache = methods.xCreate(PAGE_BYTES, EXTRA_BYTES, 1);
    sqlite_pages_for_reading(false);
    assert_non_null(cache);
    methods.xCachesize(cache, 50);
    return cache;
}

/* The content of a page: its kind, then its number. */
static void write_page(sqlite3_pcache_page *page, unsigned key, unsigned char kind)
{
    unsigned char *bytes = page->pBuf;
    bytes[0] = kind;
    memcpy(bytes + PAGE_BYTES - sizeof key, &key, sizeof key);
    memset(page->pExtra, 0xee, EXTRA_BYTES);
}

static bool is_page(const sqlite3_pcache_page *page, unsigned key)
{
    return memcmp((const char *)page->pBuf + PAGE_BYTES - sizeof key, &key, sizeof key) == 0;
}

static bool is_zero(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i])
            return false;
    return true;
}

static sqlite3_pcache_page *add_pinned(sqlite3_pcache *cache, unsigned key, unsigned char kind)
{
    sqlite3_pcache_page *page = methods.xFetch(cache, key, 2);
    if (page) {
        assert_true(is_zero(page->pExtra, sizeof(void *))); /* SQLite does the rest itself */
        write_page(page, key, kind);
    }
    return page;
}

static void add(sqlite3_pcache *cache, unsigned key, unsigned char kind)
{
    sqlite3_pcache_page *page = add_pinned(cache, key, kind);
    assert_non_null(page);
    methods.xUnpin(cache, page, 0);
}

/* Used, if it is there. */
static bool has(sqlite3_pcache *cache, unsigned key)
{
    sqlite3_pcache_page *page = methods.xFetch(cache, key, 0);
    if (page == NULL)
        return false;
    assert_true(is_page(page, key));
    methods.xUnpin(cache, page, 0);
    return true;
}

static void leaves_give_way_to_leaves_only(void **state)
{
    (void)state;
    sqlite3_pcache *cache = new_cache(true);
    for (unsigned key = 1; key <= 1000; key++)
        add(cache, key, INTERIOR);
    for (unsigned key = 1001; key <= 21000; key++)
        add(cache, key, LEAF);
    for (unsigned key = 1; key <= 1000; key++)
        assert_true(has(cache, key));
    assert_int_equal(methods.xPagecount(cache), 1000 + LEAVES_MAX);
    assert_true(has(cache, 21000));
    assert_true(has(cache, 21001 - LEAVES_MAX));
    assert_false(has(cache, 21000 - LEAVES_MAX));
    methods.xDestroy(cache);
}

static void the_leaf_used_longest_ago_goes_first(void **state)
{
    (void)state;
    sqlite3_pcache *cache = new_cache(true);
    for (unsigned key = 2; key < 2 + LEAVES_MAX; key++)
        add(cache, key, LEAF);
    assert_true(has(cache, 2));
    add(cache, 5000, LEAF);
    assert_true(has(cache, 2));
    assert_false(has(cache, 3));
    assert_true(has(cache, 4));
    methods.xDestroy(cache);
}

static void an_interior_page_gives_way_where_there_are_too_many(void **state)
{
    (void)state;
    sqlite3_pcache *cache = new_cache(true);
    for (unsigned key = 1; key <= ROOM; key++)
        add(cache, key, INTERIOR);
    add(cache, ROOM + 1, INTERIOR); /* all were used: the hand has been round */
    for (unsigned key = 1; key <= 100; key++)
        has(cache, key);
    for (unsigned key = ROOM + 2; key <= ROOM + 1000; key++)
        add(cache, key, INTERIOR);
    assert_int_equal(methods.xPagecount(cache), ROOM);
    for (unsigned key = 2; key <= 100; key++)
        assert_true(has(cache, key));
    add(cache, 3 * ROOM, LEAF);
    assert_true(has(cache, 3 * ROOM));
    assert_int_equal(methods.xPagecount(cache), ROOM);
    methods.xDestroy(cache);
}

static void a_pinned_page_stays(void **state)
{
    (void)state;
    sqlite3_pcache *cache = new_cache(true);
    static sqlite3_pcache_page *pinned[ROOM + 1];
    for (unsigned key = 1; key <= ROOM; key++) {
        pinned[key] = add_pinned(cache, key, key % 2 ? LEAF : INTERIOR);
        assert_non_null(pinned[key]);
    }
    assert_null(methods.xFetch(cache, ROOM + 1, 2));
    methods.xUnpin(cache, pinned[7], 0);
    add(cache, ROOM + 1, LEAF);
    assert_false(has(cache, 7));
    for (unsigned key = 1; key <= ROOM; key++)
        assert_true(key == 7 || is_page(pinned[key], key));
    methods.xDestroy(cache);
}

static void pages_are_renumbered_and_given_up(void **state)
{
    (void)state;
    sqlite3_pcache *cache = new_cache(true);
    for (unsigned key = 1; key <= 10; key++)
        add(cache, key, LEAF);
    sqlite3_pcache_page *page = methods.xFetch(cache, 3, 0);
    methods.xRekey(cache, page, 3, 8); /* which another has, and loses */
    write_page(page, 8, LEAF);
    methods.xUnpin(cache, page, 0);
    assert_false(has(cache, 3));
    assert_true(has(cache, 8));
    assert_int_equal(methods.xPagecount(cache), 9);
    methods.xUnpin(cache, methods.xFetch(cache, 4, 0), 1);
    assert_false(has(cache, 4));
    methods.xTruncate(cache, 9);
    assert_false(has(cache, 9));
    assert_false(has(cache, 10));
    assert_true(has(cache, 8));
    assert_int_equal(methods.xPagecount(cache), 6);
    methods.xTruncate(cache, 0);
    assert_int_equal(methods.xPagecount(cache), 0);
    add(cache, 4, INTERIOR);
    assert_true(has(cache, 4));
    methods.xDestroy(cache);
}

/* Random calls beside a table of what was done. */
static void what_is_found_is_what_was_put_there(void **state)
{
    (void)state;
    static sqlite3_pcache_page *pinned[MODEL_PAGES + 1];
    static unsigned keys_pinned[50];
    unsigned pinned_count = 0, seed = 4711;
    sqlite3_pcache *cache = new_cache(true);
    for (unsigned step = 0; step < MODEL_STEPS; step++) {
        unsigned draw = (unsigned)rand_r(&seed), key = 1 + (unsigned)rand_r(&seed) % MODEL_PAGES;
        if (draw % 20000 == 0) {
            methods.xTruncate(cache, key);
            unsigned kept = 0; /* a pinned one beyond is no longer anybody's */
            for (unsigned i = 0; i < pinned_count; i++)
                if (keys_pinned[i] < key)
                    keys_pinned[kept++] = keys_pinned[i];
                else
                    pinned[keys_pinned[i]] = NULL;
            pinned_count = kept;
        } else if (pinned_count == COUNT_OF(keys_pinned) || (pinned_count && draw % 3 == 0)) {
            unsigned at = draw / 3 % pinned_count;
            unsigned of = keys_pinned[at];
            assert_true(is_page(pinned[of], of));
            methods.xUnpin(cache, pinned[of], draw % 97 == 0);
            pinned[of] = NULL;
            keys_pinned[at] = keys_pinned[--pinned_count];
        } else {
            sqlite3_pcache_page *page = methods.xFetch(cache, key, 0);
            assert_true(pinned[key] == NULL || page == pinned[key]);
            if (page)
                assert_true(is_page(page, key));
            else
                page = add_pinned(cache, key, key % 3 ? LEAF : INTERIOR);
            assert_non_null(page);
            if (pinned[key] == NULL)
                keys_pinned[pinned_count++] = key;
            pinned[key] = page;
        }
        assert_in_range(methods.xPagecount(cache), pinned_count, ROOM);
    }
    methods.xDestroy(cache);
}

static void another_cache_is_sqlite_s_own(void **state)
{
    (void)state;
    sqlite3_pcache *cache = new_cache(false);
    for (unsigned key = 1; key <= 1000; key++)
        add(cache, key, INTERIOR);
    assert_in_range(methods.xPagecount(cache), 1, 50);
    methods.xDestroy(cache);
}

static void run(sqlite3 *db, const char *script)
{
    assert_int_equal(sqlite3_exec(db, script, NULL, NULL, NULL), SQLITE_OK);
}

/* Pages read from the file for each row, once the tree above is known. */
static double reads_for_each_row(const char *file, bool is_for_reading)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    int misses = 0, highest;
    sqlite_pages_for_reading(is_for_reading);
    assert_int_equal(sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    run(db, "PRAGMA cache_size = -1000; SELECT 1 FROM sqlite_schema");
    sqlite_pages_for_reading(false);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT id FROM facts WHERE id = ?1 AND length(text) > 1",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    run(db, "BEGIN");
    for (unsigned turn = 0; turn < 2; turn++) {
        unsigned seed = 99;
        sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_MISS, &misses, &highest, 1);
        for (unsigned i = 0; i < ROWS; i++) {
            int id = 1 + rand_r(&seed) % ROWS;
            sqlite3_bind_int(statement, 1, id);
            assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
            assert_int_equal(sqlite3_column_int(statement, 0), id);
            sqlite3_reset(statement);
        }
    }
    sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_MISS, &misses, &highest, 1);
    sqlite3_finalize(statement);
    run(db, "COMMIT");
    sqlite3_close(db);
    return (double)misses / ROWS;
}

static void a_row_at_random_is_one_read(void **state)
{
    (void)state;
    char folder[] = "/tmp/panelmux-pages-XXXXXX", file[64], script[512];
    sqlite3 *db;
    assert_non_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/facts.db", folder);
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    /* One row a page, so that few rows make a large tree. */
    snprintf(script, sizeof script,
             "PRAGMA page_size = %d; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
             "CREATE TABLE facts (id INTEGER PRIMARY KEY, text TEXT);"
             "INSERT INTO facts WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
             " WHERE i < %d) SELECT i, printf('%%.400c', 'x') FROM n",
             SMALL_PAGE_BYTES, ROWS);
    run(db, script);
    sqlite3_close(db);
    double own = reads_for_each_row(file, true), sqlite_s = reads_for_each_row(file, false);
    unlink(file);
    rmdir(folder);
    if (own > 1)
        fail_msg("%.3f pages are read for each row", own);
    if (sqlite_s < 1.1) /* or this test says nothing */
        fail_msg("SQLite's own cache reads %.3f", sqlite_s);
}

int main(void)
{
    sqlite_pages_configure();
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETPCACHE2, &methods), SQLITE_OK);
    sqlite3_initialize();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_give_way_to_leaves_only),
        cmocka_unit_test(the_leaf_used_longest_ago_goes_first),
        cmocka_unit_test(an_interior_page_gives_way_where_there_are_too_many),
        cmocka_unit_test(a_pinned_page_stays),
        cmocka_unit_test(pages_are_renumbered_and_given_up),
        cmocka_unit_test(what_is_found_is_what_was_put_there),
        cmocka_unit_test(another_cache_is_sqlite_s_own),
        cmocka_unit_test(a_row_at_random_is_one_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
