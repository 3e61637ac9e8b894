/* panelmux serve. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/gateway.h"

static void command_serve_print_faults(struct faultlist *faults)
{
    struct buf text;
    buf_init(&text, 256 * 1024);
    faultlist_print(faults, &text);
    fwrite(text.ptr ? text.ptr : "", 1, text.len, stderr);
    buf_fini(&text);
}

static int command_serve_complain(const char *word)
{
    fprintf(stderr, "panelmux: serve takes -c FILE, not %s\n", word);
    return EXIT_USAGE;
}

int command_serve_run(int argc, char **argv)
{
    const char *given = NULL;
    struct faultlist faults;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-c") == 0 && i + 1 < argc)
            given = argv[++i];
        else
            return command_serve_complain(argv[i]);
    }
    faultlist_init(&faults);
    char *path = configuration_find(given, &faults);
    struct configuration *configuration = path ? configuration_load(path, &faults) : NULL;
    command_serve_print_faults(&faults);
    faultlist_fini(&faults);
    free(path);
    if (configuration == NULL)
        return EXIT_PROBLEM;
    struct gateway_options options = {0};
    return gateway_run(configuration, &options);
}
