/* struct arena: memory for one exchange or one build, freed at once and never singly.
 * One thread. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include "base/str.h"

struct arena_block;
struct arena {
    struct arena_block *blocks; /* newest first */
    char *at;                   /* next free byte of the newest block */
    size_t left;
};

void arena_init(struct arena *a);
/* With first bytes of the owner's own: zeroed, aligned to 16, living as long as the arena. */
void arena_init_on(struct arena *a, void *first_bytes, size_t size);
void arena_fini(struct arena *a);
/* Zeroed, aligned for anything; never NULL. */
void *arena_new(struct arena *a, size_t size);
char *arena_text(struct arena *a, struct str s); /* NUL-terminated copy */
struct str arena_str(struct arena *a, struct str s);
struct str arena_i64(struct arena *a, int64_t value); /* in decimal, NUL-terminated */
char *arena_printf(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
