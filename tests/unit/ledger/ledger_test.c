/* The door: questions, numbers, refills, kept lists, import numbers, backups, opening for reading.
 */
#include "contract/ledger_harness.h"

#include <sys/stat.h>

static void fill(struct bench *bench)
{
    /* 1…6: odd ones are of "shop", even ones of "other"; 3 and 4 are in doubt at alpha. */
    for (uint32_t id = 1; id <= 6; id++) {
        struct ledger_order order = bench_new_order(id);
        struct ledger_attempt attempt = bench_new_attempt(1, "alpha");
        order.client = id % 2 ? STR("shop") : STR("other");
        bench_write(bench, &(struct ledger_change){.order = id,
                                                   .insert = &order,
                                                   .attempt_started = &attempt,
                                                   .event = "placed"});
    }
    for (uint32_t id = 3; id <= 4; id++) {
        struct ledger_attempt ended = {.number = 1,
                                       .state = ATTEMPTSTATE_DOUBT,
                                       .text = id == 3 ? STR("service paused") : STR("other")};
        struct ledger_update update = {.has_course = true, .course.state = ORDERSTATE_DOUBT};
        bench_write(bench, &(struct ledger_change){
                               .order = id, .attempt_ended = &ended, .update = &update});
    }
}

static void expect(struct bench *bench, struct ledger_query query, const char *wanted)
{
    char found[128] = "";
    struct ledger_rows rows = bench_read(bench, query);
    for (size_t i = 0; i < rows.order_count; i++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%u ", rows.orders[i].id);
    assert_string_equal(found, wanted);
    assert_int_equal(bench_ask(bench, query).order_count, rows.order_count);
}

static void lists_are_newest_first(void **state)
{
    struct bench *bench = *state;
    fill(bench);
    struct ledger_query list = {.request = LEDGER_QUERY_LIST};
    expect(bench, list, "6 5 4 3 2 1 ");
    list.limit = 2;
    expect(bench, list, "6 5 ");
    list.before = 5;
    expect(bench, list, "4 3 ");
    list.client = STR("shop");
    expect(bench, list, "3 1 ");
    list.before = 0;
    list.states = 1u << ORDERSTATE_DOUBT;
    expect(bench, list, "3 ");
    list.client = STR_NONE;
    expect(bench, list, "4 3 ");
    list.client = STR("nobody");
    expect(bench, list, "");
}

static void orders_are_in_the_order_asked(void **state)
{
    static const uint32_t ids[] = {5, 99, 1, 5};
    struct bench *bench = *state;
    fill(bench);
    expect(bench, (struct ledger_query){.request = LEDGER_QUERY_ORDERS, .ids = ids, .id_count = 4},
           "5 1 5 ");
    expect(bench, (struct ledger_query){.request = LEDGER_QUERY_ORDER, .id = 99}, "");
    expect(bench, (struct ledger_query){.request = LEDGER_QUERY_SHOW, .id = 99}, "");
    expect(bench, (struct ledger_query){.request = LEDGER_QUERY_ORDERS}, "");
}

static void doubts_are_listed_with_their_last_attempts(void **state)
{
    struct bench *bench = *state;
    fill(bench);
    struct ledger_query query = {.request = LEDGER_QUERY_DOUBT, .provider = STR("alpha")};
    expect(bench, query, "3 4 ");
    struct ledger_rows rows = bench_read(bench, query);
    assert_int_equal(rows.attempt_count, 2);
    assert_true(str_is(rows.attempts[0].text, "service paused"));
    query.after = 3;
    expect(bench, query, "4 ");
    query.provider = STR("beta");
    expect(bench, query, "");
}

static void children_are_listed_by_number(void **state)
{
    struct bench *bench = *state;
    fill(bench);
    for (uint32_t id = 20; id > 17; id--) {
        struct ledger_order child = bench_new_order(id);
        child.parent = 1;
        child.course.state = ORDERSTATE_PENDING;
        child.course.paid.units = 5;
        bench_write(bench,
                    &(struct ledger_change){.order = id, .insert = &child, .event = "child"});
    }
    expect(bench, (struct ledger_query){.request = LEDGER_QUERY_CHILDREN, .id = 1}, "18 19 20 ");
    expect(bench, (struct ledger_query){.request = LEDGER_QUERY_CHILDREN, .id = 2}, "");
}

static enum ledger_result order_request(struct bench *bench, struct ledger_request given)
{
    given.client = STR("shop");
    return bench_write(
        bench,
        &(struct ledger_change){.order = given.order, .order_request = &given, .event = "refill"});
}

static void refills_move_as_attempts_do(void **state)
{
    static const uint32_t ids[] = {1, 2, 3};
    struct bench *bench = *state;
    bench_place(bench, 1);
    bench_accept(bench, 1, 1, "4711");
    struct ledger_request refill = {.kind = ORDER_REQUEST_REFILL, .number = 1, .order = 1};
    assert_int_equal(order_request(bench, refill), LEDGER_DONE);
    refill.state = ATTEMPTSTATE_ACCEPTED;
    refill.upstream_id = STR("88");
    assert_int_equal(order_request(bench, refill), LEDGER_DONE);
    refill.upstream_id = STR("");
    refill.status = REFILLSTATUS_UNKNOWN;
    assert_int_equal(order_request(bench, refill), LEDGER_DONE);
    refill.kind = ORDER_REQUEST_CANCEL;
    assert_int_equal(order_request(bench, refill), LEDGER_REFUSED);
    refill.kind = ORDER_REQUEST_REFILL;
    refill.state = ATTEMPTSTATE_DOUBT;
    assert_int_equal(order_request(bench, refill), LEDGER_REFUSED);
    refill.order = 2;
    assert_int_equal(order_request(bench, refill), LEDGER_REFUSED);
    struct ledger_rows rows = bench_read(
        bench, (struct ledger_query){.request = LEDGER_QUERY_REQUESTS, .ids = ids, .id_count = 3});
    assert_int_equal(rows.order_request_count, 1);
    assert_int_equal(rows.order_requests[0].state, ATTEMPTSTATE_ACCEPTED);
    assert_int_equal(rows.order_requests[0].status, REFILLSTATUS_UNKNOWN);
    assert_true(str_is(rows.order_requests[0].upstream_id, "88"));
    assert_int_equal(rows.order_requests[0].order, 1);
}

static enum ledger_result keep(struct bench *bench, const struct ledger_import *list, size_t count)
{
    bench->arrived = 0;
    bench->awaited = 1;
    ledger_keep_imports(bench->ledger, bench->loop, list, count, bench_on_done,
                        bench_tag(bench, 0));
    loop_run(bench->loop);
    return bench->results[0];
}

static void import_numbers_stay(void **state)
{
    struct bench *bench = *state;
    const struct ledger_import first = {STR("gamma"), STR("a"), 1000},
                               moved = {STR("gamma"), STR("a"), 1001},
                               taken = {STR("gamma"), STR("b"), 1000};
    const struct ledger_import mixed[] = {{STR("gamma"), STR("c"), 1002}, taken};
    assert_int_equal(keep(bench, &first, 1), LEDGER_DONE);
    assert_int_equal(keep(bench, &first, 1), LEDGER_DONE);
    assert_int_equal(keep(bench, &moved, 1), LEDGER_REFUSED);
    assert_int_equal(keep(bench, &taken, 1), LEDGER_REFUSED);
    assert_int_equal(keep(bench, mixed, 2), LEDGER_REFUSED);
    /* Nothing of the refused pair stayed: the number is free. */
    const struct ledger_import free_still = {STR("gamma"), STR("d"), 1002};
    assert_int_equal(keep(bench, &free_still, 1), LEDGER_DONE);
}

static void numbers_go_on_and_end(void **state)
{
    struct bench *bench = *state;
    struct fault why;
    bench_place(bench, 41);
    assert_int_equal(ledger_take_order_number(bench->ledger), 1);
    assert_int_equal(ledger_take_order_number(bench->ledger), 2);
    ledger_close(&bench->ledger);
    struct ledger_settings settings = {.url = bench->url, .first_order = 10};
    bench->ledger = ledger_open(&settings, &why);
    assert_int_equal(ledger_take_order_number(bench->ledger), 42);
    ledger_close(&bench->ledger);
    settings.first_order = 2147483646;
    bench->ledger = ledger_open(&settings, &why);
    assert_int_equal(ledger_take_order_number(bench->ledger), 2147483646);
    assert_int_equal(ledger_take_order_number(bench->ledger), 2147483647);
    assert_int_equal(ledger_take_order_number(bench->ledger), 0);
    assert_int_equal(ledger_take_order_number(bench->ledger), 0);
}

/* ---- backup ---- */

struct backup_end {
    struct bench *bench;
    bool is_ok;
    char message[256];
};

static void on_backup(bool is_ok, const char *message, void *arg)
{
    struct backup_end *end = arg;
    end->is_ok = is_ok;
    snprintf(end->message, sizeof end->message, "%s", message);
    loop_stop(end->bench->loop);
}

static void backups_are_whole(void **state)
{
    struct bench *bench = *state;
    struct backup_end end = {.bench = bench};
    struct ledger_order order = bench_new_order(0);
    char path[160], missing[160];
    fill(bench);
    snprintf(path, sizeof path, "%s/copy.db", bench->folder);
    snprintf(missing, sizeof missing, "%s/none/copy.db", bench->folder);
    /* Writes go on meanwhile. */
    ledger_backup(bench->ledger, bench->loop, path, on_backup, &end);
    for (uint32_t id = 100; id < 400; id++) {
        order.id = id;
        ledger_write(bench->ledger, NULL,
                     &(struct ledger_change){.order = id, .insert = &order, .event = "placed"},
                     NULL, NULL);
    }
    loop_run(bench->loop);
    assert_true(end.is_ok);
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    /* A name that is there is never written over. */
    ledger_backup(bench->ledger, bench->loop, path, on_backup, &end);
    loop_run(bench->loop);
    assert_false(end.is_ok);
    assert_non_null(strstr(end.message, "exists"));
    ledger_backup(bench->ledger, bench->loop, missing, on_backup, &end);
    loop_run(bench->loop);
    assert_false(end.is_ok);
    /* The copy is a ledger: it opens, its books are in order, it goes on. */
    bench_verify(bench);
    ledger_close(&bench->ledger);
    snprintf(bench->url, sizeof bench->url, "%s:%s", bench->scheme, path);
    bench_start(bench);
    bench_verify(bench);
    assert_int_equal(bench_order(bench, 6).course.state, ORDERSTATE_DOUBT); /* it was being sent */
    assert_int_equal(bench_place(bench, 999), LEDGER_DONE);
}

/* ---- reading while and while not ---- */

static void commands_read_beside_a_gateway(void **state)
{
    struct bench *bench = *state;
    struct bench reading = *bench;
    struct fault why = {0};
    struct ledger_settings settings = {.url = bench->url, .first_order = 1};
    fill(bench);
    arena_init(&reading.arena);
    reading.ledger = ledger_open_reading(&settings, &why);
    assert_non_null(reading.ledger);
    assert_int_equal(bench_order(&reading, 3).course.state, ORDERSTATE_DOUBT);
    assert_int_equal(bench_place(bench, 50), LEDGER_DONE);
    assert_int_equal(bench_order(&reading, 50).course.state, ORDERSTATE_PLACING);
    bench_verify(&reading);
    char path[160];
    snprintf(path, sizeof path, "%s/now.db", bench->folder);
    assert_true(ledger_backup_now(reading.ledger, path, &why));
    assert_false(ledger_backup_now(reading.ledger, path, &why));
    assert_int_equal(why.code, FAULT_CONFLICT);
    struct ledger_health health;
    ledger_health(reading.ledger, &health);
    assert_false(health.is_writable);
    /* The gateway may end first. */
    ledger_close(&bench->ledger);
    assert_int_equal(bench_order(&reading, 50).course.state, ORDERSTATE_PLACING);
    ledger_close(&reading.ledger);
    reading.ledger = ledger_open_reading(&settings, &why);
    assert_non_null(reading.ledger);
    assert_int_equal(bench_order(&reading, 50).course.state, ORDERSTATE_PLACING);
    ledger_close(&reading.ledger);
    arena_fini(&reading.arena);
}

static void health_counts(void **state)
{
    struct bench *bench = *state;
    struct ledger_health health;
    bench_place(bench, 1);
    bench_accept(bench, 1, 1, "4711");
    ledger_health(bench->ledger, &health);
    assert_true(health.is_writable);
    assert_string_equal(health.message, "");
    assert_int_equal(health.changes, 2);
    assert_int_equal(health.commits, 2);
    assert_int_equal(health.failures, 0);
    assert_int_equal(health.waiting, 0);
    assert_true(health.commit_microseconds > 0 && health.disk_bytes > 4096);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, bench_set_up, bench_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(lists_are_newest_first),
        CASE(orders_are_in_the_order_asked),
        CASE(doubts_are_listed_with_their_last_attempts),
        CASE(children_are_listed_by_number),
        CASE(refills_move_as_attempts_do),
        CASE(import_numbers_stay),
        CASE(numbers_go_on_and_end),
        CASE(backups_are_whole),
        CASE(commands_read_beside_a_gateway),
        CASE(health_counts),
    };
    return bench_main(tests, COUNT_OF(tests));
}
