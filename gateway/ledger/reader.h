/* The reader: a thread with its own connection that answers questions while the writer writes. */
#ifndef LEDGER_READER_H
#define LEDGER_READER_H
#include "ledger/backend.h"

struct reader;

struct reader *reader_new(const struct backend *backend, const char *location);
void reader_start(struct reader *reader);
/* Answers what was asked, then ends. *reader may be NULL. */
void reader_free(struct reader **reader);
/* Any thread. Past the queue's ceiling the answer is LEDGER_BUSY. */
void reader_query(struct reader *reader, struct loop *loop, const struct ledger_query *query,
                  ledger_rows_fn *done, void *arg);

#endif
