/* The codes that errors carry in JSON, one table for the admin side and the commands' --json:
 *   {"error": "what is wrong; what would be right", "code": "not_found"}
 * A script reads the code; the message is for a person and may change. Any thread. */
#ifndef ADMIN_ERRORCODE_H
#define ADMIN_ERRORCODE_H
#include "base/buf.h"
#include "base/fault.h"

enum error_code {
    ERROR_USAGE,         /* a command's arguments; exit 2 */
    ERROR_CONFIGURATION, /* faults in the configuration */
    ERROR_INVALID,       /* a value is wrong */
    ERROR_DENIED,        /* token or origin */
    ERROR_NOT_FOUND,
    ERROR_METHOD,      /* GET in place of POST, or the other way round */
    ERROR_CONFLICT,    /* refused by the present state */
    ERROR_LIMIT,       /* too often or too much */
    ERROR_UNAVAILABLE, /* not now; try again */
    ERROR_UNREACHABLE, /* no gateway, panel or ledger there; exit 3 */
    ERROR_BROKEN,      /* our own storage or files are damaged, or the answer is none of ours */
};

const char *errorcode_word(enum error_code code);
enum error_code errorcode_of_status(int status);
/* otherwise: where there is no such word. */
enum error_code errorcode_of_word(const char *word, enum error_code otherwise);
enum error_code errorcode_of_fault(enum fault_code code);
/* Appends the object. */
void errorcode_print(enum error_code code, const char *message, struct buf *out);

#endif
