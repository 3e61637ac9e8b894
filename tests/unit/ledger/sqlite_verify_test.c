/* Every fault that is planted in the books is found, and reported with the order it is of. */
#include <sqlite3.h>

#include "contract/ledger_harness.h"

/* 1 is accepted and paid, 2 being placed, 3 canceled, 4 in doubt, 5 completed with a refill. */
static void accept_with_words(struct bench *bench, uint32_t id, const char *upstream_id)
{
    struct ledger_attempt ended = {.number = 1,
                                   .state = ATTEMPTSTATE_ACCEPTED,
                                   .upstream_id = str_of(upstream_id),
                                   .evidence = STR("after a time-out")};
    struct ledger_update update = {.has_course = true,
                                   .course.state = ORDERSTATE_PENDING,
                                   .course.paid = {120000000},
                                   .has_upstream = true,
                                   .upstream_id = ended.upstream_id,
                                   .gives_number = true};
    bench_write(bench, &(struct ledger_change){
                           .order = id, .attempt_ended = &ended, .update = &update, .event = "x"});
}

static void fill(struct bench *bench)
{
    struct ledger_attempt doubt = {.number = 1, .state = ATTEMPTSTATE_DOUBT};
    struct ledger_attempt refused = {.number = 1, .state = ATTEMPTSTATE_REFUSED};
    struct ledger_update to_doubt = {.has_course = true, .course.state = ORDERSTATE_DOUBT};
    struct ledger_update to_canceled = {.has_course = true, .course.state = ORDERSTATE_CANCELED};
    struct ledger_request refill = {
        .kind = ORDER_REQUEST_REFILL, .number = 1, .order = 5, .state = ATTEMPTSTATE_ACCEPTED};
    for (uint32_t id = 1; id <= 5; id++)
        assert_int_equal(bench_place(bench, id), LEDGER_DONE);
    accept_with_words(bench, 1, "4711");
    bench_write(bench, &(struct ledger_change){
                           .order = 3, .attempt_ended = &refused, .update = &to_canceled});
    bench_write(bench,
                &(struct ledger_change){.order = 4, .attempt_ended = &doubt, .update = &to_doubt});
    bench_accept(bench, 5, 1, "4712");
    bench_move(bench, 5, ORDERSTATE_COMPLETED);
    assert_int_equal(
        bench_write(bench, &(struct ledger_change){.order = 5, .order_request = &refill}),
        LEDGER_DONE);
}

#define POSTINGS "DROP TRIGGER postings_stay; DROP TRIGGER postings_last; "

static const struct {
    const char *script, *message;
} plants[] = {
    {POSTINGS "UPDATE postings SET amount = amount - 1 WHERE order_id = 1",
     "order 1: 120000000 is due, but 120000001 is booked"},
    {POSTINGS "UPDATE postings SET amount = amount - 1 WHERE order_id = 1",
     "posting 6: does not follow posting 0 of its account"},
    {POSTINGS "UPDATE postings SET amount = amount - 1 WHERE order_id = 1",
     "client shop: its USD account says -240000000, held 0, its postings -240000001, held 0"},
    {POSTINGS "UPDATE postings SET client = 'other' WHERE order_id = 1",
     "order 1: posting 6 is another client's, or in another currency"},
    {POSTINGS "UPDATE postings SET currency = 'EUR' WHERE order_id = 1",
     "order 1: posting 6 is another client's, or in another currency"},
    {POSTINGS "DELETE FROM postings WHERE order_id = 1",
     "order 1: 120000000 is due, but 0 is booked"},
    {POSTINGS "UPDATE postings SET kind = 'hold' WHERE order_id = 1",
     "posting 6: is a hold of -120000000, held 0"},
    {POSTINGS "UPDATE postings SET previous = 0 WHERE order_id = 5",
     "does not follow posting 0 of its account"},
    {"UPDATE accounts SET balance = balance + 1",
     "client shop: its USD account says -239999999, held 0, its postings -240000000, held 0"},
    {"UPDATE accounts SET held = 1", "client shop: its USD account says -240000000, held 1"},
    {"UPDATE accounts SET floor = -230000000",
     "client shop: available are -240000000 USD, but no less than -230000000 may be"},
    {"DELETE FROM accounts", "client shop: postings without an account"},
    {"UPDATE orders SET held = 1 WHERE id = 2", "order 2: 1 is held, but 0 is booked as held"},
    {"UPDATE orders SET held = 1 WHERE id = 1", "order 1: is pending, but 1 is held"},
    {"INSERT INTO credits VALUES ('shop', 'x', 5, 6, 1)",
     "client shop: the credit x is not what posting 6 says"},
    {"INSERT INTO refs VALUES ('shop', 'x', x'00', 1, 1)",
     "ref x: is of order 1, which has another"},
    {"UPDATE orders SET state = 'lost' WHERE id = 2", "order 2: lost is no state"},
    {"DROP INDEX orders_child; UPDATE orders SET parent = 1, upstream_id = '9' WHERE id IN (2, 4)",
     "child 9 of order 1 is there more than once"},
    {"UPDATE orders SET paid = 7 WHERE id = 3", "order 3: is canceled, but 7 is paid"},
    {"INSERT INTO postings VALUES (6001, 0, 'shop', 'USD', 77, 'capture', -5, 0, 0, 0)",
     "order 77: postings of an order that is not there"},
    {"INSERT INTO postings VALUES (6001, 0, 'shop', 'USD', 1, 'capture', -5, 0, 0, 0)",
     "table postings, row 6001: points to a row of events that is not there"},
    {"UPDATE attempts SET state = 'refused' WHERE order_id = 1",
     "order 1: is pending without an accepted attempt"},
    {"INSERT INTO attempts SELECT order_id, 2, provider,"
     " upstream_service, cost, 'doubt', '', '', '', '', 0, 0, 0, 0 FROM attempts WHERE order_id = "
     "1",
     "order 1: 2 attempts may have been executed"},
    {"UPDATE attempts SET upstream_id = '' WHERE order_id = 1; UPDATE orders SET upstream_id = ''"
     " WHERE id = 1",
     "order 1: attempt 1 is accepted without the number"},
    {"UPDATE orders SET upstream_id = '9' WHERE id = 1",
     "order 1: its attempt 1 was accepted as 4711, the order says 9"},
    {"UPDATE attempts SET state = 'sending' WHERE order_id = 4",
     "order 4: attempt 1 is written as being sent"},
    {"INSERT INTO attempts VALUES (2, 1, '', '', 0, 'accepted', '1', '', '', '', 0, 0, 0, 0); "
     "UPDATE"
     " orders SET upstream_id = '1' WHERE id = 2",
     "order 2: is placing, but attempt 1 was accepted"},
    {"INSERT INTO attempts VALUES (2, 1, '', '', 0, 'refused', '', '', '', '', 0, 0, 0, 0)",
     "order 2: attempt 1 is being sent, but attempt 1 is there already"},
    {"UPDATE orders SET is_number_given = 1, live_attempt = 0 WHERE id = 2",
     "order 2: its number was given, but it has neither an attempt nor a refusal"},
    {"UPDATE orders SET state = 'refused', is_number_given = 1 WHERE id = 3",
     "order 3: is refused, but its number was given"},
    {"UPDATE orders SET state = 'processing' WHERE id = 1",
     "order 1: is processing, but its events end in pending"},
    {"INSERT INTO events VALUES (99, 1, 6, 1, 'x', 'doubt', 'pending', '', '')",
     "order 1: event 99 says it left doubt, but it was pending"},
    {"INSERT INTO events VALUES (99, 1, 6, 1, 'x', 'pending', 'pending', '', '')",
     "order 1: says that its last event is 6, but event 99 follows it"},
    {"INSERT INTO events VALUES (99, 1, 5, 1, 'x', 'placing', 'pending', '', ''); UPDATE orders"
     " SET last_event = 99 WHERE id = 1",
     "order 1: event 99 does not follow event 5"},
    {"INSERT INTO events VALUES (99, 5, 10, 1, 'x', 'completed', 'pending', '', ''); UPDATE orders"
     " SET state = 'pending', last_event = 99 WHERE id = 5",
     "order 5: event 99 is a move from completed to pending, which is not allowed"},
    {"DROP TRIGGER events_last; DELETE FROM events WHERE order_id = 2",
     "order 2: is placing, but its events end in nothing"},
    {"UPDATE orders SET live_attempt = 0 WHERE id = 1",
     "order 1: says that its attempt 0 may have been executed, its attempts say 1"},
    {"UPDATE attempts SET state = 'refused' WHERE order_id = 4",
     "order 4: says that its attempt 1 may have been executed, its attempts say 0"},
    {"UPDATE orders SET last_event = 1 WHERE id = 1",
     "order 1: says that its last event is 1, but event 6 follows it"},
    {"UPDATE orders SET settled_at = 1 WHERE id = 1",
     "order 1: is pending, but says that it is settled"},
    {"UPDATE orders SET settled_at = NULL WHERE id = 3",
     "order 3: is canceled, but says that it is not settled"},
    {"UPDATE orders SET parent = 99 WHERE id = 2", "order 2: its parent 99 is not there"},
    {"UPDATE orders SET live_attempt = 0 WHERE id = 5",
     "refill 1: accepted for order 5, which no panel accepted"},
    {"UPDATE orders SET live_attempt = 0 WHERE id = 5",
     "order 5: is completed without an accepted attempt"},
    {"UPDATE orders SET upstream_id = '' WHERE id = 5",
     "order 5: attempt 1 is accepted without the number it has at the panel"},
    {"INSERT INTO attempts SELECT 5, 2, provider, upstream_service, cost, 'accepted', '4712', '', "
     "'', '', 0, 0, 0, 0 FROM attempts WHERE order_id = 1",
     "order 5: says that its attempt 1 may have been executed, its attempts say 2"},
    {"UPDATE orders SET state = 'doubt' WHERE id = 5",
     "order 5: says that its attempt 1 may have been executed, its attempts say 0"},
    {"INSERT INTO attempts VALUES (88, 1, '', '', 0, 'refused', '', '', '', '', 0, 0, 0, 0)",
     "table attempts, row ?: points to a row of orders that is not there"},
    {"UPDATE orders SET state = 'queued' WHERE id = 4",
     "order 4: is queued, but attempt 1 was sent"},
    {"UPDATE orders SET moves = 1 WHERE id = 1",
     "order 1: went on 1 times, 0 delivered and 0 spent; its attempts say 0, 0 and 0"},
    {"UPDATE orders SET spent = 5 WHERE id = 1",
     "order 1: went on 0 times, 0 delivered and 5 spent; its attempts say 0, 0 and 0"},
    {"UPDATE orders SET delivered = 1, remains = 1000 WHERE id = 1",
     "order 1: 1 of 1000 were delivered before, but 1000 remain and it is pending"},
    {"INSERT INTO attempts VALUES (5, 2, '', '', 7, 'partial', '1', '', '', '', 0, 0, 0, 0)",
     "order 5: attempt 2 is partial with 0 delivered, 0 kept"},
    {"INSERT INTO attempts VALUES (5, 2, '', '', 7, 'canceled', '1', '', '', '', 0, 0, 0, 5)",
     "order 5: attempt 2 is canceled with 0 delivered, 5 kept"},
    {"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM"
     " sqlite_schema WHERE name = 'lists') WHERE name = 'prices'",
     "the file is damaged"},
};

struct told {
    const char *wanted;
    size_t count;
    bool is_found;
    char first[300];
};

static void note(const char *message, void *arg)
{
    struct told *set = arg;
    if (set->count++ == 0)
        snprintf(set->first, sizeof set->first, "%s", message);
    set->is_found = set->is_found || strstr(message, set->wanted) != NULL;
}

static void planted_faults_are_found(void **state)
{
    struct bench *bench = *state;
    char sound[160], command[400];
    fill(bench);
    bench_verify(bench);
    ledger_close(&bench->ledger);
    snprintf(sound, sizeof sound, "%s.sound", bench->file);
    snprintf(command, sizeof command, "cp '%s' '%s'", bench->file, sound);
    bench_run(command);
    for (size_t i = 0; i < COUNT_OF(plants); i++) {
        struct told set = {.wanted = plants[i].message};
        struct ledger_settings settings = {.url = bench->url};
        struct fault why = {0};
        sqlite3 *db;
        char *error = NULL;
        snprintf(command, sizeof command, "cp '%s' '%s'", sound, bench->file);
        bench_run(command);
        assert_int_equal(sqlite3_open(bench->file, &db), SQLITE_OK);
        if (sqlite3_exec(db, plants[i].script, NULL, NULL, &error) != SQLITE_OK)
            fail_msg("%s: %s", plants[i].script, error);
        sqlite3_close(db);
        bench->ledger = ledger_open_reading(&settings, &why);
        assert_non_null(bench->ledger);
        size_t count =
            ledger_verify(bench->ledger, &(struct ledger_verifier){.report = note, .arg = &set});
        ledger_close(&bench->ledger);
        if (count == 0 || !set.is_found)
            fail_msg("expected \"%s\", got %zu, first \"%s\"", plants[i].message, count, set.first);
        assert_int_equal(count, set.count);
    }
}

/* A rule that is broken everywhere is told a few times and counted in full. */
static void many_faults_are_counted(void **state)
{
    struct bench *bench = *state;
    struct told set = {.wanted = "and 30 more of the same"};
    struct ledger_order order = bench_new_order(0);
    for (uint32_t id = 1; id <= 50; id++) {
        order.id = id;
        bench_write(bench, &(struct ledger_change){.order = id, .insert = &order, .event = "x"});
    }
    sqlite3 *db;
    assert_int_equal(sqlite3_open(bench->file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE orders SET held = 1", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(
        ledger_verify(bench->ledger, &(struct ledger_verifier){.report = note, .arg = &set}), 50);
    assert_int_equal(set.count, 21);
    assert_true(set.is_found);
}

static void events_are_only_added(void **state)
{
    struct bench *bench = *state;
    sqlite3 *db;
    fill(bench);
    assert_int_equal(sqlite3_open(bench->file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM events", NULL, NULL, NULL), SQLITE_CONSTRAINT);
    assert_int_equal(sqlite3_exec(db, "UPDATE events SET word = 'x'", NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    sqlite3_close(db);
    bench_verify(bench);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, bench_set_up, bench_tear_down_broken)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(planted_faults_are_found),
        CASE(many_faults_are_counted),
        CASE(events_are_only_added),
    };
    return bench_main(tests, COUNT_OF(tests));
}
