/* panelmux serve, reload and health: running a gateway in the foreground, and operating the one
 * that runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/gateway.h"
#include "app/remote.h"
#include "base/log.h"

/* Each line with its priority, where the journal reads. */
static void command_gateway_log_faults(struct faultlist *faults)
{
    struct buf text;
    struct str rest, line;
    buf_init(&text, 256 * 1024);
    faultlist_print(faults, &text);
    rest = buf_str(&text);
    while (text.len > 0 && str_next(&rest, '\n', &line))
        if (line.len > 0)
            fprintf(
                stderr, "%s" STR_FMT "\n",
                log_priority(str_find(line, STR(": warning: ")) == SIZE_MAX ? LOG_ERROR : LOG_WARN),
                STR_ARG(line));
    buf_fini(&text);
}

int command_gateway_serve(int argc, char **argv)
{
    struct command_options options;
    struct faultlist faults;
    struct gateway_options gateway = {0};
    if (!command_parse(argc, argv, NULL, 0, &options))
        return EXIT_USAGE;
    if (options.argument_count > 0 || options.is_json) {
        command_fail(ERROR_USAGE, "serve takes -c FILE, not %s",
                     options.is_json ? "--json" : options.arguments[0]);
        return EXIT_USAGE;
    }
    faultlist_init(&faults);
    char *path = configuration_find(options.config, &faults);
    struct configuration *configuration = path ? configuration_load(path, &faults) : NULL;
    if (configuration)
        configuration_warn_of_margins(configuration, NULL, NULL, &faults);
    log_begin();
    command_gateway_log_faults(&faults); /* warnings too */
    faultlist_fini(&faults);
    free(path);
    return configuration ? gateway_run(configuration, &gateway) : EXIT_PROBLEM;
}

/* ---- reload ---- */

static void command_gateway_print_faults(const json_t *json)
{
    size_t i;
    json_t *line;
    json_array_foreach(json_object_get(json, "faults"), i, line)
        fprintf(stderr, "%s\n", json_string_value(line));
}

int command_gateway_reload(int argc, char **argv)
{
    struct command_options options;
    struct remote remote;
    struct remote_reply reply;
    if (!command_parse(argc, argv, NULL, 0, &options))
        return EXIT_USAGE;
    if (options.argument_count > 0) {
        command_fail(ERROR_USAGE, "reload takes no %s", options.arguments[0]);
        return EXIT_USAGE;
    }
    if (!remote_open(&remote, &options))
        return EXIT_PROBLEM;
    remote_ask(&remote, "/reload", STR("{}"), &reply);
    if (reply.code == EXIT_PROBLEM)
        command_gateway_print_faults(reply.json);
    remote_tell(&reply, options.is_json);
    if (options.is_json && reply.code == EXIT_PROBLEM && reply.json)
        printf("%s\n", reply.body.ptr);
    if (reply.code == EXIT_OK && !options.is_json)
        puts("reloaded: the new configuration is in force");
    else if (reply.code == EXIT_UNREACHABLE || reply.status == 401)
        fputs("panelmux: if `admin` itself has changed, send the gateway SIGHUP instead\n", stderr);
    int code = reply.code;
    remote_reply_fini(&reply);
    remote_close(&remote);
    return code;
}

/* ---- health ---- */

/* A 503 of /readyz has no "error": it says part by part what is missing. */
static void command_gateway_print_missing(const struct remote_reply *reply)
{
    static const struct {
        const char *key;
        bool good;
        const char *message;
    } parts[] = {
        {"ledger", true, "the ledger cannot be written"},
        {"configuration", true, "there is no configuration in force"},
        {"lists", true, "no provider's list is held"},
        {"port", true, "the clients' port is not open"},
        {"draining", false, "it is draining"},
    };
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (remote_is(reply->json, parts[i].key) != parts[i].good)
            command_fail(ERROR_UNAVAILABLE, "not ready: %s", parts[i].message);
}

int command_gateway_health(int argc, char **argv)
{
    struct command_options options;
    struct remote remote;
    struct remote_reply reply;
    if (!command_parse(argc, argv, NULL, 0, &options))
        return EXIT_USAGE;
    if (options.argument_count > 0) {
        command_fail(ERROR_USAGE, "health takes no %s", options.arguments[0]);
        return EXIT_USAGE;
    }
    if (!remote_open(&remote, &options))
        return EXIT_PROBLEM;
    remote_ask(&remote, "/readyz", STR_NONE, &reply);
    if (reply.status == 503 && reply.json)
        command_gateway_print_missing(&reply);
    else
        remote_tell(&reply, false);
    if (options.is_json && reply.json)
        printf("%s\n", reply.body.ptr);
    else if (reply.code == EXIT_OK)
        puts("ready");
    int code = reply.code;
    remote_reply_fini(&reply);
    remote_close(&remote);
    return code;
}
