/* See ledger_private.h. */
#include "ledger/ledger_private.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/log.h"

enum { QUEUE_MAX = 65536 };

struct reader_request {
    struct loop_message message; /* for the completion; first */
    STAILQ_ENTRY(reader_request) queue;
    struct loop *loop;
    ledger_rows_fn *done;
    void *arg;
    struct ledger_query query; /* its texts and ids lie behind this block */
    struct arena arena;        /* the answer's */
    struct ledger_rows rows;
};

struct reader {
    const struct backend *backend;
    char *location;
    struct backend_connection *connection; /* the thread's */
    pthread_t thread;
    bool is_started;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    /* under the mutex */
    STAILQ_HEAD(, reader_request) queue;
    size_t waiting;
    bool is_stopping;
};

struct reader *reader_new(const struct backend *backend, const char *location)
{
    struct reader *reader = memory_new(sizeof *reader);
    reader->backend = backend;
    reader->location = memory_text(location);
    STAILQ_INIT(&reader->queue);
    ASSERT(pthread_mutex_init(&reader->mutex, NULL) == 0);
    ASSERT(pthread_cond_init(&reader->wake, NULL) == 0);
    return reader;
}

static struct str reader_copy_str(char **at, struct str s)
{
    if (s.ptr == NULL)
        return STR_NONE;
    struct str copy = str_make(*at, s.len);
    if (s.len)
        memcpy(*at, s.ptr, s.len);
    *at += s.len;
    return copy;
}

static struct reader_request *reader_query_new(const struct ledger_query *query)
{
    size_t ids = query->id_count * sizeof *query->ids;
    struct reader_request *request =
        memory_new(sizeof *request + ids + query->client.len + query->provider.len +
                   query->text.len + query->link.len);
    uint32_t *to = (uint32_t *)(request + 1);
    char *at = (char *)to + ids;
    request->query = *query;
    if (ids)
        memcpy(to, query->ids, ids);
    request->query.ids = to;
    request->query.client = reader_copy_str(&at, query->client);
    request->query.provider = reader_copy_str(&at, query->provider);
    request->query.text = reader_copy_str(&at, query->text);
    request->query.link = reader_copy_str(&at, query->link);
    arena_init(&request->arena);
    return request;
}

static void reader_on_completion(struct loop_message *message)
{
    struct reader_request *request = (struct reader_request *)message;
    request->done(&request->rows, request->arg);
    arena_fini(&request->arena);
    free(request);
}

static void reader_post_completion(struct reader_request *request)
{
    request->message = (struct loop_message){.run = reader_on_completion};
    loop_post(request->loop, &request->message);
}

void reader_query(struct reader *reader, struct loop *loop, const struct ledger_query *query,
                  ledger_rows_fn *done, void *arg)
{
    struct reader_request *request = reader_query_new(query);
    request->loop = loop;
    request->done = done;
    request->arg = arg;
    pthread_mutex_lock(&reader->mutex);
    bool has_room = reader->waiting < QUEUE_MAX;
    if (has_room) {
        STAILQ_INSERT_TAIL(&reader->queue, request, queue);
        reader->waiting++;
        if (reader->waiting == 1)
            pthread_cond_signal(&reader->wake);
    }
    pthread_mutex_unlock(&reader->mutex);
    if (!has_room) {
        request->rows.result = LEDGER_BUSY;
        reader_post_completion(request);
    }
}

static void reader_answer(struct reader *reader, struct reader_request *request)
{
    struct fault why;
    if (reader->connection == NULL)
        reader->connection = reader->backend->open(reader->location, BACKEND_READER, &why);
    if (reader->connection) {
        reader->backend->read(reader->connection, &request->query, &request->arena, &request->rows);
    } else {
        request->rows.result = LEDGER_FAILED;
        log_event(LOG_ERROR, "ledger_read_failed", "reason=%s",
                  log_value(str_of(why.message)).text);
    }
    reader_post_completion(request);
}

static void *reader_run(void *arg)
{
    struct reader *reader = arg;
    pthread_mutex_lock(&reader->mutex);
    for (;;) {
        while (STAILQ_EMPTY(&reader->queue) && !reader->is_stopping)
            pthread_cond_wait(&reader->wake, &reader->mutex);
        struct reader_request *request = STAILQ_FIRST(&reader->queue);
        if (request == NULL)
            break;
        STAILQ_REMOVE_HEAD(&reader->queue, queue);
        reader->waiting--;
        pthread_mutex_unlock(&reader->mutex);
        reader_answer(reader, request);
        pthread_mutex_lock(&reader->mutex);
    }
    pthread_mutex_unlock(&reader->mutex);
    return NULL;
}

void reader_start(struct reader *reader)
{
    ASSERT(pthread_create(&reader->thread, NULL, reader_run, reader) == 0);
    reader->is_started = true;
}

void reader_free(struct reader **reader)
{
    struct reader *r = *reader;
    if (r == NULL)
        return;
    pthread_mutex_lock(&r->mutex);
    r->is_stopping = true;
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->mutex);
    if (r->is_started)
        pthread_join(r->thread, NULL);
    else
        reader_run(r);
    if (r->connection)
        r->backend->close(r->connection);
    pthread_cond_destroy(&r->wake);
    pthread_mutex_destroy(&r->mutex);
    free(r->location);
    free(r);
    *reader = NULL;
}
