/* In a build for crash tests only: an SQLite VFS around the usual one that knows power cuts, slow
 * and read-only disks. Two variables of the environment switch it:
 *
 *   PANELMUX_POWER_LOSS=all   what was written and not synced is lost when the process dies,
 *                             however it dies
 *   PANELMUX_POWER_LOSS=some  the same, but at a crash point an arbitrary part of it reaches the
 *                             disk, in whole and in torn sectors
 *   PANELMUX_DISK=FILE        while FILE says "slow MS" every sync takes so long; while it says
 *                             "read-only" nothing can be written
 *
 * Its own crash points: ledger.wal_write, ledger.syncing, ledger.synced, ledger.checkpoint (a page
 * of the log is being copied back), ledger.checkpoint_syncing. Any thread. */
#ifndef LEDGER_CRASHVFS_H
#define LEDGER_CRASHVFS_H

#ifdef PANELMUX_CRASH_POINTS
void crashvfs_register(void);
#endif

#endif
