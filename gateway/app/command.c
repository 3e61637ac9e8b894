/* See command.h. */
#include "app/command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <unistd.h>

#include "base/jsonwriter.h"

/* ---- errors ---- */

enum { MESSAGE_BYTES = 1024, FAULTS_BYTES = 512 * 1024, OUTPUT_BYTES = 1024 * 1024 };

static struct { /* the first that was said */
    bool is_said;
    enum error_code code;
    char message[MESSAGE_BYTES];
    struct buf faults; /* of the configuration, as JSON */
} command_error;

static bool command_wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

static void command_note(enum error_code code, const char *message)
{
    if (command_error.is_said)
        return;
    command_error.is_said = true;
    command_error.code = code;
    snprintf(command_error.message, sizeof command_error.message, "%s", message);
}

void command_fail(enum error_code code, const char *format, ...)
{
    char message[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    command_note(code, message);
    fprintf(stderr, "panelmux: %s\n", message);
}

void command_fail_faults(struct faultlist *faults)
{
    struct buf text;
    char message[96];
    buf_init(&text, FAULTS_BYTES);
    faultlist_print(faults, &text);
    fwrite(text.ptr ? text.ptr : "", 1, text.len, stderr);
    buf_fini(&text);
    if (command_error.is_said)
        return;
    snprintf(message, sizeof message, "the configuration has %zu fault%s", faults->faults,
             faults->faults == 1 ? "" : "s");
    command_note(ERROR_CONFIGURATION, message);
    buf_init(&command_error.faults, FAULTS_BYTES);
    faultlist_print_json(faults, &command_error.faults);
}

static enum error_code command_code_of_exit(int code)
{
    return code == EXIT_USAGE         ? ERROR_USAGE
           : code == EXIT_UNREACHABLE ? ERROR_UNREACHABLE
                                      : ERROR_BROKEN;
}

static void command_print_error(int code)
{
    struct buf out;
    enum error_code word = command_error.is_said ? command_error.code : command_code_of_exit(code);
    buf_init(&out, 2 * FAULTS_BYTES);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    jsonwriter_text(&w, "error",
                    str_of(command_error.is_said ? command_error.message : "see standard error"));
    jsonwriter_text(&w, "code", str_of(errorcode_word(word)));
    if (command_error.faults.len > 0)
        jsonwriter_raw(&w, "check", buf_str(&command_error.faults));
    jsonwriter_object_end(&w);
    puts(out.ptr);
    buf_fini(&out);
}

/* Buffered as a whole, so that command_end knows whether anything was printed. */
void command_begin(int argc, char **argv)
{
    if (command_wants_json(argc, argv))
        setvbuf(stdout, NULL, _IOFBF, OUTPUT_BYTES);
}

void command_end(int argc, char **argv, int code)
{
    if (code != EXIT_OK && command_wants_json(argc, argv) && __fpending(stdout) == 0)
        command_print_error(code);
    if (command_error.faults.max > 0)
        buf_fini(&command_error.faults);
}

/* ---- arguments ---- */

/* Codes that getopt_long returns for long options: beyond any character. */
enum { OPTIONS_MAX = 32, LONG_FIRST = 256 };

struct command_parser {
    struct command_option list[OPTIONS_MAX];
    struct option longs[OPTIONS_MAX + 1]; /* the same for getopt_long */
    size_t count;
    struct command_options *out;
};

static bool command_complain(const char *before, const char *word, const char *after)
{
    command_fail(ERROR_USAGE, "%s%s%s", before, word, after);
    return false;
}

static void command_add_option(struct command_parser *parser, const struct command_option *option)
{
    ASSERT(parser->count < OPTIONS_MAX);
    parser->longs[parser->count] = (struct option){
        .name = option->name + 2,
        .has_arg = option->flag ? no_argument : required_argument,
        .val = LONG_FIRST + (int)parser->count,
    };
    parser->list[parser->count++] = *option;
}

static bool command_add_argument(struct command_options *out, const char *word)
{
    if (out->argument_count == COMMAND_ARGUMENTS_MAX)
        return command_complain("unexpected argument: ", word, "");
    out->arguments[out->argument_count++] = word;
    return true;
}

/* getopt_long accepts any unambiguous prefix. We want names in full, so that an option added later
 * cannot change what an existing script does. */
static bool command_take_long(struct command_parser *parser, size_t at, const char *word)
{
    const struct command_option *option = &parser->list[at];
    if (!str_equal(str_make(word, strcspn(word, "=")), str_of(option->name)))
        return command_complain("unknown option ", word, "");
    if (option->flag) {
        *option->flag = true;
        return true;
    }
    bool is_several = at + 1 < parser->count && strcmp(option[1].name, option->name) == 0;
    for (; is_several && *option->value; option++, at++)
        if (at + 1 == parser->count || strcmp(option[1].name, option->name) != 0)
            return command_complain("too many of ", option->name, "");
    *option->value = optarg;
    return true;
}

static bool command_take(struct command_parser *parser, int code, const char *word)
{
    if (code == 1)
        return command_add_argument(parser->out, optarg);
    if (code == ':')
        return command_complain("", word, " needs a value");
    if (code == '?' && optopt >= LONG_FIRST)
        return command_complain("", parser->list[optopt - LONG_FIRST].name, " takes no value");
    if (code == '?')
        return command_complain("unknown option ", word, "");
    if (code >= LONG_FIRST)
        return command_take_long(parser, (size_t)(code - LONG_FIRST), word);
    parser->out->config = optarg + (word[1] == 'c' && word[2] == '='); /* -c FILE or -c=FILE */
    return true;
}

/* "-5.00", which getopt would take for options. */
static bool command_is_amount(const char *word)
{
    return word[0] == '-' && ((word[1] >= '0' && word[1] <= '9') || word[1] == '.');
}

bool command_parse(int argc, char **argv, const struct command_option *own, size_t own_count,
                   struct command_options *out)
{
    struct command_parser parser = {.out = out};
    const struct command_option json = {"--json", &out->is_json, NULL};
    *out = (struct command_options){0};
    command_add_option(&parser, &json);
    for (size_t i = 0; i < own_count; i++)
        command_add_option(&parser, &own[i]);
    optind = 0; /* glibc: start afresh */
    for (;;) {
        int at = optind ? optind : 1;
        if (optind > 0 && at < argc && command_is_amount(argv[at])) { /* no option of ours */
            if (!command_add_argument(out, argv[optind++]))
                return false;
            continue;
        }
        /* '-': arguments come in order, as code 1; ':': no messages of its own. */
        int code = getopt_long(argc, argv, "-:c:", parser.longs, NULL);
        if (code == -1)
            break;
        if (!command_take(&parser, code, argv[at]))
            return false;
    }
    while (optind < argc)
        if (!command_add_argument(out, argv[optind++]))
            return false;
    return true;
}

bool command_check_count(const struct command_options *options, size_t min, size_t max)
{
    size_t count = options->argument_count ? options->argument_count - 1 : 0;
    if (count < min)
        return command_complain("", options->arguments[0], ": missing argument");
    if (count > max)
        return command_complain("unexpected argument: ", options->arguments[max + 1], "");
    return true;
}

bool command_confirm(const char *question, bool is_yes)
{
    char answer[16] = "";
    if (is_yes)
        return true;
    if (!isatty(STDIN_FILENO)) {
        command_fail(ERROR_USAGE, "%s nobody can answer here; --yes does, in a script", question);
        return false;
    }
    fprintf(stderr, "%s [y/N] ", question);
    if (fgets(answer, sizeof answer, stdin) == NULL)
        return false;
    return str_equal_folded(str_trim(str_of(answer)), STR("y")) ||
           str_equal_folded(str_trim(str_of(answer)), STR("yes"));
}
