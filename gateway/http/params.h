/* struct params: what a client sent, whichever way it came (query, urlencoded, multipart, JSON), as
 * one list of names and values. The body wins over the query. Names and values are decoded once;
 * values may hold any bytes but NUL (which is a fault).
 *
 * Lists become one value, ids and words joined by commas, all others by LF, however written:
 * "orders[]=1", "orders[0]=1", a JSON array, and for parameters that are lists by nature a repeated
 * name or a printed list ("[1, 2]", "['a', 'b']"). Of any other repeated name the last value wins,
 * as in PHP. JSON true and false become "1" and "0", null is absent, numbers keep their digits.
 * Values may be views of the body, which must live as long. Pure; any thread. */
#ifndef HTTP_PARAMS_H
#define HTTP_PARAMS_H
#include "base/arena.h"
#include "base/fault.h"
#include "base/str.h"

enum { PARAMS_MAX = 64, PARAMS_NAME_BYTES = 64, PARAMS_JSON_DEPTH = 8 };

struct param {
    struct str name;  /* lower-cased, trimmed */
    struct str value; /* as sent, decoded */
};
struct params {
    struct param list[PARAMS_MAX];
    size_t count;
};

/* Each adds to *params what is not there yet; false: *why says what would be right. Unknown
 * parameters are kept, for the caller to ignore. More than PARAMS_MAX are a fault. */
bool params_add_form(struct params *params, struct str text, struct arena *arena,
                     struct fault *why);
bool params_add_json(struct params *params, struct str text, struct arena *arena,
                     struct fault *why);
bool params_add_multipart(struct params *params, struct str text, struct str content_type,
                          struct arena *arena, struct fault *why);
/* By Content-Type; missing or wrong: urlencoded, JSON if it starts with '{'. Then the query. */
bool params_decode(struct params *params, struct str content_type, struct str body,
                   struct str query, struct arena *arena, struct fault *why);
/* A JSON list or object that holds lists or objects is no value: the parameter is present but
 * empty, so that whoever knows the name can refuse it and everybody else ignores it. */
bool params_is_nested(const struct param *param);
/* STR_NONE when absent. */
struct str params_get(const struct params *params, const char *name);

#endif
