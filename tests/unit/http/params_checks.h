/* What the tests of the decoders share. Included after cmocka. */
#ifndef PARAMS_CHECKS_H
#define PARAMS_CHECKS_H
#include <stdlib.h>

#include "http/params.h"

struct expected {
    const char *name, *value; /* value NULL: must be absent */
};

static inline void check_fault(const char *what, bool ok, const struct fault *why,
                               const char *fault)
{
    if (fault == NULL) {
        if (!ok)
            print_error("%s: %s\n", what, why->message);
        assert_true(ok);
        return;
    }
    if (ok || strstr(why->message, fault) == NULL)
        print_error("%s: wanted a fault with \"%s\", got %s\n", what, fault,
                    ok ? "none" : why->message);
    assert_false(ok);
    assert_int_equal(why->code, FAULT_INVALID);
    assert_non_null(strstr(why->message, fault));
}

static inline void check_values(const char *what, const struct params *params,
                                const struct expected *expected, size_t count)
{
    for (size_t i = 0; i < count && expected[i].name; i++) {
        struct str got = params_get(params, expected[i].name);
        struct str wanted = str_of(expected[i].value);
        if (!str_equal(got, wanted) || (got.ptr == NULL) != (wanted.ptr == NULL))
            print_error("%s: %s is \"" STR_FMT "\", wanted \"" STR_FMT "\"\n", what,
                        expected[i].name, STR_ARG(got), STR_ARG(wanted));
        assert_true(str_equal(got, wanted));
        assert_int_equal(got.ptr == NULL, wanted.ptr == NULL);
    }
}

/* The text in memory of its own, exactly as long, so that a read beyond it is seen. */
static inline struct str exact(const char *text, size_t len)
{
    char *copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    return str_make(copy, len);
}

#endif
