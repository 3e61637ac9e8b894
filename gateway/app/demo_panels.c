/* See demo_panels.h. */
#include "app/demo_panels.h"

#include <sys/eventfd.h>
#include <unistd.h>

const char *const demo_panels_names[DEMO_PANELS] = {"alpha", "beta", "gamma"};

/* A link with `doubt` in it is taken, then the line breaks: what came of it cannot be known. */
#define DOUBT_RULE                                                                                 \
    "  - name: taken, but the line breaks\n"                                                       \
    "    action: add\n"                                                                            \
    "    match: {link: doubt}\n"                                                                   \
    "    do: {cut: after_read, accept: true}\n"

static const char *const scripts[DEMO_PANELS] = {
    /* Cheap, and refuses every second order. */
    "key: alpha-key\n"
    "balance: \"250.00\"\n"
    "progress: {start: 1s, finish: 4s, start_count: 1200, refill: 3s}\n"
    "rules:\n" DOUBT_RULE "  - name: says the funds are out\n"
    "    action: add\n"
    "    every: 2\n"
    "    do: {error: Not enough funds on balance}\n",
    /* Dearer, in another currency, steady. */
    "key: beta-key\n"
    "currency: EUR\n"
    "balance: \"500.00\"\n"
    "order_ids: string\n"
    "progress: {start: 1s, finish: 4s, start_count: 1200, refill: 3s}\n"
    "rules:\n" DOUBT_RULE,
    /* Slow, so that there is time to cancel. */
    "key: gamma-key\n"
    "balance: \"80.00\"\n"
    "order_ids: text\n"
    "multi_status: list_without_ids\n"
    "progress: {start: 5s, finish: 120s, start_count: 40, refill: 3s}\n"
    "rules:\n" DOUBT_RULE,
};

static void *demo_panels_run(void *arg)
{
    struct demo_panels *panels = arg;
    pthread_setname_np(pthread_self(), "panels");
    event_base_dispatch(panels->base);
    return NULL;
}

static void demo_panels_on_wake(evutil_socket_t fd, short events, void *arg)
{
    (void)fd, (void)events;
    event_base_loopbreak(((struct demo_panels *)arg)->base);
}

bool demo_panels_start(struct demo_panels *panels, struct fault *why)
{
    *panels = (struct demo_panels){.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    ASSERT(panels->wake_fd >= 0);
    panels->base = event_base_new();
    ASSERT(panels->base);
    panels->wake = event_new(panels->base, panels->wake_fd, EV_READ, demo_panels_on_wake, panels);
    ASSERT(panels->wake);
    event_add(panels->wake, NULL);
    for (size_t i = 0; i < DEMO_PANELS; i++) {
        struct simulator_options options = {.listen_text = "127.0.0.1:0",
                                            .script_text = scripts[i]};
        panels->list[i] = simulator_start(panels->base, &options, why);
        if (panels->list[i] == NULL) {
            demo_panels_stop(panels);
            return false;
        }
    }
    ASSERT(pthread_create(&panels->thread, NULL, demo_panels_run, panels) == 0);
    panels->is_running = true;
    return true;
}

int demo_panels_port(const struct demo_panels *panels, size_t index)
{
    return simulator_port(panels->list[index]);
}

void demo_panels_stop(struct demo_panels *panels)
{
    uint64_t one = 1;
    if (panels->is_running) {
        ASSERT(write(panels->wake_fd, &one, sizeof one) == (ssize_t)sizeof one);
        pthread_join(panels->thread, NULL);
    }
    for (size_t i = 0; i < DEMO_PANELS; i++)
        if (panels->list[i])
            simulator_stop(&panels->list[i]);
    event_free(panels->wake);
    event_base_free(panels->base);
    close(panels->wake_fd);
    *panels = (struct demo_panels){0};
}
