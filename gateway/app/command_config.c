/* panelmux config: show prints the configuration in force, from the running gateway, else what the
 * file says; diff prints what a reload would change. Secrets are never shown. */
#include <stdio.h>
#include <stdlib.h>

#include "app/configuration_view.h"
#include "app/remote.h"
#include "app/texttable.h"

enum { JSON_BYTES = 64 * 1024 * 1024 };

static void command_config_print_show(const json_t *json)
{
    struct remote_room room[3];
    const char *path = remote_text(json, "path", &room[0]);
    if (strcmp(remote_text(json, "source", &room[1]), "gateway") == 0)
        printf("# what the running gateway has read from %s at %s\n", path,
               remote_text(json, "read_at", &room[1]));
    else
        printf("# what %s says; no gateway runs with it\n", path);
    fputs(remote_text(json, "text", &room[2]), stdout);
}

/* Without a gateway. */
static int command_config_show_file(const struct command_options *options)
{
    struct buf json;
    struct configuration *configuration = remote_configuration(options);
    if (configuration == NULL)
        return EXIT_PROBLEM;
    buf_init(&json, JSON_BYTES);
    configuration_view_show(configuration, "file", 0, &json);
    json_t *read = json_loadb(json.ptr, json.len, 0, NULL);
    if (options->is_json)
        puts(json.ptr);
    else
        command_config_print_show(read);
    json_decref(read);
    buf_fini(&json);
    configuration_unpin(&configuration);
    return EXIT_OK;
}

static int command_config_show(struct remote *remote, const struct command_options *options)
{
    struct remote_reply reply;
    remote_ask(remote, "/config", STR_NONE, &reply);
    int code = reply.code;
    if (code == EXIT_UNREACHABLE) {
        code = command_config_show_file(options);
    } else {
        remote_tell(&reply, options->is_json);
        if (code == EXIT_OK && !options->is_json)
            command_config_print_show(reply.json);
    }
    remote_reply_fini(&reply);
    return code;
}

/* ---- diff ---- */

static void command_config_print_difference(const json_t *difference)
{
    struct remote_room room[3];
    struct buf line;
    const char *running = remote_text(difference, "running", &room[0]);
    const char *file = remote_text(difference, "file", &room[1]);
    bool is_gone = json_is_null(json_object_get(difference, "file"));
    bool is_new = json_is_null(json_object_get(difference, "running"));
    buf_init(&line, 256 * 1024);
    texttable_mask(str_of(remote_text(difference, "key", &room[2])), &line);
    if (remote_is(difference, "secret"))
        buf_add_text(&line, ": another value");
    else if (remote_is(difference, "member"))
        buf_add_text(&line, is_gone ? ": goes" : ": new");
    else {
        buf_add_text(&line, ": ");
        texttable_mask(str_of(is_new ? "(left out)" : running), &line);
        buf_add_text(&line, " → ");
        texttable_mask(str_of(is_gone ? "(left out)" : file), &line);
    }
    printf("%s%s\n", line.ptr, remote_is(difference, "needs_restart") ? " (needs a restart)" : "");
    buf_fini(&line);
}

static int command_config_diff(struct remote *remote, const struct command_options *options)
{
    struct remote_reply reply;
    struct remote_room room;
    size_t i;
    json_t *one;
    remote_ask(remote, "/config/diff", STR_NONE, &reply);
    json_array_foreach(json_object_get(reply.json, "faults"), i, one)
        fprintf(stderr, "%s\n", json_string_value(one));
    remote_tell(&reply, options->is_json);
    if (options->is_json && reply.code == EXIT_PROBLEM && reply.json)
        printf("%s\n", reply.body.ptr);
    int code = reply.code;
    if (code == EXIT_OK && !options->is_json) {
        json_array_foreach(json_object_get(reply.json, "differences"), i, one)
            command_config_print_difference(one);
        if (remote_is(reply.json, "same"))
            printf("%s says what runs; a reload changes nothing\n",
                   remote_text(reply.json, "path", &room));
    }
    if (code == EXIT_OK && !remote_is(reply.json, "same"))
        code = EXIT_PROBLEM;
    remote_reply_fini(&reply);
    return code;
}

int command_config_run(int argc, char **argv)
{
    struct command_options options;
    struct remote remote;
    if (!command_parse(argc, argv, NULL, 0, &options))
        return EXIT_USAGE;
    const char *verb = options.argument_count ? options.arguments[0] : "";
    bool is_show = strcmp(verb, "show") == 0;
    if (!is_show && strcmp(verb, "diff") != 0) {
        command_fail(ERROR_USAGE, "config show, or config diff");
        return EXIT_USAGE;
    }
    if (!command_check_count(&options, 0, 0))
        return EXIT_USAGE;
    if (!remote_open(&remote, &options))
        return EXIT_PROBLEM;
    int code =
        is_show ? command_config_show(&remote, &options) : command_config_diff(&remote, &options);
    remote_close(&remote);
    return code;
}
