/* struct fault: an expected failure on its way to whoever can show it. The code decides the
 * protocol's wording, the HTTP status or the exit code; the message is for a person and says what
 * would be right. Never holds a key or a provider's text. By value, any thread. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H
#include <stdbool.h>

#include "base/memory.h"

enum fault_code {
    FAULT_NONE,
    FAULT_INVALID, /* the input is wrong; the message says what would be right */
    FAULT_NOT_FOUND,
    FAULT_CONFLICT,    /* refused by the present state */
    FAULT_UNAVAILABLE, /* cannot now: busy, full, down; try again */
    FAULT_DENIED,      /* key or address */
    FAULT_LIMIT,       /* too often or too much */
    FAULT_BROKEN,      /* our own storage or files are damaged */
};

struct fault {
    enum fault_code code;
    char message[480];
};

/* Fills *why (which may be NULL) and returns false, so that it ends a function in one line. */
bool fault_set(struct fault *why, enum fault_code code, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
