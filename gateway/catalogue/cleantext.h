/* Names and categories as panels write them, made fit to publish: entities decoded, tags and
 * control characters gone, blanks folded, cut to a length. Pure, any thread. */
#ifndef CATALOGUE_CLEANTEXT_H
#define CATALOGUE_CLEANTEXT_H
#include "base/arena.h"

enum { CLEANTEXT_MAX = 400 }; /* bytes */

/* A copy in the arena, well-formed UTF-8 of at most CLEANTEXT_MAX bytes; never NULL. */
struct str cleantext_make(struct arena *arena, struct str raw);
/* No letter and no digit in it, of any script: a separator row's name. */
bool cleantext_is_decoration(struct str text);
/* Words between marks, as headings are written: "=== NEW ===", "--- Likes ---", "** VIP **".
 * Brackets, quotes and stops are none, and one emoji at each end is a fashion of names. */
bool cleantext_is_framed(struct str text);

#endif
