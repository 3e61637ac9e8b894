/* See mailbox.h. A mutex and a list: uncontended it costs some 20 ns, and the wake-up's system
 * call, which costs a hundred times that, is paid once per batch. */
#include "loop/mailbox.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/memory.h"

void mailbox_init(struct mailbox *mailbox)
{
    STAILQ_INIT(&mailbox->messages);
    mailbox->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    ASSERT(mailbox->wake_fd >= 0);
    ASSERT(pthread_mutex_init(&mailbox->mutex, NULL) == 0);
}

void mailbox_fini(struct mailbox *mailbox)
{
    close(mailbox->wake_fd);
    pthread_mutex_destroy(&mailbox->mutex);
}

void mailbox_wake(struct mailbox *mailbox)
{
    const uint64_t one = 1;
    ssize_t written;
    do {
        written = write(mailbox->wake_fd, &one, sizeof one);
    } while (written < 0 && errno == EINTR);
    /* The counter is never read; it would be full after 2^64 wake-ups. */
    ASSERT(written == (ssize_t)sizeof one);
}

void mailbox_post(struct mailbox *mailbox, struct loop_messages *messages)
{
    if (STAILQ_EMPTY(messages))
        return;
    pthread_mutex_lock(&mailbox->mutex);
    bool was_empty = STAILQ_EMPTY(&mailbox->messages);
    STAILQ_CONCAT(&mailbox->messages, messages);
    pthread_mutex_unlock(&mailbox->mutex);
    if (was_empty)
        mailbox_wake(mailbox);
}

void mailbox_take(struct mailbox *mailbox, struct loop_messages *out)
{
    pthread_mutex_lock(&mailbox->mutex);
    STAILQ_CONCAT(out, &mailbox->messages);
    pthread_mutex_unlock(&mailbox->mutex);
}
