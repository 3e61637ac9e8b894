/* The exclusive lock of a ledger that is a file, so that two gateways never keep the same one: on
 * the file beside it (FILE.lock, which names its holder's pid) and on the ledger's own inode, both
 * by flock(), which SQLite's own locks do not meet. However the file is named (relative, by
 * symbolic or hard links), and whatever becomes of the file beside it, one of the two keeps a
 * second gateway out. One thread. */
#ifndef LEDGER_LOCK_H
#define LEDGER_LOCK_H
#include "base/fault.h"
#include "base/str.h"

struct lock;

/* The file's one true path, to free(); the file is created (0600) when it is not there. NULL and a
 * fault when its folder is missing or nothing can be created. */
char *lock_path_of(const char *file, bool may_create, struct fault *why);
/* NULL and FAULT_CONFLICT, with the holder's pid in the message, when another process has it. */
struct lock *lock_take(const char *path, struct fault *why);
/* Whether the ledger's name still leads to the file that is locked, and the lock file's name to
 * ours. A lock file that was removed is put back; false when that fails, or somebody else has it
 * now: what is written then may be lost. */
bool lock_is_in_place(struct lock *lock);
/* After the last connection is closed: closing a descriptor of the ledger drops SQLite's locks.
 * *lock may be NULL. */
void lock_release(struct lock **lock);

#endif
