/* The maintenance thread: a connection of its own for what takes long and must stall nobody:
 * backups, and what the backend's storage needs from time to time. */
#ifndef LEDGER_MAINTENANCE_H
#define LEDGER_MAINTENANCE_H
#include "ledger/backend.h"

struct maintenance;
typedef void maintenance_done_fn(bool is_ok, const char *message, void *arg);

struct maintenance *maintenance_new(const struct backend *backend, const char *location);
void maintenance_start(struct maintenance *maintenance);
/* Finishes the backups that were asked for. *maintenance may be NULL. */
void maintenance_free(struct maintenance **maintenance);

/* Any thread: the backend has work to do. */
void maintenance_request(struct maintenance *maintenance);
/* True once after each such work: what is left of it is the writer's to finish. That is little, or
 * all of it when the thread could not open the ledger. */
bool maintenance_take_worked(struct maintenance *maintenance);
/* done is called on the loop; its message lives until it returns. */
void maintenance_backup(struct maintenance *maintenance, struct loop *loop, const char *path,
                        maintenance_done_fn *done, void *arg);

#endif
