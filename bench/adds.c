/* What the ledger's storage takes of an add: two changes (the intent, then the outcome), each with
 * 15 others in its batch, straight through the backend, without threads or loops.
 *
 *   bench_adds FOLDER [BATCHES] [prepaid]
 *
 * Prints processor time per add as JSON, of which a kernel's share is the disk's. For instructions,
 * which no other work on the machine can change: valgrind --tool=callgrind, with
 * -DPANELMUX_JEMALLOC=OFF. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "ledger/ledger_private.h"

enum { BATCH = 16, WARM_UP = 50, HOLD = 12345678, DEPOSIT = 1000000 };

struct adds {
    const struct backend *backend;
    struct backend_connection *connection;
    bool is_prepaid;
    struct ledger_entry *batch[BATCH];
};

static void adds_fail(const char *what)
{
    fprintf(stderr, "bench_adds: %s\n", what);
    exit(1);
}

static void adds_commit(struct adds *adds, size_t count)
{
    if (!adds->backend->commit(adds->connection, adds->batch, count))
        adds_fail(adds->backend->trouble(adds->connection));
    for (size_t i = 0; i < count; i++) {
        if (adds->batch[i]->outcome.result != LEDGER_DONE)
            adds_fail(adds->batch[i]->outcome.reason);
        entry_free(adds->batch[i]);
    }
}

static struct ledger_entry *adds_intent(const struct adds *adds, uint32_t id)
{
    char fields[128], request[24];
    snprintf(fields, sizeof fields, "{\"link\":\"https://network.example/p/B%u/\"}", id);
    snprintf(request, sizeof request, "b7e1c0%010u", id);
    struct ledger_order order = {
        .id = id,
        .client = STR("bench"),
        .service = 10000 + id % 5000,
        .type = ORDERTYPE_DEFAULT,
        .fields = str_of(fields),
        .quantity = 100 + id % 800,
        .rate = {148140000},
        .charge = {HOLD},
        .currency = STR("USD"),
        .course = {.state = ORDERSTATE_PLACING, .remains = 100 + id % 800},
        .provider = STR("panel"),
        .upstream_service = STR("4321"),
        .request_id = str_of(request),
        .created_at_ms = 1700000000000 + id,
        .sale = {.decimals = 4,
                 .cost = {123450000},
                 .provider = STR("panel"),
                 .upstream_service = STR("4321")},
    };
    struct ledger_attempt started = {.number = 1,
                                     .provider = STR("panel"),
                                     .upstream_service = STR("4321"),
                                     .cost = {10288065},
                                     .state = ATTEMPTSTATE_SENDING,
                                     .request_id = str_of(request),
                                     .started_at_ms = 1700000000000 + id};
    const struct ledger_funds funds = {.limits.is_prepaid = true, .hold = {HOLD}};
    return entry_of_change(&(struct ledger_change){.order = id,
                                                   .insert = &order,
                                                   .attempt_started = &started,
                                                   .funds = adds->is_prepaid ? &funds : NULL,
                                                   .event = "placed",
                                                   .request_id = str_of(request)});
}

static struct ledger_entry *adds_outcome(uint32_t id)
{
    char number[24], request[24];
    snprintf(number, sizeof number, "%u", 1000000 + id);
    snprintf(request, sizeof request, "b7e1c0%010u", id);
    struct ledger_attempt ended = {
        .number = 1, .state = ATTEMPTSTATE_ACCEPTED, .upstream_id = str_of(number)};
    struct ledger_update update = {
        .has_course = true,
        .gives_number = true,
        .has_upstream = true,
        .upstream_id = str_of(number),
        .course = {.state = ORDERSTATE_PENDING, .remains = 100 + id % 800, .paid = {HOLD}}};
    return entry_of_change(&(struct ledger_change){.order = id,
                                                   .attempt_ended = &ended,
                                                   .update = &update,
                                                   .event = "accepted",
                                                   .request_id = str_of(request)});
}

static void adds_batch(struct adds *adds, uint32_t first)
{
    for (uint32_t i = 0; i < BATCH; i++)
        adds->batch[i] = adds_intent(adds, first + i);
    adds_commit(adds, BATCH);
    for (uint32_t i = 0; i < BATCH; i++)
        adds->batch[i] = adds_outcome(first + i);
    adds_commit(adds, BATCH);
}

static double adds_seconds(const struct timeval *before, const struct timeval *after)
{
    return (double)(after->tv_sec - before->tv_sec) +
           (double)(after->tv_usec - before->tv_usec) / 1e6;
}

static void adds_measure(struct adds *adds, uint32_t batches)
{
    struct rusage before, after;
    uint32_t next = 1;
    for (uint32_t i = 0; i < WARM_UP; i++, next += BATCH)
        adds_batch(adds, next);
    getrusage(RUSAGE_SELF, &before);
    for (uint32_t i = 0; i < batches; i++, next += BATCH)
        adds_batch(adds, next);
    getrusage(RUSAGE_SELF, &after);
    double count = (double)batches * BATCH;
    printf("{\"adds\":%u,\"user_us\":%.2f,\"system_us\":%.2f}\n", batches * BATCH,
           adds_seconds(&before.ru_utime, &after.ru_utime) / count * 1e6,
           adds_seconds(&before.ru_stime, &after.ru_stime) / count * 1e6);
}

static void adds_open(struct adds *adds, const char *folder)
{
    struct fault why;
    char path[512];
    snprintf(path, sizeof path, "%s/adds.db", folder);
    char *location = adds->backend->locate(path, true, &why);
    if (location)
        adds->connection = adds->backend->open(location, BACKEND_OWNER, &why);
    if (adds->connection == NULL || !adds->backend->migrate(adds->connection, &why))
        adds_fail(why.message);
    free(location);
    const struct ledger_credit credit = {
        .client = STR("bench"), .currency = STR("USD"), .amount = {INT64_C(100000000) * DEPOSIT}};
    if (adds->is_prepaid) {
        adds->batch[0] = entry_of_rows(ENTRY_CREDIT, &credit, 1);
        adds_commit(adds, 1);
    }
}

int main(int argc, char **argv)
{
    struct adds adds = {.backend = backend_find(STR("sqlite"))};
    if (argc < 2)
        adds_fail("usage: bench_adds FOLDER [BATCHES] [prepaid]");
    log_set_level(LOG_ERROR);
    adds.is_prepaid = argc > 3 && strcmp(argv[3], "prepaid") == 0;
    adds_open(&adds, argv[1]);
    adds_measure(&adds, argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000);
    adds.backend->close(adds.connection);
    return 0;
}
