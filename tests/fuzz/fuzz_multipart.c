/* Multipart bodies; the first line of the input is the Content-Type. */
#include <stdint.h>

#include "http/params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_make(size ? (const char *)data : "", size), type = STR("");
    struct params params = {0};
    struct arena arena;
    struct fault why;
    arena_init(&arena);
    str_next(&rest, '\n', &type);
    if (params_add_multipart(&params, rest, type, &arena, &why))
        ASSERT(params.count <= PARAMS_MAX);
    arena_fini(&arena);
    return 0;
}
