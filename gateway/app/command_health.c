/* panelmux health: asks the running gateway's /readyz, for health checks. */
#include <stdio.h>

#include "app/remote.h"

/* A 503 of /readyz has no "error": it says part by part what is missing. */
static void command_health_print_missing(const struct remote_reply *reply)
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
            fprintf(stderr, "panelmux: not ready: %s\n", parts[i].message);
}

int command_health_run(int argc, char **argv)
{
    struct options options;
    struct remote remote;
    struct remote_reply reply;
    if (!options_parse(argc, argv, NULL, 0, &options))
        return EXIT_USAGE;
    if (options.word_count > 0) {
        fprintf(stderr, "panelmux: health takes no %s\n", options.message[0]);
        return EXIT_USAGE;
    }
    if (!remote_open(&remote, &options))
        return EXIT_PROBLEM;
    remote_ask(&remote, "/readyz", STR_NONE, &reply);
    if (reply.status == 503 && reply.json)
        command_health_print_missing(&reply);
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
