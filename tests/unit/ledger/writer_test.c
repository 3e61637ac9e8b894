/* The queue's ceiling, and several loops at once: each gets its own answers, in order, on its own
 * thread. */
#include <pthread.h>

#include "contract/ledger_harness.h"

static void a_full_queue_says_busy(void **state)
{
    struct bench *bench = *state;
    struct ledger_change nothing = {.order = 1, .event = "x"}; /* of an order that is not there */
    bench_open(bench);
    bench_recover(bench, NULL);
    /* Not started: nothing is taken from the queue. */
    for (size_t i = 0; i < 65536; i++)
        ledger_write(bench->ledger, NULL, &nothing, NULL, NULL);
    struct ledger_health health;
    ledger_health(bench->ledger, &health);
    assert_int_equal(health.waiting, 65536);
    assert_int_equal(bench_write(bench, &nothing), LEDGER_BUSY);
    ledger_start(bench->ledger);
    do
        ledger_health(bench->ledger, &health);
    while (health.waiting > 0);
    assert_int_equal(bench_write(bench, &nothing), LEDGER_REFUSED);
}

enum { WORKERS = 3, WRITES = 300 };

struct worker {
    struct ledger *ledger;
    struct loop *loop;
    pthread_t thread; /* set by itself */
    uint32_t first;
    uint32_t arrived; /* so many; they come by number */
    unsigned bad;
};

static void on_arrived(struct ledger_outcome outcome, void *arg)
{
    struct worker *worker = arg;
    worker->bad += outcome.result != LEDGER_DONE || !pthread_equal(pthread_self(), worker->thread);
    if (++worker->arrived == WRITES)
        loop_stop(worker->loop);
}

static void on_looked(const struct ledger_rows *rows, void *arg)
{
    struct worker *worker = arg;
    worker->bad += rows->result != LEDGER_DONE || rows->order_count != 2 ||
                   !pthread_equal(pthread_self(), worker->thread);
    loop_stop(worker->loop);
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    struct ledger_order order = bench_new_order(0);
    struct ledger_attempt attempt = bench_new_attempt(1, "alpha");
    worker->thread = pthread_self();
    for (uint32_t i = 0; i < WRITES; i++) {
        order.id = ledger_take_order_number(worker->ledger);
        if (i == 0)
            worker->first = order.id;
        ledger_write(worker->ledger, worker->loop,
                     &(struct ledger_change){.order = order.id,
                                             .insert = &order,
                                             .attempt_started = &attempt,
                                             .event = "placed"},
                     on_arrived, worker);
    }
    loop_run(worker->loop);
    const uint32_t ids[] = {worker->first, order.id};
    ledger_query(worker->ledger, worker->loop,
                 &(struct ledger_query){
                     .request = LEDGER_QUERY_ORDERS, .ids = ids, .id_count = COUNT_OF(ids)},
                 on_looked, worker);
    loop_run(worker->loop);
    return NULL;
}

static void each_loop_gets_its_own(void **state)
{
    struct bench *bench = *state;
    struct worker workers[WORKERS] = {0};
    pthread_t threads[WORKERS];
    bench_start(bench);
    for (size_t i = 0; i < WORKERS; i++) {
        workers[i].ledger = bench->ledger;
        workers[i].loop = loop_new("worker");
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(workers[i].bad, 0);
        assert_int_equal(workers[i].arrived, WRITES);
    }
    struct ledger_rows rows =
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_LIST, .limit = 5000});
    assert_int_equal(rows.order_count, WORKERS * WRITES);
    assert_int_equal(rows.orders[0].id, WORKERS * WRITES);
    /* A loop outlives whoever may still be waking it. */
    bench_verify(bench);
    ledger_close(&bench->ledger);
    for (size_t i = 0; i < WORKERS; i++)
        loop_free(workers[i].loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_full_queue_says_busy, bench_set_up_closed,
                                        bench_tear_down),
        cmocka_unit_test_setup_teardown(each_loop_gets_its_own, bench_set_up_closed,
                                        bench_tear_down),
    };
    return bench_main(tests, COUNT_OF(tests));
}
