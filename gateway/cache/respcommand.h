/* Redis commands as RESP: respcommand_begin with the number of words, then each word. Pure. */
#ifndef CACHE_RESPCOMMAND_H
#define CACHE_RESPCOMMAND_H
#include <stdio.h>

#include "base/buf.h"

static inline void respcommand_begin(struct buf *out, unsigned message)
{
    buf_printf(out, "*%u\r\n", message);
}
static inline void respcommand_word(struct buf *out, struct str word)
{
    buf_printf(out, "$%zu\r\n", word.len);
    buf_add_str(out, word);
    buf_add_text(out, "\r\n");
}
static inline void respcommand_number(struct buf *out, int64_t number)
{
    char text[24];
    int len = snprintf(text, sizeof text, "%lld", (long long)number);
    respcommand_word(out, str_make(text, (size_t)len));
}

#endif
