/* Named places where a build for crash tests dies on command: CRASH_POINT("place.intended") kills
 * the process there when PANELMUX_CRASH_AT=place.intended[:NTH] says so, as SIGKILL does and
 * without a chance to tidy up. In every other build there is no code at all. Any thread. */
#ifndef BASE_CRASHPOINT_H
#define BASE_CRASHPOINT_H

#ifdef PANELMUX_CRASH_POINTS
#define CRASH_POINT(name) crashpoint_reach(name)
void crashpoint_reach(const char *name);
/* Called once, right before the end: what a power cut leaves of unsynced writes. */
void crashpoint_before_end(void (*call)(void));
/* Called in place of the end: the process lives on, in whatever trouble that makes. */
void crashpoint_instead(void (*call)(void));
#else
#define CRASH_POINT(name) ((void)0)
#endif

#endif
