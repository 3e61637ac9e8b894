/* panelmux provider: the state of each; pause, resume, doctor. Calls the running gateway. accept is
 * in command_accept.c. */
#include <stdio.h>

#include "app/remote.h"
#include "app/texttable.h"
#include "base/jsonwriter.h"
#include "settings/rows.h"

static void command_provider_print_age(const json_t *provider, char out[24])
{
    const json_t *age = json_object_get(provider, "list_age_s");
    long long seconds = json_integer_value(age);
    if (!json_is_integer(age))
        snprintf(out, 24, "no list");
    else if (seconds < 120)
        snprintf(out, 24, "%llds", seconds);
    else if (seconds < 7200)
        snprintf(out, 24, "%lldm", seconds / 60);
    else
        snprintf(out, 24, "%lldh", seconds / 3600);
}

/* "paused until 2026-… by admin: too slow"; the state alone when it is not paused. */
static void command_provider_describe_state(const json_t *provider, char out[512])
{
    struct remote_room room;
    const char *state = remote_text(provider, "state", &room);
    const char *until = remote_text(provider, "paused_until", &room);
    const char *who = remote_text(provider, "paused_by", &room);
    const char *reason = remote_text(provider, "paused_reason", &room);
    snprintf(out, 512, "%s%s%s%s%s%s%s", state, until[0] ? " until " : "", until,
             who[0] ? " by " : "", who, reason[0] ? ": " : "", reason);
}

/* "out of funds: the panel says …, since …; ends …": what stands in its way, then which offers are
 * cooling down, then what is wrong with its list. */
static void command_provider_describe_health(const json_t *provider, struct buf *out)
{
    struct remote_room room, count;
    const json_t *offers = json_object_get(provider, "offers"), *offer;
    const char *message = remote_text(json_object_get(provider, "obstacle"), "message", &room);
    size_t i;
    buf_add_text(out, remote_text(provider, "health", &room));
    if (message[0])
        buf_printf(out, ": %s", message);
    json_array_foreach(offers, i, offer)
        buf_printf(out, "; service %s: %s", remote_text(offer, "service", &room),
                   remote_text(offer, "message", &count));
    json_int_t all = json_integer_value(json_object_get(provider, "offers_cooling_down"));
    if ((json_int_t)i < all)
        buf_printf(out, "; and %lld more", (long long)(all - (json_int_t)i));
    json_int_t held = json_integer_value(json_object_get(provider, "quarantined"));
    if (held > 0)
        buf_printf(out, "; %lld price%s in quarantine: `provider accept %s` shows them",
                   (long long)held, held == 1 ? "" : "s", remote_text(provider, "name", &room));
    const char *error = remote_text(provider, "last_error", &room);
    if (error[0])
        buf_printf(out, "; list: %s", error);
}

static void command_provider_add_provider(struct texttable *table, const json_t *provider)
{
    struct remote_room rooms[10];
    char balance[96], age[24], state[512];
    struct buf health;
    const char *amount = remote_text(provider, "balance", &rooms[0]);
    snprintf(balance, sizeof balance, "%s %s", amount[0] ? amount : "?",
             remote_text(provider, "currency", &rooms[2]));
    command_provider_print_age(provider, age);
    command_provider_describe_state(provider, state);
    buf_init(&health, 256 * 1024);
    command_provider_describe_health(provider, &health);
    const char *cells[] = {remote_text(provider, "name", &rooms[4]),
                           state,
                           balance,
                           age,
                           remote_text(provider, "services", &rooms[6]),
                           remote_text(provider, "quarantined", &rooms[7]),
                           remote_text(provider, "unsellable", &rooms[9]),
                           remote_text(provider, "connections", &rooms[8]),
                           health.ptr};
    texttable_add(table, cells);
    buf_fini(&health);
}

static int command_provider_print_list(const json_t *json)
{
    static const char *const heads[] = {"NAME",        "STATE",        ">BALANCE",
                                        ">LIST AGE",   ">SERVICES",    ">QUARANTINED",
                                        ">UNSELLABLE", ">CONNECTIONS", "HEALTH"};
    struct texttable table;
    size_t i;
    json_t *provider;
    texttable_init(&table, heads, COUNT_OF(heads));
    json_array_foreach(json_object_get(json, "providers"), i, provider)
        command_provider_add_provider(&table, provider);
    texttable_print(&table, "no providers", stdout);
    texttable_fini(&table);
    return EXIT_OK;
}

static int command_provider_print_doctor(const json_t *json)
{
    struct remote_room room;
    size_t i;
    json_t *finding;
    json_array_foreach(json_object_get(json, "findings"), i, finding)
    {
        struct buf message;
        buf_init(&message, 64 * 1024);
        texttable_mask(str_of(remote_text(finding, "message", &room)), &message);
        printf("%s  %s\n", remote_is(finding, "problem") ? "PROBLEM" : "ok     ",
               message.ptr ? message.ptr : "");
        buf_fini(&message);
    }
    const char *balance = remote_text(json, "balance", &room);
    if (balance[0])
        printf("balance %s %s\n", balance, json_string_value(json_object_get(json, "currency")));
    return remote_is(json, "healthy") ? EXIT_OK : EXIT_PROBLEM;
}

static int command_provider_print_one(const json_t *json)
{
    struct remote_room a, b;
    struct buf masked;
    char state[512];
    command_provider_describe_state(json, state);
    buf_init(&masked, 4096);
    texttable_mask(str_of(state), &masked);
    printf("%s: %s, health %s\n", remote_text(json, "name", &a), masked.ptr ? masked.ptr : "",
           remote_text(json, "health", &b));
    buf_fini(&masked);
    return EXIT_OK;
}

struct command_provider_pause { /* --for and --reason; NULL: not given */
    const char *length, *reason;
};

static const struct command_provider_verb {
    const char *name;
    size_t min, max; /* arguments after it */
    bool is_get;
    int (*print)(const json_t *json);
} verbs[] = {
    {"list", 0, 0, true, command_provider_print_list},
    {"doctor", 1, 1, false, command_provider_print_doctor},
    {"pause", 1, 1, false, command_provider_print_one},
    {"resume", 1, 1, false, command_provider_print_one},
};

static int command_provider_ask(const struct command_provider_verb *verb,
                                const struct command_options *options,
                                const struct command_provider_pause *pause)
{
    struct remote remote;
    struct remote_reply reply;
    struct buf path, body;
    if (!remote_open(&remote, options))
        return EXIT_PROBLEM;
    buf_init(&path, 2048);
    buf_init(&body, 2048);
    buf_add_text(&path, "/providers");
    if (verb->min > 0) {
        buf_add_byte(&path, '/');
        buf_add_urlencoded(&path, str_of(options->arguments[1]));
        buf_printf(&path, "/%s", verb->name);
    }
    struct jsonwriter w = jsonwriter_to(&body);
    jsonwriter_object(&w, NULL);
    if (pause->length)
        jsonwriter_text(&w, "for", str_of(pause->length));
    if (pause->reason)
        jsonwriter_text(&w, "reason", str_of(pause->reason));
    jsonwriter_object_end(&w);
    remote_ask_whole(&remote, &path, verb->is_get ? NULL : &body, &reply);
    remote_tell(&reply, options->is_json);
    int code = reply.code;
    if (code == EXIT_OK && options->is_json)
        code = json_is_false(json_object_get(reply.json, "healthy")) ? EXIT_PROBLEM : EXIT_OK;
    else if (code == EXIT_OK)
        code = verb->print(reply.json);
    buf_fini(&path);
    buf_fini(&body);
    remote_reply_fini(&reply);
    remote_close(&remote);
    return code;
}

/* An option that belongs to another verb is a fault. */
static bool command_provider_check_options(const char *verb,
                                           const struct command_provider_pause *pause,
                                           const struct command_accept *accept)
{
    static const struct setting_row row = {.key = "--for", .kind = &kind_duration};
    struct fault why = {0};
    int64_t ms;
    if ((pause->length || pause->reason) && strcmp(verb, "pause") != 0) {
        command_fail(ERROR_USAGE, "--for and --reason belong to provider pause, not to %s", verb);
        return false;
    }
    if ((accept->is_all || accept->takes_zero || accept->is_yes) && strcmp(verb, "accept") != 0) {
        command_fail(ERROR_USAGE, "--all, --zero and --yes belong to provider accept, not to %s",
                     verb);
        return false;
    }
    if (pause->length && !kind_duration.parse(str_of(pause->length), &row, &ms, &why)) {
        if (why.code == FAULT_NONE)
            command_fail(ERROR_USAGE, "--for needs %s", kind_duration.form);
        else
            command_fail(ERROR_USAGE, "--for %s %s", pause->length, why.message);
        return false;
    }
    return true;
}

static int command_provider_accept(const struct command_options *options,
                                   struct command_accept *accept)
{
    accept->common = *options;
    accept->common.argument_count--;
    memmove(accept->common.arguments, options->arguments + 1,
            accept->common.argument_count * sizeof *options->arguments);
    return command_accept_run(accept);
}

int command_provider_run(int argc, char **argv)
{
    struct command_provider_pause pause = {0};
    struct command_accept accept = {0};
    const struct command_option own[] = {{"--for", NULL, &pause.length},
                                         {"--reason", NULL, &pause.reason},
                                         {"--all", &accept.is_all, NULL},
                                         {"--zero", &accept.takes_zero, NULL},
                                         {"--yes", &accept.is_yes, NULL}};
    struct command_options options;
    if (!command_parse(argc, argv, own, COUNT_OF(own), &options))
        return EXIT_USAGE;
    const char *verb = options.argument_count ? options.arguments[0] : "";
    if (verb[0] && !command_provider_check_options(verb, &pause, &accept))
        return EXIT_USAGE;
    if (strcmp(verb, "accept") == 0)
        return command_provider_accept(&options, &accept);
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        if (strcmp(verb, verbs[i].name) == 0)
            return command_check_count(&options, verbs[i].min, verbs[i].max)
                       ? command_provider_ask(&verbs[i], &options, &pause)
                       : EXIT_USAGE;
    command_fail(ERROR_USAGE, "provider list, doctor, pause, resume or accept");
    return EXIT_USAGE;
}
