/* Folding of panels' texts, so that one pattern fits all their spellings: lower case, accents off
 * (Latin letters), '_' as a blank, blanks collapsed, the final dots gone. Pure, any thread. */
#ifndef PROVIDERS_TEXTFOLD_H
#define PROVIDERS_TEXTFOLD_H
#include "base/arena.h"

enum { TEXTFOLD_MAX = 1000 }; /* bytes looked at */

/* The folded text, in the arena; '*' stays, so patterns are folded by it as well. */
struct str textfold(struct str text, struct arena *arena);
/* Each tag of a page as one blank, in the arena: only what a person reads is left. */
struct str textfold_strip_tags(struct str page, struct arena *arena);
/* One character of UTF-8 at *at, which moves on; U+FFFD for an ill-formed byte. */
uint32_t textfold_next(struct str text, size_t *at);

#endif
