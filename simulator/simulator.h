/* A simulated upstream panel for rehearsals, the demo and the tests: speaks "panel API v2" at any
 * path, keeps its orders in memory and misbehaves as its script or /_control says (README.md).
 * Shares no code with providers/, so that one mistake cannot cancel another.
 *
 * One panel lives on one event base and only on that base's thread; there are no globals, so
 * several panels may share a base (the simplest) or have a thread and a base each. */
#ifndef SIMULATOR_SIMULATOR_H
#define SIMULATOR_SIMULATOR_H
#include <event2/event.h>

#include "base/fault.h"

struct simulator;

struct simulator_options {
    const char
        *listen_text; /* borrowed; "HOST:PORT" or ":PORT"; NULL: 127.0.0.1:9001; port 0: any */
    const char *script_path; /* borrowed; a YAML file; NULL: none */
    const char *script_text; /* borrowed; the same as text, read after the file; NULL: none */
};

/* Serves in the foreground until SIGTERM or SIGINT; prints "simulator listening on 127.0.0.1:PORT"
 * on stdout when ready. Returns the program's exit code: 0, 1 bad script or address, 3 cannot
 * listen. NULL for either argument means the default. */
int simulator_run(const char *listen_text, const char *script_path);

/* Starts a panel on base, which must outlive it. NULL with *why filled when the script, the
 * address or the port is at fault. simulator_stop() ends it, from the base's thread or when the
 * loop no longer runs. */
struct simulator *simulator_start(struct event_base *base, const struct simulator_options *options,
                                  struct fault *why) MUST_USE;
int simulator_port(const struct simulator *simulator);
void simulator_stop(struct simulator **simulator);

#endif
