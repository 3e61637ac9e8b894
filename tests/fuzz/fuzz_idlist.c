/* Lists of order and refill ids as clients write them: the first byte says under which name, the
 * rest is the value. At most 100 different ids come out, each whole and trimmed, and echoed they
 * are JSON. */
#include <stdint.h>

#include <jansson.h>

#include "v2/call.h"

static const char *const plural[] = {"orders", "ids", NULL};
static const char *const singular[] = {"order", "id", NULL};

static void check_id(uint32_t id, struct str text)
{
    struct buf echo;
    ASSERT(text.len > 0 && str_equal(str_trim(text), text) && str_find_byte(text, ',') == SIZE_MAX);
    ASSERT(id <= INT32_MAX && id == call_number(text));
    buf_init(&echo, 4096);
    call_add_id(&echo, id, text);
    json_t *read = json_loadb(echo.ptr, echo.len, JSON_DECODE_ANY, NULL);
    ASSERT(!echo.is_over && read != NULL &&
           (id ? json_integer_value(read) == (json_int_t)id : json_is_string(read)));
    json_decref(read);
    buf_fini(&echo);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"orders", "order", "ids", "id"};
    static struct params params;
    static struct call_ids ids;
    /* No parameter holds a NUL. */
    if (size < 1 || memchr(data + 1, 0, size - 1) != NULL)
        return 0;
    params.count = 1;
    params.list[0].name = str_of(names[data[0] % COUNT_OF(names)]);
    params.list[0].value = str_make((const char *)data + 1, size - 1);
    const struct call call = {.params = &params};
    call_ids_read(&call, plural, singular, &ids);
    ASSERT(ids.count <= CALL_IDS_MAX && (!ids.is_too_many || ids.count == CALL_IDS_MAX));
    ASSERT(!ids.is_many || call_param(&call, plural).len > 0 ||
           str_find_byte(call_param(&call, singular), ',') != SIZE_MAX);
    for (size_t i = 0; i < ids.count; i++) {
        check_id(ids.id[i], ids.text[i]);
        for (size_t other = 0; other < i; other++)
            ASSERT(ids.id[i] ? ids.id[i] != ids.id[other]
                             : !str_equal(ids.text[i], ids.text[other]));
    }
    return 0;
}
