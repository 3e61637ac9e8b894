/* A reply that is given once: by the work itself or by its deadline, whichever comes first. For
 * what goes on after its client has been answered. Embedded; its loop's thread only. */
#ifndef ORDERS_REPLY_ONCE_H
#define ORDERS_REPLY_ONCE_H
#include "loop/loop.h"

struct reply_once {
    bool is_given;
    struct loop_timer deadline;
};

/* on_deadline is called when nobody took the reply within_ms; it takes it. */
static inline void reply_once_start(struct reply_once *reply, struct loop *loop, int64_t within_ms,
                                    loop_timer_fn *on_deadline, void *arg)
{
    loop_timer_start(&reply->deadline, loop, within_ms, on_deadline, arg);
}

/* True: the reply is the caller's to give, now. False: it was given. */
static inline bool reply_once_take(struct reply_once *reply)
{
    bool is_mine = !reply->is_given;
    reply->is_given = true;
    loop_timer_cancel(&reply->deadline);
    return is_mine;
}

static inline void reply_once_fini(struct reply_once *reply)
{
    loop_timer_fini(&reply->deadline);
}

#endif
