/* See rows.h. */
#include "settings/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/regularfile.h"
#include "settings/yamltree.h"

static bool secret_expand_env(struct str name, struct buf *out, struct fault *why)
{
    char *copy = str_copy(name);
    const char *value = getenv(copy);
    free(copy);
    if (value == NULL)
        return fault_set(why, FAULT_INVALID,
                         "the environment variable %s is not set; set it before the start",
                         yamltree_show(name).text);
    if (!str_is_utf8(str_of(value)))
        return fault_set(why, FAULT_INVALID,
                         "the environment variable %s is not UTF-8; set it to plain text",
                         yamltree_show(name).text);
    buf_add_text(out, value);
    return true;
}

/* Returns how many bytes were read, or -1 and the reason. */
static ssize_t secret_read_file(const char *path, char *bytes, size_t room, const char **reason_out)
{
    int file = regularfile_open(path, reason_out);
    size_t len = 0;
    ssize_t got = 1;
    if (file < 0)
        return -1;
    while (len < room && got > 0) {
        got = read(file, bytes + len, room - len);
        if (got > 0)
            len += (size_t)got;
    }
    *reason_out = strerror(got < 0 ? errno : EFBIG);
    close(file);
    return got < 0 || len == room ? -1 : (ssize_t)len;
}

/* Without what an editor adds: a byte order mark in front, line ends behind. */
static struct str secret_trim(struct str content)
{
    if (str_starts(content, STR("\xEF\xBB\xBF")))
        content = str_from(content, 3);
    while (content.len &&
           (content.ptr[content.len - 1] == '\n' || content.ptr[content.len - 1] == '\r'))
        content.len--;
    return content;
}

static bool secret_expand_file(struct str path, struct buf *out, struct fault *why)
{
    char *copy = str_copy(path);
    char *bytes = memory_new(SECRET_FILE_BYTES);
    const char *reason;
    ssize_t got = secret_read_file(copy, bytes, SECRET_FILE_BYTES, &reason);
    bool is_ok = got >= 0;
    struct str content = secret_trim(str_make(bytes, is_ok ? (size_t)got : 0));
    free(copy);
    if (!is_ok) {
        fault_set(why, FAULT_INVALID, "cannot read the file %s: %s; check its path and rights",
                  yamltree_show(path).text, reason);
    } else if (str_find_byte(content, '\0') != SIZE_MAX || !str_is_utf8(content)) {
        is_ok = fault_set(why, FAULT_INVALID, "the file %s is not text; a secret is one UTF-8 line",
                          yamltree_show(path).text);
    } else {
        buf_add_str(out, content);
    }
    explicit_bzero(bytes, SECRET_FILE_BYTES);
    free(bytes);
    return is_ok;
}

static bool secret_expand_one(struct str inside, struct buf *out, struct fault *why)
{
    size_t colon = str_find_byte(inside, ':');
    struct str source = str_first(inside, colon == SIZE_MAX ? inside.len : colon);
    struct str what = colon == SIZE_MAX ? STR_NONE : str_from(inside, colon + 1);
    if (what.len > 0 && str_is(source, "env"))
        return secret_expand_env(what, out, why);
    if (what.len > 0 && str_is(source, "file"))
        return secret_expand_file(what, out, why);
    return fault_set(why, FAULT_INVALID,
                     "`${%s…}` is not known; write ${env:NAME} or ${file:/path}, and `$${` for a "
                     "literal `${`",
                     yamltree_show(source).text);
}

bool secret_expand(struct str text, struct buf *out, struct fault *why)
{
    for (;;) {
        size_t at = str_find(text, STR("${"));
        if (at == SIZE_MAX)
            break;
        if (at > 0 && text.ptr[at - 1] == '$') {
            buf_add_str(out, str_first(text, at - 1));
            buf_add_text(out, "${");
            text = str_from(text, at + 2);
            continue;
        }
        struct str inside = str_from(text, at + 2);
        size_t end = str_find_byte(inside, '}');
        if (end == SIZE_MAX)
            return fault_set(why, FAULT_INVALID,
                             "`${` without its `}`; write ${env:NAME} or ${file:/path}");
        buf_add_str(out, str_first(text, at));
        if (!secret_expand_one(str_first(inside, end), out, why))
            return false;
        text = str_from(inside, end + 1);
    }
    buf_add_str(out, text);
    if (out->is_over)
        return fault_set(why, FAULT_INVALID, "too long; 64 KiB are the most");
    return true;
}

bool secret_is_elsewhere(struct str text)
{
    return str_find(text, STR("${env:")) != SIZE_MAX || str_find(text, STR("${file:")) != SIZE_MAX;
}
