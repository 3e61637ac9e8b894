/* See classify.h. */
#include "providers/classify.h"

#include "providers/scalar.h"

enum { DEPTH = 4 };

static const char *const message_keys[] = {
    "message",
    "msg",
    "error_message",
    "errorMessage",
    "error_msg",
    "text",
    "detail",
    "details",
    "description",
    "desc",
    "reason",
    "title",
    "pesan",
    "keterangan",
    "mensaje",
    "mensagem",
    "mesaj",
    "messages",
    "error_description",
    "errorDescription",
    "status_msg",
    "statusMessage",
    "info",
    "remark",
    "notice",
};
static const char *const code_keys[] = {"code", "error_code", "errorCode", "error", "type"};
/* What one family of scripts or another puts around the remainder of a response. */
static const char *const wrapper_keys[] = {"data", "result", "response", "payload", "body"};
/* Where an `error` of its own may stand in place of what was requested. */
static const char *const holder_keys[] = {"data", "result", "response", "payload", "body", "order"};

static bool errortext_is(const json_t *value, json_type type)
{
    return value != NULL && json_typeof(value) == type;
}

static void errortext_add_text(struct errortext *found, struct str text)
{
    text = str_trim(text);
    if (text.len == 0 || found->count == ERRORTEXT_MAX)
        return;
    for (size_t i = 0; i < found->count; i++)
        if (str_equal(found->texts[i], text))
            return;
    found->texts[found->count++] = text;
}

static void errortext_add_code(struct errortext *found, int64_t code, struct arena *arena)
{
    if (code != 0)
        errortext_add_text(found, str_of(arena_printf(arena, "#%lld", (long long)code)));
}

static void errortext_add_value(struct errortext *found, const json_t *value, int depth,
                                struct arena *arena);

/* An error that is an object: its message, its code, or whatever fields it has complaints for. */
static void errortext_add_object(struct errortext *found, const json_t *object, int depth,
                                 struct arena *arena)
{
    const char *key;
    json_t *value;
    size_t before = found->count;
    for (size_t i = 0; i < COUNT_OF(message_keys); i++)
        errortext_add_value(found, scalar_member(object, message_keys[i]), depth + 1, arena);
    for (size_t i = 0; i < COUNT_OF(code_keys); i++)
        errortext_add_value(found, scalar_member(object, code_keys[i]), depth + 1, arena);
    if (found->count > before)
        return;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
        errortext_add_value(found, value, depth + 1, arena);
}

static void errortext_add_value(struct errortext *found, const json_t *value, int depth,
                                struct arena *arena)
{
    size_t i;
    json_t *item;
    if (value == NULL || depth > DEPTH)
        return;
    switch (json_typeof(value)) {
    case JSON_STRING:
        errortext_add_text(found, scalar_of(value).text);
        return;
    case JSON_OBJECT:
        errortext_add_object(found, value, depth, arena);
        return;
    case JSON_ARRAY:
        json_array_foreach(value, i, item) errortext_add_value(found, item, depth + 1, arena);
        return;
    case JSON_INTEGER:
        errortext_add_code(found, json_integer_value(value), arena);
        return;
    case JSON_REAL:
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL:
        return;
    }
}

static bool errortext_is_list(const json_t *value)
{
    return errortext_is(value, JSON_ARRAY) || errortext_is(value, JSON_OBJECT);
}

bool errortext_add(struct errortext *found, const json_t *value, struct arena *arena)
{
    if (value == NULL)
        return false;
    /* Of what is no array, no object the size is 0. */
    if (errortext_is_list(value) && json_array_size(value) + json_object_size(value) == 0)
        return false;
    /* An empty text is an error without words; null, false and 0 are none. */
    if (!errortext_is_list(value) && !errortext_is(value, JSON_STRING) &&
        scalar_is_falsy(scalar_of(value)))
        return false;
    errortext_add_value(found, value, 0, arena);
    return true;
}

bool errortext_is_success(const json_t *value)
{
    static const char *const message[] = {"success", "ok",  "true", "successful",
                                          "1",       "100", "200",  "201"};
    struct scalar scalar = scalar_of(value);
    struct str text = str_trim(scalar.text);
    if (scalar.kind == SCALAR_INTEGER)
        return scalar.integer == 1 || scalar.integer == 100 || scalar.integer == 200 ||
               scalar.integer == 201;
    for (size_t i = 0; scalar.kind == SCALAR_TEXT && i < COUNT_OF(message); i++)
        if (str_equal_folded(text, str_of(message[i])))
            return true;
    return scalar.kind == SCALAR_TRUE;
}

/* status: "error", "fail", false; or one of the codes that one family of scripts numbers its
 * errors with. */
static bool errortext_is_failure(const json_t *status, int64_t *code_out)
{
    static const char *const message[] = {"error", "fail", "failed", "failure", "err", "false"};
    struct scalar scalar = scalar_of(status);
    struct str text = str_trim(scalar.text);
    int64_t code = 0;
    *code_out = 0;
    if (scalar.kind == SCALAR_NONE)
        return false;
    if (scalar_integer(scalar, &code)) {
        *code_out = code > 100 && code < 120 ? code : 0;
        return *code_out != 0 || code >= 300;
    }
    for (size_t i = 0; scalar.kind == SCALAR_TEXT && i < COUNT_OF(message); i++)
        if (str_equal_folded(text, str_of(message[i])))
            return true;
    return scalar.kind == SCALAR_FALSE;
}

/* "success":false, "ok":0, and the like; what is there and holds an object or list says nothing. */
static bool errortext_is_no(const json_t *flag)
{
    return flag != NULL && !errortext_is_list(flag) && scalar_is_falsy(scalar_of(flag));
}

/* Marks of a failure that need no text beside them. */
static bool errortext_is_flagged(const json_t *root)
{
    return errortext_is_no(scalar_member(root, "success")) ||
           errortext_is_no(scalar_member(root, "ok"));
}

/* Marks of one that count where there is a text: status, and what other families call it. */
static bool errortext_is_failed(const json_t *root, int64_t *code_out)
{
    static const char *const word_keys[] = {"type", "result", "response", "state"};
    int64_t code;
    if (errortext_is_failure(scalar_member(root, "status"), code_out))
        return true;
    for (size_t i = 0; i < COUNT_OF(word_keys); i++) {
        const json_t *value = scalar_member(root, word_keys[i]);
        /* Numbers are ids and types of other things there. */
        if ((errortext_is(value, JSON_STRING) || errortext_is(value, JSON_FALSE)) &&
            !scalar_integer(scalar_of(value), &code) && errortext_is_failure(value, &code))
            return true;
    }
    return false;
}

/* The texts under the keys for messages; those inside wrappers, and of a failed response those in
 * wrappers of wrappers and what stands there as a text or list. */
static void errortext_add_messages(struct errortext *found, const json_t *root, int depth,
                                   bool is_failed, struct arena *arena)
{
    enum { WRAPPERS = 2 };
    for (size_t i = 0; i < COUNT_OF(message_keys); i++)
        errortext_add_value(found, scalar_member(root, message_keys[i]), depth, arena);
    for (size_t i = 0; i < COUNT_OF(wrapper_keys) && depth <= WRAPPERS; i++) {
        const json_t *inner = scalar_member(root, wrapper_keys[i]);
        if (errortext_is(inner, JSON_OBJECT) && (depth == 1 || is_failed))
            errortext_add_messages(found, inner, depth + 1, is_failed, arena);
        if (is_failed && (errortext_is(inner, JSON_STRING) || errortext_is(inner, JSON_ARRAY)) &&
            !errortext_is_failure(inner, &(int64_t){0}))
            errortext_add_value(found, inner, 2, arena);
    }
}

static void errortext_add_held(struct errortext *found, const json_t *root, struct arena *arena)
{
    for (size_t i = 0; i < COUNT_OF(holder_keys) && !found->is_error; i++) {
        const json_t *inner = scalar_member(root, holder_keys[i]);
        if (errortext_is(inner, JSON_OBJECT))
            found->is_error = errortext_add(found, scalar_member(inner, "error"), arena) ||
                              errortext_add(found, scalar_member(inner, "errors"), arena);
    }
}

static void errortext_of_object(struct errortext *found, const json_t *root, struct arena *arena)
{
    static const char *const error_keys[] = {"error", "errors", "err"};
    int64_t code;
    const json_t *error = scalar_member(root, "error"), *success = scalar_member(root, "success");
    /* An empty error beside nothing else still says that something went wrong; beside a field
     * that answers, it is the panel's way of saying "none". The callers look for that field. */
    for (size_t i = 0; i < COUNT_OF(error_keys); i++) {
        /* {"message":"The given data was invalid.","errors":{...}}: the fields say more. */
        found->is_error |= errortext_add(found, scalar_member(root, error_keys[i]), arena);
    }
    if (errortext_is(error, JSON_STRING) && str_trim(scalar_of(error).text).len == 0 &&
        found->count == 0)
        found->is_error = false, found->is_hint = true;
    found->is_error |= errortext_is(error, JSON_TRUE) || errortext_is_flagged(root);
    bool is_failed = errortext_is_failed(root, &code);
    bool is_success = errortext_is_success(scalar_member(root, "status")) ||
                      (success != NULL && !found->is_error);
    size_t before = found->count;
    if (!is_success || found->is_error) {
        errortext_add_messages(found, root, 1, is_failed || found->is_error, arena);
        if (found->is_error || is_failed)
            errortext_add_value(found, scalar_member(root, "code"), 1, arena);
        if (is_failed && (found->count > 0 || code != 0)) {
            found->is_error = true;
            errortext_add_code(found, code, arena);
        }
        found->is_hint |= !found->is_error && found->count > before;
    }
    errortext_add_held(found, root, arena);
}

struct errortext errortext_of(const json_t *root, struct arena *arena)
{
    struct errortext found = {0};
    root = scalar_unlist(root);
    if (errortext_is(root, JSON_STRING)) {
        errortext_add_text(&found, scalar_of(root).text);
        found.is_hint = true;
    } else if (errortext_is(root, JSON_OBJECT)) {
        errortext_of_object(&found, root, arena);
    }
    return found;
}
