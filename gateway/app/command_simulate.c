/* panelmux simulate. */
#include <string.h>

#include "app/command.h"
#include "simulator/simulator.h"

int command_simulate_run(int argc, char **argv)
{
    const char *listen_text = NULL, *script = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--listen") == 0 && i + 1 < argc)
            listen_text = argv[++i];
        else if (strcmp(argv[i], "--script") == 0 && i + 1 < argc)
            script = argv[++i];
        else
            return EXIT_USAGE;
    }
    return simulator_run(listen_text, script);
}
