/* Memory that cannot fail: every buffer and queue has a ceiling, so running out is a bug or a
 * machine without room; then the program aborts with a line on stderr and loses nothing that was
 * durable. ASSERT stays on in every build. Any thread. Includes nothing else of ours. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H
#include <stddef.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define ASSERT(condition)                                                                          \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            memory_assertion_failed(#condition, __FILE__, __LINE__);                               \
    } while (0)
#define UNREACHABLE() memory_assertion_failed("unreachable", __FILE__, __LINE__)

_Noreturn void memory_assertion_failed(const char *condition, const char *file, int line);

/* For libraries that report it: the same end as our own allocations have. */
_Noreturn void memory_ran_out(void);
/* Writes the program's last line; log.c puts its own here, which never waits. */
extern void (*memory_write_fatal)(const char *line, size_t len);

/* malloc, but never NULL. */
void *memory_take(size_t size) __attribute__((malloc, alloc_size(1), returns_nonnull));

/* Zeroed; never NULL. */
void *memory_new(size_t size) __attribute__((malloc, alloc_size(1), returns_nonnull));
void *memory_array(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *memory_resize(void *old, size_t count, size_t size) __attribute__((returns_nonnull)) MUST_USE;
char *memory_text(const char *text) __attribute__((malloc, returns_nonnull));
char *memory_text_of(const char *bytes, size_t len) __attribute__((malloc, returns_nonnull));

#endif
