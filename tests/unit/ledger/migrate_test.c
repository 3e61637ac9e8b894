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
                                   " live_attempt = 1 AND attempt_cost > 0 AND attempt_started_at"
                                   " > 0 AND attempt_request_id = request_id"),
                     sending);
    assert_int_equal(number(bench, "SELECT sum(amount * (CASE WHEN to_account = 'sales' THEN 1"
                                   " ELSE -1 END)) FROM postings"),
                     paid);
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
        cmocka_unit_test_setup_teardown(odd_version_1, bench_set_up_closed, bench_tear_down),
    };
    return bench_main(tests, COUNT_OF(tests));
}
