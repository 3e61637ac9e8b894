/* See redirect.h. */
#include "providers/redirect.h"

#include "providers/replyjson.h"
#include "providers/scalar.h"
#include "providers/textfold.h"

enum { LOOKED_AT = 16 * 1024, LOCATION_CUT_AT = 512, VERSION_DIGITS = 2 };

static bool redirect_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool redirect_is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static char redirect_at(struct str text, size_t at)
{
    return at < text.len ? text.ptr[at] : ' ';
}

/* The status itself, a part of a version ("nginx/1.18.0", "Apache/2"), a port or a word. */
static bool redirect_is_usual_number(struct str text, size_t start, size_t end, long status)
{
    uint64_t number;
    char before = start > 0 ? text.ptr[start - 1] : ' ', after = redirect_at(text, end);
    char farther = start > 1 ? text.ptr[start - 2] : ' ';
    bool is_status =
        str_to_u64(str_make(text.ptr + start, end - start), &number) && number == (uint64_t)status;
    bool is_dotted = (before == '.' && redirect_is_digit(farther)) ||
                     (after == '.' && redirect_is_digit(redirect_at(text, end + 1)));
    bool is_version = before == '/' && redirect_is_letter(farther) && end - start <= VERSION_DIGITS;
    bool is_port = start >= 5 && str_equal_folded(str_make(text.ptr + start - 5, 5), STR("port "));
    return is_status || is_dotted || is_version || is_port || redirect_is_letter(before) ||
           redirect_is_letter(after);
}

static bool redirect_words_hold_number(struct str text, long status)
{
    for (size_t i = 0; i < text.len; i++) {
        size_t start = i;
        while (i < text.len && redirect_is_digit(text.ptr[i]))
            i++;
        if (i > start && !redirect_is_usual_number(text, start, i, status))
            return true;
    }
    return false;
}

static bool redirect_json_holds_number(const json_t *value, long status, struct arena *arena)
{
    const char *key;
    json_t *member;
    size_t i;
    struct str id;
    int64_t number;
    if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, key, member)
        {
            if (redirect_json_holds_number(member, status, arena))
                return true;
        }
        return false;
    }
    if (json_is_array(value)) {
        json_array_foreach(value, i, member)
        {
            if (redirect_json_holds_number(member, status, arena))
                return true;
        }
        return false;
    }
    struct scalar plain = scalar_of(value);
    if (scalar_integer(plain, &number) && (number == status || number == 0))
        return false;
    return scalar_id(plain, arena, &id) ||
           (plain.kind == SCALAR_TEXT && redirect_words_hold_number(plain.text, status));
}

static bool redirect_body_holds_number(const struct reply_facts *facts, struct arena *arena)
{
    struct str body = str_first(facts->body, LOOKED_AT);
    struct replyjson reply = replyjson_load(body, true, arena);
    bool is_found =
        reply.has_double_keys ||
        (reply.root != NULL
             ? redirect_json_holds_number(reply.root, facts->http_status, arena)
             : redirect_words_hold_number(textfold_strip_tags(body, arena), facts->http_status));
    json_decref(reply.root);
    return is_found;
}

/* What stands behind scheme and host. */
static struct str redirect_path_of(struct str url)
{
    size_t scheme = str_find(url, STR("://"));
    bool has_host = scheme != SIZE_MAX || str_starts(url, STR("//"));
    if (!has_host)
        return url;
    url = str_from(url, scheme != SIZE_MAX ? scheme + 3 : 2);
    for (size_t i = 0; i < url.len; i++)
        if (strchr("/?#", url.ptr[i]) != NULL)
            return str_from(url, i);
    return STR("");
}

/* "v2", "v1.1" */
static bool redirect_is_api_version(struct str segment)
{
    bool is_version = segment.len > 1 && (segment.ptr[0] == 'v' || segment.ptr[0] == 'V');
    for (size_t i = 1; i < segment.len && is_version; i++)
        is_version = redirect_is_digit(segment.ptr[i]) || segment.ptr[i] == '.';
    return is_version;
}

static bool redirect_has_digit(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (redirect_is_digit(text.ptr[i]))
            return true;
    return false;
}

static bool redirect_location_has_digits(struct str location, struct str our_url)
{
    struct str path = redirect_path_of(location), ours = redirect_path_of(our_url);
    if (location.len >= LOCATION_CUT_AT)
        return true;
    if (ours.len > 1 && str_starts(path, ours) &&
        strchr("/?#", path.len > ours.len ? path.ptr[ours.len] : '/') != NULL)
        path = str_from(path, ours.len);
    for (size_t at = 0, start = 0; at <= path.len; at++) {
        if (at < path.len && strchr("/?#&", path.ptr[at]) == NULL)
            continue;
        struct str segment = str_first(str_from(path, start), at - start);
        if (!redirect_is_api_version(segment) && redirect_has_digit(segment))
            return true;
        start = at + 1;
    }
    return false;
}

bool redirect_may_name_order(const struct provider_settings *settings,
                             const struct reply_facts *facts, struct arena *arena)
{
    return redirect_location_has_digits(facts->location, str_of(settings->url)) ||
           redirect_body_holds_number(facts, arena);
}
