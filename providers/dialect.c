/* The table of dialects. See dialect.h. */
#include "providers/dialect.h"

#include "providers/standard.h"

static const struct dialect dialects[] = {
    {.name = "standard", .encode = standard_encode, .decode = standard_decode},
};

const struct dialect *dialect_find(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(dialects); i++)
        if (str_equal_folded(name, str_of(dialects[i].name)))
            return &dialects[i];
    return NULL;
}

const struct dialect *dialect_default(void)
{
    return &dialects[0];
}

const char *dialect_names(void)
{
    return "standard";
}
