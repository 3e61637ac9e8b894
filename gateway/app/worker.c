/* See worker.h. */
#include "app/worker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/descriptors.h"
#include "base/log.h"
#include "loop/transfer.h"
#include "v2/v2.h"

struct worker_ended {
    struct loop_message message; /* to the main loop */
    struct worker *worker;
};

struct worker_check {
    struct loop_deferred deferred; /* once a part has become idle while draining */
    struct worker *worker;
};

struct worker {
    struct worker_parts parts;
    char name[24];
    struct loop *loop;
    struct order_context *context;
    struct v2 *v2;
    struct listener *listener;
    struct configuration *configuration; /* pinned: the order context's currency lives there */
    struct loop_timer drain_deadline;
    struct worker_check check;
    struct worker_ended ended;
    bool is_draining;
    pthread_t thread;
    bool is_running;
};

static void worker_on_ended(struct loop_message *message)
{
    const struct worker *worker = ((struct worker_ended *)message)->worker;
    worker->parts.ended(worker->parts.arg);
}

static void worker_on_part_idle(void *arg);

struct worker *worker_new(unsigned number, const struct worker_parts *parts)
{
    struct worker *worker = memory_new(sizeof *worker);
    worker->parts = *parts;
    worker->check.worker = worker->ended.worker = worker;
    worker->ended.message.run = worker_on_ended;
    snprintf(worker->name, sizeof worker->name, "worker-%u", number);
    worker->loop = loop_new(worker->name);
    struct order_context_parts context = {.loop = worker->loop,
                                          .ledger = parts->ledger,
                                          .health = parts->health,
                                          .open_orders = parts->open_orders,
                                          .claims = parts->claims,
                                          .refs = parts->refs,
                                          .refresher = parts->refresher};
    worker->context = order_context_new(&context);
    worker->v2 = v2_new(worker->context);
    worker->listener = listener_new(worker->loop, v2_handle, worker->v2);
    order_context_on_idle(worker->context, worker_on_part_idle, worker);
    listener_on_idle(worker->listener, worker_on_part_idle, worker);
    return worker;
}

static void *worker_run(void *arg)
{
    struct worker *worker = arg;
    pthread_setname_np(pthread_self(), worker->name);
    loop_run(worker->loop);
    loop_post(worker->parts.main_loop, &worker->ended.message);
    return NULL;
}

void worker_start(struct worker *worker)
{
    ASSERT(pthread_create(&worker->thread, NULL, worker_run, worker) == 0);
    worker->is_running = true;
}

/* ---- messages ---- */

struct news_message {
    struct loop_message message;
    struct worker *worker;
    struct worker_news news;
};

/* Each action answers within its own time; the listener steps in only when one does not. */
static int64_t worker_longest_answer_ms(const struct order_settings *orders)
{
    enum { LEDGER_MS = 10000 };
    return LEDGER_MS + (orders->answer_within_ms > orders->status_within_ms
                            ? orders->answer_within_ms
                            : orders->status_within_ms);
}

static void worker_take_configuration(struct worker *worker, const struct worker_news *news)
{
    struct configuration *fresh = news->configuration;
    struct listener_settings front = fresh->front; /* borrows: listener_configure copies */
    long connections = 0;
    unsigned places = descriptors_now(fresh).clients / fresh->workers;
    front.answer_timeout_ms = worker_longest_answer_ms(&fresh->orders);
    front.max_connections = places > 0 ? places : 1;
    for (size_t i = 0; i < fresh->providers->count; i++)
        connections += fresh->providers->list[i].settings.max_connections;
    transfer_set_max_connections(worker->loop, connections);
    listener_configure(worker->listener, &front, news->tls);
    order_context_set_settings(worker->context, &fresh->orders);
    if (worker->configuration)
        configuration_unpin(&worker->configuration);
    worker->configuration = fresh;
}

static void worker_on_news(struct loop_message *message)
{
    struct news_message *m = (struct news_message *)message;
    if (m->news.catalogue)
        order_context_set_catalogue(m->worker->context, m->news.catalogue);
    if (m->news.configuration)
        worker_take_configuration(m->worker, &m->news);
    if (m->news.clients)
        v2_set_clients(m->worker->v2, m->news.clients);
    if (m->news.tls)
        tls_context_unpin(&m->news.tls);
    if (m->news.reply_to)
        loop_post(m->news.reply_to, m->news.taken);
    free(m);
}

void worker_notify(struct worker *worker, const struct worker_news *news)
{
    struct news_message *m = memory_new(sizeof *m);
    m->message.run = worker_on_news;
    m->worker = worker;
    m->news = *news;
    loop_post(worker->loop, &m->message);
}

struct socket_message {
    struct loop_message message;
    struct worker *worker;
    int fd; /* -1: remove */
    char address_text[80];
};

static void worker_on_socket(struct loop_message *message)
{
    struct socket_message *m = (struct socket_message *)message;
    if (m->fd >= 0)
        listener_add(m->worker->listener, m->fd, m->address_text);
    else
        listener_remove(m->worker->listener, m->address_text);
    free(m);
}

static void worker_post_socket(struct worker *worker, int fd, const char *address_text)
{
    struct socket_message *m = memory_new(sizeof *m);
    m->message.run = worker_on_socket;
    m->worker = worker;
    m->fd = fd;
    snprintf(m->address_text, sizeof m->address_text, "%s", address_text);
    loop_post(worker->loop, &m->message);
}

void worker_add_socket(struct worker *worker, int fd, const char *address_text)
{
    worker_post_socket(worker, fd, address_text);
}

void worker_remove_socket(struct worker *worker, const char *address_text)
{
    worker_post_socket(worker, -1, address_text);
}

/* ---- draining ---- */

static void worker_check_drained(struct worker *worker)
{
    if (listener_exchange_count(worker->listener) > 0)
        return;
    order_context_stop_polling(worker->context);
    if (order_context_is_idle(worker->context))
        loop_stop(worker->loop);
}

static void worker_on_check(struct loop_deferred *deferred)
{
    worker_check_drained(((struct worker_check *)deferred)->worker);
}

static void worker_on_part_idle(void *arg)
{
    struct worker *worker = arg;
    if (worker->is_draining)
        loop_defer(worker->loop, &worker->check.deferred, worker_on_check);
}

static void worker_on_drain_deadline(void *arg)
{
    struct worker *worker = arg;
    log_event(LOG_WARN, "drain_cut", "worker=%s exchanges=%u places=%u aftersales=%u", worker->name,
              listener_exchange_count(worker->listener), worker->context->places,
              worker->context->order_requests);
    loop_stop(worker->loop);
}

struct drain_message {
    struct loop_message message;
    struct worker *worker;
    int64_t deadline_ms;
};

static void worker_on_drain(struct loop_message *message)
{
    struct drain_message *m = (struct drain_message *)message;
    struct worker *worker = m->worker;
    listener_stop_accepting(worker->listener);
    worker->is_draining = true;
    loop_timer_start(&worker->drain_deadline, worker->loop, m->deadline_ms,
                     worker_on_drain_deadline, worker);
    free(m);
    worker_check_drained(worker);
}

void worker_drain(struct worker *worker, int64_t deadline_ms)
{
    struct drain_message *m = memory_new(sizeof *m);
    m->message.run = worker_on_drain;
    m->worker = worker;
    m->deadline_ms = deadline_ms;
    loop_post(worker->loop, &m->message);
}

void worker_join(struct worker *worker)
{
    if (worker->is_running)
        pthread_join(worker->thread, NULL);
    worker->is_running = false;
}

void worker_free(struct worker *worker)
{
    if (worker == NULL)
        return;
    loop_timer_fini(&worker->drain_deadline);
    /* A drain that was cut short leaves requests unanswered: the end of the process closes them. */
    if (listener_exchange_count(worker->listener) == 0 && order_context_is_idle(worker->context)) {
        listener_free(worker->listener);
        order_context_free(worker->context);
        v2_free(worker->v2);
        loop_free(worker->loop);
        if (worker->configuration)
            configuration_unpin(&worker->configuration);
        free(worker);
    }
}

void worker_report(struct worker *worker, struct worker_report *out)
{
    const struct listener_totals *totals = listener_totals(worker->listener);
    *out = (struct worker_report){
        .connections = listener_connection_count(worker->listener),
        .exchanges = listener_exchange_count(worker->listener),
        .requests = atomic_load_explicit(&totals->requests, memory_order_relaxed),
        .rejected = atomic_load_explicit(&totals->rejected, memory_order_relaxed),
        .timeouts = atomic_load_explicit(&totals->timeouts, memory_order_relaxed),
        .displaced = atomic_load_explicit(&totals->displaced, memory_order_relaxed),
        .longest_turn_us = loop_take_longest_turn_us(worker->loop),
    };
}
