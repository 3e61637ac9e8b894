/* What the books say after a restart, case by case. The crash is a child process that ends without
 * closing anything. */
#include <signal.h>
#include <sys/wait.h>

#include "contract/ledger_harness.h"

/* Runs the writes in a process of its own, which then dies as in a crash. */
static void crash_after(struct bench *bench, void (*writes)(struct bench *bench))
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct bench *child = bench_new(bench->scheme);
        bench_run(rmdir(child->folder) == 0 ? "true" : "false");
        memcpy(child->folder, bench->folder, sizeof child->folder);
        memcpy(child->file, bench->file, sizeof child->file);
        memcpy(child->url, bench->url, sizeof child->url);
        bench_start(child);
        writes(child);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

struct seen {
    size_t orders, lists, imports, prices;
    uint32_t last;
    unsigned attempts[64]; /* by order number */
    enum orderstate states[64];
    struct money rate;
    char note[16], body[16];
    uint32_t import;
};

static void see_order(const struct ledger_order *order, unsigned attempts, void *arg)
{
    struct seen *seen = arg;
    assert_true(order->id > seen->last);
    seen->last = order->id;
    seen->orders++;
    if (order->id < 64) {
        seen->attempts[order->id] = attempts;
        seen->states[order->id] = order->course.state;
    }
    assert_true(str_is(order->client, "shop"));
}

static void see_list(struct str provider, struct str body, int64_t fetched_at_ms, void *arg)
{
    struct seen *seen = arg;
    assert_true(str_is(provider, "alpha"));
    assert_int_equal(fetched_at_ms, 77);
    snprintf(seen->body, sizeof seen->body, STR_FMT, STR_ARG(body));
    seen->lists++;
}

static void see_import(const struct ledger_import *import, void *arg)
{
    struct seen *seen = arg;
    seen->imports++;
    seen->import = import->service;
}

static void see_price(const struct ledger_price *price, int64_t at_ms, void *arg)
{
    struct seen *seen = arg;
    seen->prices++;
    seen->rate = price->rate;
    snprintf(seen->note, sizeof seen->note, "%s", price->note);
    assert_true(at_ms > 0);
}

static struct seen recover(struct bench *bench)
{
    struct seen seen = {0};
    bench_open(bench);
    const struct ledger_visit visit = {.order = see_order,
                                       .list = see_list,
                                       .import = see_import,
                                       .price = see_price,
                                       .arg = &seen};
    bench_recover(bench, &visit);
    ledger_start(bench->ledger);
    bench_verify(bench);
    return seen;
}

static struct ledger_rows show(struct bench *bench, uint32_t id)
{
    return bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_SHOW, .id = id});
}

/* ---- orders ---- */

static void write_orders(struct bench *bench)
{
    struct ledger_attempt refused = {.number = 1, .state = ATTEMPTSTATE_REFUSED};
    struct ledger_update given = {.gives_number = true};
    for (uint32_t id = 1; id <= 7; id++)
        assert_int_equal(bench_place(bench, id), LEDGER_DONE);
    /* 1: being sent. 2: being sent, number given. */
    bench_write(bench, &(struct ledger_change){.order = 2, .update = &given, .event = "given"});
    /* 3: between two offers. 4: likewise, number given. */
    bench_write(bench, &(struct ledger_change){.order = 3, .attempt_ended = &refused});
    bench_write(bench,
                &(struct ledger_change){.order = 4, .attempt_ended = &refused, .update = &given});
    /* 5: accepted. 6: finished. 7: refused. */
    bench_accept(bench, 5, 1, "4711");
    bench_accept(bench, 6, 1, "4712");
    bench_move(bench, 6, ORDERSTATE_COMPLETED);
    struct ledger_update update = {.has_course = true, .course.state = ORDERSTATE_REFUSED};
    bench_write(bench,
                &(struct ledger_change){.order = 7, .attempt_ended = &refused, .update = &update});
}

static void orders_after_a_crash(void **state)
{
    struct bench *bench = *state;
    crash_after(bench, write_orders);
    struct seen seen = recover(bench);
    assert_int_equal(seen.orders, 4); /* 1, 2, 4, 5 */
    assert_int_equal(seen.states[1], ORDERSTATE_DOUBT);
    assert_int_equal(seen.states[2], ORDERSTATE_DOUBT);
    assert_int_equal(seen.states[4], ORDERSTATE_PLACING);
    assert_int_equal(seen.attempts[4], 1);
    assert_int_equal(seen.states[5], ORDERSTATE_PENDING);
    struct ledger_rows rows = show(bench, 1);
    assert_int_equal(rows.attempts[0].state, ATTEMPTSTATE_DOUBT);
    assert_true(rows.attempts[0].evidence.len > 0 && rows.attempts[0].ended_at_ms > 0);
    assert_true(str_is(rows.events[rows.event_count - 1].word, "doubt"));
    assert_true(str_is(rows.events[rows.event_count - 1].from, "placing"));
    rows = show(bench, 3);
    assert_int_equal(rows.orders[0].course.state, ORDERSTATE_CANCELED);
    assert_int_equal(rows.orders[0].course.remains, 1000);
    assert_int_equal(rows.orders[0].course.paid.units, 0);
    assert_true(str_is(rows.orders[0].reason, "restart before the number was given"));
    assert_int_equal(show(bench, 6).orders[0].course.state, ORDERSTATE_COMPLETED);
    assert_int_equal(show(bench, 7).orders[0].course.state, ORDERSTATE_REFUSED);
    /* Once more: nothing is left to recover, the same are visited. */
    ledger_close(&bench->ledger);
    seen = recover(bench);
    assert_int_equal(seen.orders, 4);
    assert_int_equal(show(bench, 1).event_count, 2);
    assert_int_equal(ledger_take_order_number(bench->ledger), 8);
}

/* ---- refills ---- */

static enum ledger_result order_request(struct bench *bench, uint32_t number,
                                        enum attemptstate state)
{
    struct ledger_request refill = {.kind =
                                        number == 1 ? ORDER_REQUEST_REFILL : ORDER_REQUEST_CANCEL,
                                    .number = number,
                                    .order = 1,
                                    .client = STR("shop"),
                                    /* one cancel a panel */
                                    .provider = number == 3 ? STR("beta") : STR("alpha"),
                                    .state = state,
                                    .status = REFILLSTATUS_PENDING};
    return bench_write(
        bench, &(struct ledger_change){.order = 1, .order_request = &refill, .event = "refill"});
}

static void write_requests(struct bench *bench)
{
    bench_place(bench, 1);
    bench_accept(bench, 1, 1, "4711");
    order_request(bench, 1, ATTEMPTSTATE_SENDING);
    order_request(bench, 2, ATTEMPTSTATE_SENDING);
    order_request(bench, 3, ATTEMPTSTATE_SENDING);
    order_request(bench, 3, ATTEMPTSTATE_ACCEPTED);
}

static void aftersales_after_a_crash(void **state)
{
    struct bench *bench = *state;
    crash_after(bench, write_requests);
    recover(bench);
    struct ledger_rows rows = show(bench, 1);
    assert_int_equal(rows.order_request_count, 3);
    assert_int_equal(rows.order_requests[0].state, ATTEMPTSTATE_DOUBT);
    assert_int_equal(rows.order_requests[1].state, ATTEMPTSTATE_DOUBT);
    assert_int_equal(rows.order_requests[2].state, ATTEMPTSTATE_ACCEPTED);
    assert_true(rows.order_requests[0].evidence.len > 0);
    assert_int_equal(rows.orders[0].course.state, ORDERSTATE_PENDING);
    assert_true(str_is(rows.events[rows.event_count - 1].word, "cancel"));
    assert_int_equal(ledger_take_request_number(bench->ledger), 4);
    assert_int_equal(order_request(bench, 1, ATTEMPTSTATE_ACCEPTED), LEDGER_DONE);
    assert_int_equal(order_request(bench, 1, ATTEMPTSTATE_REFUSED), LEDGER_REFUSED);
}

/* ---- lists, imports, prices ---- */

static void write_lists(struct bench *bench)
{
    struct ledger_import import = {STR("gamma"), STR("abc"), 100001};
    struct ledger_price prices[] = {{STR("alpha"), STR("101"), {1}, "seen"},
                                    {STR("alpha"), STR("101"), {2}, "quarantined"}};
    ledger_keep_list(bench->ledger, NULL, STR("alpha"), STR("old"), 76, NULL, NULL);
    ledger_keep_list(bench->ledger, NULL, STR("alpha"), STR("new"), 77, NULL, NULL);
    ledger_keep_imports(bench->ledger, NULL, &import, 1, NULL, NULL);
    ledger_keep_prices(bench->ledger, prices, 2);
    bench_place(bench, 1); /* the last of the queue, so all is kept when it is */
}

static void lists_are_there_again(void **state)
{
    struct bench *bench = *state;
    crash_after(bench, write_lists);
    struct seen seen = recover(bench);
    assert_int_equal(seen.lists, 1);
    assert_string_equal(seen.body, "new");
    assert_int_equal(seen.imports, 1);
    assert_int_equal(seen.import, 100001);
    assert_int_equal(seen.prices, 1);
    assert_int_equal(seen.rate.units, 2);
    assert_string_equal(seen.note, "quarantined");
}

/* ---- many ---- */

enum { MANY = 3000 };

static void write_many(struct bench *bench)
{
    struct ledger_order order = bench_new_order(0);
    struct ledger_attempt attempt = bench_new_attempt(1, "alpha");
    for (uint32_t id = 1; id <= MANY; id++) {
        order.id = id;
        ledger_write(
            bench->ledger, NULL,
            &(struct ledger_change){
                .order = id, .insert = &order, .attempt_started = &attempt, .event = "placed"},
            NULL, NULL);
    }
    bench_place(bench, MANY + 1);
}

static void many_are_visited_once(void **state)
{
    struct bench *bench = *state;
    crash_after(bench, write_many);
    struct seen seen = recover(bench);
    assert_int_equal(seen.orders, MANY + 1);
    struct ledger_rows rows =
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_LIST,
                                                .states = 1u << ORDERSTATE_DOUBT,
                                                .limit = MANY * 2});
    assert_int_equal(rows.order_count, MANY + 1);
}

/* ---- killed at any moment ---- */

/* Writes as fast as it can and tells each number it was told is durable. */
static void write_until_killed(struct bench *bench, uint32_t from, int to)
{
    char number[16];
    for (uint32_t id = from;; id++) {
        snprintf(number, sizeof number, "%u", id);
        if (bench_place(bench, id) != LEDGER_DONE ||
            (id % 3 == 0 && bench_accept(bench, id, 1, number) != LEDGER_DONE) ||
            write(to, &id, sizeof id) != sizeof id)
            _exit(1);
    }
}

static void acknowledged_is_never_lost(void **state)
{
    struct bench *bench = *state;
    uint32_t last = 0;
    for (size_t round = 0; round < 6; round++) {
        int ends[2];
        uint32_t first = last + 1;
        assert_int_equal(pipe(ends), 0);
        pid_t pid = fork();
        if (pid == 0) {
            bench_start(bench);
            write_until_killed(bench, first, ends[1]);
        }
        close(ends[1]);
        for (size_t i = 0; i < 20 + round * 37; i++)
            assert_int_equal(read(ends[0], &last, sizeof last), sizeof last);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        while (read(ends[0], &last, sizeof last) == sizeof last)
            continue;
        close(ends[0]);
        recover(bench);
        for (uint32_t id = 1; id <= last; id++) {
            enum orderstate now = bench_order(bench, id).course.state;
            if (id >=
                first) /* the last of a former round may have got no further than its intent */
                assert_int_equal(now, id % 3 ? ORDERSTATE_DOUBT : ORDERSTATE_PENDING);
        }
        last = ledger_take_order_number(bench->ledger) - 1;
        ledger_close(&bench->ledger);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(orders_after_a_crash, bench_set_up_closed, bench_tear_down),
        cmocka_unit_test_setup_teardown(aftersales_after_a_crash, bench_set_up_closed,
                                        bench_tear_down),
        cmocka_unit_test_setup_teardown(lists_are_there_again, bench_set_up_closed,
                                        bench_tear_down),
        cmocka_unit_test_setup_teardown(many_are_visited_once, bench_set_up_closed,
                                        bench_tear_down),
        cmocka_unit_test_setup_teardown(acknowledged_is_never_lost, bench_set_up_closed,
                                        bench_tear_down),
    };
    return bench_main(tests, COUNT_OF(tests));
}
