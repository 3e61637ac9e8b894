/* See backend.h. */
#include "ledger/backend.h"
#include "ledger/sqlite.h"

static const struct backend *const backends[] = {&sqlite_backend};

const struct backend *backend_find(struct str scheme)
{
    for (size_t i = 0; i < COUNT_OF(backends); i++)
        if (str_is(scheme, backends[i]->scheme))
            return backends[i];
    return NULL;
}
