/* See command_help.h: help and the man page. Completion is in completion.c. */
#include "app/command_help.h"

#include "app/command_usage.h"

/* ---- help ---- */

static void command_help_print_usage(FILE *out, const struct command *command)
{
    struct str rest = str_of(command->usage), line;
    while (str_next(&rest, '\n', &line))
        fprintf(out, "  panelmux " STR_FMT "\n", STR_ARG(line));
}

void command_help_print_all(FILE *out, const struct command_table *table)
{
    fputs("panelmux " PANELMUX_VERSION ": many upstream panels behind one key\n\n", out);
    for (size_t i = 0; i < table->count; i++) {
        command_help_print_usage(out, &table->list[i]);
        fprintf(out, "      %s\n", table->list[i].summary);
    }
    fputs("\npanelmux COMMAND --help explains its options, with examples.\n"
          "Configuration: -c FILE, $PANELMUX_CONFIG, ./panelmux.yaml, "
          "/etc/panelmux/panelmux.yaml.\n"
          "Exit codes: 0 ok, 1 problem found, 2 usage, 3 cannot reach.\n",
          out);
}

enum { LINES_MAX = 64, SHOWN_MAX = 64 };

struct command_help { /* what is to be shown */
    struct command_usage lines[LINES_MAX];
    size_t count;
    const struct command_option_help *shown[SHOWN_MAX]; /* already */
    size_t shown_count;
};

/* Whether each word that was typed names this line, as far as either goes. */
static bool command_help_is_meant(const struct command_usage *usage, int argc, char **argv)
{
    size_t at = 0;
    for (int i = 0; i < argc && at < usage->word_count && argv[i][0] != '-'; i++, at++)
        if (!command_usage_has_word(usage, at, str_of(argv[i])))
            return false;
    return true;
}

static void command_help_choose(struct command_help *help, const struct command *command, int argc,
                                char **argv)
{
    struct str rest = str_of(command->usage), line;
    help->count = 0;
    while (help->count < LINES_MAX && str_next(&rest, '\n', &line)) {
        struct command_usage *usage = &help->lines[help->count];
        command_usage_read(line, usage);
        help->count += command_help_is_meant(usage, argc, argv);
    }
}

static void command_help_print_option(FILE *out, struct command_help *help,
                                      const struct command_option_help *option)
{
    for (size_t i = 0; i < help->shown_count; i++)
        if (help->shown[i] == option)
            return;
    if (help->shown_count < SHOWN_MAX)
        help->shown[help->shown_count++] = option;
    fprintf(out, "  %s\n      %s\n", option->name, option->sentence);
}

static void command_help_print_options(FILE *out, struct command_help *help)
{
    const struct command_option_help *option;
    fputs("\nOptions:\n", out);
    for (size_t i = 0; i < help->count; i++) {
        const struct command_usage *usage = &help->lines[i];
        for (size_t k = 0; usage->has_settings && (option = command_usage_setting(k)); k++)
            command_help_print_option(out, help, option);
        for (size_t k = 0; k < usage->option_count; k++)
            if ((option = command_usage_describe(usage, usage->options[k])))
                command_help_print_option(out, help, option);
    }
    fputs("  --help\n      prints this\n", out);
}

static void command_help_print_examples(FILE *out, const struct command_help *help)
{
    const struct command_example *example;
    fputs("\nExamples:\n", out);
    for (size_t k = 0; (example = command_usage_example(k)); k++) {
        bool fits = false;
        for (size_t i = 0; i < help->count; i++)
            fits |= command_usage_fits(&help->lines[i], example);
        if (fits)
            fprintf(out, "  panelmux %s%s%s\n", example->typed, example->sentence ? "   # " : "",
                    example->sentence ? example->sentence : "");
    }
}

static void command_help_print_lines(FILE *out, struct command_help *help,
                                     const struct command *command, int argc, char **argv)
{
    command_help_choose(help, command, argc, argv);
    if (help->count == 0) /* a word that is none of its own: all of it */
        command_help_choose(help, command, 1, argv);
    for (size_t i = 0; i < help->count; i++)
        fprintf(out, "  panelmux " STR_FMT "\n", STR_ARG(help->lines[i].line));
}

void command_help_print_meant(FILE *out, const struct command *command, int argc, char **argv)
{
    struct command_help help = {0};
    command_help_print_lines(out, &help, command, argc, argv);
}

void command_help_print(FILE *out, const struct command *command, int argc, char **argv)
{
    struct command_help help = {0};
    command_help_print_lines(out, &help, command, argc, argv);
    fprintf(out, "      %s\n", command->summary);
    command_help_print_options(out, &help);
    command_help_print_examples(out, &help);
}

/* ---- the man page ---- */

/* A backslash, and a dot or quote at a line's start, mean something to the formatter. */
static void command_help_print_man_text(FILE *out, struct str text)
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

static void command_help_print_man_command(FILE *out, const struct command *command)
{
    struct str rest = str_of(command->usage), line;
    const char *macro = ".TP";
    while (str_next(&rest, '\n', &line)) {
        fprintf(out, "%s\n.B ", macro);
        command_help_print_man_text(out, line);
        fputc('\n', out);
        macro = ".TQ";
    }
    command_help_print_man_text(out, str_of(command->summary));
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

/* Every option once, with each of its meanings. */
static void command_help_print_man_options(FILE *out)
{
    const struct command_option_help *option;
    for (size_t i = 0; (option = command_usage_option(i)); i++) {
        fputs(".TP\n.B ", out);
        command_help_print_man_text(out, str_of(option->name));
        if (option->of[0]) {
            fputs(" \\fR(", out);
            command_help_print_man_text(out, str_of(option->of));
            fputs(")\\fP", out);
        }
        fputc('\n', out);
        command_help_print_man_text(out, str_of(option->sentence));
        fputs(".\n", out);
    }
}

static void command_help_print_man_settings(FILE *out)
{
    const struct command_option_help *option;
    for (size_t i = 0; (option = command_usage_setting(i)); i++) {
        fputs(".TP\n.B ", out);
        command_help_print_man_text(out, str_of(option->name));
        fputc('\n', out);
        command_help_print_man_text(out, str_of(option->sentence));
        fputs(".\n", out);
    }
}

static void command_help_print_man_examples(FILE *out)
{
    const struct command_example *example;
    fputs(".nf\n", out);
    for (size_t i = 0; (example = command_usage_example(i)); i++) {
        fputs("panelmux ", out);
        command_help_print_man_text(out, str_of(example->typed));
        if (example->sentence) {
            fputs("   # ", out);
            command_help_print_man_text(out, str_of(example->sentence));
        }
        fputc('\n', out);
    }
    fputs(".fi\n", out);
}

void command_help_print_man(FILE *out, const struct command_table *table)
{
    fputs(head, out);
    for (size_t i = 0; i < table->count; i++)
        command_help_print_man_command(out, &table->list[i]);
    fputs(".SH OPTIONS\n", out);
    command_help_print_man_options(out);
    fputs(".TP\n.B \\-\\-help\nWhat a command takes, with examples.\n"
          ".SH SETTINGS OF A CLIENT\n",
          out);
    command_help_print_man_settings(out);
    fputs(".SH EXAMPLES\n", out);
    command_help_print_man_examples(out);
    fputs(tail, out);
}
