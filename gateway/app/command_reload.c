/* panelmux reload: the running gateway reads its configuration again. */
#include <stdio.h>

#include "app/remote.h"

static void command_reload_print_faults(const json_t *json)
{
    size_t i;
    json_t *line;
    json_array_foreach(json_object_get(json, "faults"), i, line)
        fprintf(stderr, "%s\n", json_string_value(line));
}

int command_reload_run(int argc, char **argv)
{
    struct options options;
    struct remote remote;
    struct remote_reply reply;
    if (!options_parse(argc, argv, NULL, 0, &options))
        return EXIT_USAGE;
    if (options.word_count > 0) {
        fprintf(stderr, "panelmux: reload takes no %s\n", options.message[0]);
        return EXIT_USAGE;
    }
    if (!remote_open(&remote, &options))
        return EXIT_PROBLEM;
    remote_ask(&remote, "/reload", STR("{}"), &reply);
    if (reply.code == EXIT_PROBLEM)
        command_reload_print_faults(reply.json);
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
