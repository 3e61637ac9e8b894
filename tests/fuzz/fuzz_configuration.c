/* A whole configuration: the input is the file, lying in memory. Either there is a configuration or
 * a fault that says why, with a place in the file, and no fault shows a secret. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/configuration.h"

#define SECRET "made-up-secret"

static char path[64];

static int open_file(void)
{
    static int file = -1;
    if (file < 0) {
        /* A high number, so that an include of "3" does not meet a descriptor of the fuzzer. */
        int first = memfd_create("configuration", 0);
        file = dup2(first, 900);
        ASSERT(file == 900);
        close(first);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
        setenv("FUZZ_KEY", SECRET, 1);
    }
    return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct faultlist faults;
    struct buf shown;
    struct str text = str_make(size ? (const char *)data : "", size);
    if (str_find(text, STR(SECRET)) != SIZE_MAX)
        return 0; /* then it may be shown */
    int file = open_file();
    ASSERT(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
    faultlist_init(&faults);
    buf_init(&shown, 1 << 22);
    struct configuration *configuration = configuration_load(path, &faults);
    ASSERT((configuration != NULL) == (faults.faults == 0));
    faultlist_print(&faults, &shown);
    ASSERT(faults.count == 0 || shown.len > 0);
    ASSERT(str_find(buf_str(&shown), STR(SECRET)) == SIZE_MAX);
    if (configuration)
        ASSERT(configuration_check_reload(configuration, configuration, &faults));
    configuration_unpin(&configuration);
    buf_fini(&shown);
    faultlist_fini(&faults);
    return 0;
}
