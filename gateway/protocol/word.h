/* Folding of the protocol's words: lower case, without blanks, '-' and '_'. Any thread. */
#ifndef PROTOCOL_WORD_H
#define PROTOCOL_WORD_H
#include "base/str.h"

enum { WORD_ROOM = 48 };
/* The folded word, in room; "" when it is longer than any word of the protocol. */
struct str word_fold(struct str text, char room[WORD_ROOM]);

#endif
