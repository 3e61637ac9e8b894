/* See manual.h. */
#include "app/manual.h"

/* A backslash, and a dot or quote at a line's start, mean something to the formatter. */
static void manual_print_text(FILE *out, struct str text)
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

static void manual_print_command(FILE *out, const struct command *command)
{
    struct str rest = str_of(command->usage), line;
    const char *macro = ".TP";
    while (str_next(&rest, '\n', &line)) {
        fprintf(out, "%s\n.B ", macro);
        manual_print_text(out, line);
        fputc('\n', out);
        macro = ".TQ";
    }
    manual_print_text(out, str_of(command->summary));
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
    "Where a service manager is told of readiness, reloads and the end (sd_notify).\n"
    ".SH FILES\n"
    ".TP\n"
    ".I ./panelmux.yaml\n"
    ".TQ\n"
    ".I /etc/panelmux/panelmux.yaml\n"
    "The configuration; the first of them that is there.\n";

void manual_print(FILE *out, const struct command *commands, size_t count)
{
    fputs(head, out);
    for (size_t i = 0; i < count; i++)
        manual_print_command(out, &commands[i]);
    fputs(tail, out);
}
