/* The keeper: a thread with its own connection for what takes long and must stall nobody:
 * checkpoints and backups. */
#ifndef LEDGER_KEEPER_H
#define LEDGER_KEEPER_H
#include "ledger/backend.h"

struct maintenance;
typedef void maintenance_done_fn(bool is_ok, const char *message, void *arg);

struct maintenance *maintenance_new(const struct backend *backend, const char *location);
void maintenance_start(struct maintenance *maintenance);
/* Finishes the backups that were asked for. *keeper may be NULL. */
void maintenance_free(struct maintenance **maintenance);

/* Any thread: a checkpoint is due. */
void maintenance_request_checkpoint(struct maintenance *maintenance);
/* True once after each checkpoint: what is left of it is the writer's to do. That is little, or all
 * of it when the keeper could not open the ledger. */
bool maintenance_take_checkpointed(struct maintenance *maintenance);
/* done is called on the loop; its words live until it returns. */
void maintenance_backup(struct maintenance *maintenance, struct loop *loop, const char *path,
                        maintenance_done_fn *done, void *arg);

#endif
