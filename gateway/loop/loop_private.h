/* The inside of struct loop, for the files of this room only: the transfers of a loop are made at
 * the first transfer_start and live in it. */
#ifndef LOOP_LOOP_PRIVATE_H
#define LOOP_LOOP_PRIVATE_H
#include <stdatomic.h>

#include "loop/loop.h"
#include "loop/mailbox.h"

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
