/* Lists of orders: each filter, alone and together, and that a read of a large ledger is bounded:
 * it says where to go on, and going on finds the rest. */
#include "contract/ledger_harness.h"

#include <sqlite3.h>

#include "base/buf.h"
#include "protocol/field.h"

enum { HOUR_MS = 3600000 };
#define START_MS INT64_C(1700000000000)
#define STATE(name) (1u << ORDERSTATE_##name)

/* What the table's orders differ in; created one an hour. */
static const struct {
    const char *client, *provider, *upstream_id, *state, *link;
    unsigned service;
} orders[] = {
    {"shop", "alpha", "a-1", "completed", "https://example.com/1", 1},
    {"other", "alpha", "a-2", "refused", "https://example.com/2", 2},
    {"shop", "beta", "a-1", "pending", "https://example.com/1", 1},
    {"other", "beta", "b-4", "doubt", "https://example.com/\"4\"", 3},
    {"shop", "alpha", "a-5", "refused", "https://example.com/1", 2},
    {"other", "alpha", "a-6", "in_progress", "https://example.com/11", 1},
    {"shop", "gamma", "", "doubt", "https://example.com/7", 3},
    {"shop", "gamma", "g-8", "canceled", "https://example.com/1", 1},
};

static void run_sql(struct bench *bench, const char *sql)
{
    sqlite3 *db;
    char *message = NULL;
    assert_int_equal(sqlite3_open(bench->file, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", message, sql);
    sqlite3_close(db);
}

static const char *settled_of(const char *state)
{
    return strcmp(state, "refused") == 0 || strcmp(state, "completed") == 0 ||
                   strcmp(state, "canceled") == 0
               ? "1"
               : "NULL";
}

static void change(struct bench *bench, size_t i)
{
    struct buf sql;
    buf_init(&sql, 4096);
    buf_printf(&sql,
               "UPDATE orders SET state = '%s', settled_at = %s, upstream_id = '%s', created_at = "
               "%lld WHERE id = %zu",
               orders[i].state, settled_of(orders[i].state), orders[i].upstream_id,
               (long long)(START_MS + (int64_t)i * HOUR_MS), i + 1);
    run_sql(bench, sql.ptr);
    buf_fini(&sql);
}

static void fill(struct bench *bench)
{
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        struct fields fields = {.value[FIELD_LINK] = str_of(orders[i].link),
                                .value[FIELD_QUANTITY] = STR("1000")};
        struct buf text;
        buf_init(&text, 4096);
        field_print_all(&fields, &text);
        struct ledger_order order = bench_new_order((uint32_t)i + 1);
        struct ledger_attempt attempt = bench_new_attempt(1, orders[i].provider);
        order.client = str_of(orders[i].client);
        order.service = orders[i].service;
        order.fields = buf_str(&text);
        bench_write(bench, &(struct ledger_change){.order = order.id,
                                                   .insert = &order,
                                                   .attempt_started = &attempt,
                                                   .event = "placed"});
        buf_fini(&text);
        change(bench, i);
    }
    /* Order 8 was beta's b-9 before it went on to gamma. */
    run_sql(bench,
            "INSERT INTO attempts (order_id, number, provider, upstream_service, cost, state,"
            " upstream_id, text, evidence, request_id, started_at, ended_at, delivered, kept)"
            " VALUES (8, 5, 'delta', '1', 1, 'canceled', 'd-9', '', '', 'r', 1, 2, 0, 0)");
}

static const struct list_case {
    const char *name;
    struct ledger_query query;
    const char *wanted;
    uint32_t next_before;
} cases[] = {
    {"all", {0}, "8 7 6 5 4 3 2 1 ", 0},
    {"the first two", {.limit = 2}, "8 7 ", 7},
    {"those before", {.limit = 2, .before = 7}, "6 5 ", 5},
    {"a client", {.client = {"shop", 4}}, "8 7 5 3 1 ", 0},
    {"a client that is none", {.client = {"nobody", 6}}, "", 0},
    {"a client's first", {.client = {"shop", 4}, .limit = 2}, "8 7 ", 7},
    {"a provider", {.provider = {"alpha", 5}}, "6 5 2 1 ", 0},
    {"a service", {.service = 1}, "8 6 3 1 ", 0},
    {"in doubt", {.states = STATE(DOUBT)}, "7 4 ", 0},
    {"in doubt of a client", {.states = STATE(DOUBT), .client = {"shop", 4}}, "7 ", 0},
    {"in doubt at a provider", {.states = STATE(DOUBT), .provider = {"beta", 4}}, "4 ", 0},
    {"refused", {.states = STATE(REFUSED)}, "5 2 ", 0},
    {"not refused",
     {.states = ~STATE(REFUSED) & ((1u << ORDERSTATE_COUNT) - 1)},
     "8 7 6 4 3 1 ",
     0},
    {"under way", {.states = STATE(PENDING) | STATE(IN_PROGRESS)}, "6 3 ", 0},
    {"under way, of a client",
     {.states = STATE(PENDING) | STATE(IN_PROGRESS), .client = {"other", 5}},
     "6 ",
     0},
    {"a link", {.link = {"https://example.com/1", 21}}, "8 5 3 1 ", 0},
    {"a link with quotes", {.link = {"https://example.com/\"4\"", 23}}, "4 ", 0},
    {"the beginning of a link", {.link = {"https://example.com/", 20}}, "", 0},
    {"a link of a client, not refused",
     {.link = {"https://example.com/1", 21}, .client = {"shop", 4}, .states = STATE(PENDING)},
     "3 ",
     0},
    {"a number at any panel", {.text = {"a-1", 3}}, "3 1 ", 0},
    {"a number at a panel", {.text = {"a-1", 3}, .provider = {"alpha", 5}}, "1 ", 0},
    {"a number at a panel that has another", {.text = {"a-1", 3}, .provider = {"gamma", 5}}, "", 0},
    {"a former number at any panel", {.text = {"d-9", 3}}, "8 ", 0},
    {"a former number at its panel", {.text = {"d-9", 3}, .provider = {"delta", 5}}, "8 ", 0},
    {"a number that is none", {.text = {"x", 1}}, "", 0},
    {"since", {.since_ms = START_MS + 6 * HOUR_MS}, "8 7 ", 0},
    {"until", {.until_ms = START_MS + 2 * HOUR_MS}, "2 1 ", 0},
    {"since and until",
     {.since_ms = START_MS + HOUR_MS, .until_ms = START_MS + 3 * HOUR_MS},
     "3 2 ",
     0},
    {"since of a client",
     {.since_ms = START_MS + 2 * HOUR_MS, .client = {"shop", 4}, .limit = 2},
     "8 7 ",
     7},
    {"since tomorrow", {.since_ms = START_MS + 100 * (int64_t)HOUR_MS}, "", 0},
};

static void print_ids(const struct ledger_rows *rows, struct buf *out)
{
    for (size_t i = 0; i < rows->order_count; i++)
        buf_printf(out, "%u ", rows->orders[i].id);
}

static void each_filter_finds_its_orders(void **state)
{
    struct bench *bench = *state;
    fill(bench);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct ledger_query query = cases[i].query;
        struct buf found;
        buf_init(&found, 4096);
        query.request = LEDGER_QUERY_LIST;
        struct ledger_rows rows = bench_read(bench, query);
        print_ids(&rows, &found);
        if (!str_is(buf_str(&found), cases[i].wanted) || rows.next_before != cases[i].next_before)
            fail_msg("%s: %s, next %u; wanted %s, next %u", cases[i].name,
                     found.ptr ? found.ptr : "", rows.next_before, cases[i].wanted,
                     cases[i].next_before);
        assert_int_equal(bench_ask(bench, query).order_count, rows.order_count);
        buf_fini(&found);
    }
}

/* 300,000 orders behind the first eight, with a gap of a million numbers between. */
static void make_large(struct bench *bench)
{
    run_sql(bench,
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)"
            " INSERT INTO orders SELECT 1000000 + i, 'completed', paid, held, charge,"
            " CASE WHEN i % 2 THEN 'many' ELSE 'other' END, currency, type, parent,"
            " last_event, live_attempt, last_attempt, 'alpha', upstream_service, 'm' || i,"
            " cost, attempt_started_at, attempt_request_id, request_id, is_number_given,"
            " is_claimed, start_count, remains, quantity, package_unit, ref, extra, reason,"
            " created_at + 86400000 + i, updated_at, accepted_at, reported_at, 1, 99, fields,"
            " rate, decimals, sale_cost, sale_provider, sale_service, link_hash, is_duplicate,"
            " moves, delivered, spent FROM orders, n WHERE id = 1");
}

/* How many orders and reads it takes until nothing is left. */
static size_t read_on(struct bench *bench, struct ledger_query query, size_t *reads_out)
{
    size_t count = 0;
    *reads_out = 0;
    query.request = LEDGER_QUERY_LIST;
    do {
        struct ledger_rows rows = bench_read(bench, query);
        count += rows.order_count;
        assert_true(rows.next_before == 0 || query.before == 0 || rows.next_before < query.before);
        query.before = rows.next_before;
        (*reads_out)++;
    } while (query.before);
    return count;
}

static void a_read_of_a_large_ledger_is_bounded(void **state)
{
    static const struct {
        const char *name;
        struct ledger_query query;
        size_t count, min_reads, max_reads;
    } bounds[] = {
        {"a service by number", {.service = 1, .limit = 100}, 4, 3, 4},
        {"a link", {.link = {"https://example.com/2", 21}, .limit = 100}, 1, 3, 4},
        {"a state of a client", {.client = {"many", 4}, .states = STATE(CANCELED)}, 0, 7, 9},
        {"a number at any panel", {.text = {"m77777", 6}}, 1, 1, 1},
        {"in doubt", {.states = STATE(DOUBT), .limit = 100}, 2, 1, 1},
        {"unfinished", {.states = STATE(PENDING), .limit = 100}, 1, 1, 1},
        {"before the many", {.until_ms = START_MS + 2 * HOUR_MS, .limit = 100}, 2, 1, 1},
    };
    struct bench *bench = *state;
    fill(bench);
    make_large(bench);
    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        size_t reads, count = read_on(bench, bounds[i].query, &reads);
        if (count != bounds[i].count || reads < bounds[i].min_reads || reads > bounds[i].max_reads)
            fail_msg("%s: %zu orders in %zu reads", bounds[i].name, count, reads);
    }
    /* The newest come at once, and a gap between numbers hides nobody. */
    struct ledger_query newest = {.request = LEDGER_QUERY_LIST, .limit = 3, .before = 1000002};
    struct ledger_rows rows = bench_read(bench, newest);
    assert_int_equal(rows.order_count, 3);
    assert_int_equal(rows.orders[0].id, 1000001);
    assert_int_equal(rows.orders[1].id, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_filter_finds_its_orders, bench_set_up,
                                        bench_tear_down_broken),
        cmocka_unit_test_setup_teardown(a_read_of_a_large_ledger_is_bounded, bench_set_up,
                                        bench_tear_down_broken),
    };
    return bench_main(tests, COUNT_OF(tests));
}
