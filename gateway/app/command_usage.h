/* struct command_usage: one line of a command's usage, taken apart:
 *   "order list [--in-doubt | --stuck] [--client NAME] [-c FILE] [--json]"
 * into the words that name it and the options it takes. From the usage of main.c's table come the
 * help, the man page and the completion of shells, so none of them can lag behind it. Pure. */
#ifndef APP_COMMAND_USAGE_H
#define APP_COMMAND_USAGE_H
#include "app/command.h"

enum { USAGE_WORDS_MAX = 4, USAGE_OPTIONS_MAX = 40 };

struct command_usage {
    struct str line;
    struct str words[USAGE_WORDS_MAX]; /* "client", "freeze|unfreeze" */
    size_t word_count;
    struct str options[USAGE_OPTIONS_MAX]; /* "--client", "-c" */
    bool has_value[USAGE_OPTIONS_MAX];
    size_t option_count;
    bool has_settings; /* takes the SETTINGS of a client */
};

/* line: borrowed. */
void command_usage_read(struct str line, struct command_usage *out);
/* Whether the word at that place is one of those there: "freeze" of "freeze|unfreeze". */
bool command_usage_has_word(const struct command_usage *usage, size_t at, struct str word);

/* What a person is told of an option or shown as an example. */
struct command_option_help {
    const char *name;     /* as typed, with its value: "--client NAME" */
    const char *of;       /* "order list", "order", or "" for any; the longest that fits wins */
    const char *sentence; /* for people */
};
struct command_example {
    const char *typed;    /* after "panelmux " */
    const char *sentence; /* NULL: it speaks for itself */
};
/* All options; NULL at the end. */
const struct command_option_help *command_usage_option(size_t at);
/* NULL: nobody has described it, which a test finds. */
const struct command_option_help *command_usage_describe(const struct command_usage *usage,
                                                         struct str option);
/* The options that SETTINGS stands for; NULL at the end. */
const struct command_option_help *command_usage_setting(size_t at);
/* All examples; NULL at the end. */
const struct command_example *command_usage_example(size_t at);
bool command_usage_fits(const struct command_usage *usage, const struct command_example *example);

#endif
