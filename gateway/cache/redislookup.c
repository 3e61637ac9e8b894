/* See redislookup.h. A resolver cannot be stopped: whoever comes last, the thread or the asker,
 * frees what both hold. */
#include "cache/redislookup.h"

#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"

struct redislookup {
    pthread_mutex_t mutex;   /* guards the two */
    bool is_done, is_orphan; /* by the thread, by the asker */
    char *host;
    struct redislookup_result result; /* the thread's until is_done */
    int wake_fd;
    struct event *event; /* the asker's; NULL once it has let go */
    redislookup_done_fn *done;
    void *arg;
};

static void redislookup_destroy(struct redislookup *lookup)
{
    close(lookup->wake_fd);
    pthread_mutex_destroy(&lookup->mutex);
    free(lookup->host);
    free(lookup);
}

static void redislookup_resolve(const char *host, struct redislookup_result *out)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
    if (getaddrinfo(host, NULL, &hints, &list) != 0)
        return;
    for (struct addrinfo *at = list; at && out->count < REDISLOOKUP_MAX; at = at->ai_next)
        if (getnameinfo(at->ai_addr, at->ai_addrlen, out->addresses[out->count], REDISLOOKUP_TEXT,
                        NULL, 0, NI_NUMERICHOST) == 0)
            out->count++;
    freeaddrinfo(list);
}

static void *redislookup_run(void *arg)
{
    struct redislookup *lookup = arg;
    redislookup_resolve(lookup->host, &lookup->result);
    pthread_mutex_lock(&lookup->mutex);
    bool is_last = lookup->is_orphan;
    lookup->is_done = true;
    if (!is_last)
        (void)!write(lookup->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
    pthread_mutex_unlock(&lookup->mutex);
    if (is_last)
        redislookup_destroy(lookup);
    return NULL;
}

void redislookup_cancel(struct redislookup *lookup)
{
    event_free(lookup->event);
    pthread_mutex_lock(&lookup->mutex);
    bool is_last = lookup->is_done;
    lookup->is_orphan = true;
    pthread_mutex_unlock(&lookup->mutex);
    if (is_last)
        redislookup_destroy(lookup);
}

static void redislookup_on_wake(evutil_socket_t fd, short events, void *arg)
{
    struct redislookup *lookup = arg;
    (void)fd, (void)events;
    pthread_mutex_lock(&lookup->mutex); /* also waits until the thread is out of it */
    struct redislookup_result result = lookup->result;
    pthread_mutex_unlock(&lookup->mutex);
    redislookup_done_fn *done = lookup->done;
    void *done_arg = lookup->arg;
    redislookup_cancel(lookup);
    done(&result, done_arg);
}

struct redislookup *redislookup_start(struct loop *loop, const char *host,
                                      redislookup_done_fn *done, void *arg)
{
    struct redislookup *lookup = memory_new(sizeof *lookup);
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_mutex_init(&lookup->mutex, NULL);
    lookup->host = memory_text(host);
    lookup->done = done;
    lookup->arg = arg;
    lookup->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ASSERT(lookup->wake_fd >= 0);
    lookup->event =
        event_new(loop_base(loop), lookup->wake_fd, EV_READ, redislookup_on_wake, lookup);
    ASSERT(lookup->event);
    event_add(lookup->event, NULL);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &attributes, redislookup_run, lookup) != 0)
        redislookup_run(lookup); /* no thread to be had: rather wait once than have no cache */
    pthread_attr_destroy(&attributes);
    return lookup;
}
