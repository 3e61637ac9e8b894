/* The fields of an order, each type: the first byte chooses the type, then come the fields' values,
 * one a line ended by 0x1e, in the order of the field table. What is made has a quantity within the
 * limits and UTF-8 fields that print and parse as themselves. */
#include <stdint.h>

#include "base/buf.h"
#include "orders/draft.h"

static void check(const struct draft *draft, struct arena *arena)
{
    struct buf printed;
    struct fields again;
    buf_init(&printed, 1 << 22);
    field_print_all(&draft->fields, &printed);
    ASSERT(!printed.is_over && field_parse_all(buf_str(&printed), arena, &again));
    for (size_t f = 0; f < FIELD_COUNT; f++)
        ASSERT(str_equal(draft->fields.value[f], again.value[f]));
    ASSERT(draft->quantity >= 0 && draft->charge.units >= 0);
    buf_fini(&printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fields given = {0};
    struct draft draft;
    struct fault why;
    struct arena arena;
    if (size < 1)
        return 0;
    struct service service = {
        .type = (enum ordertype)(data[0] % ORDERTYPE_COUNT), .min = 1, .max = 100000};
    struct str rest = str_make((const char *)data + 1, size - 1), value;
    for (size_t f = 0; f < FIELD_COUNT && str_next(&rest, 0x1e, &value); f++)
        given.value[f] = value;
    arena_init(&arena);
    if (draft_make(&service, (struct money){112500000}, 5, &given, &arena, &draft, &why))
        check(&draft, &arena);
    else
        ASSERT(why.message[0] != '\0');
    arena_fini(&arena);
    return 0;
}
