/* What every test of the ledger needs: a fresh folder, a ledger in it with its threads, a loop on
 * the test's own thread, and writes and questions that wait for their answer. */
#ifndef CONTRACT_LEDGER_HARNESS_H
#define CONTRACT_LEDGER_HARNESS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "ledger/ledger.h"

enum { ANSWERS = 4096 };

struct bench {
    const char *scheme;
    char folder[64];
    char file[128];
    char url[256];
    struct ledger *ledger;
    struct loop *loop;
    struct arena arena; /* of what was read last */
    size_t awaited, arrived;
    enum ledger_result results[ANSWERS]; /* in the order they came */
    struct ledger_outcome outcome;       /* the last one */
    size_t tags[ANSWERS];
};

static inline void bench_run(const char *command)
{
    assert_int_equal(system(command), 0);
}

static inline void bench_open(struct bench *bench)
{
    struct fault why = {0};
    struct ledger_settings settings = {.url = bench->url, .first_order = 1};
    bench->ledger = ledger_open(&settings, &why);
    if (bench->ledger == NULL)
        print_error("%s\n", why.message);
    assert_non_null(bench->ledger);
}

static inline void bench_recover(struct bench *bench, const struct ledger_visit *visit)
{
    static const struct ledger_visit nobody;
    struct fault why = {0};
    assert_true(ledger_recover(bench->ledger, visit ? visit : &nobody, &why));
}

static inline void bench_start(struct bench *bench)
{
    bench_open(bench);
    bench_recover(bench, NULL);
    ledger_start(bench->ledger);
}

static inline struct bench *bench_new(const char *scheme)
{
    struct bench *bench = memory_new(sizeof *bench);
    log_set_level(LOG_ERROR);
    bench->scheme = scheme;
    snprintf(bench->folder, sizeof bench->folder, "/tmp/panelmux-ledger-XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    snprintf(bench->file, sizeof bench->file, "%s/books.db", bench->folder);
    snprintf(bench->url, sizeof bench->url, "%s:%s", scheme, bench->file);
    bench->loop = loop_new("test");
    arena_init(&bench->arena);
    return bench;
}

static inline void bench_free(struct bench *bench)
{
    char command[128];
    ledger_close(&bench->ledger);
    loop_free(bench->loop);
    arena_fini(&bench->arena);
    snprintf(command, sizeof command, "rm -rf '%s'", bench->folder);
    bench_run(command);
    free(bench);
}

struct bench_tag {
    struct bench *bench;
    size_t tag;
};

static inline void bench_on_done(struct ledger_outcome outcome, void *arg)
{
    struct bench_tag *tag = arg;
    struct bench *bench = tag->bench;
    assert_true(bench->arrived < ANSWERS);
    bench->results[bench->arrived] = outcome.result;
    bench->outcome = outcome;
    bench->tags[bench->arrived++] = tag->tag;
    free(tag);
    if (bench->arrived == bench->awaited)
        loop_stop(bench->loop);
}

static inline struct bench_tag *bench_tag(struct bench *bench, size_t tag)
{
    struct bench_tag *made = memory_new(sizeof *made);
    *made = (struct bench_tag){bench, tag};
    return made;
}

/* Asks for all of them before it waits, so that they share commits; results are in the bench. */
static inline void bench_write_all(struct bench *bench, const struct ledger_change *changes,
                                   size_t count)
{
    bench->arrived = 0;
    bench->awaited = count;
    for (size_t i = 0; i < count; i++)
        ledger_write(bench->ledger, bench->loop, &changes[i], bench_on_done, bench_tag(bench, i));
    assert_int_equal(bench->arrived, 0); /* never from inside the call */
    loop_run(bench->loop);
    assert_int_equal(bench->arrived, count);
}

static inline enum ledger_result bench_write(struct bench *bench,
                                             const struct ledger_change *change)
{
    bench_write_all(bench, change, 1);
    return bench->results[0];
}

struct bench_question {
    struct bench *bench;
    const struct ledger_query *query;
    struct ledger_rows rows;
};

static inline void bench_on_rows(const struct ledger_rows *rows, void *arg)
{
    struct bench_question *request = arg;
    request->rows = *rows;
    loop_stop(request->bench->loop);
}

/* By the commands' synchronous door; what is in the rows lives until the next read. */
static inline struct ledger_rows bench_read(struct bench *bench, struct ledger_query query)
{
    struct ledger_rows rows;
    arena_fini(&bench->arena);
    ledger_read(bench->ledger, &query, &bench->arena, &rows);
    assert_int_equal(rows.result, LEDGER_DONE);
    return rows;
}

/* By the reader thread; only results and counts may be looked at afterwards. */
static inline struct ledger_rows bench_ask(struct bench *bench, struct ledger_query query)
{
    struct bench_question request = {.bench = bench};
    ledger_query(bench->ledger, bench->loop, &query, bench_on_rows, &request);
    loop_run(bench->loop);
    return request.rows;
}

static inline struct ledger_order bench_order(struct bench *bench, uint32_t id)
{
    struct ledger_rows rows =
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_ORDER, .id = id});
    assert_int_equal(rows.order_count, 1);
    return rows.orders[0];
}

/* ---- what is written most ---- */

static inline struct ledger_order bench_new_order(uint32_t id)
{
    return (struct ledger_order){.id = id,
                                 .client = STR("shop"),
                                 .service = 7,
                                 .type = ORDERTYPE_DEFAULT,
                                 .fields = STR("{\"link\":\"https://example.com/a\"}"),
                                 .quantity = 1000,
                                 .rate = {120000000},
                                 .charge = {120000000},
                                 .currency = STR("USD"),
                                 .course.state = ORDERSTATE_PLACING,
                                 .course.remains = 1000,
                                 .request_id = STR("request-1"),
                                 .created_at_ms = 1700000000000,
                                 .updated_at_ms = 1700000000000};
}

static inline struct ledger_attempt bench_new_attempt(unsigned number, const char *provider)
{
    return (struct ledger_attempt){.number = number,
                                   .provider = str_of(provider),
                                   .upstream_service = STR("101"),
                                   .cost = {90000000},
                                   .request_id = STR("request-1"),
                                   .started_at_ms = 1700000000001};
}

/* The intent of an add: the order and its first attempt. */
static inline enum ledger_result bench_place(struct bench *bench, uint32_t id)
{
    struct ledger_order order = bench_new_order(id);
    struct ledger_attempt attempt = bench_new_attempt(1, "alpha");
    return bench_write(bench, &(struct ledger_change){.order = id,
                                                      .insert = &order,
                                                      .attempt_started = &attempt,
                                                      .event = "placed",
                                                      .request_id = STR("request-1")});
}

/* Its outcome: accepted as upstream_id, the charge paid. */
static inline enum ledger_result bench_accept(struct bench *bench, uint32_t id, unsigned attempt,
                                              const char *upstream_id)
{
    struct ledger_attempt ended = {
        .number = attempt, .state = ATTEMPTSTATE_ACCEPTED, .upstream_id = str_of(upstream_id)};
    struct ledger_update update = {.has_course = true,
                                   .course.state = ORDERSTATE_PENDING,
                                   .course.paid = {120000000},
                                   .course.remains = 1000,
                                   .has_upstream = true,
                                   .upstream_id = str_of(upstream_id),
                                   .gives_number = true};
    return bench_write(
        bench, &(struct ledger_change){
                   .order = id, .attempt_ended = &ended, .update = &update, .event = "accepted"});
}

static inline enum ledger_result bench_move(struct bench *bench, uint32_t id, enum orderstate to)
{
    bool is_back = to == ORDERSTATE_CANCELED || to == ORDERSTATE_REFUSED;
    struct ledger_rows rows =
        bench_read(bench, (struct ledger_query){.request = LEDGER_QUERY_ORDER, .id = id});
    struct ledger_update update = {.has_course = true};
    if (rows.order_count)
        update.course = rows.orders[0].course;
    update.course.state = to;
    if (is_back)
        update.course.paid = MONEY_ZERO;
    return bench_write(
        bench, &(struct ledger_change){
                   .order = id, .update = &update, .event = "status", .reason = STR("told so")});
}

static inline void bench_tell(const char *message, void *arg)
{
    (void)arg;
    print_message("verify: %s\n", message);
}

static inline void bench_verify(struct bench *bench)
{
    assert_int_equal(ledger_verify(bench->ledger, &(struct ledger_verifier){.report = bench_tell}),
                     0);
}

/* ---- every backend ---- */

static inline int bench_set_up(void **state)
{
    struct bench *bench = bench_new(*state);
    bench_start(bench);
    *state = bench;
    return 0;
}

/* The ledger is not open yet. */
static inline int bench_set_up_closed(void **state)
{
    *state = bench_new(*state);
    return 0;
}

/* Whatever a test did, the books are in order at its end. */
static inline int bench_tear_down(void **state)
{
    struct bench *bench = *state;
    if (bench->ledger)
        bench_verify(bench);
    bench_free(bench);
    return 0;
}

/* For tests that break the books themselves. */
static inline int bench_tear_down_broken(void **state)
{
    bench_free(*state);
    return 0;
}

/* Asks the tests of each backend; its scheme is the state that set_up finds. */
static inline int bench_main(const struct CMUnitTest *tests, size_t count)
{
    static const char *const schemes[] = {"sqlite"};
    int failed = 0;
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        struct CMUnitTest *of_scheme = memory_array(count, sizeof *tests);
        for (size_t j = 0; j < count; j++) {
            of_scheme[j] = tests[j];
            of_scheme[j].initial_state = (void *)(uintptr_t)schemes[i];
        }
        failed += _cmocka_run_group_tests(schemes[i], of_scheme, count, NULL, NULL);
        free(of_scheme);
    }
    return failed;
}

#endif
