/* Failing storage: full and broken disks, failed syncs, failures midway. Whoever was told ok is in
 * the books, whoever was told anything else is not, and it all goes on once the disk does. */
#include <sys/stat.h>

#include "contract/faultvfs.h"
#include "contract/ledger_harness.h"

static int set_up(void **state)
{
    faultvfs_heal();
    return bench_set_up(state);
}

static int tear_down(void **state)
{
    faultvfs_heal();
    return bench_tear_down(state);
}

static bool is_there(struct bench *bench, uint32_t id)
{
    struct ledger_rows rows =
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_ORDER, .id = id});
    return rows.order_count == 1;
}

static void a_full_disk_refuses_fast_and_recovers(void **state)
{
    struct bench *bench = *state;
    struct ledger_health health;
    assert_int_equal(bench_place(bench, 1), LEDGER_DONE);
    atomic_store(&faultvfs.write_code, SQLITE_FULL);
    for (uint32_t id = 2; id < 6; id++) {
        int64_t began = clock_monotonic_ms();
        assert_int_equal(bench_place(bench, id), LEDGER_FULL);
        assert_true(clock_monotonic_ms() - began < 100);
        assert_false(is_there(bench, id)); /* and reads go on */
        assert_int_equal(
            bench_ask(bench, (struct ledger_query){.request = LEDGER_QUERY_ORDER, .id = 1})
                .order_count,
            1);
    }
    ledger_health(bench->ledger, &health);
    assert_false(health.is_writable);
    assert_non_null(strstr(health.message, "disk is full"));
    faultvfs_heal();
    assert_int_equal(bench_place(bench, 2), LEDGER_DONE);
    ledger_health(bench->ledger, &health);
    assert_true(health.is_writable);
    assert_string_equal(health.message, "");
}

/* Nobody writes while /readyz says no: the writer must find out by itself. */
static void recovery_needs_no_traffic(void **state)
{
    struct bench *bench = *state;
    struct ledger_health health;
    atomic_store(&faultvfs.write_code, SQLITE_FULL);
    assert_int_equal(bench_place(bench, 1), LEDGER_FULL);
    faultvfs_heal();
    int64_t began = clock_monotonic_ms();
    do {
        usleep(20000);
        ledger_health(bench->ledger, &health);
    } while (!health.is_writable && clock_monotonic_ms() - began < 5000);
    assert_true(health.is_writable);
}

/* The keeper has no descriptor left, say: the log must not grow for ever. */
static void the_writer_rests_where_the_keeper_cannot(void **state)
{
    struct bench *bench = *state;
    struct stat before, after;
    bench_open(bench);
    bench_recover(bench, NULL);
    assert_int_equal(stat(bench->file, &before), 0);
    atomic_store(&faultvfs.is_readonly, true); /* what is open stays as it is: the writer's */
    ledger_start(bench->ledger);
    assert_int_equal(bench_place(bench, 1), LEDGER_DONE);
    int64_t began = clock_monotonic_ms();
    do {
        usleep(20000);
        assert_int_equal(stat(bench->file, &after), 0);
    } while (after.st_size == before.st_size && clock_monotonic_ms() - began < 10000);
    assert_true(after.st_size > before.st_size);
}

/* What SQLite says → what the asker hears. */
static void errors_are_told_apart(void **state)
{
    static const struct {
        int code;
        bool at_sync;
        enum ledger_result result;
    } cases[] = {
        {SQLITE_FULL, false, LEDGER_FULL},
        {SQLITE_IOERR_WRITE, false, LEDGER_FAILED},
        {SQLITE_IOERR_FSYNC, true, LEDGER_FAILED},
        {SQLITE_READONLY, false, LEDGER_READ_ONLY},
    };
    struct bench *bench = *state;
    for (uint32_t i = 0; i < COUNT_OF(cases); i++) {
        atomic_store(cases[i].at_sync ? &faultvfs.sync_code : &faultvfs.write_code, cases[i].code);
        assert_int_equal(bench_place(bench, i + 1), cases[i].result);
        assert_false(is_there(bench, i + 1));
        faultvfs_heal();
        assert_int_equal(bench_place(bench, i + 1), LEDGER_DONE);
    }
}

/* The disk fails after n more writes, for every n until a group gets through. */
static void a_group_fails_as_one(void **state)
{
    enum { COUNT = 30 };
    struct bench *bench = *state;
    bool has_failed = false, has_passed = false;
    for (uint32_t round = 0; round < 40 && !has_passed; round++) {
        struct ledger_order orders[COUNT];
        struct ledger_change changes[COUNT] = {0};
        for (uint32_t i = 0; i < COUNT; i++) {
            orders[i] = bench_new_order(round * COUNT + i + 1);
            changes[i] = (struct ledger_change){
                .order = orders[i].id, .insert = &orders[i], .event = "placed"};
        }
        atomic_store(&faultvfs.writes_left, (int64_t)round);
        atomic_store(&faultvfs.write_code, SQLITE_FULL);
        bench_write_all(bench, changes, COUNT);
        faultvfs_heal();
        for (size_t i = 0; i < COUNT; i++) {
            assert_true(bench->results[i] == LEDGER_DONE || bench->results[i] == LEDGER_FULL);
            assert_int_equal(is_there(bench, orders[i].id), bench->results[i] == LEDGER_DONE);
            has_failed = has_failed || bench->results[i] != LEDGER_DONE;
        }
        has_passed = bench->results[COUNT - 1] == LEDGER_DONE;
    }
    assert_true(has_failed && has_passed);
}

/* Prepaid orders while the disk fails again and again: what is held is what was acknowledged, to
 * the last unit, and there are no more of them than there is money for. */
static void money_survives_failing_commits(void **state)
{
    enum { COUNT = 12, ROUNDS = 25, MONEY_FOR = 40 };
    const int64_t charge = 120000000;
    const struct ledger_funds funds = {.limits.is_prepaid = true, .hold = {charge}};
    const struct ledger_credit credit = {
        .client = STR("shop"), .currency = STR("USD"), .amount = {MONEY_FOR * charge}};
    struct bench *bench = *state;
    size_t done = 0, failed = 0;
    ledger_credit(bench->ledger, NULL, &credit, NULL, NULL);
    assert_int_equal(bench_place(bench, 10000), LEDGER_DONE); /* after the credit */
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct ledger_order orders[COUNT];
        struct ledger_change changes[COUNT] = {0};
        for (uint32_t i = 0; i < COUNT; i++) {
            orders[i] = bench_new_order(round * COUNT + i + 1);
            changes[i] = (struct ledger_change){
                .order = orders[i].id, .insert = &orders[i], .funds = &funds, .event = "placed"};
        }
        atomic_store(&faultvfs.writes_left, (int64_t)(round % 7));
        atomic_store(&faultvfs.write_code, round % 2 ? SQLITE_FULL : SQLITE_IOERR_WRITE);
        bench_write_all(bench, changes, COUNT);
        faultvfs_heal();
        for (size_t i = 0; i < COUNT; i++) {
            bool is_done = bench->results[i] == LEDGER_DONE;
            assert_int_equal(is_there(bench, orders[i].id), is_done);
            done += is_done;
            failed += !ledger_is_decided(bench->results[i]);
        }
    }
    /* However the failures fell: the rest of the money buys exactly what it can. */
    for (uint32_t id = 1000; id < 1000 + 2 * MONEY_FOR; id++) {
        struct ledger_order order = bench_new_order(id);
        done += bench_write(bench, &(struct ledger_change){.order = id,
                                                           .insert = &order,
                                                           .funds = &funds,
                                                           .event = "placed"}) == LEDGER_DONE;
    }
    assert_int_equal(done, MONEY_FOR);
    assert_true(failed > 0);
    struct ledger_rows rows = bench_read(
        bench, (struct ledger_query){.request = LEDGER_QUERY_ACCOUNTS, .client = STR("shop")});
    assert_int_equal(rows.accounts[0].account.held.units, MONEY_FOR * charge);
}

/* A sync that fails leaves whole frames in the log. Neither opening anew nor a crash after the disk
 * is well again may bring back what was called failed. */
static void a_failed_commit_stays_failed(void **state)
{
    struct bench *bench = *state;
    char command[400];
    assert_int_equal(bench_place(bench, 1), LEDGER_DONE);
    atomic_store(&faultvfs.sync_code, SQLITE_IOERR_FSYNC);
    assert_int_equal(bench_place(bench, 2), LEDGER_FAILED);
    faultvfs_heal();
    assert_int_equal(bench_place(bench, 3), LEDGER_DONE);
    /* The files as a crash would leave them now. */
    snprintf(command, sizeof command, "cd '%s' && mkdir crash && cp books.db books.db-wal crash/",
             bench->folder);
    bench_run(command);
    ledger_close(&bench->ledger);
    snprintf(bench->url, sizeof bench->url, "%s:%s/crash/books.db", bench->scheme, bench->folder);
    bench_start(bench);
    assert_true(is_there(bench, 1));
    assert_false(is_there(bench, 2));
    assert_true(is_there(bench, 3));
}

static void broken_reads_are_told(void **state)
{
    struct bench *bench = *state;
    struct ledger_order order = bench_new_order(0);
    for (uint32_t id = 1; id <= 2000; id++) {
        order.id = id;
        ledger_write(bench->ledger, NULL,
                     &(struct ledger_change){.order = id, .insert = &order, .event = "placed"},
                     NULL, NULL);
    }
    assert_int_equal(bench_place(bench, 5000), LEDGER_DONE);
    atomic_store(&faultvfs.read_code, SQLITE_IOERR_READ);
    struct ledger_rows rows =
        bench_ask(bench, (struct ledger_query){.request = LEDGER_QUERY_LIST, .limit = 2000});
    assert_int_equal(rows.result, LEDGER_FAILED);
    assert_int_equal(rows.order_count, 0);
    faultvfs_heal();
    rows = bench_ask(bench, (struct ledger_query){.request = LEDGER_QUERY_LIST, .limit = 2000});
    assert_int_equal(rows.result, LEDGER_DONE);
    assert_int_equal(rows.order_count, 2000);
}

static void another_program_holds_the_lock(void **state)
{
    struct bench *bench = *state;
    sqlite3 *other;
    assert_int_equal(sqlite3_open(bench->file, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(bench_place(bench, 1), LEDGER_BUSY);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    assert_int_equal(bench_place(bench, 1), LEDGER_DONE);
}

static void a_read_only_disk_at_start(void **state)
{
    struct bench *bench = *state;
    struct fault why = {0};
    struct ledger_settings settings = {.url = bench->url, .first_order = 1};
    assert_int_equal(bench_place(bench, 1), LEDGER_DONE);
    ledger_close(&bench->ledger);
    atomic_store(&faultvfs.is_readonly, true);
    assert_null(ledger_open(&settings, &why));
    assert_int_equal(why.code, FAULT_DENIED);
    assert_non_null(strstr(why.message, "read-only"));
    /* Commands still read. */
    bench->ledger = ledger_open_reading(&settings, &why);
    assert_non_null(bench->ledger);
    assert_true(is_there(bench, 1));
}

static void a_full_disk_at_start(void **state)
{
    struct bench *bench = *state;
    struct fault why = {0};
    struct ledger_settings settings = {.url = bench->url, .first_order = 1};
    atomic_store(&faultvfs.write_code, SQLITE_FULL);
    assert_null(ledger_open(&settings, &why));
    assert_int_equal(why.code, FAULT_UNAVAILABLE);
    assert_non_null(strstr(why.message, "full"));
    faultvfs_heal();
    bench_start(bench); /* the migration that was interrupted is made now */
    assert_int_equal(bench_place(bench, 1), LEDGER_DONE);
}

/* Migrations that end at every possible write. */
static void interrupted_migrations_are_made_again(void **state)
{
    struct bench *bench = *state;
    struct ledger_settings settings = {.url = bench->url, .first_order = 1};
    unsigned failures = 0;
    for (int64_t writes = 1; bench->ledger == NULL && writes < 200; writes++) {
        atomic_store(&faultvfs.writes_left, writes);
        atomic_store(&faultvfs.write_code, SQLITE_IOERR_WRITE);
        bench->ledger = ledger_open(&settings, NULL);
        failures += bench->ledger == NULL;
        faultvfs_heal();
    }
    assert_non_null(bench->ledger);
    assert_true(failures > 1);
    bench_recover(bench, NULL);
    ledger_start(bench->ledger);
    assert_int_equal(bench_place(bench, 1), LEDGER_DONE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define CASE_CLOSED(name) cmocka_unit_test_setup_teardown(name, bench_set_up_closed, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_full_disk_refuses_fast_and_recovers),
        CASE(recovery_needs_no_traffic),
        CASE_CLOSED(the_writer_rests_where_the_keeper_cannot),
        CASE(errors_are_told_apart),
        CASE(a_group_fails_as_one),
        CASE(money_survives_failing_commits),
        CASE(a_failed_commit_stays_failed),
        CASE(broken_reads_are_told),
        CASE(another_program_holds_the_lock),
        CASE(a_read_only_disk_at_start),
        CASE_CLOSED(a_full_disk_at_start),
        CASE_CLOSED(interrupted_migrations_are_made_again),
    };
    faultvfs_register();
    return bench_main(tests, COUNT_OF(tests));
}
