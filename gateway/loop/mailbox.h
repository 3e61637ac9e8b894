/* struct mailbox: the queue by which other threads reach a loop. Private to this room.
 *
 * Promises: what one thread posts stays in its order; the eventfd is written only by the post that
 * finds the mailbox empty, so a burst costs one wake-up. Posting from any thread, taking from the
 * loop's own. The mailbox owns no message. */
#ifndef LOOP_MAILBOX_H
#define LOOP_MAILBOX_H
#include <pthread.h>

#include "loop/loop.h"

struct mailbox {
    pthread_mutex_t mutex; /* guards messages */
    struct loop_messages messages;
    int wake_fd; /* eventfd; watched edge-triggered, hence never read */
};

void mailbox_init(struct mailbox *mailbox);
void mailbox_fini(struct mailbox *mailbox); /* what was not taken is left to its senders */
/* Moves all of them; messages is empty afterwards. */
void mailbox_post(struct mailbox *mailbox, struct loop_messages *messages);
/* Appends all that is there. */
void mailbox_take(struct mailbox *mailbox, struct loop_messages *out);
void mailbox_wake(struct mailbox *mailbox); /* any thread */

#endif
