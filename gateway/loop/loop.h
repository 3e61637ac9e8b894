/* struct loop: one thread's libevent base (NOLOCK, epoll changelist), its mailbox and timers.
 *
 * Promises: a message posted from any thread runs once on the loop's thread, in the order of each
 * sender; senders wake the loop once per batch (eventfd). A timer fires at most once per start and
 * never after cancel. Unless said otherwise, call from the loop's own thread. */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct loop;
struct loop_message;
typedef void loop_message_fn(struct loop_message *message);

/* Embedded in what is sent; the sender no longer touches it after loop_post. */
struct loop_message {
    STAILQ_ENTRY(loop_message) link; /* in a list or the mailbox */
    loop_message_fn *run;            /* on the receiving loop's thread */
};
STAILQ_HEAD(loop_messages, loop_message);

/* name: borrowed, for the log. Ignores SIGPIPE from then on. */
struct loop *loop_new(const char *name);
/* After its thread has left loop_run; timers must be finished before. Transfers in flight are
 * dropped without calling done, and messages posted after loop_run are never run. */
void loop_free(struct loop *loop);
struct event_base *loop_base(struct loop *loop);
const char *loop_name(const struct loop *loop);

void loop_run(struct loop *loop);  /* until loop_stop; then runs what the mailbox still holds */
void loop_stop(struct loop *loop); /* any thread */
void loop_post(struct loop *loop, struct loop_message *message); /* any thread */
/* Posts all of a list at once, with one wake-up; the list is empty afterwards. Any thread. */
void loop_post_list(struct loop *loop, struct loop_messages *messages);
/* Milliseconds of the monotonic clock, read once per turn: cheap on hot paths. It may lag by the
 * time the turn has taken so far; outside loop_run it reads the clock. */
int64_t loop_now_ms(struct loop *loop);
/* The longest turn since the last call, in microseconds; any thread. A turn counts from the first
 * message, timer, transfer callback or loop_now_ms in it until the loop waits again; what evhttp
 * does before that in the same turn is not included. */
int64_t loop_take_longest_turn_us(struct loop *loop);

/* To be called between pieces of work of which one turn may hold very many (responses, say): once
 * the turn has lasted LOOP_TURN_US, it ends after the callback that is running, and what is ready
 * waits for the next one, in order. Messages do this by themselves. */
enum { LOOP_TURN_US = 2000 };
void loop_yield(struct loop *loop);

/* A task that may wait until the loop has nothing else to do, so that it is done once for all that
 * a busy loop has gathered meanwhile. Embedded; zero it before first use. */
struct loop_deferred {
    STAILQ_ENTRY(loop_deferred) link;
    void (*run)(struct loop_deferred *deferred);
    bool is_due;
};
/* run is called once: before the loop would wait for events, at the latest some LOOP_BUSY_US after
 * the first task was deferred. Deferring it again before that changes nothing. False on any other
 * thread and outside loop_run: it is not deferred then. */
enum { LOOP_BUSY_US = 1000 };
bool loop_defer(struct loop *loop, struct loop_deferred *deferred,
                void (*run)(struct loop_deferred *deferred));

typedef void loop_timer_fn(void *arg);
/* Embedded; zero it before first use. Restarting replaces the former time. */
struct loop_timer {
    struct event *event; /* owned once started; freed by loop_timer_fini */
    struct loop *loop;
    int64_t due_at_ms; /* monotonic */
    loop_timer_fn *fn;
    void *arg;
    bool is_armed;
};
/* Never fires before delay_ms have passed on the monotonic clock; below 0 counts as 0. */
void loop_timer_start(struct loop_timer *timer, struct loop *loop, int64_t delay_ms,
                      loop_timer_fn *fn, void *arg);
void loop_timer_cancel(struct loop_timer *timer);
void loop_timer_fini(struct loop_timer *timer); /* cancels too; before loop_free */

#endif
