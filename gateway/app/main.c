/* panelmux: the table of commands, and how one is found. Everything printed about them is made from
 * the table: command_help.c, completion.c. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command_help.h"

static int main_complete(int argc, char **argv);
static int main_version(int argc, char **argv);

static const struct command commands[] = {
    {"check", "check [-c FILE] [--online] [--json]",
     "validates all of the configuration, and that serve could start; --online also asks each "
     "panel",
     command_check_run},
    {"client",
     "client list [-c FILE] [--json]\n"
     "client add NAME [SETTINGS] [--label TEXT] [-c FILE] [--json]\n"
     "client set NAME SETTINGS [-c FILE] [--json]\n"
     "client freeze|unfreeze NAME [-c FILE] [--json]\n"
     "client key [-c FILE] [--json]\n"
     "client key add NAME --label TEXT [-c FILE] [--json]\n"
     "client key revoke NAME LABEL [-c FILE] [--json]\n"
     "client credit NAME AMOUNT [--id KEY] [--note TEXT] [-c FILE] [--json]\n"
     "client statement NAME [--since TIME] [--until TIME] [--csv | --json] [-c FILE]",
     "the clients, those in the file and those added here, which live in the ledger, their keys "
     "and "
     "their money. SETTINGS are those of `clients:` in the file: --funds, --balance, "
     "--credit-limit, --daily-limit, --prices 1=0.80,2=1.20, --markup, --rate-limit, --services, "
     "--addresses, --get-orders, --refs",
     command_client_run},
    {"completion", "completion bash|zsh", "what makes a shell complete commands and options",
     main_complete},
    {"config", "config show [-c FILE] [--json]\nconfig diff [-c FILE] [--json]",
     "the configuration in force with its secrets masked; what a reload would change, exit 1 when "
     "that is anything",
     command_config_run},
    {"demo", "demo [--port N]",
     "a gateway and three simulated panels on loopback, with a throw-away ledger",
     command_demo_run},
    {"explain", "explain SERVICE QUANTITY [--client NAME] [-c FILE] [--json]",
     "price, cost and, for each offer, why it would be taken or skipped; exits 1 when none is",
     command_services_explain},
    {"health", "health [-c FILE] [--json]",
     "reports whether the running gateway may be sent clients; for health checks",
     command_gateway_health},
    {"import",
     "import PROVIDER [--markup 25%] [--category PATTERN] [--type TYPE] [--first-id N] "
     "[--only-new] [-c FILE] [--json]",
     "the provider's list as a YAML block of services: for review", command_import_run},
    {"ledger", "ledger verify [-c FILE] [--json]\nledger backup FILE [-c FILE] [--json]",
     "verifies the ledger; copies it while it is in use", command_ledger_run},
    {"order",
     "order list [--in-doubt | --stuck] [--state STATE,...] [--client NAME] [--provider NAME] "
     "[--service ID] [--link LINK] [--upstream ID] [--since TIME] [--until TIME] [--refused] "
     "[--before ID] [--limit N] [--csv | --json] [-c FILE]\n"
     "order show ID [-c FILE] [--json]\n"
     "order resolve ID --accepted UPSTREAM_ID [--force] | --next-offer | --refund [--reason TEXT] "
     "[--yes] [-c FILE] [--json]\n"
     "order resolve --provider NAME --text TEXT --next-offer | --refund [--reason TEXT] [--yes] "
     "[-c FILE] [--json]",
     "the orders, newest first, without tries that were refused (--refused: with them); ends a "
     "doubt: TEXT as in `answers:`, * matches",
     command_order_run},
    {"provider",
     "provider list [-c FILE] [--json]\nprovider doctor NAME [-c FILE] [--json]\n"
     "provider pause NAME [--for 2h] [--reason TEXT] [-c FILE] [--json]\nprovider resume NAME [-c "
     "FILE] [--json]\n"
     "provider accept NAME SERVICE... | --all [--zero] [--yes] [-c FILE] [--json]",
     "the state of the providers; pauses one; shows the prices in quarantine, old and new, and "
     "takes them",
     command_provider_run},
    {"reload", "reload [-c FILE] [--json]", "reads the configuration again, all or nothing",
     command_gateway_reload},
    {"serve", "serve [-c FILE]", "runs the gateway in the foreground; logs to stderr",
     command_gateway_serve},
    {"simulate", "simulate [--listen ADDR] [--script FILE]",
     "a simulated panel for rehearsals and tests", command_demo_simulate},
    {"version", "version [--json]", "prints the version", main_version},
};

static const struct command_table table = {commands, COUNT_OF(commands)};

static int main_complete(int argc, char **argv)
{
    struct command_options options;
    if (!command_parse(argc, argv, NULL, 0, &options))
        return EXIT_USAGE;
    const char *shell = options.argument_count == 1 ? options.arguments[0] : "";
    if (strcmp(shell, "bash") == 0) {
        completion_print_bash(stdout, &table);
    } else if (strcmp(shell, "zsh") == 0) {
        completion_print_zsh(stdout, &table);
    } else {
        command_fail(ERROR_USAGE, "completion needs the name of a shell: bash or zsh");
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

static int main_version(int argc, char **argv)
{
    struct command_options options;
    if (!command_parse(argc, argv, NULL, 0, &options))
        return EXIT_USAGE;
    if (options.argument_count > 0) {
        command_fail(ERROR_USAGE, "version takes no %s", options.arguments[0]);
        return EXIT_USAGE;
    }
    puts(options.is_json ? "{\"version\":\"" PANELMUX_VERSION "\"}" : "panelmux " PANELMUX_VERSION);
    return EXIT_OK;
}

static const struct command *main_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static bool main_wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int main_fail_unknown(const char *name)
{
    const char *nearest = NULL;
    size_t best = 3;
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        size_t distance = str_distance(str_of(name), str_of(commands[i].name), 3);
        if (distance < best) {
            best = distance;
            nearest = commands[i].name;
        }
    }
    command_fail(ERROR_USAGE, "unknown command %s%s%s; see panelmux --help", name,
                 nearest ? "; did you mean " : "", nearest ? nearest : "");
    return EXIT_USAGE;
}

static int main_run(const struct command *command, int argc, char **argv)
{
    command_begin(argc, argv);
    int code = command ? command->run(argc, argv) : main_fail_unknown(argv[0]);
    if (code == EXIT_USAGE && command)
        command_help_print_meant(stderr, command, argc, argv);
    command_end(argc, argv, code);
    return code;
}

/* "panelmux help", "panelmux help order list", "panelmux order list --help". */
static int main_help(int argc, char **argv)
{
    const struct command *command = argc > 0 ? main_find(argv[0]) : NULL;
    if (argc > 0 && strcmp(argv[0], "--man") == 0)
        command_help_print_man(stdout, &table);
    else if (command)
        command_help_print(stdout, command, argc, argv);
    else if (argc > 0 && argv[0][0] != '-')
        return main_fail_unknown(argv[0]);
    else
        command_help_print_all(stdout, &table);
    return EXIT_OK;
}

int main(int argc, char **argv)
{
    /* jansson follows a stray pointer when it gets no memory for a text. */
    json_set_alloc_funcs(memory_take, free);
    if (argc < 2) {
        command_help_print_all(stderr, &table);
        return EXIT_USAGE;
    }
    const char *name = strcmp(argv[1], "--version") == 0 ? "version" : argv[1];
    if (strcmp(name, "help") == 0)
        return main_help(argc - 2, argv + 2);
    if (main_wants_help(argc, argv))
        return main_help(argc - 1, argv + 1);
    return main_run(main_find(name), argc - 1, argv + 1);
}
