/* panelmux client: the clients of the running gateway; a fresh key. */
#include <stdio.h>

#include "app/remote.h"
#include "app/texttable.h"
#include "base/digest.h"
#include "base/jsonwriter.h"

enum { KEY_DIGITS = 40 };

static void command_client_print_table(const json_t *json)
{
    static const char *const heads[] = {"NAME",       ">KEYS",         "FUNDS",    "MARKUP",
                                        "RATE LIMIT", "ORDERS BY GET", "SERVICES", "ADDRESSES"};
    static const char *const keys[] = {"name",       "keys",       "funds",    "markup",
                                       "rate_limit", "get_orders", "services", "addresses"};
    struct texttable table;
    size_t i;
    json_t *client;
    texttable_init(&table, heads, COUNT_OF(heads));
    json_array_foreach(json_object_get(json, "clients"), i, client)
    {
        struct remote_room rooms[COUNT_OF(keys)];
        const char *cells[COUNT_OF(keys)];
        for (size_t k = 0; k < COUNT_OF(keys); k++)
            cells[k] = remote_text(client, keys[k], &rooms[k]);
        texttable_add(&table, cells);
    }
    texttable_print(&table, "no clients: nobody can call", stdout);
    texttable_fini(&table);
}

static int command_client_list(const struct command_options *options)
{
    struct remote remote;
    struct remote_reply reply;
    if (!remote_open(&remote, options))
        return EXIT_PROBLEM;
    remote_ask(&remote, "/clients", STR_NONE, &reply);
    remote_tell(&reply, options->is_json);
    if (reply.code == EXIT_OK && !options->is_json)
        command_client_print_table(reply.json);
    int code = reply.code;
    remote_reply_fini(&reply);
    remote_close(&remote);
    return code;
}

static int command_client_key(const struct command_options *options)
{
    char fresh[KEY_DIGITS + 1], hex[65];
    struct buf out;
    digest_random_hex(fresh, KEY_DIGITS);
    struct digest digest = digest_sha256(str_of(fresh));
    digest_print(&digest, hex);
    if (!options->is_json) {
        printf("the key, shown only now, for the client:\n  %s\n"
               "for the configuration, under clients:\n  key_sha256: %s\n",
               fresh, hex);
        return EXIT_OK;
    }
    buf_init(&out, 4096);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    jsonwriter_text(&w, "key", str_of(fresh));
    jsonwriter_text(&w, "key_sha256", str_of(hex));
    jsonwriter_object_end(&w);
    puts(out.ptr);
    buf_fini(&out);
    return EXIT_OK;
}

int command_client_run(int argc, char **argv)
{
    struct command_options options;
    if (!command_parse(argc, argv, NULL, 0, &options))
        return EXIT_USAGE;
    const char *verb = options.argument_count ? options.arguments[0] : "";
    if (strcmp(verb, "credit") == 0) {
        fputs("panelmux: client credit belongs to prepaid clients, which are not built yet; every "
              "client has funds: unlimited\n",
              stderr);
        return EXIT_USAGE;
    }
    bool is_list = strcmp(verb, "list") == 0;
    if (!is_list && strcmp(verb, "key") != 0) {
        fputs("panelmux: client list, or client key\n", stderr);
        return EXIT_USAGE;
    }
    if (!command_check_count(&options, 0, 0))
        return EXIT_USAGE;
    return is_list ? command_client_list(&options) : command_client_key(&options);
}
