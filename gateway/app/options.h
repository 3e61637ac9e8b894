/* The words after a command: -c FILE and --json anywhere, a command's own options, and the rest.
 * Pure but for the line on stderr that says what is wrong. */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H
#include "app/command.h"

enum { OPTIONS_WORDS = 8 };

struct option {         /* one of flag and value */
    const char *name;   /* "--in-doubt" */
    bool *flag;         /* set when it is there */
    const char **value; /* the next word, or what follows '=' */
};
struct options {
    const char *config; /* NULL: not given */
    bool is_json;
    const char *message[OPTIONS_WORDS]; /* in their order, the command's name not among them */
    size_t word_count;
};
/* False: told on stderr; the command returns EXIT_USAGE. "--" ends the options. */
bool options_parse(int argc, char **argv, const struct option *own, size_t own_count,
                   struct options *out) MUST_USE;
/* The sub-command (words[0]) has between least and most words behind it; else told on stderr. */
bool options_count(const struct options *options, size_t min, size_t max) MUST_USE;

#endif
