/* See loop.h. One event_base_loop(EVLOOP_ONCE) is a turn: libevent 2.1 has no hook right before
 * and after its wait, so loop_run runs the base turn by turn and reads the clock in between. */
#include "loop/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "loop/loop_private.h"

/* ---- the mailbox: a mutex and a list. Uncontended it costs some 20 ns, and the wake-up's system
 * call, which costs a hundred times that, is paid once per batch. ---- */

void loop_mailbox_init(struct mailbox *mailbox)
{
    STAILQ_INIT(&mailbox->messages);
    mailbox->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    ASSERT(mailbox->wake_fd >= 0);
    ASSERT(pthread_mutex_init(&mailbox->mutex, NULL) == 0);
}

void loop_mailbox_fini(struct mailbox *mailbox)
{
    close(mailbox->wake_fd);
    pthread_mutex_destroy(&mailbox->mutex);
}

void loop_mailbox_wake(struct mailbox *mailbox)
{
    const uint64_t one = 1;
    ssize_t written;
    do {
        written = write(mailbox->wake_fd, &one, sizeof one);
    } while (written < 0 && errno == EINTR);
    /* The counter is never read; it would be full after 2^64 wake-ups. */
    ASSERT(written == (ssize_t)sizeof one);
}

void loop_mailbox_post(struct mailbox *mailbox, struct loop_messages *messages)
{
    if (STAILQ_EMPTY(messages))
        return;
    pthread_mutex_lock(&mailbox->mutex);
    bool was_empty = STAILQ_EMPTY(&mailbox->messages);
    STAILQ_CONCAT(&mailbox->messages, messages);
    pthread_mutex_unlock(&mailbox->mutex);
    if (was_empty)
        loop_mailbox_wake(mailbox);
}

void loop_mailbox_take(struct mailbox *mailbox, struct loop_messages *out)
{
    pthread_mutex_lock(&mailbox->mutex);
    STAILQ_CONCAT(out, &mailbox->messages);
    pthread_mutex_unlock(&mailbox->mutex);
}

enum { US_PER_MS = 1000 };

/* ---- life ---- */

static bool loop_is_turn_long(const struct loop *loop)
{
    return loop->turn_began_us > 0 && clock_monotonic_us() - loop->turn_began_us >= LOOP_TURN_US;
}

/* What is left of a long list waits for the next turn. */
static void loop_run_messages(struct loop *loop)
{
    struct loop_message *message;
    while ((message = STAILQ_FIRST(&loop->remainder)) != NULL) {
        STAILQ_REMOVE_HEAD(&loop->remainder, link);
        message->run(message); /* may free the message or post it again */
        if (!STAILQ_EMPTY(&loop->remainder) && loop_is_turn_long(loop) &&
            !atomic_load_explicit(&loop->is_stopping, memory_order_relaxed)) {
            event_active(loop->wake, EV_READ, 0);
            event_base_loopbreak(loop->base);
            return;
        }
    }
}

/* What is left over comes first, and only when it is done more is taken. */
static void loop_on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct loop *loop = arg;
    (void)fd;
    (void)what;
    loop_now_ms(loop);
    loop_run_messages(loop);
    if (STAILQ_EMPTY(&loop->remainder)) {
        loop_mailbox_take(&loop->mailbox, &loop->remainder);
        loop_run_messages(loop);
    }
}

static struct event_base *loop_base_new(void)
{
    struct event_config *config = event_config_new();
    ASSERT(config);
    ASSERT(event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK |
                                             EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) == 0);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    ASSERT(base);
    return base;
}

struct loop *loop_new(const char *name)
{
    struct loop *loop = memory_new(sizeof *loop);
    /* Both evhttp and libcurl write to sockets whose other end may be gone. */
    signal(SIGPIPE, SIG_IGN);
    loop->name = name;
    loop->base = loop_base_new();
    STAILQ_INIT(&loop->remainder);
    STAILQ_INIT(&loop->deferred);
    loop_mailbox_init(&loop->mailbox);
    loop->wake = event_new(loop->base, loop->mailbox.wake_fd, EV_READ | EV_PERSIST | EV_ET,
                           loop_on_wake, loop);
    ASSERT(loop->wake);
    ASSERT(event_add(loop->wake, NULL) == 0);
    return loop;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    ASSERT(!loop->is_running);
    if (loop->transfers)
        loop->free_transfers(loop->transfers);
    event_free(loop->wake);
    loop_mailbox_fini(&loop->mailbox);
    /* What libevent has put off, such as the end of a cancelled lookup, unless there is more. */
    if (event_base_get_num_events(loop->base, EVENT_BASE_COUNT_ADDED) ==
        event_base_get_num_events(loop->base, EVENT_BASE_COUNT_ACTIVE))
        event_base_loop(loop->base, EVLOOP_NONBLOCK);
    event_base_free(loop->base);
    free(loop);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

const char *loop_name(const struct loop *loop)
{
    return loop->name;
}

/* ---- turning ---- */

static void loop_note_turn(struct loop *loop)
{
    if (loop->turn_began_us == 0)
        return;
    int64_t took_us = clock_monotonic_us() - loop->turn_began_us;
    loop->turn_began_us = 0;
    int64_t longest_us = atomic_load_explicit(&loop->longest_turn_us, memory_order_relaxed);
    /* Against loop_take_longest_turn_us of another thread, which may put 0 there meanwhile. */
    while (took_us > longest_us &&
           !atomic_compare_exchange_weak_explicit(&loop->longest_turn_us, &longest_us, took_us,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
}

static _Thread_local struct loop *running; /* this thread's, within loop_run */

static void loop_run_deferred(struct loop *loop)
{
    struct loop_tasks due = STAILQ_HEAD_INITIALIZER(due);
    struct loop_deferred *deferred;
    STAILQ_CONCAT(&due, &loop->deferred);
    while ((deferred = STAILQ_FIRST(&due)) != NULL) {
        STAILQ_REMOVE_HEAD(&due, link);
        deferred->is_due = false;
        deferred->run(deferred); /* may defer it again, for the next time, or free it */
    }
}

/* One turn. With deferred tasks it does not wait: they are run in a turn in which nothing happened,
 * or when it has been too long since the first of them was deferred. */
static void loop_turn(struct loop *loop)
{
    bool has_deferred = !STAILQ_EMPTY(&loop->deferred) || log_is_holding_lines();
    ASSERT(event_base_loop(loop->base, EVLOOP_ONCE | (has_deferred ? EVLOOP_NONBLOCK : 0)) >= 0);
    bool was_quiet = loop->turn_began_us == 0;
    if (!has_deferred)
        loop->deferred_since_us = loop->turn_began_us;
    if (has_deferred &&
        (was_quiet || clock_monotonic_us() - loop->deferred_since_us >= LOOP_BUSY_US)) {
        loop_now_ms(loop);
        loop_run_deferred(loop);
        log_flush();
    }
    loop_note_turn(loop);
}

/* Until nothing is left: a message may defer a task, and a task may post a message. */
static void loop_run_out(struct loop *loop)
{
    for (;;) {
        loop_mailbox_take(&loop->mailbox, &loop->remainder);
        if (STAILQ_EMPTY(&loop->remainder) && STAILQ_EMPTY(&loop->deferred))
            return;
        loop_now_ms(loop);
        loop_run_messages(loop);
        loop_run_deferred(loop);
        loop_note_turn(loop);
    }
}

void loop_run(struct loop *loop)
{
    ASSERT(!loop->is_running);
    loop->is_running = true;
    running = loop;
    log_hold(true);
    loop->turn_began_us = 0;
    while (!atomic_load_explicit(&loop->is_stopping, memory_order_acquire))
        loop_turn(loop);
    loop_run_out(loop);
    loop->is_running = false;
    running = NULL;
    log_hold(false);
    atomic_store_explicit(&loop->is_stopping, false, memory_order_release);
}

void loop_stop(struct loop *loop)
{
    atomic_store_explicit(&loop->is_stopping, true, memory_order_release);
    loop_mailbox_wake(&loop->mailbox);
}

void loop_post(struct loop *loop, struct loop_message *message)
{
    struct loop_messages one = STAILQ_HEAD_INITIALIZER(one);
    STAILQ_INSERT_TAIL(&one, message, link);
    loop_mailbox_post(&loop->mailbox, &one);
}

void loop_post_list(struct loop *loop, struct loop_messages *messages)
{
    loop_mailbox_post(&loop->mailbox, messages);
}

int64_t loop_now_ms(struct loop *loop)
{
    if (!loop->is_running)
        return clock_monotonic_ms();
    if (loop->turn_began_us == 0)
        loop->turn_began_us = clock_monotonic_us();
    return loop->turn_began_us / US_PER_MS;
}

void loop_yield(struct loop *loop)
{
    loop_now_ms(loop); /* the turn may have no beginning yet */
    if (loop_is_turn_long(loop))
        event_base_loopbreak(loop->base);
}

int64_t loop_take_longest_turn_us(struct loop *loop)
{
    return atomic_exchange_explicit(&loop->longest_turn_us, 0, memory_order_relaxed);
}

bool loop_defer(struct loop *loop, struct loop_deferred *deferred,
                void (*run)(struct loop_deferred *deferred))
{
    if (running != loop)
        return false;
    if (deferred->is_due)
        return true;
    *deferred = (struct loop_deferred){.run = run, .is_due = true};
    STAILQ_INSERT_TAIL(&loop->deferred, deferred, link);
    return true;
}

/* ---- timers ---- */

static void loop_timer_add(struct loop_timer *timer, int64_t delay_ms)
{
    struct timeval delay = {
        .tv_sec = (time_t)(delay_ms / 1000),
        .tv_usec = (suseconds_t)(delay_ms % 1000 * US_PER_MS),
    };
    ASSERT(event_add(timer->event, &delay) == 0);
}

static void loop_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct loop_timer *timer = arg;
    (void)fd;
    (void)what;
    loop_now_ms(timer->loop);
    /* libevent counts from the start of a turn by the kernel's coarse clock and may be some
     * milliseconds early; whoever set a deadline and reads the monotonic clock must not see that.
     */
    int64_t left_ms = timer->due_at_ms - clock_monotonic_ms();
    if (left_ms > 0) {
        loop_timer_add(timer, left_ms);
        return;
    }
    timer->is_armed = false;
    timer->fn(timer->arg); /* may free the timer */
}

void loop_timer_start(struct loop_timer *timer, struct loop *loop, int64_t delay_ms,
                      loop_timer_fn *fn, void *arg)
{
    if (delay_ms < 0)
        delay_ms = 0;
    if (timer->event && timer->loop != loop)
        loop_timer_fini(timer);
    if (!timer->event) {
        timer->event = event_new(loop->base, -1, 0, loop_on_timer, timer);
        ASSERT(timer->event);
    }
    timer->loop = loop;
    timer->fn = fn;
    timer->arg = arg;
    timer->due_at_ms = clock_monotonic_ms() + delay_ms;
    timer->is_armed = true;
    loop_timer_add(timer, delay_ms);
}

void loop_timer_cancel(struct loop_timer *timer)
{
    if (!timer->is_armed)
        return;
    event_del(timer->event);
    timer->is_armed = false;
}

void loop_timer_fini(struct loop_timer *timer)
{
    loop_timer_cancel(timer);
    if (timer->event)
        event_free(timer->event);
    timer->event = NULL;
}
