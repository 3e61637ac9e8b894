/* struct ledger_entry: one write on its way to the writer, copied from the asker into one block of
 * memory that also carries the completion home. One owner at a time: asker, queue, writer, loop. */
#ifndef LEDGER_ENTRY_H
#define LEDGER_ENTRY_H
#include <sys/queue.h>

#include "ledger/ledger.h"

enum entry_kind {
    ENTRY_CHANGE,
    ENTRY_LIST,
    ENTRY_IMPORTS,
    ENTRY_PRICES,
    ENTRY_PAUSE,
    ENTRY_PAUSE_END,
    ENTRY_CLIENT_ADD,
    ENTRY_CLIENT_CHANGE,
    ENTRY_KEY_ADD,
    ENTRY_KEY_REVOKE,
    ENTRY_KEYS_USED,
    ENTRY_CREDIT,
    ENTRY_ANSWERED
};

struct entry_list { /* a provider's last good list */
    struct str provider, body;
    int64_t fetched_at_ms;
};

struct ledger_entry {
    struct loop_message message; /* for the completion; first, so that it converts back */
    STAILQ_ENTRY(ledger_entry) queue;
    struct loop *loop; /* borrowed; NULL when nobody waits */
    ledger_done_fn *done;
    void *arg;
    struct ledger_outcome outcome;
    int64_t at_ms; /* wall, when it was asked */
    size_t bytes;  /* of this block */
    enum entry_kind kind;
    size_t count; /* of rows; 1 where there is one */
    union {
        const void *rows;
        const struct ledger_change *change;
        const struct entry_list *list;
        const struct ledger_import *imports;
        const struct ledger_price *prices;
        const struct ledger_pause *pause;
        const struct ledger_client *client;
        const struct ledger_client_key *keys;
        const struct ledger_credit *credit;
        const uint32_t *answered; /* orders */
    } of;
};
STAILQ_HEAD(entry_queue, ledger_entry);

struct ledger_entry *entry_of_change(const struct ledger_change *change);
/* One of any other kind: count rows of the kind's struct. */
struct ledger_entry *entry_of_rows(enum entry_kind kind, const void *rows, size_t count);
void entry_free(struct ledger_entry *entry);

/* Posts the completions of a batch, one wake-up a loop, and frees what nobody waits for. The
 * entries are their loops' afterwards. */
void entry_post_completion(struct ledger_entry **entries, size_t count);

#endif
