/* replyrepair_text: what panels get wrong inside a JSON text that is there as a whole, put right
 * where it can mean one thing only. What is cut short or in pieces stays as it is. Pure. */
#ifndef PROVIDERS_REPLYREPAIR_H
#define PROVIDERS_REPLYREPAIR_H
#include "providers/replyjson.h"

/* Ill-formed escapes and bytes in strings; single quotes; names without any; NaN; True and None;
 * +12, 007, .5, 5. and, in an object, 0,05; a comma behind the last member. is_strict: of an answer
 * to an order, where no bare word and no number's letters may become an id. In the arena. */
struct str replyrepair_text(struct str text, bool is_strict, struct arena *arena);

#endif
