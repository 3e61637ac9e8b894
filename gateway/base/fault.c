/* See fault.h. */
#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>

bool fault_set(struct fault *why, enum fault_code code, const char *format, ...)
{
    if (why == NULL)
        return false;
    va_list args;
    va_start(args, format);
    why->code = code;
    vsnprintf(why->message, sizeof why->message, format, args);
    va_end(args);
    return false;
}
