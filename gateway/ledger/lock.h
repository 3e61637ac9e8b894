/* The exclusive lock beside a ledger that is a file: FILE.lock, held by flock() and naming its
 * holder's pid, so that two gateways never keep the same books. Whatever way the file is named
 * (relative, through symbolic links), the lock is the same one. */
#ifndef LEDGER_LOCK_H
#define LEDGER_LOCK_H
#include "base/fault.h"
#include "base/str.h"

struct lock;

/* The file's one true path, to free(); the file is created (0600) when it is not there. NULL and a
 * fault when its folder is missing or nothing can be created. */
char *lock_path_of(const char *file, bool may_create, struct fault *why);
/* NULL and FAULT_CONFLICT, with the holder's pid in the words, when another process has it. */
struct lock *lock_take(const char *path, struct fault *why);
void lock_release(struct lock **lock); /* *lock may be NULL */

#endif
