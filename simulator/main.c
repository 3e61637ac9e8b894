/* The simulator as a program of its own, for tests where the whole binary isn't there:
 * panel-simulator [ADDRESS [SCRIPT]]. */
#include "simulator/simulator.h"

int main(int argc, char **argv)
{
    return simulator_run(argc > 1 ? argv[1] : NULL, argc > 2 ? argv[2] : NULL);
}
