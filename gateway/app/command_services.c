/* panelmux explain SERVICE QUANTITY: price, cost and the verdict on each offer, from the running
 * gateway. */
#include <stdio.h>

#include "app/remote.h"
#include "app/texttable.h"
#include "base/jsonwriter.h"

static void command_services_print_offers(const json_t *json)
{
    static const char *const heads[] = {">TRY",     "PROVIDER", "SERVICE", ">RATE",
                                        "CURRENCY", ">COST",    "WHY NOT"};
    static const char *const keys[] = {"position",      "provider",          "upstream_service",
                                       "upstream_rate", "upstream_currency", "cost",
                                       "message"};
    struct texttable table;
    size_t i;
    json_t *offer;
    texttable_init(&table, heads, COUNT_OF(heads));
    json_array_foreach(json_object_get(json, "offers"), i, offer)
    {
        struct remote_room rooms[COUNT_OF(keys)];
        const char *cells[COUNT_OF(keys)];
        for (size_t k = 0; k < COUNT_OF(keys); k++)
            cells[k] = remote_text(offer, keys[k], &rooms[k]);
        texttable_add(&table, cells);
    }
    texttable_print(&table, "no offers", stdout);
    texttable_fini(&table);
}

static void command_services_print_quote(const json_t *json)
{
    struct remote_room a, b, c, d;
    struct buf name;
    buf_init(&name, 64 * 1024);
    texttable_mask(str_of(remote_text(json, "name", &a)), &name);
    printf("service %s: %s (%s, %s to %s)\n", remote_text(json, "service", &a),
           name.ptr ? name.ptr : "", remote_text(json, "type", &b), remote_text(json, "min", &c),
           remote_text(json, "max", &d));
    buf_fini(&name);
    const char *client = remote_text(json, "client", &a);
    printf("rate %s per 1000, charge for %s: %s %s, for %s%s\n", remote_text(json, "rate", &b),
           remote_text(json, "quantity", &c), remote_text(json, "charge", &d),
           remote_text(json, "currency", &d), client[0] ? "client " : "a client without a markup",
           client);
    printf("routing %s, margin %s\n\n", remote_text(json, "routing", &a),
           remote_text(json, "margin", &b));
    command_services_print_offers(json);
    const char *problem = remote_text(json, "problem", &a);
    if (problem[0])
        printf("\nrefused whatever the offers: %s\n", problem);
    else if (!remote_is(json, "deliverable"))
        puts("\nno offer can take it now: Service is temporarily unavailable");
    const char *unlists_at = remote_text(json, "unlists_at", &b);
    if (unlists_at[0])
        printf("it leaves clients' lists at %s unless an offer can deliver it by then\n",
               unlists_at);
}

int command_services_explain(int argc, char **argv)
{
    const char *client = NULL;
    const struct command_option own[] = {{"--client", NULL, &client}};
    struct command_options options;
    struct remote remote;
    struct remote_reply reply;
    struct buf path;
    uint64_t number;
    int64_t quantity;
    if (!command_parse(argc, argv, own, COUNT_OF(own), &options))
        return EXIT_USAGE;
    if (options.argument_count != 2 || !str_to_u64(str_of(options.arguments[0]), &number) ||
        number > UINT32_MAX || !str_to_i64(str_of(options.arguments[1]), &quantity) ||
        quantity < 1) {
        command_fail(ERROR_USAGE, "explain needs a service and a quantity, whole numbers; the "
                                  "quantity is at least 1");
        return EXIT_USAGE;
    }
    if (!remote_open(&remote, &options))
        return EXIT_PROBLEM;
    buf_init(&path, 2048);
    buf_printf(&path, "/explain?service=%s&quantity=%s", options.arguments[0],
               options.arguments[1]);
    if (client) {
        buf_add_text(&path, "&client=");
        buf_add_urlencoded(&path, str_of(client));
    }
    remote_ask_whole(&remote, &path, NULL, &reply);
    remote_tell(&reply, options.is_json);
    if (reply.code == EXIT_OK && !options.is_json)
        command_services_print_quote(reply.json);
    int code = reply.code;
    if (code == EXIT_OK && !remote_is(reply.json, "deliverable"))
        code = EXIT_PROBLEM;
    buf_fini(&path);
    remote_reply_fini(&reply);
    remote_close(&remote);
    return code;
}
