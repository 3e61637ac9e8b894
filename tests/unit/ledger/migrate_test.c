/* Books of an older version, as a gateway left them when it was killed: after the migration they
 * hold every rule, say what they said, and go on. version-1.sql is such a ledger, told as SQL. */
#include <sqlite3.h>

#include "contract/ledger_harness.h"

static void make(struct bench *bench, const char *script)
{
    char command[400];
    snprintf(command, sizeof command, "sqlite3 '%s' <'" TESTS_DIRECTORY "/unit/ledger/%s'",
             bench->file, script);
    bench_run(command);
}

static int64_t number(struct bench *bench, const char *query)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(bench->file, &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, query, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", query, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
}

static size_t count_state(struct bench *bench, enum orderstate state)
{
    struct ledger_rows rows =
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_LIST, .limit = 100});
    size_t found = 0;
    for (size_t i = 0; i < rows.order_count; i++)
        found += rows.orders[i].course.state == state;
    return found;
}

static void version_1(void **state)
{
    struct bench *bench = *state;
    make(bench, "version-1.sql");
    int64_t paid = number(bench, "SELECT sum(amount) FROM postings WHERE account = 'sales'");
    int64_t orders = number(bench, "SELECT count(*) FROM orders");
    int64_t events = number(bench, "SELECT count(*) FROM events");
    int64_t sending = number(bench, "SELECT count(*) FROM attempts WHERE state = 'sending'");
    int64_t charge = number(bench, "SELECT sum(charge) FROM orders WHERE state = 'placing'");
    assert_true(sending > 0 && paid > 0);
    bench_open(bench);
    bench_verify(bench); /* before anything is recovered: the migration alone keeps every rule */
    assert_int_equal(number(bench, "SELECT count(*) FROM orders"), orders);
    assert_int_equal(number(bench, "SELECT count(*) FROM events"), events);
    assert_int_equal(number(bench, "SELECT count(*) FROM orders WHERE state = 'placing' AND"
                                   " live_attempt = 1 AND last_attempt = 1 AND cost > 0 AND"
                                   " attempt_started_at > 0 AND attempt_request_id IS NULL"),
                     sending);
    /* Of orders in doubt it is held from now on. */
    assert_int_equal(number(bench, "SELECT sum(held - amount) FROM postings"), paid);
    bench_recover(bench, NULL);
    ledger_start(bench->ledger);
    bench_verify(bench);
    assert_int_equal(count_state(bench, ORDERSTATE_PLACING), 0);
    assert_int_equal(count_state(bench, ORDERSTATE_DOUBT), 2 + sending);
    assert_int_equal(number(bench, "SELECT sum(paid) FROM orders"), paid + charge);
    uint32_t next = ledger_take_order_number(bench->ledger);
    assert_int_equal(next, number(bench, "SELECT max(id) + 1 FROM orders"));
    assert_int_equal(bench_place(bench, next), LEDGER_DONE);
    bench_accept(bench, next, 1, "4711");
    bench_move(bench, next, ORDERSTATE_CANCELED);
    bench_verify(bench);
}

/* One of each kind of order: see the script's own events. */
static void version_2(void **state)
{
    static const enum orderstate states[] = {
        [1] = ORDERSTATE_PENDING,   [2] = ORDERSTATE_COMPLETED, [3] = ORDERSTATE_CANCELED,
        [4] = ORDERSTATE_PARTIAL,   [5] = ORDERSTATE_DOUBT,     [6] = ORDERSTATE_DOUBT,
        [7] = ORDERSTATE_PLACING,   [8] = ORDERSTATE_CANCELED,  [9] = ORDERSTATE_REFUSED,
        [10] = ORDERSTATE_CANCELED, [11] = ORDERSTATE_PENDING,  [12] = ORDERSTATE_DOUBT,
        [13] = ORDERSTATE_PENDING,  [14] = ORDERSTATE_COMPLETED};
    struct bench *bench = *state;
    make(bench, "version-2.sql");
    int64_t events = number(bench, "SELECT count(*) FROM events");
    bench_open(bench);
    bench_verify(bench);
    assert_int_equal(number(bench, "SELECT count(*) FROM events"), events);
    bench_recover(bench, NULL);
    ledger_start(bench->ledger);
    for (uint32_t id = 1; id < COUNT_OF(states); id++)
        assert_int_equal(bench_order(bench, id).course.state, states[id]);
    struct ledger_rows rows =
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_SHOW, .id = 4});
    assert_int_equal(rows.event_count, 3);
    assert_true(str_is(rows.events[2].request_id, "request-2"));
    assert_true(str_is(rows.events[2].from, "pending") && str_is(rows.events[2].to, "partial"));
    assert_int_equal(rows.orders[0].course.paid.units, 60000000);
    assert_int_equal(rows.orders[0].course.start_count, 77);
    assert_true(rows.orders[0].accepted_at_ms > 0 && rows.orders[0].settled_at_ms > 0);
    rows = bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_SHOW, .id = 6});
    assert_int_equal(rows.attempt_count, 2);
    assert_true(str_is(rows.attempts[1].request_id, "request-3"));
    /* Those in doubt are held for, the others captured. */
    rows = bench_read(
        bench, (struct ledger_query){.request = LEDGER_QUERY_ACCOUNTS, .client = STR("shop")});
    assert_int_equal(rows.account_count, 1);
    assert_int_equal(rows.accounts[0].account.balance.units, -3 * 120000000 - 60000000);
    assert_int_equal(rows.accounts[0].account.held.units, 120000000);
    /* A child that was booked twice stays, and takes its number with it only once. */
    rows = bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_CHILDREN, .id = 13});
    assert_int_equal(rows.order_count, 4);
    struct ledger_order child = rows.orders[0];
    child.id = ledger_take_order_number(bench->ledger);
    assert_int_equal(
        bench_write(bench,
                    &(struct ledger_change){.order = child.id, .insert = &child, .event = "child"}),
        LEDGER_DUPLICATE);
    assert_int_equal(bench->outcome.order, 14);
    assert_int_equal(
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_UNCLAIMED}).order_count, 0);
}

/* Orders and attempts that do not belong together: the rules of version 1 had no word on it. */
static const char odd_rows[] =
    "INSERT INTO orders SELECT 5001, client, service, type, fields, quantity, rate, charge, 0,"
    " currency, 'placing', 1, NULL, remains, 'alpha', '101', '', '', 0, '', 'r', 1, 1"
    " FROM orders WHERE id = 1441;"
    "INSERT INTO orders SELECT 5002, client, service, type, fields, quantity, rate, charge, 0,"
    " currency, 'placing', 1, NULL, remains, 'alpha', '101', '', '', 0, '', 'r', 1, 1"
    " FROM orders WHERE id = 1441;"
    "INSERT INTO orders SELECT 5003, client, service, type, fields, quantity, rate, charge, 0,"
    " currency, 'canceled', 1, NULL, remains, 'alpha', '101', '', '', 0, '', 'r', 1, 1"
    " FROM orders WHERE id = 1441;"
    "INSERT INTO events SELECT id, 1, 1, 'placed', '', state, '', '' FROM orders WHERE id > 5000;"
    "INSERT INTO attempts VALUES (5001, 1, 'alpha', '101', 7, 'refused', '', '', '', 'r', 1, 2),"
    " (5001, 2, 'beta', '102', 8, 'sending', '', '', '', 'r', 3, 0),"
    " (5002, 1, 'beta', '102', 8, 'doubt', '', 'no', '', 'r', 3, 4),"
    " (5003, 1, 'alpha', '101', 7, 'sending', '', '', '', 'r', 1, 0);";

static void odd_version_1(void **state)
{
    struct bench *bench = *state;
    sqlite3 *db;
    make(bench, "version-1.sql");
    assert_int_equal(sqlite3_open(bench->file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, odd_rows, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    bench_open(bench);
    bench_verify(bench);
    bench_recover(bench, NULL);
    ledger_start(bench->ledger);
    bench_verify(bench);
    assert_int_equal(bench_order(bench, 5001).course.state, ORDERSTATE_DOUBT);
    assert_true(str_is(bench_order(bench, 5001).provider, "beta"));
    assert_int_equal(bench_order(bench, 5002).course.state, ORDERSTATE_DOUBT);
    assert_true(str_is(bench_order(bench, 5002).provider, "beta"));
    assert_int_equal(bench_order(bench, 5003).course.state, ORDERSTATE_CANCELED);
    for (uint32_t id = 5001; id <= 5003; id++) {
        struct ledger_rows rows =
            bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_SHOW, .id = id});
        assert_int_equal(rows.attempt_count, id == 5001 ? 2 : 1);
        assert_int_equal(rows.attempts[rows.attempt_count - 1].state, ATTEMPTSTATE_DOUBT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(version_1, bench_set_up_closed, bench_tear_down),
        cmocka_unit_test_setup_teardown(version_2, bench_set_up_closed, bench_tear_down),
        cmocka_unit_test_setup_teardown(odd_version_1, bench_set_up_closed, bench_tear_down),
    };
    return bench_main(tests, COUNT_OF(tests));
}
