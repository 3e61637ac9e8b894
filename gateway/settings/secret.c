/* See rows.h. */
#include "settings/rows.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/regularfile.h"
#include "settings/yamltree.h"

enum { CREDENTIAL_NAME_MAX = 64, CREDENTIAL_PLACES = 3 };

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
static ssize_t secret_read_file(int file, char *bytes, size_t room, const char **reason_out)
{
    size_t len = 0;
    ssize_t got = 1;
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

/* Takes the file; path is for the fault. */
static bool secret_add_file(int file, const char *path, const char *reason, struct buf *out,
                            struct fault *why)
{
    char *bytes = memory_new(SECRET_FILE_BYTES);
    ssize_t got = file >= 0 ? secret_read_file(file, bytes, SECRET_FILE_BYTES, &reason) : -1;
    bool is_ok = got >= 0;
    struct str content = secret_trim(str_make(bytes, is_ok ? (size_t)got : 0));
    if (!is_ok) {
        fault_set(why, FAULT_INVALID, "cannot read the file %s: %s; check its path and rights",
                  yamltree_show(str_of(path)).text, reason);
    } else if (str_find_byte(content, '\0') != SIZE_MAX || !str_is_utf8(content)) {
        is_ok = fault_set(why, FAULT_INVALID, "the file %s is not text; a secret is one UTF-8 line",
                          yamltree_show(str_of(path)).text);
    } else {
        buf_add_str(out, content);
    }
    explicit_bzero(bytes, SECRET_FILE_BYTES);
    free(bytes);
    return is_ok;
}

static bool secret_expand_file(struct str path, struct buf *out, struct fault *why)
{
    char *copy = str_copy(path);
    const char *reason = "";
    int file = regularfile_open(copy, &reason);
    bool is_ok = secret_add_file(file, copy, reason, out, why);
    free(copy);
    return is_ok;
}

/* ---- credentials ---- */

const char *secret_folder = "/etc/panelmux/secrets";

static bool secret_is_credential_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '_' && c != '-' && (c != '.' || i == 0))
            return false;
    }
    return name.len >= 1 && name.len <= CREDENTIAL_NAME_MAX;
}

/* What systemd gave the service, by its own name or as LoadCredential=secret:FOLDER calls it, then
 * the folder itself: where it is read before the first start. */
static size_t secret_credential_paths(struct str name, char paths[CREDENTIAL_PLACES][PATH_MAX])
{
    const char *given = getenv("CREDENTIALS_DIRECTORY");
    size_t count = 0;
    if (given && *given) {
        snprintf(paths[count++], PATH_MAX, "%s/" STR_FMT, given, STR_ARG(name));
        snprintf(paths[count++], PATH_MAX, "%s/secret_" STR_FMT, given, STR_ARG(name));
    }
    snprintf(paths[count++], PATH_MAX, "%s/" STR_FMT, secret_folder, STR_ARG(name));
    return count;
}

static bool secret_expand_credential(struct str name, struct buf *out, struct fault *why)
{
    char paths[CREDENTIAL_PLACES][PATH_MAX];
    const char *reason = "";
    if (!secret_is_credential_name(name))
        return fault_set(
            why, FAULT_INVALID,
            "`%s` is no credential's name; right is the name of a file in %s: letters, "
            "digits, `.`, `_` or `-`",
            yamltree_show(name).text, secret_folder);
    size_t count = secret_credential_paths(name, paths);
    for (size_t i = 0; i < count; i++) {
        int file = regularfile_open(paths[i], &reason);
        if (file >= 0 || errno != ENOENT)
            return secret_add_file(file, paths[i], reason, out, why);
    }
    return fault_set(why, FAULT_INVALID,
                     "there is no credential %s, neither from the service manager nor as %s; write "
                     "the secret into that file",
                     yamltree_show(name).text, paths[count - 1]);
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
    if (what.len > 0 && str_is(source, "credential"))
        return secret_expand_credential(what, out, why);
    return fault_set(why, FAULT_INVALID,
                     "`${%s…}` is not known; write ${env:NAME}, ${file:/path} or "
                     "${credential:NAME}, and `$${` for a literal `${`",
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
    return str_find(text, STR("${env:")) != SIZE_MAX ||
           str_find(text, STR("${file:")) != SIZE_MAX ||
           str_find(text, STR("${credential:")) != SIZE_MAX;
}
