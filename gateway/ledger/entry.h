/* struct ledger_entry: one write on its way to the writer, copied from the asker into one block of
 * memory that also carries the completion home. One owner at a time: asker, queue, writer, loop. */
#ifndef LEDGER_ENTRY_H
#define LEDGER_ENTRY_H
#include "ledger/ledger.h"

enum entry_kind { ENTRY_CHANGE, ENTRY_LIST, ENTRY_IMPORTS, ENTRY_PRICES };

struct ledger_entry {
    struct loop_message message; /* the way home; first, so that it converts back */
    struct ledger_entry *next;   /* the queue's */
    struct loop *loop;           /* borrowed; NULL when nobody waits */
    ledger_done_fn *done;
    void *arg;
    struct ledger_outcome outcome;
    int64_t at_ms; /* wall, when it was asked */
    size_t bytes;  /* of this block */
    enum entry_kind kind;
    union {
        const struct ledger_change *change;
        struct {
            struct str provider, body;
            int64_t fetched_at_ms;
        } list;
        struct {
            const struct ledger_import *rows;
            size_t count;
        } imports;
        struct {
            const struct ledger_price *rows;
            size_t count;
        } prices;
    } of;
};

struct ledger_entry *entry_of_change(const struct ledger_change *change);
struct ledger_entry *entry_of_list(struct str provider, struct str body, int64_t fetched_at_ms);
struct ledger_entry *entry_of_imports(const struct ledger_import *rows, size_t count);
struct ledger_entry *entry_of_prices(const struct ledger_price *rows, size_t count);
void entry_free(struct ledger_entry *entry);

/* Posts the completions of a batch, one wake-up a loop, and frees what nobody waits for. The
 * entries are their loops' afterwards. */
void entry_post_completion(struct ledger_entry **entries, size_t count);

#endif
