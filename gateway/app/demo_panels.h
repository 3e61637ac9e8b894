/* struct demo_panels: the three simulated panels of `panelmux demo`, on one event base and thread
 * of their own. */
#ifndef APP_DEMO_PANELS_H
#define APP_DEMO_PANELS_H
#include <pthread.h>

#include "simulator/simulator.h"

enum { DEMO_PANELS = 3 };

struct demo_panels {
    struct event_base *base;
    struct simulator *list[DEMO_PANELS];
    struct event *wake; /* on wake_fd: the end */
    int wake_fd;
    pthread_t thread;
    bool is_running;
};
/* Starts them on free ports of loopback; false: *why, and nothing is left. */
bool demo_panels_start(struct demo_panels *panels, struct fault *why) MUST_USE;
int demo_panels_port(const struct demo_panels *panels, size_t index);
void demo_panels_stop(struct demo_panels *panels);

extern const char *const demo_panels_names[DEMO_PANELS];

#endif
