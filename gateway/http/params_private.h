/* Shared by the decoders of this room: one source (a query, a body) is gathered at a time. Within a
 * source the last scalar of a name wins, as PHP has it; what an earlier source said stays. */
#ifndef HTTP_PARAMS_PRIVATE_H
#define HTTP_PARAMS_PRIVATE_H
#include "http/params.h"

extern const char params_nested[1]; /* the value of a nested one points here */

struct params_source {
    struct params *params;       /* borrowed */
    struct arena *arena;         /* borrowed */
    size_t first;                /* what stands before it is an earlier source's */
    size_t capacity[PARAMS_MAX]; /* of an array's joined value; 0: a scalar */
};

void params_source_begin(struct params_source *source, struct params *params, struct arena *arena);
/* name may carry brackets ("orders[]", "orders[3]"), is writable and gets lower-cased in place;
 * name and value must live as long as the arena. Names that are empty or too long are dropped. */
bool params_source_add(struct params_source *source, char *name, size_t name_len, struct str value,
                       struct fault *why) MUST_USE;
/* One more element of the array called name (no brackets). */
bool params_source_append(struct params_source *source, char *name, size_t name_len,
                          struct str value, struct fault *why) MUST_USE;

#endif
