/* See reader.h. */
#include "ledger/reader.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"

enum { QUEUE_CEILING = 65536 };

struct question {
    struct loop_message message; /* the way home; first */
    struct question *next;
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
    struct question *first, *last;
    size_t waiting;
    bool is_stopping;
};

struct reader *reader_new(const struct backend *backend, const char *location)
{
    struct reader *reader = memory_new(sizeof *reader);
    reader->backend = backend;
    reader->location = memory_text(location);
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

static struct question *reader_question_new(const struct ledger_query *query)
{
    size_t ids = query->id_count * sizeof *query->ids;
    struct question *question = memory_new(sizeof *question + ids + query->client.len +
                                           query->provider.len + query->text.len);
    uint32_t *to = (uint32_t *)(question + 1);
    char *at = (char *)to + ids;
    question->query = *query;
    if (ids)
        memcpy(to, query->ids, ids);
    question->query.ids = to;
    question->query.client = reader_copy_str(&at, query->client);
    question->query.provider = reader_copy_str(&at, query->provider);
    question->query.text = reader_copy_str(&at, query->text);
    arena_init(&question->arena);
    return question;
}

static void reader_arrive(struct loop_message *message)
{
    struct question *question = (struct question *)message;
    question->done(&question->rows, question->arg);
    arena_fini(&question->arena);
    free(question);
}

static void reader_send_home(struct question *question)
{
    question->message = (struct loop_message){.run = reader_arrive};
    loop_post(question->loop, &question->message);
}

void reader_ask(struct reader *reader, struct loop *loop, const struct ledger_query *query,
                ledger_rows_fn *done, void *arg)
{
    struct question *question = reader_question_new(query);
    question->loop = loop;
    question->done = done;
    question->arg = arg;
    pthread_mutex_lock(&reader->mutex);
    bool has_room = reader->waiting < QUEUE_CEILING;
    if (has_room) {
        if (reader->first)
            reader->last->next = question;
        else
            reader->first = question;
        reader->last = question;
        reader->waiting++;
        if (reader->waiting == 1)
            pthread_cond_signal(&reader->wake);
    }
    pthread_mutex_unlock(&reader->mutex);
    if (!has_room) {
        question->rows.result = LEDGER_BUSY;
        reader_send_home(question);
    }
}

static void reader_answer(struct reader *reader, struct question *question)
{
    struct fault why;
    if (reader->connection == NULL)
        reader->connection = reader->backend->open(reader->location, false, &why);
    if (reader->connection) {
        reader->backend->read(reader->connection, &question->query, &question->arena,
                              &question->rows);
    } else {
        question->rows.result = LEDGER_FAILED;
        log_event(LOG_ERROR, "ledger_read_failed", "reason=%s", log_value(str_of(why.words)).text);
    }
    reader_send_home(question);
}

static void *reader_run(void *arg)
{
    struct reader *reader = arg;
    pthread_mutex_lock(&reader->mutex);
    for (;;) {
        while (reader->first == NULL && !reader->is_stopping)
            pthread_cond_wait(&reader->wake, &reader->mutex);
        struct question *question = reader->first;
        if (question == NULL)
            break;
        reader->first = question->next;
        reader->waiting--;
        pthread_mutex_unlock(&reader->mutex);
        reader_answer(reader, question);
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
