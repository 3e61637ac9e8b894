/* See memory.h. */
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void (*memory_before_abort)(void);

void memory_assertion_failed(const char *condition, const char *file, int line)
{
    if (memory_before_abort)
        memory_before_abort();
    fprintf(stderr, "level=fatal event=assertion condition=\"%s\" at=%s:%d\n", condition, file,
            line);
    abort();
}

void memory_ran_out(void)
{
    fputs("level=fatal event=out_of_memory\n", stderr);
    abort();
}

static void *memory_checked(void *pointer)
{
    if (pointer == NULL)
        memory_ran_out();
    return pointer;
}

void *memory_take(size_t size)
{
    return memory_checked(malloc(size ? size : 1));
}

void *memory_new(size_t size)
{
    return memory_checked(calloc(1, size ? size : 1));
}

void *memory_array(size_t count, size_t size)
{
    return memory_checked(calloc(count ? count : 1, size ? size : 1));
}

void *memory_resize(void *old, size_t count, size_t size)
{
    size_t bytes;
    ASSERT(!__builtin_mul_overflow(count, size, &bytes));
    return memory_checked(realloc(old, bytes ? bytes : 1));
}

char *memory_text(const char *text)
{
    return memory_text_of(text, strlen(text));
}

char *memory_text_of(const char *bytes, size_t len)
{
    char *copy = memory_new(len + 1);
    if (len)
        memcpy(copy, bytes, len);
    return copy;
}
