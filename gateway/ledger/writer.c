/* See ledger_private.h.
 *
 *   writer_add() → queue → take() → backend->commit() → entry_post_completion()
 *
 * Few wait: committed at once. When commits queue up (a batch was waiting when the last commit
 * ended), the writer lets GATHER_US pass first: fewer, larger commits leave the processor to the
 * loops, and nobody waits longer than the queue would have made him wait anyway. */
#include "ledger/ledger_private.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum {
    QUEUE_ENTRIES = 65536,
    QUEUE_BYTES = 256 * 1024 * 1024,
    BATCH_MAX = 512,
    ANSWERED_MAX = 4096, /* orders noted for a batch; those beyond wait for no room: unclaimed */
    GATHER_FROM = 8,     /* waiting entries that make it worth while */
    GATHER_US = 100,
    IDLE_MS = 1000
};

struct writer {
    const struct backend *backend;
    struct backend_connection *connection; /* the thread's */
    struct maintenance *maintenance;       /* borrowed */
    pthread_t thread;
    bool is_started;
    struct ledger_entry *batch[BATCH_MAX + 1]; /* the thread's; with one of what was answered */
    bool is_work_asked;        /* the thread's: of the maintenance thread, one at a time */
    int64_t cool_down_from_ms; /* the thread's; monotonic: not to be asked for before */

    pthread_mutex_t mutex;
    pthread_cond_t wake;
    /* under the mutex */
    struct entry_queue queue;
    size_t waiting, waiting_bytes;
    uint32_t answered[ANSWERED_MAX];
    size_t answered_count;
    bool is_asleep, is_stopping;
    bool is_writable;
    char message[160];

    _Atomic uint64_t commits, changes, failures, postings, commit_microseconds;
    _Atomic int64_t disk_bytes;
};

struct writer *writer_new(const struct backend *backend, struct backend_connection *connection,
                          struct maintenance *maintenance)
{
    struct writer *writer = memory_new(sizeof *writer);
    pthread_condattr_t monotonic;
    writer->backend = backend;
    writer->connection = connection;
    writer->maintenance = maintenance;
    writer->is_writable = true;
    STAILQ_INIT(&writer->queue);
    ASSERT(pthread_mutex_init(&writer->mutex, NULL) == 0);
    ASSERT(pthread_condattr_init(&monotonic) == 0 &&
           pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0 &&
           pthread_cond_init(&writer->wake, &monotonic) == 0);
    pthread_condattr_destroy(&monotonic);
    return writer;
}

/* False past the ceiling. Under the mutex. */
static bool writer_enqueue(struct writer *writer, struct ledger_entry *added)
{
    if (writer->waiting >= QUEUE_ENTRIES ||
        (writer->waiting > 0 && writer->waiting_bytes + added->bytes > QUEUE_BYTES))
        return false;
    STAILQ_INSERT_TAIL(&writer->queue, added, queue);
    writer->waiting++;
    writer->waiting_bytes += added->bytes;
    return true;
}

/* Empties the list. */
static void writer_hand_over(struct writer *writer, struct entry_queue *list)
{
    struct entry_queue over = STAILQ_HEAD_INITIALIZER(over);
    struct ledger_entry *entry;
    pthread_mutex_lock(&writer->mutex);
    while ((entry = STAILQ_FIRST(list)) != NULL) {
        STAILQ_REMOVE_HEAD(list, queue);
        if (!writer_enqueue(writer, entry))
            STAILQ_INSERT_TAIL(&over, entry, queue);
    }
    if (writer->is_asleep && !STAILQ_EMPTY(&writer->queue))
        pthread_cond_signal(&writer->wake);
    pthread_mutex_unlock(&writer->mutex);
    while ((entry = STAILQ_FIRST(&over)) != NULL) {
        STAILQ_REMOVE_HEAD(&over, queue);
        atomic_fetch_add(&writer->failures, 1);
        entry->outcome.result = LEDGER_BUSY;
        entry_post_completion(&entry, 1);
    }
}

/* What this thread's loop has gathered. A thread runs one loop, and a process has one writer; with
 * several, the others' entries are handed over at once. */
static _Thread_local struct gathering {
    struct loop_deferred deferred; /* first: it comes back as this */
    struct writer *writer;
    bool is_gathering;
    struct entry_queue list;
} gathering;

static void writer_on_quiet(struct loop_deferred *deferred)
{
    struct gathering *g = (struct gathering *)deferred;
    g->is_gathering = false;
    writer_hand_over(g->writer, &g->list);
}

void writer_add(struct writer *writer, struct loop *loop, struct ledger_entry **entry)
{
    struct gathering *g = &gathering;
    struct ledger_entry *added = *entry;
    *entry = NULL;
    if (!g->is_gathering && loop && loop_defer(loop, &g->deferred, writer_on_quiet)) {
        g->is_gathering = true;
        g->writer = writer;
        STAILQ_INIT(&g->list);
    }
    if (g->is_gathering && g->writer == writer) { /* for any loop: a thread's order is kept */
        STAILQ_INSERT_TAIL(&g->list, added, queue);
    } else {
        struct entry_queue alone = STAILQ_HEAD_INITIALIZER(alone);
        STAILQ_INSERT_TAIL(&alone, added, queue);
        writer_hand_over(writer, &alone);
    }
}

/* Sleeps until something arrives, the writer is to stop, or the idle time is over. */
static void writer_sleep_idle(struct writer *writer)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += IDLE_MS / 1000;
    writer->is_asleep = true;
    while (STAILQ_EMPTY(&writer->queue) && !writer->is_stopping &&
           pthread_cond_timedwait(&writer->wake, &writer->mutex, &until) == 0)
        continue;
    writer->is_asleep = false;
}

void writer_note_answered(struct writer *writer, uint32_t order)
{
    pthread_mutex_lock(&writer->mutex);
    if (writer->answered_count < ANSWERED_MAX)
        writer->answered[writer->answered_count++] = order;
    pthread_mutex_unlock(&writer->mutex);
}

/* The next batch; 0 after an idle time, or when stopping and nothing is left. */
static size_t writer_take(struct writer *writer, bool *is_stopping)
{
    size_t count = 0;
    pthread_mutex_lock(&writer->mutex);
    if (writer->waiting >= GATHER_FROM && writer->waiting < BATCH_MAX && !writer->is_stopping) {
        pthread_mutex_unlock(&writer->mutex);
        usleep(GATHER_US);
        pthread_mutex_lock(&writer->mutex);
    }
    if (STAILQ_EMPTY(&writer->queue) && !writer->is_stopping)
        writer_sleep_idle(writer);
    struct ledger_entry *entry;
    while (count < BATCH_MAX && (entry = STAILQ_FIRST(&writer->queue)) != NULL) {
        STAILQ_REMOVE_HEAD(&writer->queue, queue);
        writer->waiting_bytes -= entry->bytes;
        writer->batch[count++] = entry;
    }
    writer->waiting -= count;
    if (writer->answered_count) {
        writer->batch[count++] =
            entry_of_rows(ENTRY_ANSWERED, writer->answered, writer->answered_count);
        writer->answered_count = 0;
    }
    *is_stopping = writer->is_stopping;
    pthread_mutex_unlock(&writer->mutex);
    return count;
}

static void writer_note_health(struct writer *writer, bool is_committed)
{
    pthread_mutex_lock(&writer->mutex);
    bool has_changed = writer->is_writable != is_committed;
    writer->is_writable = is_committed;
    snprintf(writer->message, sizeof writer->message, "%s",
             is_committed ? "" : writer->backend->trouble(writer->connection));
    pthread_mutex_unlock(&writer->mutex);
    if (has_changed && is_committed)
        log_event(LOG_INFO, "ledger_writable", "reason=recovered");
    else if (has_changed)
        log_event(LOG_ERROR, "ledger_not_writable", "reason=%s",
                  log_value(str_of(writer->backend->trouble(writer->connection))).text);
}

static void writer_count_postings(struct writer *writer, size_t count)
{
    uint64_t postings = 0;
    for (size_t i = 0; i < count; i++)
        if (writer->batch[i]->outcome.result == LEDGER_DONE)
            postings += writer->batch[i]->outcome.postings;
    atomic_fetch_add(&writer->postings, postings);
}

static void writer_commit(struct writer *writer, size_t count)
{
    int64_t began = clock_monotonic_us();
    bool is_committed = writer->backend->commit(writer->connection, writer->batch, count);
    atomic_fetch_add(&writer->commit_microseconds, (uint64_t)(clock_monotonic_us() - began));
    atomic_fetch_add(is_committed ? &writer->commits : &writer->failures, 1);
    if (is_committed) {
        atomic_fetch_add(&writer->changes, count);
        writer_count_postings(writer, count);
    }
    /* is_writable is written by this thread alone, so it may be read here without the mutex. */
    if (!is_committed || !writer->is_writable)
        writer_note_health(writer, is_committed);
    entry_post_completion(writer->batch, count);
}

/* What the storage needs is done by the maintenance thread, one turn at a time; when a turn did not
 * get it all done, as while somebody reads what stood before, the next one waits a while. */
static void writer_maintain(struct writer *writer, bool is_idle)
{
    struct backend_upkeep upkeep = {.is_idle = is_idle};
    if (writer->backend->maintain == NULL)
        return;
    if (maintenance_take_worked(writer->maintenance)) {
        writer->is_work_asked = false;
        writer->backend->maintain(writer->connection, BACKEND_FINISH, &upkeep);
        writer->cool_down_from_ms = upkeep.is_due ? clock_monotonic_ms() + IDLE_MS : 0;
        return;
    }
    writer->backend->maintain(writer->connection, BACKEND_LOOK, &upkeep);
    if (upkeep.disk_bytes)
        atomic_store(&writer->disk_bytes, upkeep.disk_bytes);
    if (!writer->is_work_asked && upkeep.is_due &&
        (writer->cool_down_from_ms == 0 || clock_monotonic_ms() >= writer->cool_down_from_ms)) {
        writer->is_work_asked = true;
        maintenance_request(writer->maintenance);
    }
}

static void *writer_run(void *arg)
{
    struct writer *writer = arg;
    writer_maintain(writer, false);
    for (;;) {
        bool is_stopping;
        size_t count = writer_take(writer, &is_stopping);
        if (count)
            writer_commit(writer, count);
        else if (is_stopping)
            return NULL;
        else if (!writer->is_writable)
            writer_commit(writer,
                          0); /* nobody may write while /readyz says no: try again ourselves */
        writer_maintain(writer, count == 0);
    }
}

void writer_start(struct writer *writer)
{
    ASSERT(pthread_create(&writer->thread, NULL, writer_run, writer) == 0);
    writer->is_started = true;
}

void writer_stop(struct writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    writer->is_stopping = true;
    pthread_cond_signal(&writer->wake);
    pthread_mutex_unlock(&writer->mutex);
    if (writer->is_started)
        pthread_join(writer->thread, NULL);
    else
        writer_run(writer);
}

void writer_free(struct writer **writer)
{
    struct writer *w = *writer;
    w->backend->close(w->connection);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->mutex);
    free(w);
    *writer = NULL;
}

void writer_health(struct writer *writer, struct ledger_health *out)
{
    pthread_mutex_lock(&writer->mutex);
    out->is_writable = writer->is_writable;
    memcpy(out->message, writer->message, sizeof out->message);
    out->waiting = writer->waiting;
    pthread_mutex_unlock(&writer->mutex);
    out->commits = atomic_load(&writer->commits);
    out->changes = atomic_load(&writer->changes);
    out->failures = atomic_load(&writer->failures);
    out->postings = atomic_load(&writer->postings);
    out->commit_microseconds = atomic_load(&writer->commit_microseconds);
    out->disk_bytes = atomic_load(&writer->disk_bytes);
}
