/* panelmux simulate. */
#include <stdio.h>
#include <string.h>

#include "app/command.h"
#include "simulator/simulator.h"

static int command_simulate_complain(const char *word)
{
    fprintf(stderr, "panelmux: simulate takes --listen ADDR and --script FILE, not %s\n", word);
    return EXIT_USAGE;
}

int command_simulate_run(int argc, char **argv)
{
    const char *listen_text = NULL, *script = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--listen") == 0 && i + 1 < argc)
            listen_text = argv[++i];
        else if (strcmp(argv[i], "--script") == 0 && i + 1 < argc)
            script = argv[++i];
        else
            return command_simulate_complain(argv[i]);
    }
    return simulator_run(listen_text, script);
}
