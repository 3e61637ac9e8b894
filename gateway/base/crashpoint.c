/* See crashpoint.h. The environment is read once; the count is one for all threads. */
#include "base/crashpoint.h"

#ifdef PANELMUX_CRASH_POINTS
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char wanted[64];
static _Atomic long left;
static const char *armed_by;
static void (*before_end)(void);
static void (*instead)(void);
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void crashpoint_read_environment(void)
{
    const char *text = getenv("PANELMUX_CRASH_AT");
    armed_by = getenv("PANELMUX_CRASH_WHEN");
    if (text == NULL)
        return;
    size_t len = strcspn(text, ":");
    if (len >= sizeof wanted)
        return;
    memcpy(wanted, text, len);
    atomic_store(&left, text[len] == ':' ? strtol(text + len + 1, NULL, 10) : 1);
}

void crashpoint_before_end(void (*call)(void))
{
    before_end = call;
}

void crashpoint_instead(void (*call)(void))
{
    instead = call;
}

void crashpoint_reach(const char *name)
{
    pthread_once(&once, crashpoint_read_environment);
    if (wanted[0] == '\0' || strcmp(name, wanted) != 0 || (armed_by && access(armed_by, F_OK) != 0))
        return;
    if (atomic_fetch_sub(&left, 1) != 1)
        return;
    if (before_end)
        before_end();
    dprintf(STDERR_FILENO, "event=crashpoint_reach name=%s\n", name);
    if (instead) {
        instead();
        return;
    }
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}
#endif
