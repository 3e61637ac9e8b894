/* See memory.h. */
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void memory_write(const char *line, size_t len)
{
    (void)!write(STDERR_FILENO, line, len);
}

void (*memory_write_fatal)(const char *line, size_t len) = memory_write;

void memory_assertion_failed(const char *condition, const char *file, int line)
{
    char text[512];
    snprintf(text, sizeof text, "level=fatal event=assertion condition=\"%.300s\" at=%.100s:%d\n",
             condition, file, line);
    memory_write_fatal(text, strlen(text));
    abort();
}

void memory_ran_out(void)
{
    static const char text[] = "level=fatal event=out_of_memory\n";
    memory_write_fatal(text, sizeof text - 1);
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
