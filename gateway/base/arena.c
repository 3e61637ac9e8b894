/* See arena.h. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/digits.h"

enum { BLOCK_BYTES = 4096 };

struct arena_block {
    struct arena_block *next;
    _Alignas(16) char bytes[];
};

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

void arena_init_on(struct arena *a, void *first_bytes, size_t size)
{
    *a = (struct arena){.at = first_bytes, .left = size};
}

void arena_fini(struct arena *a)
{
    while (a->blocks) {
        struct arena_block *block = a->blocks;
        a->blocks = block->next;
        free(block);
    }
    *a = (struct arena){0};
}

void *arena_new(struct arena *a, size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (size > a->left) {
        size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
        struct arena_block *block = memory_new(sizeof *block + room);
        block->next = a->blocks;
        a->blocks = block;
        a->at = block->bytes;
        a->left = room;
    }
    void *bytes = a->at;
    a->at += size;
    a->left -= size;
    return bytes;
}

char *arena_text(struct arena *a, struct str s)
{
    char *copy = arena_new(a, s.len + 1);
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    return copy;
}

struct str arena_str(struct arena *a, struct str s)
{
    return s.ptr ? str_make(arena_text(a, s), s.len) : STR_NONE;
}

struct str arena_i64(struct arena *a, int64_t value)
{
    char text[1 + DIGITS_MAX] = "-";
    bool is_negative = value < 0;
    const char *end =
        digits_put(text + is_negative, is_negative ? 0 - (uint64_t)value : (uint64_t)value);
    return arena_str(a, str_make(text, (size_t)(end - text)));
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    ASSERT(len >= 0);
    char *text = arena_new(a, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}
