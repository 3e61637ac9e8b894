/* Values of the script and of /_control, as they come in JSON: durations, counts, flags, words of a
 * family; and the check for unknown keys. Faults name the key and what would be right. Pure. */
#ifndef SIMULATOR_PANELVALUE_H
#define SIMULATOR_PANELVALUE_H
#include <jansson.h>

#include "base/fault.h"
#include "base/str.h"

/* "500ms", "2s", "3m", "1h", or a number of milliseconds. */
bool panelvalue_duration(const json_t *value, const char *key, int64_t *ms_out,
                         struct fault *why) MUST_USE;
bool panelvalue_count(const json_t *value, const char *key, int64_t least, int64_t *out,
                      struct fault *why) MUST_USE;
bool panelvalue_flag(const json_t *value, const char *key, bool *out, struct fault *why) MUST_USE;
/* A text, or a number as text; *out is owned, the former value freed. */
bool panelvalue_text(const json_t *value, const char *key, char **out, struct fault *why) MUST_USE;
/* The place of the word among words (NULL at the end). */
bool panelvalue_word(const json_t *value, const char *key, const char *const *words, int *out,
                     struct fault *why) MUST_USE;
/* Fails for a key not among keys (NULL at the end), naming the nearest. where is a prefix of the
 * words, such as "rules[2].do." or "". */
bool panelvalue_known_keys(const json_t *object, const char *where, const char *const *keys,
                           struct fault *why) MUST_USE;

#endif
