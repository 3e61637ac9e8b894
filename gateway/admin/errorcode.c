/* See errorcode.h. */
#include "admin/errorcode.h"

#include "base/jsonwriter.h"

static const struct errorcode_row {
    const char *word;
    int status;            /* of HTTP that stands for it; 0: none */
    enum fault_code fault; /* FAULT_NONE: none */
} rows[] = {
    [ERROR_USAGE] = {"usage", 0, FAULT_NONE},
    [ERROR_CONFIGURATION] = {"configuration", 0, FAULT_NONE},
    [ERROR_INVALID] = {"invalid", 400, FAULT_INVALID},
    [ERROR_DENIED] = {"denied", 403, FAULT_DENIED},
    [ERROR_NOT_FOUND] = {"not_found", 404, FAULT_NOT_FOUND},
    [ERROR_METHOD] = {"method", 405, FAULT_NONE},
    [ERROR_CONFLICT] = {"conflict", 409, FAULT_CONFLICT},
    [ERROR_LIMIT] = {"limit", 429, FAULT_LIMIT},
    [ERROR_UNAVAILABLE] = {"unavailable", 503, FAULT_UNAVAILABLE},
    [ERROR_UNREACHABLE] = {"unreachable", 0, FAULT_NONE},
    [ERROR_BROKEN] = {"broken", 500, FAULT_BROKEN},
};

const char *errorcode_word(enum error_code code)
{
    return rows[code].word;
}

enum error_code errorcode_of_status(int status)
{
    if (status == 401)
        return ERROR_DENIED;
    if (status == 413)
        return ERROR_LIMIT;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (status && rows[i].status == status)
            return (enum error_code)i;
    return status >= 400 && status < 500 ? ERROR_INVALID : ERROR_BROKEN;
}

enum error_code errorcode_of_word(const char *word, enum error_code otherwise)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (str_is(str_of(word), rows[i].word))
            return (enum error_code)i;
    return otherwise;
}

enum error_code errorcode_of_fault(enum fault_code code)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (code != FAULT_NONE && rows[i].fault == code)
            return (enum error_code)i;
    return ERROR_BROKEN;
}

void errorcode_print(enum error_code code, const char *message, struct buf *out)
{
    struct jsonwriter w = jsonwriter_to(out);
    jsonwriter_object(&w, NULL);
    jsonwriter_text(&w, "error", str_of(message));
    jsonwriter_text(&w, "code", str_of(rows[code].word));
    jsonwriter_object_end(&w);
}
