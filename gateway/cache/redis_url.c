/* See redis_url.h. Each redis_url_read_… says what is wrong, or NULL, and never shows what it read.
 */
#include "cache/redis_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>

enum { LOGIN_MAX = 512, HOST_MAX = 253, DATABASE_MAX = 1000000, STANDARD_PORT = 6379 };
enum { SOCKET_PATH_MAX = sizeof((struct sockaddr_un){0}.sun_path) - 1 };
_Static_assert(LOGIN_MAX == 512 && SOCKET_PATH_MAX == 107, "as the faults say");

/* NULL when it is ill-formed, too long or would hold a NUL. */
static char *redis_url_decode(struct str text, size_t max)
{
    char *out = memory_new(text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        if (byte == '%') {
            int high = i + 2 < text.len ? str_hex_digit(text.ptr[i + 1]) : -1;
            int low = i + 2 < text.len ? str_hex_digit(text.ptr[i + 2]) : -1;
            byte = (char)(high < 0 || low < 0 ? 0 : high << 4 | low);
            i += 2;
        }
        if (byte == '\0' || len == max) {
            explicit_bzero(out, len);
            free(out);
            return NULL;
        }
        out[len++] = byte;
    }
    return out;
}

static const char *redis_url_read_login(struct str login, struct redis_url *out)
{
    size_t colon = str_find_byte(login, ':');
    if (colon == SIZE_MAX)
        return "has a user without a password; user:password@ or :password@ is right";
    out->password = redis_url_decode(str_from(login, colon + 1), LOGIN_MAX);
    out->user = colon > 0 ? redis_url_decode(str_first(login, colon), LOGIN_MAX) : NULL;
    if (!out->password || out->password[0] == '\0' || (colon > 0 && !out->user))
        return "has an ill-formed user or password; 1 to 512 bytes each, with / @ : ? % written as "
               "%2F %40 %3A %3F %25";
    return NULL;
}

static const char *redis_url_read_database(struct str text, struct redis_url *out)
{
    uint64_t number = 0;
    if (text.len > 0 && (!str_to_u64(text, &number) || number > DATABASE_MAX))
        return "has an ill-formed database; a number from 0 is right";
    out->database = (unsigned)number;
    return NULL;
}

/* "host", "host:port", "[v6]" or "[v6]:port", then nothing or "/", and the database. */
static const char *redis_url_read_network(struct str text, struct redis_url *out)
{
    static const char of_hosts[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:";
    size_t slash = str_find_byte(text, '/');
    struct str head = str_first(text, slash), port = STR("");
    bool is_v6 = str_starts(head, STR("["));
    size_t end = str_find_byte(head, is_v6 ? ']' : ':');
    struct str host = str_from(str_first(head, end), is_v6);
    uint64_t number = STANDARD_PORT;
    out->host = str_copy(host);
    if (host.len == 0 || host.len > HOST_MAX || strspn(out->host, of_hosts) != host.len ||
        (is_v6 && end == SIZE_MAX))
        return "has no host; redis://host:6379/0 is right";
    if (end != SIZE_MAX)
        port = str_from(head, end + is_v6);
    if (port.len > 0 && (port.ptr[0] != ':' || !str_to_u64(str_from(port, 1), &number) ||
                         number == 0 || number > UINT16_MAX))
        return "has an ill-formed port; 1 to 65535 is right";
    const char *wrong =
        slash == SIZE_MAX ? NULL : redis_url_read_database(str_from(text, slash + 1), out);
    out->port = (uint16_t)number;
    snprintf(out->address, sizeof out->address, is_v6 ? "[%.70s]:%u/%u" : "%.70s:%u/%u", out->host,
             (unsigned)out->port, out->database);
    return wrong;
}

/* "/path" or "/path?db=N" */
static const char *redis_url_read_socket(struct str text, struct redis_url *out)
{
    size_t query = str_find_byte(text, '?');
    struct str database = query == SIZE_MAX ? STR("?db=") : str_from(text, query);
    if (!str_starts(database, STR("?db=")))
        return "has an ill-formed end; only ?db=N is known";
    out->path = redis_url_decode(str_first(text, query), SOCKET_PATH_MAX);
    if (!out->path || out->path[0] != '/' || out->path[1] == '\0')
        return "has no path of 2 to 107 bytes; redis+unix:///run/redis.sock?db=0 is right";
    const char *wrong = redis_url_read_database(str_from(database, 4), out);
    snprintf(out->address, sizeof out->address, "%.80s?db=%u", out->path, out->database);
    return wrong;
}

/* Two slashes; when there is one, "user:password@": up to the last @ before the path; the rest. */
static const char *redis_url_read(struct str url, struct redis_url *out)
{
    struct str scheme = STR("");
    const char *wrong = NULL;
    (void)!str_next(&url, ':', &scheme);
    if (!str_starts(url, STR("//")))
        return "has no // after its first colon";
    url = str_from(url, 2);
    size_t head = str_first(url, str_find_byte(url, '/')).len;
    const char *at = head ? memrchr(url.ptr, '@', head) : NULL;
    if (at) {
        wrong = redis_url_read_login(str_first(url, (size_t)(at - url.ptr)), out);
        url = str_from(url, (size_t)(at + 1 - url.ptr));
    }
    if (wrong)
        return wrong;
    return str_is(scheme, "redis+unix") ? redis_url_read_socket(url, out)
                                        : redis_url_read_network(url, out);
}

bool redis_url_parse(struct str url, struct redis_url *out, struct fault *why)
{
    *out = (struct redis_url){0};
    const char *wrong = redis_url_read(url, out);
    if (!wrong)
        return true;
    redis_url_fini(out);
    return fault_set(why, FAULT_INVALID, "%s", wrong);
}

void redis_url_fini(struct redis_url *url)
{
    if (url->password)
        explicit_bzero(url->password, strlen(url->password));
    free(url->host);
    free(url->path);
    free(url->user);
    free(url->password);
    *url = (struct redis_url){0};
}
