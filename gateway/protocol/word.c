/* See word.h. */
#include "protocol/word.h"

static bool word_is_skipped(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '-' || c == '_';
}

struct str word_fold(struct str text, char room[WORD_ROOM])
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (word_is_skipped(c) && !(c == '-' && len == 0)) /* "-1" is not "1" */
            continue;
        if (len == WORD_ROOM)
            return STR("");
        room[len++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    return str_make(room, len);
}
