/* The writer: the one thread that changes the ledger. It takes all that has arrived, commits it in
 * one transaction and posts the completions, one wake-up per loop. */
#ifndef LEDGER_WRITER_H
#define LEDGER_WRITER_H
#include "ledger/backend.h"
#include "ledger/entry.h"
#include "ledger/maintenance.h"

struct writer;

/* The connection is the writer's from its start on; the maintenance thread is borrowed. */
struct writer *writer_new(const struct backend *backend, struct backend_connection *connection,
                          struct maintenance *maintenance);
void writer_start(struct writer *writer);
/* Commits what was asked and ends the thread; the maintenance thread is not needed any more. */
void writer_stop(struct writer *writer);
/* After writer_stop: closes the connection. */
void writer_free(struct writer **writer);
/* Takes the entry; past the queue's ceiling it is completed with LEDGER_BUSY. Any thread; from a
 * running loop's own thread, which `loop` is then, all that it adds until it is quiet is handed
 * over at once. */
void writer_add(struct writer *writer, struct loop *loop, struct ledger_entry **entry);
/* Goes along with the next batch, or after an idle time by itself. Any thread. */
void writer_note_answered(struct writer *writer, uint32_t order);
/* Any thread. */
void writer_health(struct writer *writer, struct ledger_health *out);

#endif
