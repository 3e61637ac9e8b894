/* panelmux: the table of commands and how one is found. */
#include <stdio.h>
#include <string.h>

#include "admin/resilience.h"
#include "app/command.h"
#include "app/manual.h"

static const struct command commands[] = {
    {"check", "check [-c FILE] [--online] [--json]",
     "validates all of the configuration; --online also asks each provider for its balance",
     command_check_run},
    {"client", "client list [-c FILE] [--json]\nclient key [-c FILE] [--json]",
     "the clients of the running gateway; a new key with its SHA-256", command_client_run},
    {"demo", "demo [--port N]",
     "a gateway and three simulated panels on loopback, with a throw-away ledger",
     command_demo_run},
    {"explain", "explain SERVICE QUANTITY [--client NAME] [-c FILE] [--json]",
     "price, cost and, for each offer, why it would be taken or skipped", command_explain_run},
    {"health", "health [-c FILE] [--json]",
     "asks the running gateway whether it may be sent clients; for health checks",
     command_health_run},
    {"import", "import PROVIDER [-c FILE] [--json]",
     "the provider's list as a YAML block of services: for review", command_import_run},
    {"ledger", "ledger verify [-c FILE] [--json]\nledger backup FILE [-c FILE] [--json]",
     "checks the books; copies them, while running", command_ledger_run},
    {"order",
     "order list [--in-doubt] [--client NAME] [--before ID] [--limit N] [-c FILE] [--json]\norder "
     "show ID [-c FILE] [--json]\n"
     "order resolve ID --accepted UPSTREAM_ID | --next-offer | --refund [-c FILE] [--json]\n"
     "order resolve --provider NAME --text TEXT --next-offer | --refund [-c FILE] [--json]",
     "the orders; ends a doubt", command_order_run},
    {"provider",
     "provider list [-c FILE] [--json]\nprovider doctor NAME [-c FILE] [--json]\n"
     "provider pause NAME [-c FILE] [--json]\nprovider resume NAME [-c FILE] [--json]\n"
     "provider accept NAME [SERVICE] [-c FILE] [--json]",
     "the providers, how they stand; pauses one, ends a quarantine", command_provider_run},
    {"reload", "reload [-c FILE] [--json]", "reads the configuration again, all or nothing",
     command_reload_run},
    {"serve", "serve [-c FILE]", "runs the gateway in the foreground; logs to stderr",
     command_serve_run},
    {"simulate", "simulate [--listen ADDR] [--script FILE]",
     "a simulated panel for rehearsals and tests", command_simulate_run},
};

static void main_print_usage_lines(FILE *out, const char *usage)
{
    struct str rest = str_of(usage), line;
    while (str_next(&rest, '\n', &line))
        fprintf(out, "  panelmux " STR_FMT "\n", STR_ARG(line));
}

static void main_print_help(FILE *out)
{
    fputs("panelmux " PANELMUX_VERSION ": many upstream panels behind one key\n\n", out);
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        main_print_usage_lines(out, commands[i].usage);
        fprintf(out, "      %s\n", commands[i].summary);
    }
    fputs("\nConfiguration: -c FILE, $PANELMUX_CONFIG, ./panelmux.yaml, "
          "/etc/panelmux/panelmux.yaml.\n"
          "Exit codes: 0 ok, 1 problem found, 2 usage, 3 cannot reach.\n",
          out);
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

static void main_print_parts(FILE *out)
{
    struct buf text;
    buf_init(&text, 64 * 1024);
    resilience_print_markdown(&text);
    fwrite(text.ptr, 1, text.len, out);
    buf_fini(&text);
}

/* Pages that the repository keeps as files: packaging/panelmux.8, a part of docs/operations.md. */
static bool main_print_page(const char *name)
{
    if (strcmp(name, "--man") == 0)
        manual_print(stdout, commands, COUNT_OF(commands));
    else if (strcmp(name, "--parts") == 0)
        main_print_parts(stdout);
    else
        return false;
    return true;
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
    fprintf(stderr, "panelmux: unknown command %s%s%s; see panelmux --help\n", name,
            nearest ? "; did you mean " : "", nearest ? nearest : "");
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    memory_begin();
    if (argc < 2) {
        main_print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("panelmux " PANELMUX_VERSION);
        return EXIT_OK;
    }
    const struct command *command = main_find(argv[1]);
    if (argc == 3 && strcmp(argv[1], "help") == 0 && main_print_page(argv[2]))
        return EXIT_OK;
    if (command == NULL && (main_wants_help(argc, argv) || strcmp(argv[1], "help") == 0)) {
        main_print_help(stdout);
        return EXIT_OK;
    }
    if (command == NULL)
        return main_fail_unknown(argv[1]);
    if (main_wants_help(argc - 1, argv + 1)) {
        main_print_usage_lines(stdout, command->usage);
        printf("      %s\n", command->summary);
        return EXIT_OK;
    }
    int code = command->run(argc - 1, argv + 1);
    if (code == EXIT_USAGE)
        main_print_usage_lines(stderr, command->usage);
    return code;
}
