/* See ledger_private.h. */
#include "ledger/ledger_private.h"

#include "base/buf.h"
#include "ledger/sqlite.h"

enum { FORMS_BYTES = 256 };

static const struct backend *const backends[] = {&sqlite_backend};

const struct backend *backend_find(struct str scheme)
{
    for (size_t i = 0; i < COUNT_OF(backends); i++)
        if (str_is(scheme, backends[i]->scheme))
            return backends[i];
    return NULL;
}

const struct backend *backend_of_url(const char *url, const char **text, struct fault *why)
{
    size_t colon = str_find_byte(str_of(url), ':');
    const struct backend *backend =
        colon == SIZE_MAX ? NULL : backend_find(str_first(str_of(url), colon));
    if (backend) {
        *text = url + colon + 1;
        return backend;
    }
    struct buf forms;
    buf_init(&forms, FORMS_BYTES);
    for (size_t i = 0; i < COUNT_OF(backends); i++)
        buf_printf(&forms, "%s%s", i ? ", or " : "", backends[i]->form);
    fault_set(why, FAULT_INVALID, "ledger: no such storage; write " STR_FMT,
              STR_ARG(buf_str(&forms)));
    buf_fini(&forms);
    return NULL;
}
