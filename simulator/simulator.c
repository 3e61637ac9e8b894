/* See simulator.h. */
#include "simulator/simulator.h"

#include <errno.h>
#include <event2/listener.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "simulator/panel.h"
#include "simulator/panelline.h"
#include "simulator/panelscript.h"

#define DEFAULT_LISTEN "127.0.0.1:9001"

struct simulator {
    struct panel *panel;
    struct evconnlistener *listener;
    struct event *pause; /* ends the rest after a failed accept */
    int port;
};

static void simulator_on_accept(struct evconnlistener *listener, evutil_socket_t socket,
                                struct sockaddr *address, int len, void *arg)
{
    struct simulator *simulator = arg;
    (void)listener;
    (void)address;
    (void)len;
    panelline_open(simulator->panel, socket);
}

/* Out of descriptors: the backlog waits for a moment instead of spinning the loop. */
static void simulator_on_accept_error(struct evconnlistener *listener, void *arg)
{
    struct simulator *simulator = arg;
    struct timeval moment = {.tv_usec = 100 * 1000};
    evconnlistener_disable(listener);
    event_add(simulator->pause, &moment);
}

static void simulator_on_pause_over(evutil_socket_t socket, short what, void *arg)
{
    struct simulator *simulator = arg;
    (void)socket;
    (void)what;
    evconnlistener_enable(simulator->listener);
}

/* "HOST:PORT", ":PORT" or "PORT"; HOST is a number, [::1] or localhost. */
static bool simulator_parse_listen(const char *text, struct sockaddr_storage *out, int *len_out,
                                   struct fault *why)
{
    struct str host = str_of(text);
    uint64_t port = 0;
    size_t colon = host.len;
    while (colon > 0 && host.ptr[colon - 1] != ':')
        colon--;
    struct str digits = str_from(host, colon);
    host = str_first(host, colon > 0 ? colon - 1 : 0);
    if (host.len >= 2 && host.ptr[0] == '[')
        host = str_make(host.ptr + 1, host.len - 2);
    if (host.len == 0 || str_is(host, "localhost"))
        host = STR("127.0.0.1");
    char *name = str_copy(host);
    struct sockaddr_in *in = (struct sockaddr_in *)out;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
    bool is_good = str_to_u64(digits, &port) && port <= 65535;
    if (is_good && evutil_inet_pton(AF_INET, name, &in->sin_addr) == 1) {
        in->sin_family = AF_INET;
        in->sin_port = htons((uint16_t)port);
        *len_out = sizeof *in;
    } else if (is_good && evutil_inet_pton(AF_INET6, name, &in6->sin6_addr) == 1) {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((uint16_t)port);
        *len_out = sizeof *in6;
    } else {
        is_good = fault_set(why, FAULT_INVALID,
                            "%.80s: must be an address and a port, such as 127.0.0.1:9001", text);
    }
    free(name);
    return is_good;
}

static int simulator_port_of(evutil_socket_t socket)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    char port[16] = "0";
    uint64_t number = 0;
    if (getsockname(socket, (struct sockaddr *)&address, &len) != 0 ||
        getnameinfo((struct sockaddr *)&address, len, NULL, 0, port, sizeof port, NI_NUMERICSERV) !=
            0 ||
        !str_to_u64(str_of(port), &number))
        return 0;
    return (int)number;
}

static bool simulator_read_scripts(struct panel *panel, const struct simulator_options *options,
                                   struct fault *why)
{
    if (options->script_path && !panelscript_load(panel, options->script_path, why))
        return false;
    if (options->script_text == NULL)
        return true;
    json_t *settings = panelscript_parse(str_of(options->script_text), "script", why);
    bool is_good = settings && panelscript_apply(panel, settings, why);
    json_decref(settings);
    return is_good;
}

struct simulator *simulator_start(struct event_base *base, const struct simulator_options *options,
                                  struct fault *why)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    int len = 0;
    const char *listen_text = options->listen_text ? options->listen_text : DEFAULT_LISTEN;
    struct simulator *simulator = memory_new(sizeof *simulator);
    simulator->panel = panel_new(base);
    simulator->pause = evtimer_new(base, simulator_on_pause_over, simulator);
    ASSERT(simulator->pause);
    if (!simulator_read_scripts(simulator->panel, options, why) ||
        !simulator_parse_listen(listen_text, &address, &len, why)) {
        simulator_stop(&simulator);
        return NULL;
    }
    simulator->listener =
        evconnlistener_new_bind(base, simulator_on_accept, simulator,
                                LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
                                4096, (struct sockaddr *)&address, len);
    if (simulator->listener == NULL) {
        fault_set(why, FAULT_UNAVAILABLE, "cannot listen on %.80s: %s", listen_text,
                  strerror(errno));
        simulator_stop(&simulator);
        return NULL;
    }
    evconnlistener_set_error_cb(simulator->listener, simulator_on_accept_error);
    simulator->port = simulator_port_of(evconnlistener_get_fd(simulator->listener));
    return simulator;
}

int simulator_port(const struct simulator *simulator)
{
    return simulator->port;
}

void simulator_stop(struct simulator **simulator)
{
    struct simulator *it = *simulator;
    *simulator = NULL;
    if (it == NULL)
        return;
    if (it->listener)
        evconnlistener_free(it->listener);
    event_free(it->pause);
    panelline_close_all(it->panel);
    panel_free(it->panel);
    free(it);
}

static void simulator_on_signal(evutil_socket_t number, short what, void *arg)
{
    (void)number;
    (void)what;
    event_base_loopbreak(arg);
}

int simulator_run(const char *listen_text, const char *script_path)
{
    struct simulator_options options = {.listen_text = listen_text, .script_path = script_path};
    struct fault why = {.code = FAULT_NONE};
    struct event_config *config = event_config_new();
    ASSERT(config);
    event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST | EVENT_BASE_FLAG_NOLOCK);
    struct event_base *base = event_base_new_with_config(config);
    ASSERT(base);
    event_config_free(config);
    signal(SIGPIPE, SIG_IGN);
    struct event *term = evsignal_new(base, SIGTERM, simulator_on_signal, base);
    struct event *interrupt = evsignal_new(base, SIGINT, simulator_on_signal, base);
    ASSERT(term && interrupt);
    event_add(term, NULL);
    event_add(interrupt, NULL);
    struct simulator *simulator = simulator_start(base, &options, &why);
    if (simulator) {
        printf("simulator listening on 127.0.0.1:%d\n", simulator->port);
        fflush(stdout);
        event_base_dispatch(base);
        simulator_stop(&simulator);
    } else {
        fprintf(stderr, "%s\n", why.message);
    }
    event_free(term);
    event_free(interrupt);
    event_base_free(base);
    return why.code == FAULT_NONE ? 0 : why.code == FAULT_UNAVAILABLE ? 3 : 1;
}
