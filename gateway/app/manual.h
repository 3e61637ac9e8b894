/* The man page panelmux(8), made from the table of commands; `panelmux help --man` prints it. A
 * test compares it with packaging/panelmux.8. */
#ifndef APP_MANUAL_H
#define APP_MANUAL_H
#include <stdio.h>

#include "app/command.h"

void manual_print(FILE *out, const struct command *commands, size_t count);

#endif
