/* The inside of struct loop, for the files of this room only: the transfers of a loop are made at
 * the first transfer_start and live in it. */
#ifndef LOOP_LOOP_PRIVATE_H
#define LOOP_LOOP_PRIVATE_H
#include <pthread.h>
#include <stdatomic.h>

#include "loop/loop.h"

/* struct mailbox: the queue by which other threads reach a loop.
 *
 * Promises: what one thread posts stays in its order; the eventfd is written only by the post that
 * finds the mailbox empty, so a burst costs one wake-up. Posting from any thread, taking from the
 * loop's own. The mailbox owns no message. */
struct mailbox {
    pthread_mutex_t mutex; /* guards messages */
    struct loop_messages messages;
    int wake_fd; /* eventfd; watched edge-triggered, hence never read */
};

void loop_mailbox_init(struct mailbox *mailbox);
void loop_mailbox_fini(struct mailbox *mailbox); /* what was not taken is left to its senders */
/* Moves all of them; messages is empty afterwards. */
void loop_mailbox_post(struct mailbox *mailbox, struct loop_messages *messages);
/* Appends all that is there. */
void loop_mailbox_take(struct mailbox *mailbox, struct loop_messages *out);
void loop_mailbox_wake(struct mailbox *mailbox); /* any thread */

struct transfers;

struct loop {
    struct event_base *base; /* owned */
    const char *name;        /* borrowed */
    struct mailbox mailbox;
    struct event *wake;             /* owned; on mailbox.wake_fd */
    struct loop_messages remainder; /* taken out of the mailbox, not run yet */
    atomic_bool is_stopping;
    bool is_running;
    int64_t turn_began_us; /* monotonic; 0 until our code is first reached in this turn */
    _Atomic int64_t longest_turn_us;
    STAILQ_HEAD(loop_tasks, loop_deferred) deferred;
    int64_t deferred_since_us;   /* monotonic, when the last turn without any began */
    struct transfers *transfers; /* owned; NULL until the first is started */
    void (*free_transfers)(struct transfers *transfers);
};

#endif
