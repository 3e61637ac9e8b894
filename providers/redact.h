/* What of a panel's words may be kept: our key cut out of them, control characters gone, a
 * ceiling. Pure; results live in the arena. */
#ifndef PROVIDERS_REDACT_H
#define PROVIDERS_REDACT_H
#include "base/arena.h"

enum { REDACT_MAX = 500 };

/* The text with each occurrence of the key (also in its URL-encoded form, whatever its case)
 * replaced by [redacted]; one line of well-formed UTF-8, at most REDACT_MAX bytes. */
struct str redact(const char *key, struct str text, struct arena *arena);
bool redact_finds(const char *key, struct str text);

#endif
