/* See options.h. */
#include "app/options.h"

#include <stdio.h>

static bool options_complain(const char *before, const char *word, const char *after)
{
    fprintf(stderr, "panelmux: %s%s%s\n", before, word, after);
    return false;
}

/* "--name" or "--name=value": the row, and where the value starts (NULL: no '='). */
static const struct option *options_find(const char *word, const struct option *list, size_t count,
                                         const char **value_out)
{
    size_t len = strcspn(word, "=");
    *value_out = word[len] == '=' ? word + len + 1 : NULL;
    for (size_t i = 0; i < count; i++)
        if (str_equal(str_make(word, len), str_of(list[i].name)))
            return &list[i];
    return NULL;
}

static bool options_take_option(const struct option *list, size_t count, int argc, char **argv,
                                int *at)
{
    const char *value;
    const struct option *option = options_find(argv[*at], list, count, &value);
    if (option == NULL)
        return options_complain("unknown option ", argv[*at], "");
    if (option->flag && value)
        return options_complain("", option->name, " takes no value");
    if (option->flag) {
        *option->flag = true;
        return true;
    }
    if (value == NULL && *at + 1 >= argc)
        return options_complain("", option->name, " needs a value");
    *option->value = value ? value : argv[++*at];
    return true;
}

bool options_parse(int argc, char **argv, const struct option *own, size_t own_count,
                   struct options *out)
{
    bool is_over = false;
    struct option list[16] = {{"-c", NULL, &out->config}, {"--json", &out->is_json, NULL}};
    ASSERT(own_count + 2 <= COUNT_OF(list));
    if (own_count)
        memcpy(list + 2, own, own_count * sizeof *own);
    *out = (struct options){0};
    for (int i = 1; i < argc; i++) {
        if (!is_over && strcmp(argv[i], "--") == 0) {
            is_over = true;
        } else if (!is_over && argv[i][0] == '-' && argv[i][1]) {
            if (!options_take_option(list, own_count + 2, argc, argv, &i))
                return false;
        } else if (out->word_count == OPTIONS_WORDS) {
            return options_complain("too many words: ", argv[i], "");
        } else {
            out->message[out->word_count++] = argv[i];
        }
    }
    return true;
}

bool options_count(const struct options *options, size_t min, size_t max)
{
    size_t behind = options->word_count ? options->word_count - 1 : 0;
    if (behind < min)
        return options_complain("", options->message[0], ": a word is missing");
    if (behind > max)
        return options_complain("a word too many: ", options->message[max + 1], "");
    return true;
}
