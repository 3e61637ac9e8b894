/* What a response complains about, in any of the shapes panels use: error as text, object, list or
 * map of fields; errors; status, success, type or result with a message, under any of its names,
 * beside it or inside data, result and the like; dotted or numbered codes; a bare text. Pure. */
#ifndef PROVIDERS_ERRORTEXT_H
#define PROVIDERS_ERRORTEXT_H
#include <jansson.h>

#include "base/arena.h"

enum { ERRORTEXT_MAX = 8 };

struct errortext {
    /* An error is said: an error key that is not falsy, or a status or success that says so. */
    bool is_error;
    /* Only a text without any mark of error or success: an error where the HTTP status or the
     * table says so. */
    bool is_hint;
    size_t count;
    struct str texts[ERRORTEXT_MAX]; /* best first; borrowed from root or in the arena */
};

struct errortext errortext_of(const json_t *root, struct arena *arena);
/* The same of one entry of a list or of a field that holds an error. */
bool errortext_add(struct errortext *found, const json_t *value, struct arena *arena);
/* "success", "ok", true, 1, 100, 200: what a status or success member says when all is well. */
bool errortext_is_success(const json_t *value);

#endif
