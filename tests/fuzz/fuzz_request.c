/* A whole request's parameters: the first line is the Content-Type, the second the query string,
 * the rest the body. What is read has distinct, folded names and no NUL; the body's values win over
 * the query's. */
#include <stdint.h>

#include "http/params.h"

static void check(const struct params *params)
{
    ASSERT(params->count <= PARAMS_MAX);
    for (size_t i = 0; i < params->count; i++) {
        const struct param *param = &params->list[i];
        ASSERT(param->name.len > 0 && param->name.len <= PARAMS_NAME_BYTES);
        ASSERT(str_find_byte(param->name, '\0') == SIZE_MAX &&
               str_find_byte(param->value, '\0') == SIZE_MAX);
        ASSERT(str_equal(str_trim(param->name), param->name));
        for (size_t b = 0; b < param->name.len; b++)
            ASSERT(param->name.ptr[b] < 'A' || param->name.ptr[b] > 'Z');
        for (size_t other = 0; other < i; other++)
            ASSERT(!str_equal(params->list[other].name, param->name));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_make(size ? (const char *)data : "", size), type = STR(""),
               query = STR("");
    static struct params whole, body;
    struct arena arena;
    struct fault why = {0};
    arena_init(&arena);
    str_next(&rest, '\n', &type);
    str_next(&rest, '\n', &query);
    bool is_read = params_decode(&whole, type, rest, query, &arena, &why);
    ASSERT(is_read || why.message[0] != '\0');
    if (is_read) {
        check(&whole);
        ASSERT(params_decode(&body, type, rest, STR(""), &arena, &why) &&
               body.count <= whole.count);
        for (size_t i = 0; i < body.count; i++)
            ASSERT(str_equal(body.list[i].name, whole.list[i].name) &&
                   str_equal(body.list[i].value, whole.list[i].value));
    }
    arena_fini(&arena);
    return 0;
}
