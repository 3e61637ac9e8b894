/* What the commands print about themselves, all of it from main.c's table and command_usage.c:
 * help, the man page, completion for shells. */
#ifndef APP_COMMAND_HELP_H
#define APP_COMMAND_HELP_H
#include <stdio.h>

#include "app/command.h"

struct command_table {
    const struct command *list;
    size_t count;
};

void command_help_print_all(FILE *out, const struct command_table *table);
/* The usage of one command, or of those of its sub-commands whose words were typed. */
void command_help_print_meant(FILE *out, const struct command *command, int argc, char **argv);
/* Of one command, or of those of its sub-commands whose words were typed. */
void command_help_print(FILE *out, const struct command *command, int argc, char **argv);
void command_help_print_man(FILE *out, const struct command_table *table);

/* completion.c */
void completion_print_bash(FILE *out, const struct command_table *table);
void completion_print_zsh(FILE *out, const struct command_table *table);

#endif
