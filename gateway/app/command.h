/* The sub-commands of the binary, one row each in main.c's table, and how their arguments are read:
 * -c FILE and --json anywhere, a command's own options, and the rest in order. Exit codes: 0 ok,
 * 1 problem found, 2 usage, 3 cannot reach. The main thread. */
#ifndef APP_COMMAND_H
#define APP_COMMAND_H
#include "admin/errorcode.h"
#include "base/str.h"
#include "settings/faultlist.h"

enum { EXIT_OK, EXIT_PROBLEM, EXIT_USAGE, EXIT_UNREACHABLE };

struct command {
    const char *name;                  /* "order" */
    const char *usage;                 /* one or more lines, each as typed after "panelmux " */
    const char *summary;               /* a sentence for --help */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

int command_check_run(int argc, char **argv);
int command_client_run(int argc, char **argv);
int command_config_run(int argc, char **argv);
int command_demo_run(int argc, char **argv);
int command_demo_simulate(int argc, char **argv);
int command_gateway_health(int argc, char **argv);
int command_gateway_reload(int argc, char **argv);
int command_gateway_serve(int argc, char **argv);
int command_import_run(int argc, char **argv);
int command_ledger_run(int argc, char **argv);
int command_order_run(int argc, char **argv);
int command_provider_run(int argc, char **argv);
int command_services_explain(int argc, char **argv);

/* ---- errors ---- */

/* Prints "panelmux: MESSAGE" to stderr. The first one is also what --json prints. */
void command_fail(enum error_code code, const char *format, ...) PRINTF_LIKE(2, 3);
/* The faults of a configuration that cannot be used, and its warnings. */
void command_fail_faults(struct faultlist *faults);
/* Around a command. With --json one that fails and printed nothing on stdout prints
 * {"error": MESSAGE, "code": WORD}, so that there is always one JSON value. */
void command_begin(int argc, char **argv);
void command_end(int argc, char **argv, int code);

/* ---- arguments ---- */

enum { COMMAND_ARGUMENTS_MAX = 512 };

struct command_option { /* exactly one of flag and value */
    const char *name;   /* "--in-doubt" */
    bool *flag;         /* set when the option is given */
    const char **value; /* the next argument, or what follows '=' */
};
struct command_options {
    const char *config; /* NULL: not given */
    bool is_json;
    const char *arguments[COMMAND_ARGUMENTS_MAX]; /* without the command's name and its options */
    size_t argument_count;
};
/* False: the fault was said and the command returns EXIT_USAGE. "--" ends the options.
 * Names must be given in full. An option that stands in the list several times, in a row, may be
 * given as often: each time into the next. */
bool command_parse(int argc, char **argv, const struct command_option *own, size_t own_count,
                   struct command_options *out) MUST_USE;
/* Whether the sub-command (arguments[0]) is followed by min to max arguments; if not, the fault was
 * printed to stderr. */
bool command_check_count(const struct command_options *options, size_t min, size_t max) MUST_USE;

/* provider accept NAME SERVICE... | --all, a part of the command provider: arguments[0] is NAME. */
struct command_accept {
    struct command_options common;
    bool is_all, takes_zero, is_yes;
};
int command_accept_run(const struct command_accept *accept);

/* Before what cannot be undone: asks on the terminal, unless --yes was given. Where nobody can
 * answer it says so. False: not to be done. */
bool command_confirm(const char *question, bool is_yes) MUST_USE;

#endif
