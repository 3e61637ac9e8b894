/* panelmux: the table of commands, how one is found, and the man page made from the table. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"

/* A backslash, and a dot or quote at a line's start, mean something to the formatter. */
static void main_print_man_text(FILE *out, struct str text)
{
    if (text.len > 0 && (text.ptr[0] == '.' || text.ptr[0] == '\''))
        fputs("\\&", out);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\')
            fputs("\\e", out);
        else if (text.ptr[i] == '-')
            fputs("\\-", out);
        else
            fputc(text.ptr[i], out);
    }
}

static void main_print_man_command(FILE *out, const struct command *command)
{
    struct str rest = str_of(command->usage), line;
    const char *macro = ".TP";
    while (str_next(&rest, '\n', &line)) {
        fprintf(out, "%s\n.B ", macro);
        main_print_man_text(out, line);
        fputc('\n', out);
        macro = ".TQ";
    }
    main_print_man_text(out, str_of(command->summary));
    fputs(".\n", out);
}

static const char head[] =
    ".\\\" Made from the table of commands: panelmux help --man. Do not edit.\n"
    ".TH PANELMUX 8 \"\" \"panelmux " PANELMUX_VERSION "\" \"System administration\"\n"
    ".SH NAME\n"
    "panelmux \\- many upstream panels behind one key\n"
    ".SH SYNOPSIS\n"
    ".B panelmux\n"
    ".I command\n"
    ".RI [ options ]\n"
    ".SH DESCRIPTION\n"
    "A gateway that resells services of upstream panels: its clients speak the panel API v2 to it "
    "with one\n"
    "key, and it speaks the same to the panels that deliver, fails over among them, and never "
    "orders twice.\n"
    ".SH COMMANDS\n";

static const char tail[] =
    ".SH OPTIONS\n"
    ".TP\n"
    ".BI \\-c \" FILE\"\n"
    "The configuration.\n"
    ".TP\n"
    ".B \\-\\-json\n"
    "The answer as JSON on standard output.\n"
    ".TP\n"
    ".B \\-\\-help\n"
    "What a command takes.\n"
    ".SH EXIT STATUS\n"
    "0 ok, 1 problem found, 2 usage, 3 cannot reach.\n"
    ".SH SIGNALS\n"
    ".TP\n"
    ".B SIGHUP\n"
    "Reads the configuration again, all or nothing.\n"
    ".TP\n"
    ".BR SIGTERM \", \" SIGINT\n"
    "Drains: nothing new is accepted, what is under way is finished, at most 30 s.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n"
    ".B PANELMUX_CONFIG\n"
    "The configuration, where\n"
    ".B \\-c\n"
    "is not given.\n"
    ".TP\n"
    ".B NOTIFY_SOCKET\n"
    "Where readiness, reloads and the end are reported to a service manager (sd_notify).\n"
    ".SH FILES\n"
    ".TP\n"
    ".I ./panelmux.yaml\n"
    ".TQ\n"
    ".I /etc/panelmux/panelmux.yaml\n"
    "The configuration; the first of them that is there.\n";

static void main_print_man(FILE *out, const struct command *commands, size_t count)
{
    fputs(head, out);
    for (size_t i = 0; i < count; i++)
        main_print_man_command(out, &commands[i]);
    fputs(tail, out);
}

static const struct command commands[] = {
    {"check", "check [-c FILE] [--online] [--json]",
     "validates all of the configuration; --online also requests each provider's balance",
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
    {"demo", "demo [--port N]",
     "a gateway and three simulated panels on loopback, with a throw-away ledger",
     command_demo_run},
    {"explain", "explain SERVICE QUANTITY [--client NAME] [-c FILE] [--json]",
     "price, cost and, for each offer, why it would be taken or skipped", command_services_explain},
    {"health", "health [-c FILE] [--json]",
     "reports whether the running gateway may be sent clients; for health checks",
     command_gateway_health},
    {"import", "import PROVIDER [-c FILE] [--json]",
     "the provider's list as a YAML block of services: for review", command_services_import},
    {"ledger", "ledger verify [-c FILE] [--json]\nledger backup FILE [-c FILE] [--json]",
     "verifies the ledger; copies it while it is in use", command_ledger_run},
    {"order",
     "order list [--in-doubt | --stuck] [--client NAME] [--before ID] [--limit N] [-c FILE] "
     "[--json]\norder "
     "show ID [-c FILE] [--json]\n"
     "order resolve ID --accepted UPSTREAM_ID [--force] | --next-offer | --refund [-c FILE] "
     "[--json]\n"
     "order resolve --provider NAME --text TEXT --next-offer | --refund [-c FILE] [--json]",
     "the orders; ends a doubt", command_order_run},
    {"provider",
     "provider list [-c FILE] [--json]\nprovider doctor NAME [-c FILE] [--json]\n"
     "provider pause NAME [--for 2h] [--reason TEXT] [-c FILE] [--json]\nprovider resume NAME [-c "
     "FILE] [--json]\n"
     "provider accept NAME [SERVICE] [-c FILE] [--json]",
     "the state of the providers; pauses one, ends a quarantine", command_provider_run},
    {"reload", "reload [-c FILE] [--json]", "reads the configuration again, all or nothing",
     command_gateway_reload},
    {"serve", "serve [-c FILE]", "runs the gateway in the foreground; logs to stderr",
     command_gateway_serve},
    {"simulate", "simulate [--listen ADDR] [--script FILE]",
     "a simulated panel for rehearsals and tests", command_demo_simulate},
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
    /* jansson follows a stray pointer when it gets no memory for a text. */
    json_set_alloc_funcs(memory_take, free);
    if (argc < 2) {
        main_print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("panelmux " PANELMUX_VERSION);
        return EXIT_OK;
    }
    const struct command *command = main_find(argv[1]);
    if (argc == 3 && strcmp(argv[1], "help") == 0 && strcmp(argv[2], "--man") == 0) {
        main_print_man(stdout, commands, COUNT_OF(commands));
        return EXIT_OK;
    }
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
