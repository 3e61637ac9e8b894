/* panelmux provider accept: shows the prices that wait for an operator, old and new, with what they
 * change for what we sell; takes those that are named, or all, once that is confirmed. What is
 * taken is what was shown: prices that move meanwhile are refused by the gateway. */
#include <stdio.h>

#include "app/remote.h"
#include "app/texttable.h"
#include "base/jsonwriter.h"

enum { BODY_BYTES = 1024 * 1024, PATH_BYTES = 2048, LINES_MAX = 20 };

/* ---- what waits ---- */

static void command_accept_add_rows(struct texttable *table, const json_t *held)
{
    struct remote_room rooms[10];
    size_t i;
    json_t *sale;
    const json_t *sold = json_object_get(held, "sold");
    const char *cells[] = {remote_text(held, "service", &rooms[0]),
                           remote_text(held, "name", &rooms[1]),
                           remote_text(held, "why", &rooms[2]),
                           remote_text(held, "old", &rooms[3]),
                           remote_text(held, "new", &rooms[4]),
                           "not sold",
                           NULL,
                           NULL,
                           NULL,
                           NULL};
    if (json_array_size(sold) == 0)
        texttable_add(table, cells);
    json_array_foreach(sold, i, sale)
    {
        const json_t *old = json_object_get(sale, "old"), *new = json_object_get(sale, "new");
        cells[5] = remote_text(sale, "service", &rooms[5]);
        cells[6] = remote_text(old, "price", &rooms[6]);
        cells[7] = remote_text(new, "price", &rooms[7]);
        cells[8] = remote_text(old, "margin", &rooms[8]);
        cells[9] = remote_text(new, "margin", &rooms[9]);
        texttable_add(table, cells);
        cells[0] = cells[1] = cells[2] = cells[3] = cells[4] = "";
    }
}

static bool command_accept_is_named(const struct command_accept *o, const char *service)
{
    for (size_t i = 1; i < o->common.argument_count; i++)
        if (strcmp(o->common.arguments[i], service) == 0)
            return true;
    return o->common.argument_count == 1;
}

/* Of those that are named, or of all. */
static void command_accept_print(const struct command_accept *o, const json_t *quarantine,
                                 FILE *out)
{
    static const char *const heads[] = {"SERVICE",     "NAME",       "WHY",        ">OLD",
                                        ">NEW",        "SOLD AS",    ">PRICE OLD", ">PRICE NEW",
                                        ">MARGIN OLD", ">MARGIN NEW"};
    struct remote_room rooms[4];
    struct texttable table;
    size_t i;
    json_t *held;
    fprintf(out,
            "%s: old and new in %s for 1000; price and margin in %s, before clients' markups\n",
            remote_text(quarantine, "provider", &rooms[0]),
            remote_text(quarantine, "provider_currency", &rooms[1]),
            remote_text(quarantine, "currency", &rooms[2]));
    texttable_init(&table, heads, COUNT_OF(heads));
    json_array_foreach(json_object_get(quarantine, "services"), i, held)
    {
        if (command_accept_is_named(o, remote_text(held, "service", &rooms[0])))
            command_accept_add_rows(&table, held);
    }
    texttable_print(&table, "no price is in quarantine", out);
    texttable_fini(&table);
    if (json_integer_value(json_object_get(quarantine, "gone")) > 0)
        fprintf(out,
                "its list was refused: %s of %s services are gone at once; --all takes it, and "
                "prices that jump in it are in quarantine then\n",
                remote_text(quarantine, "gone", &rooms[0]),
                remote_text(quarantine, "listed", &rooms[1]));
}

/* ---- what may be taken of it ---- */

static const json_t *command_accept_find(const json_t *quarantine, const char *service)
{
    size_t i;
    json_t *held;
    json_array_foreach(json_object_get(quarantine, "services"), i, held)
    {
        const char *id = json_string_value(json_object_get(held, "service"));
        if (id && strcmp(id, service) == 0)
            return held;
    }
    return NULL;
}

static bool command_accept_check_named(const struct command_accept *o, const json_t *quarantine)
{
    struct remote_room room;
    for (size_t i = 1; i < o->common.argument_count; i++) {
        const char *name = o->common.arguments[i];
        const json_t *held = command_accept_find(quarantine, name);
        const char *why = held ? remote_text(held, "why", &room) : "";
        if (held == NULL)
            command_fail(ERROR_NOT_FOUND,
                         "%s has no service %s in quarantine; provider accept %s shows what "
                         "is; nothing was accepted",
                         o->common.arguments[0], name, o->common.arguments[0]);
        else if (strcmp(why, "unreadable") == 0)
            command_fail(ERROR_CONFLICT,
                         "service %s has no readable price to accept; it returns by itself "
                         "when the panel lists an amount; nothing was accepted",
                         name);
        else if (strcmp(why, "zero") == 0 && !o->takes_zero)
            command_fail(ERROR_CONFLICT,
                         "the price of service %s is 0, so it would be sold for nothing but "
                         "what a markup adds; nothing was accepted, --zero takes it",
                         name);
        else
            continue;
        return false;
    }
    return true;
}

/* How many prices --all takes; false: there is something, but none of it may be taken. */
static bool command_accept_count_all(const struct command_accept *o, const json_t *quarantine,
                                     size_t *count)
{
    struct remote_room room;
    size_t i, zero = 0, unreadable = 0;
    json_t *held;
    *count = 0;
    json_array_foreach(json_object_get(quarantine, "services"), i, held)
    {
        const char *why = remote_text(held, "why", &room);
        bool is_zero = strcmp(why, "zero") == 0 && !o->takes_zero;
        bool is_unreadable = strcmp(why, "unreadable") == 0;
        zero += is_zero;
        unreadable += is_unreadable;
        *count += !is_zero && !is_unreadable;
    }
    if (zero)
        command_fail(ERROR_CONFLICT, "%zu with a price of 0 stay in quarantine; --zero takes them",
                     zero);
    if (unreadable)
        command_fail(ERROR_CONFLICT,
                     "%zu without a readable price stay in quarantine; they return by "
                     "themselves",
                     unreadable);
    bool has_list = json_integer_value(json_object_get(quarantine, "gone")) > 0;
    return *count > 0 || has_list || zero + unreadable == 0;
}

/* ---- taking it ---- */

static void command_accept_write_body(const struct command_accept *o, const json_t *quarantine,
                                      struct buf *body)
{
    struct remote_room room;
    struct jsonwriter w = jsonwriter_to(body);
    jsonwriter_object(&w, NULL);
    if (o->is_all) {
        jsonwriter_bool(&w, "all", true);
        jsonwriter_text(&w, "state",
                        str_of(json_string_value(json_object_get(quarantine, "state"))));
    } else {
        jsonwriter_array(&w, "services");
        for (size_t i = 1; i < o->common.argument_count; i++)
            jsonwriter_text(&w, NULL, str_of(o->common.arguments[i]));
        jsonwriter_array_end(&w);
        jsonwriter_array(&w, "shown");
        for (size_t i = 1; i < o->common.argument_count; i++)
            jsonwriter_text(
                &w, NULL,
                str_of(remote_text(command_accept_find(quarantine, o->common.arguments[i]), "new",
                                   &room)));
        jsonwriter_array_end(&w);
    }
    jsonwriter_bool(&w, "zero", o->takes_zero);
    jsonwriter_object_end(&w);
}

static void command_accept_print_taken(const json_t *quarantine, const json_t *reply)
{
    struct remote_room rooms[4];
    size_t i;
    json_t *taken;
    printf("accepted: %s\n", remote_text(reply, "accepted", &rooms[0]));
    json_array_foreach(json_object_get(reply, "services"), i, taken)
    {
        const char *old = remote_text(taken, "old", &rooms[1]);
        if (i == LINES_MAX) {
            puts("  and so on");
            break;
        }
        struct buf service;
        buf_init(&service, 4096);
        texttable_mask(str_of(remote_text(taken, "service", &rooms[0])), &service);
        printf("  service %s: %s -> %s %s\n", service.ptr ? service.ptr : "",
               old[0] ? old : "no price", remote_text(taken, "new", &rooms[2]),
               remote_text(quarantine, "provider_currency", &rooms[3]));
        buf_fini(&service);
    }
    if (json_integer_value(json_object_get(reply, "gone")) > 0)
        printf("its list is taken: %s services are gone\n", remote_text(reply, "gone", &rooms[0]));
    if (json_integer_value(json_object_get(reply, "held")) > 0)
        printf("in quarantine now: %s; provider accept %s shows them\n",
               remote_text(reply, "held", &rooms[0]),
               remote_text(quarantine, "provider", &rooms[1]));
}

static void command_accept_make_path(const struct command_accept *o, const char *what,
                                     struct buf *path)
{
    buf_init(path, PATH_BYTES);
    buf_add_text(path, "/providers/");
    buf_add_urlencoded(path, str_of(o->common.arguments[0]));
    buf_printf(path, "/%s", what);
}

static int command_accept_take(struct remote *remote, const struct command_accept *o,
                               const json_t *quarantine)
{
    struct remote_reply reply;
    struct buf path, body;
    command_accept_make_path(o, "accept", &path);
    buf_init(&body, BODY_BYTES);
    command_accept_write_body(o, quarantine, &body);
    remote_ask_whole(remote, &path, &body, &reply);
    remote_tell(&reply, o->common.is_json);
    if (reply.code == EXIT_OK && !o->common.is_json)
        command_accept_print_taken(quarantine, reply.json);
    int code = reply.code;
    buf_fini(&path);
    buf_fini(&body);
    remote_reply_fini(&reply);
    return code;
}

static bool command_accept_ask(const struct command_accept *o, size_t count)
{
    char question[300];
    snprintf(question, sizeof question, "accept %zu price%s of %.100s%s?", count,
             count == 1 ? "" : "s", o->common.arguments[0],
             o->is_all ? " and its list as it is now" : "");
    return command_confirm(question, o->is_yes);
}

/* After the quarantine was shown. */
static int command_accept_decide(struct remote *remote, const struct command_accept *o,
                                 const json_t *quarantine)
{
    size_t count = o->common.argument_count - 1;
    if (count == 0 && !o->is_all) {
        command_fail(ERROR_USAGE, "nothing was accepted; name the services to accept, or --all");
        return EXIT_USAGE;
    }
    if (o->is_all && !command_accept_count_all(o, quarantine, &count))
        return EXIT_PROBLEM;
    if (!o->is_all && !command_accept_check_named(o, quarantine))
        return EXIT_PROBLEM;
    bool has_list = o->is_all && json_integer_value(json_object_get(quarantine, "gone")) > 0;
    if (count == 0 && !has_list) {
        puts(o->common.is_json ? "{\"accepted\":0,\"gone\":0,\"services\":[]}" : "accepted: 0");
        return EXIT_OK;
    }
    if (!command_accept_ask(o, count)) {
        command_fail(ERROR_CONFLICT, "nothing was accepted");
        return EXIT_PROBLEM;
    }
    return command_accept_take(remote, o, quarantine);
}

static int command_accept_show(const struct command_accept *o)
{
    struct remote remote;
    struct remote_reply reply;
    struct buf path;
    if (!remote_open(&remote, &o->common))
        return EXIT_PROBLEM;
    command_accept_make_path(o, "quarantine", &path);
    remote_ask_whole(&remote, &path, NULL, &reply);
    int code = reply.code;
    if (code == EXIT_OK) {
        command_accept_print(o, reply.json, o->common.is_json ? stderr : stdout);
        fflush(stdout);
        code = command_accept_decide(&remote, o, reply.json);
    } else {
        remote_tell(&reply, o->common.is_json);
    }
    buf_fini(&path);
    remote_reply_fini(&reply);
    remote_close(&remote);
    return code;
}

int command_accept_run(const struct command_accept *accept)
{
    if (accept->common.argument_count == 0) {
        command_fail(ERROR_USAGE, "provider accept needs the name of a provider");
        return EXIT_USAGE;
    }
    if (accept->is_all && accept->common.argument_count > 1) {
        command_fail(ERROR_USAGE, "provider accept takes services or --all, not both");
        return EXIT_USAGE;
    }
    return command_accept_show(accept);
}
