/* See keeper.h. */
#include "ledger/keeper.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"

struct backup {
    struct loop_message message; /* the way home; first */
    struct backup *next;
    struct loop *loop;
    keeper_done_fn *done;
    void *arg;
    char *path;
    bool is_ok;
    struct fault why;
};

struct keeper {
    const struct backend *backend;
    char *location;
    struct backend_connection *connection; /* the thread's */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool is_started;
    /* under the mutex */
    bool is_stopping, is_rest_due;
    struct backup *first, *last;
    _Atomic bool has_rested;
};

struct keeper *keeper_new(const struct backend *backend, const char *location)
{
    struct keeper *keeper = memory_new(sizeof *keeper);
    keeper->backend = backend;
    keeper->location = memory_text(location);
    ASSERT(pthread_mutex_init(&keeper->mutex, NULL) == 0);
    ASSERT(pthread_cond_init(&keeper->wake, NULL) == 0);
    return keeper;
}

static bool keeper_is_open(struct keeper *keeper, struct fault *why)
{
    if (keeper->connection == NULL)
        keeper->connection = keeper->backend->open(keeper->location, true, why);
    return keeper->connection != NULL;
}

static void keeper_backup_arrive(struct loop_message *message)
{
    struct backup *backup = (struct backup *)message;
    backup->done(backup->is_ok, backup->is_ok ? backup->path : backup->why.words, backup->arg);
    free(backup->path);
    free(backup);
}

static void keeper_make_backup(struct keeper *keeper, struct backup *backup)
{
    backup->is_ok = keeper_is_open(keeper, &backup->why) &&
                    keeper->backend->backup(keeper->connection, backup->path, &backup->why);
    log_event(backup->is_ok ? LOG_INFO : LOG_WARN, "ledger_backup", "path=%s reason=%s",
              log_value(str_of(backup->path)).text,
              log_value(str_of(backup->is_ok ? "done" : backup->why.words)).text);
    backup->message = (struct loop_message){.run = keeper_backup_arrive};
    loop_post(backup->loop, &backup->message);
}

/* Where this connection cannot be opened the whole of it is left to the writer. */
static void keeper_make_rest(struct keeper *keeper)
{
    struct fault why;
    if (keeper_is_open(keeper, &why))
        keeper->backend->rest(keeper->connection);
    else
        log_event(LOG_WARN, "ledger_checkpoint_failed", "reason=%s",
                  log_value(str_of(why.words)).text);
    atomic_store(&keeper->has_rested, true);
}

static void *keeper_run(void *arg)
{
    struct keeper *keeper = arg;
    pthread_mutex_lock(&keeper->mutex);
    for (;;) {
        while (!keeper->is_stopping && !keeper->is_rest_due && keeper->first == NULL)
            pthread_cond_wait(&keeper->wake, &keeper->mutex);
        struct backup *backup = keeper->first;
        bool is_rest_due = keeper->is_rest_due && backup == NULL;
        if (backup)
            keeper->first = backup->next;
        else if (!is_rest_due)
            break;
        if (is_rest_due)
            keeper->is_rest_due = false;
        pthread_mutex_unlock(&keeper->mutex);
        if (backup)
            keeper_make_backup(keeper, backup);
        else
            keeper_make_rest(keeper);
        pthread_mutex_lock(&keeper->mutex);
    }
    pthread_mutex_unlock(&keeper->mutex);
    return NULL;
}

void keeper_start(struct keeper *keeper)
{
    ASSERT(pthread_create(&keeper->thread, NULL, keeper_run, keeper) == 0);
    keeper->is_started = true;
}

void keeper_free(struct keeper **keeper)
{
    struct keeper *k = *keeper;
    if (k == NULL)
        return;
    pthread_mutex_lock(&k->mutex);
    k->is_stopping = true;
    pthread_cond_signal(&k->wake);
    pthread_mutex_unlock(&k->mutex);
    if (k->is_started)
        pthread_join(k->thread, NULL);
    else
        keeper_run(k);
    if (k->connection)
        k->backend->close(k->connection);
    pthread_cond_destroy(&k->wake);
    pthread_mutex_destroy(&k->mutex);
    free(k->location);
    free(k);
    *keeper = NULL;
}

void keeper_ask_rest(struct keeper *keeper)
{
    pthread_mutex_lock(&keeper->mutex);
    keeper->is_rest_due = true;
    pthread_cond_signal(&keeper->wake);
    pthread_mutex_unlock(&keeper->mutex);
}

bool keeper_take_rested(struct keeper *keeper)
{
    return atomic_load_explicit(&keeper->has_rested, memory_order_relaxed) &&
           atomic_exchange(&keeper->has_rested, false);
}

void keeper_backup(struct keeper *keeper, struct loop *loop, const char *path, keeper_done_fn *done,
                   void *arg)
{
    struct backup *backup = memory_new(sizeof *backup);
    *backup = (struct backup){.loop = loop, .done = done, .arg = arg, .path = memory_text(path)};
    pthread_mutex_lock(&keeper->mutex);
    if (keeper->first)
        keeper->last->next = backup;
    else
        keeper->first = backup;
    keeper->last = backup;
    pthread_cond_signal(&keeper->wake);
    pthread_mutex_unlock(&keeper->mutex);
}
