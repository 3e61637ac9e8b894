/* panelmux demo and simulate: a gateway in front of three simulated panels, all on loopback, with a
 * throw-away ledger; and one simulated panel alone. The demo's panels run on an event base and
 * thread of their own. */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "app/command.h"
#include "app/gateway.h"
#include "app/remote.h"
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

/* ---- the panels ---- */

static const char *const command_demo_names[DEMO_PANELS] = {"alpha", "beta", "gamma"};

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
    /* Dearer, in another currency, reliable. */
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

static void *command_demo_run_panels(void *arg)
{
    struct demo_panels *panels = arg;
    pthread_setname_np(pthread_self(), "panels");
    event_base_dispatch(panels->base);
    return NULL;
}

static void command_demo_on_wake(evutil_socket_t fd, short events, void *arg)
{
    (void)fd, (void)events;
    event_base_loopbreak(((struct demo_panels *)arg)->base);
}

static void command_demo_stop_panels(struct demo_panels *panels)
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

/* Starts them on free ports of loopback; false: *why, and nothing is left. */
static bool command_demo_start_panels(struct demo_panels *panels, struct fault *why)
{
    *panels = (struct demo_panels){.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    ASSERT(panels->wake_fd >= 0);
    panels->base = event_base_new();
    ASSERT(panels->base);
    panels->wake = event_new(panels->base, panels->wake_fd, EV_READ, command_demo_on_wake, panels);
    ASSERT(panels->wake);
    event_add(panels->wake, NULL);
    for (size_t i = 0; i < DEMO_PANELS; i++) {
        struct simulator_options options = {.listen_text = "127.0.0.1:0",
                                            .script_text = scripts[i]};
        panels->list[i] = simulator_start(panels->base, &options, why);
        if (panels->list[i] == NULL) {
            command_demo_stop_panels(panels);
            return false;
        }
    }
    ASSERT(pthread_create(&panels->thread, NULL, command_demo_run_panels, panels) == 0);
    panels->is_running = true;
    return true;
}

static int command_demo_panel_port(const struct demo_panels *panels, size_t index)
{
    return simulator_port(panels->list[index]);
}

enum { PORT = 8080, TEXT_BYTES = 64 * 1024, DRAIN_MS = 3000 };

struct demo {
    unsigned port; /* of the clients' side; the admin side has the next one */
    char folder[256];
    char *path; /* of the configuration */
    struct demo_panels panels;
};

/* ---- the configuration ---- */

static void command_demo_write_providers(const struct demo *demo, struct buf *out)
{
    buf_add_text(out, "providers:\n");
    for (size_t i = 0; i < DEMO_PANELS; i++) {
        const char *name = command_demo_names[i];
        buf_printf(out,
                   "  - {name: %s, url: \"http://127.0.0.1:%d/api/v2\", key: %s-key,%s timeout: "
                   "5s, rate_limit: 1000/s}\n",
                   name, command_demo_panel_port(&demo->panels, i), name,
                   i == 1 ? " currency: EUR," : "");
    }
}

/* Ours 1 is theirs 101 and so on. The last two are gamma's alone. */
static void command_demo_write_services(struct buf *out)
{
    buf_add_text(out, "services:\n");
    for (unsigned id = 1; id <= 10; id++) {
        buf_printf(out, "  - id: %u\n    markup: 25%%\n    offers:\n", id);
        for (size_t i = 0; i < DEMO_PANELS; i++)
            if ((id > 8) == (i == 2))
                buf_printf(out, "      - {provider: %s, service: %u}\n", command_demo_names[i],
                           100 + id);
    }
}

static bool command_demo_write_configuration(struct demo *demo)
{
    struct buf out, ledger;
    buf_init(&out, TEXT_BYTES);
    buf_init(&ledger, TEXT_BYTES);
    buf_printf(&ledger, "sqlite:%s/panelmux.db", demo->folder);
    buf_printf(&out,
               "listen: 127.0.0.1:%u\n"
               "admin: {listen: \"127.0.0.1:%u\"}\n"
               "currency: USD\n"
               "rates: {EUR: 1.08}\n"
               "workers: 2\n"
               "status_fresh: 500ms\n"
               "ledger: ",
               demo->port, demo->port + 1);
    buf_add_json(&out, buf_str(&ledger));
    buf_add_text(&out, "\nclients:\n  - {name: demo, key: demo-key, funds: unlimited, "
                       "balance: provider_sum, get_orders: true}\n");
    command_demo_write_providers(demo, &out);
    command_demo_write_services(&out);
    FILE *file = fopen(demo->path, "we");
    bool is_written = file && fwrite(out.ptr, 1, out.len, file) == out.len;
    is_written = file && fclose(file) == 0 && is_written;
    buf_fini(&ledger);
    buf_fini(&out);
    return is_written;
}

/* ---- the folder ---- */

static bool command_demo_make_folder(struct demo *demo)
{
    struct buf path;
    const char *place = getenv("TMPDIR");
    snprintf(demo->folder, sizeof demo->folder, "%.200s/panelmux-demo-XXXXXX",
             place && place[0] == '/' ? place : "/tmp");
    if (mkdtemp(demo->folder) == NULL) {
        fprintf(stderr, "panelmux: cannot make a folder %s: %s\n", demo->folder, strerror(errno));
        return false;
    }
    buf_init(&path, TEXT_BYTES);
    buf_printf(&path, "%s/panelmux.yaml", demo->folder);
    demo->path = buf_take(&path);
    return true;
}

/* It is flat: the ledger's files and the configuration. */
static void command_demo_remove_folder(const struct demo *demo)
{
    DIR *folder = opendir(demo->folder);
    struct dirent *entry;
    while (folder && (entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        closedir(folder);
    rmdir(demo->folder);
}

/* ---- what to try ---- */

static const struct {
    const char *about, *fields;
} calls[] = {
    {"the list of services", "action=services"},
    {"an order (number 1)", "action=add&service=1&link=https://example.com/p/1&quantity=1000"},
    {"alpha refuses every second order: the log shows beta taking number 2",
     "action=add&service=1&link=https://example.com/p/2&quantity=1000"},
    {"comments of one's own (number 3)",
     "action=add&service=3&link=https://example.com/p/3&comments=one%0Atwo%0Athree%0Afour%0Afive%0A"
     "six%0Aseven%0Aeight%0Anine%0Aten"},
    {"a package (number 4)", "action=add&service=4&link=https://example.com/p/4"},
    {"votes in a poll (number 5)",
     "action=add&service=7&link=https://example.com/p/5&quantity=100&answer_number=2"},
    {"each new post of an account (number 6)",
     "action=add&service=8&username=somebody&min=100&max=120&posts=5&delay=0"},
    {"how number 1 stands; it is Completed after 4 seconds", "action=status&order=1"},
    {"several at once", "action=status&orders=1,2,3,4,5"},
    {"a refill, once number 1 is Completed (it needs a moment)", "action=refill&order=1"},
    {"how the refill stands; its number is in the answer before", "action=refill_status&refill=1"},
    {"an order that takes two minutes (number 7)",
     "action=add&service=9&link=https://example.com/p/7&quantity=1000&country=WW&device=5&"
     "type_of_traffic=3"},
    {"time enough to cancel it", "action=cancel&orders=7"},
    {"an order whose answer is lost (number 8): Pending for the client, in doubt for the operator",
     "action=add&service=2&link=https://example.com/doubt&quantity=100"},
    {"the balance", "action=balance"},
};
static const struct {
    const char *about, *message;
} commands[] = {
    {"the providers", "provider list"},
    {"why an offer would be taken or skipped", "explain 1 1000 --client demo"},
    {"the orders, and one with its attempts", "order list"},
    {NULL, "order show 2"},
    {"what is in doubt, with its evidence; ending it", "order list --in-doubt"},
    {NULL, "order resolve 8 --refund --yes"},
};

static void command_demo_on_open(const char *front_address, void *arg)
{
    const struct demo *demo = arg;
    char program[1024] = "panelmux";
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len > 0)
        program[len] = '\0';
    printf("\npanelmux demo: the API is at http://%s/api/v2, the key is demo-key. Try, in this "
           "order:\n",
           front_address);
    for (size_t i = 0; i < COUNT_OF(calls); i++)
        printf("\n# %s\ncurl -s http://%s/api/v2 -d 'key=demo-key&%s'\n", calls[i].about,
               front_address, calls[i].fields);
    printf("\nThe operator's side:\n");
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (commands[i].about)
            printf("\n# %s\n", commands[i].about);
        printf("%s %s -c %s\n", program, commands[i].message, demo->path);
    }
    printf("\n# metrics\ncurl -s http://127.0.0.1:%u/metrics\n", demo->port + 1);
    printf("\nCtrl-C ends it and removes %s\n\n", demo->folder);
    fflush(stdout);
}

/* ---- life ---- */

static int command_demo_serve(struct demo *demo)
{
    struct faultlist faults;
    struct gateway_options options = {
        .on_open = command_demo_on_open, .arg = demo, .drain_ms = DRAIN_MS};
    if (!command_demo_write_configuration(demo)) {
        fprintf(stderr, "panelmux: cannot write %s: %s\n", demo->path, strerror(errno));
        return EXIT_PROBLEM;
    }
    faultlist_init(&faults);
    struct configuration *configuration = configuration_load(demo->path, &faults);
    if (configuration == NULL)
        remote_print_faults(&faults, stderr);
    faultlist_fini(&faults);
    return configuration ? gateway_run(configuration, &options) : EXIT_PROBLEM;
}

static int command_demo_start(struct demo *demo)
{
    struct fault why;
    /* A panel that hangs up must not end us. */
    signal(SIGPIPE, SIG_IGN);
    if (!command_demo_make_folder(demo))
        return EXIT_PROBLEM;
    int code = EXIT_UNREACHABLE;
    if (command_demo_start_panels(&demo->panels, &why)) {
        code = command_demo_serve(demo);
        command_demo_stop_panels(&demo->panels);
    } else {
        fprintf(stderr, "panelmux: %s\n", why.message);
    }
    command_demo_remove_folder(demo);
    free(demo->path);
    return code;
}

int command_demo_run(int argc, char **argv)
{
    const char *port_text = NULL;
    const struct command_option own[] = {{"--port", NULL, &port_text}};
    struct command_options options;
    struct demo demo = {.port = PORT};
    uint64_t port = PORT;
    if (!command_parse(argc, argv, own, COUNT_OF(own), &options))
        return EXIT_USAGE;
    if (options.argument_count > 0 || options.config || options.is_json) {
        command_fail(ERROR_USAGE, "demo takes --port N, nothing else");
        return EXIT_USAGE;
    }
    if (port_text && (!str_to_u64(str_of(port_text), &port) || port < 1 || port > 65534)) {
        command_fail(ERROR_USAGE, "--port must be a whole number from 1 to 65534");
        return EXIT_USAGE;
    }
    demo.port = (unsigned)port;
    return command_demo_start(&demo);
}

/* ---- one panel alone ---- */

int command_demo_simulate(int argc, char **argv)
{
    const char *listen_text = NULL, *script = NULL;
    const struct command_option own[] = {{"--listen", NULL, &listen_text},
                                         {"--script", NULL, &script}};
    struct command_options options;
    if (!command_parse(argc, argv, own, COUNT_OF(own), &options))
        return EXIT_USAGE;
    if (options.argument_count > 0 || options.config || options.is_json) {
        command_fail(ERROR_USAGE, "simulate takes --listen ADDR and --script FILE, nothing else");
        return EXIT_USAGE;
    }
    return simulator_run(listen_text, script);
}
