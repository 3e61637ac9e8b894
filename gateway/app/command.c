/* See command.h. */
#include "app/command.h"

#include <getopt.h>
#include <stdio.h>

/* Codes that getopt_long returns for long options: beyond any character. */
enum { OPTIONS_MAX = 24, LONG_FIRST = 256 };

struct command_parser {
    struct command_option list[OPTIONS_MAX];
    struct option longs[OPTIONS_MAX + 1]; /* the same for getopt_long */
    size_t count;
    struct command_options *out;
};

static bool command_complain(const char *before, const char *word, const char *after)
{
    fprintf(stderr, "panelmux: %s%s%s\n", before, word, after);
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
static bool command_take_long(const struct command_option *option, const char *word)
{
    if (!str_equal(str_make(word, strcspn(word, "=")), str_of(option->name)))
        return command_complain("unknown option ", word, "");
    if (option->flag)
        *option->flag = true;
    else
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
        return command_take_long(&parser->list[code - LONG_FIRST], word);
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
