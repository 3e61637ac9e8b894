/* What the drafts' tests share: values by name, and a draft on one line. */
#ifndef TESTS_ORDERS_DRAFTS_H
#define TESTS_ORDERS_DRAFTS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "orders/draft.h"

enum { PAIRS = 12 };

struct pair {
    enum field field;
    const char *value;
};

static inline struct money money_of(const char *text)
{
    struct money amount;
    if (!money_parse(str_of(text), MONEY_EXACT, &amount))
        fail_msg("\"%s\" is no amount", text);
    return amount;
}

static inline struct fields fields_of(const struct pair *pairs)
{
    struct fields fields = {0};
    for (size_t i = 0; i < PAIRS && pairs[i].value; i++)
        fields.value[pairs[i].field] = str_of(pairs[i].value);
    return fields;
}

/* A draft made and printed: everything it says on one line, or "fault: message". */
static inline const char *describe(const struct service *service, const char *rate,
                                   unsigned decimals, const struct fields *given,
                                   struct arena *arena)
{
    struct draft draft;
    struct fault why = {.code = FAULT_NONE};
    struct buf fields;
    char charge[MONEY_TEXT];
    if (!draft_make(service, money_of(rate), decimals, given, arena, &draft, &why)) {
        assert_int_equal(why.code, FAULT_INVALID);
        return arena_printf(arena, "fault: %s", why.message);
    }
    assert_ptr_equal(draft.service, service);
    assert_int_equal(draft.type, service->type);
    assert_int_equal(draft.rate.units, money_of(rate).units);
    buf_init(&fields, 1 << 20);
    field_print_all(&draft.fields, &fields);
    money_print(draft.charge, 0, charge);
    const char *line =
        arena_printf(arena, "%lld/%lld %s " STR_FMT, (long long)draft.quantity,
                     (long long)draft.run_quantity, charge, STR_ARG(buf_str(&fields)));
    buf_fini(&fields);
    return line;
}

#define LINK                                                                                       \
    {                                                                                              \
        FIELD_LINK, "https://x.example/p"                                                          \
    }
#define Q50                                                                                        \
    {                                                                                              \
        FIELD_QUANTITY, "50"                                                                       \
    }
#define L "\"link\":\"https://x.example/p\""

static inline struct service service_of(enum ordertype type)
{
    return (struct service){.id = 1, .type = type, .min = 2, .max = 1000};
}

#endif
