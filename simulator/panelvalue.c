/* See panelvalue.h. */
#include "simulator/panelvalue.h"

#include <stdlib.h>

static const struct {
    const char *unit;
    int64_t ms;
} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}};

bool panelvalue_duration(const json_t *value, const char *key, int64_t *ms_out, struct fault *why)
{
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *ms_out = json_integer_value(value);
        return true;
    }
    struct str text = str_of(json_string_value(value));
    size_t digits = 0;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        digits++;
    uint64_t number = 0;
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (!str_is(str_from(text, digits), units[i].unit) || digits > 9 ||
            !str_to_u64(str_first(text, digits), &number))
            continue;
        *ms_out = (int64_t)number * units[i].ms;
        return true;
    }
    return fault_set(why, FAULT_INVALID, "%s: must be a duration such as 500ms, 2s or 1m", key);
}

bool panelvalue_count(const json_t *value, const char *key, int64_t least, int64_t *out,
                      struct fault *why)
{
    int64_t number = 0;
    if (json_is_integer(value))
        number = json_integer_value(value);
    else if (!json_is_string(value) || !str_to_i64(str_of(json_string_value(value)), &number))
        return fault_set(why, FAULT_INVALID, "%s: must be a whole number", key);
    if (number < least)
        return fault_set(why, FAULT_INVALID, "%s: must be at least %lld", key, (long long)least);
    *out = number;
    return true;
}

bool panelvalue_flag(const json_t *value, const char *key, bool *out, struct fault *why)
{
    if (!json_is_boolean(value))
        return fault_set(why, FAULT_INVALID, "%s: must be true or false", key);
    *out = json_is_true(value);
    return true;
}

bool panelvalue_text(const json_t *value, const char *key, char **out, struct fault *why)
{
    char *text = NULL;
    if (json_is_string(value))
        text = memory_text(json_string_value(value));
    else if (json_is_number(value))
        text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    if (text == NULL)
        return fault_set(why, FAULT_INVALID, "%s: must be a text", key);
    free(*out);
    *out = text;
    return true;
}

bool panelvalue_word(const json_t *value, const char *key, const char *const *words, int *out,
                     struct fault *why)
{
    char all[160] = "";
    size_t len = 0;
    for (int i = 0; words[i]; i++) {
        if (json_is_string(value) && strcmp(json_string_value(value), words[i]) == 0) {
            *out = i;
            return true;
        }
        size_t word_len = strlen(words[i]);
        if (len + word_len + 3 < sizeof all) {
            memcpy(all + len, i ? ", " : "", i ? 2 : 0);
            len += i ? 2 : 0;
            memcpy(all + len, words[i], word_len + 1);
            len += word_len;
        }
    }
    return fault_set(why, FAULT_INVALID, "%s: must be one of %s", key, all);
}

bool panelvalue_known_keys(const json_t *object, const char *where, const char *const *keys,
                           struct fault *why)
{
    const char *name, *nearest = NULL;
    size_t best = 4;
    void *at;
    if (!json_is_object(object))
        return fault_set(why, FAULT_INVALID, "%smust be a mapping", where);
    for (at = json_object_iter((json_t *)(uintptr_t)object); at;
         at = json_object_iter_next((json_t *)(uintptr_t)object, at)) {
        bool is_known = false;
        name = json_object_iter_key(at);
        for (size_t i = 0; keys[i] && !is_known; i++) {
            size_t distance = str_distance(str_of(name), str_of(keys[i]), 4);
            is_known = strcmp(name, keys[i]) == 0;
            if (distance < best) {
                best = distance;
                nearest = keys[i];
            }
        }
        if (is_known) {
            best = 4;
            nearest = NULL;
            continue;
        }
        return fault_set(why, FAULT_INVALID, "%s%.60s: unknown key%s%s%s", where, name,
                         nearest ? "; did you mean " : "", nearest ? nearest : "",
                         nearest ? "?" : "");
    }
    return true;
}
