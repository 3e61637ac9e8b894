/* The sub-commands of the binary, one file each, one row each in main.c's table. Exit codes: 0 ok,
 * 1 problem found, 2 usage, 3 cannot reach. */
#ifndef APP_COMMAND_H
#define APP_COMMAND_H
#include "base/str.h"

enum { EXIT_OK, EXIT_PROBLEM, EXIT_USAGE, EXIT_UNREACHABLE };

struct command {
    const char *name;                  /* "order" */
    const char *usage;                 /* one or more lines, each as typed after "panelmux " */
    const char *summary;               /* a sentence for --help */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

int command_check_run(int argc, char **argv);
int command_client_run(int argc, char **argv);
int command_demo_run(int argc, char **argv);
int command_explain_run(int argc, char **argv);
int command_health_run(int argc, char **argv);
int command_import_run(int argc, char **argv);
int command_ledger_run(int argc, char **argv);
int command_order_run(int argc, char **argv);
int command_provider_run(int argc, char **argv);
int command_reload_run(int argc, char **argv);
int command_serve_run(int argc, char **argv);
int command_simulate_run(int argc, char **argv);

#endif
