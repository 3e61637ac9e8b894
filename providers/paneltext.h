/* Panels' texts: folded for comparing, and cut for keeping.
 *
 * Folding: one pattern fits all spellings; lower case, accents off
 * (Latin letters), '_' as a blank, blanks collapsed, the final dots gone. Pure, any thread. */
#ifndef PROVIDERS_PANELTEXT_H
#define PROVIDERS_PANELTEXT_H
#include "base/arena.h"

enum { PANELTEXT_FOLD_MAX = 1000 }; /* bytes looked at */

/* The folded text, in the arena; '*' stays, so patterns are folded by it as well. */
struct str paneltext_fold(struct str text, struct arena *arena);
/* Each tag of a page as one blank, in the arena: only what a person reads is left. */
struct str paneltext_strip_tags(struct str page, struct arena *arena);
/* One character of UTF-8 at *at, which moves on; U+FFFD for an ill-formed byte. */
uint32_t paneltext_next(struct str text, size_t *at);

/* What of a panel's text may be kept: our key cut out of them, control characters gone, a
 * ceiling. Pure; results live in the arena. */
enum { PANELTEXT_MAX = 500 };

/* The text with each occurrence of the key (also in its URL-encoded form, whatever its case)
 * replaced by [redacted]; one line of well-formed UTF-8, at most PANELTEXT_MAX bytes. */
struct str paneltext_redact(const char *key, struct str text, struct arena *arena);
bool paneltext_holds_key(const char *key, struct str text);

#endif
