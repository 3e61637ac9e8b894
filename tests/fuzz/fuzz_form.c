/* Urlencoded bodies and query strings. */
#include <stdint.h>

#include "http/params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct params params = {0};
    struct arena arena;
    struct fault why;
    arena_init(&arena);
    if (params_add_form(&params, str_make((const char *)data, size), &arena, &why)) {
        ASSERT(params.count <= PARAMS_MAX);
        for (size_t i = 0; i < params.count; i++)
            ASSERT(params.list[i].value.len == 0 ||
                   memchr(params.list[i].value.ptr, 0, params.list[i].value.len) == NULL);
    } else {
        ASSERT(why.message[0] != '\0');
    }
    arena_fini(&arena);
    return 0;
}
