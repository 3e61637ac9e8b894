/* See ledger_private.h. */
#include "ledger/ledger_private.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/log.h"

struct backup {
    struct loop_message message; /* for the completion; first */
    STAILQ_ENTRY(backup) queue;
    struct loop *loop;
    maintenance_done_fn *done;
    void *arg;
    char *path;
    bool is_ok;
    struct fault why;
};

struct maintenance {
    const struct backend *backend;
    char *location;
    struct backend_connection *connection; /* the thread's */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool is_started;
    /* under the mutex */
    bool is_stopping, is_due;
    STAILQ_HEAD(, backup) backups;
    _Atomic bool has_worked;
};

struct maintenance *maintenance_new(const struct backend *backend, const char *location)
{
    struct maintenance *maintenance = memory_new(sizeof *maintenance);
    maintenance->backend = backend;
    maintenance->location = memory_text(location);
    STAILQ_INIT(&maintenance->backups);
    ASSERT(pthread_mutex_init(&maintenance->mutex, NULL) == 0);
    ASSERT(pthread_cond_init(&maintenance->wake, NULL) == 0);
    return maintenance;
}

static bool maintenance_is_open(struct maintenance *maintenance, struct fault *why)
{
    if (maintenance->connection == NULL)
        maintenance->connection =
            maintenance->backend->open(maintenance->location, BACKEND_WRITER, why);
    return maintenance->connection != NULL;
}

static void maintenance_backup_on_completion(struct loop_message *message)
{
    struct backup *backup = (struct backup *)message;
    backup->done(backup->is_ok, backup->is_ok ? backup->path : backup->why.message, backup->arg);
    free(backup->path);
    free(backup);
}

static void maintenance_make_backup(struct maintenance *maintenance, struct backup *backup)
{
    backup->is_ok =
        maintenance_is_open(maintenance, &backup->why) &&
        maintenance->backend->backup(maintenance->connection, backup->path, &backup->why);
    log_event(backup->is_ok ? LOG_INFO : LOG_WARN, "ledger_backup", "path=%s reason=%s",
              log_value(str_of(backup->path)).text,
              log_value(str_of(backup->is_ok ? "done" : backup->why.message)).text);
    backup->message = (struct loop_message){.run = maintenance_backup_on_completion};
    loop_post(backup->loop, &backup->message);
}

/* Where this connection cannot be opened all of it is left to the writer. */
static void maintenance_work(struct maintenance *maintenance)
{
    struct fault why;
    struct backend_upkeep upkeep = {.is_idle = false};
    if (maintenance_is_open(maintenance, &why))
        maintenance->backend->maintain(maintenance->connection, BACKEND_WORK, &upkeep);
    else
        log_event(LOG_WARN, "ledger_checkpoint_failed", "reason=%s",
                  log_value(str_of(why.message)).text);
    atomic_store(&maintenance->has_worked, true);
}

static void *maintenance_run(void *arg)
{
    struct maintenance *maintenance = arg;
    pthread_mutex_lock(&maintenance->mutex);
    for (;;) {
        while (!maintenance->is_stopping && !maintenance->is_due &&
               STAILQ_EMPTY(&maintenance->backups))
            pthread_cond_wait(&maintenance->wake, &maintenance->mutex);
        struct backup *backup = STAILQ_FIRST(&maintenance->backups);
        bool is_due = maintenance->is_due && backup == NULL;
        if (backup)
            STAILQ_REMOVE_HEAD(&maintenance->backups, queue);
        else if (!is_due)
            break;
        if (is_due)
            maintenance->is_due = false;
        pthread_mutex_unlock(&maintenance->mutex);
        if (backup)
            maintenance_make_backup(maintenance, backup);
        else
            maintenance_work(maintenance);
        pthread_mutex_lock(&maintenance->mutex);
    }
    pthread_mutex_unlock(&maintenance->mutex);
    return NULL;
}

void maintenance_start(struct maintenance *maintenance)
{
    ASSERT(pthread_create(&maintenance->thread, NULL, maintenance_run, maintenance) == 0);
    maintenance->is_started = true;
}

void maintenance_free(struct maintenance **maintenance)
{
    struct maintenance *k = *maintenance;
    if (k == NULL)
        return;
    pthread_mutex_lock(&k->mutex);
    k->is_stopping = true;
    pthread_cond_signal(&k->wake);
    pthread_mutex_unlock(&k->mutex);
    if (k->is_started)
        pthread_join(k->thread, NULL);
    else
        maintenance_run(k);
    if (k->connection)
        k->backend->close(k->connection);
    pthread_cond_destroy(&k->wake);
    pthread_mutex_destroy(&k->mutex);
    free(k->location);
    free(k);
    *maintenance = NULL;
}

void maintenance_request(struct maintenance *maintenance)
{
    pthread_mutex_lock(&maintenance->mutex);
    maintenance->is_due = true;
    pthread_cond_signal(&maintenance->wake);
    pthread_mutex_unlock(&maintenance->mutex);
}

bool maintenance_take_worked(struct maintenance *maintenance)
{
    return atomic_load_explicit(&maintenance->has_worked, memory_order_relaxed) &&
           atomic_exchange(&maintenance->has_worked, false);
}

void maintenance_backup(struct maintenance *maintenance, struct loop *loop, const char *path,
                        maintenance_done_fn *done, void *arg)
{
    struct backup *backup = memory_new(sizeof *backup);
    *backup = (struct backup){.loop = loop, .done = done, .arg = arg, .path = memory_text(path)};
    pthread_mutex_lock(&maintenance->mutex);
    STAILQ_INSERT_TAIL(&maintenance->backups, backup, queue);
    pthread_cond_signal(&maintenance->wake);
    pthread_mutex_unlock(&maintenance->mutex);
}
