/* The keeper: a thread with its own connection for what takes long and must stall nobody:
 * checkpoints and backups. */
#ifndef LEDGER_KEEPER_H
#define LEDGER_KEEPER_H
#include "ledger/backend.h"

struct keeper;
typedef void keeper_done_fn(bool is_ok, const char *words, void *arg);

struct keeper *keeper_new(const struct backend *backend, const char *location);
void keeper_start(struct keeper *keeper);
/* Finishes the backups that were asked for. *keeper may be NULL. */
void keeper_free(struct keeper **keeper);

/* Any thread: a checkpoint is due. */
void keeper_ask_rest(struct keeper *keeper);
/* True once after each checkpoint: what is left of it is the writer's to do. That is little, or all
 * of it when the keeper could not open the ledger. */
bool keeper_take_rested(struct keeper *keeper);
/* done is called on the loop; its words live until it returns. */
void keeper_backup(struct keeper *keeper, struct loop *loop, const char *path, keeper_done_fn *done,
                   void *arg);

#endif
