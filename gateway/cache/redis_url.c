/* See redis_url.h. */
#include "cache/redis_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>

enum { LOGIN_MAX = 512, HOST_MAX = 253, DATABASE_MAX = 1000000, STANDARD_PORT = 6379 };
enum { SOCKET_PATH_MAX = sizeof((struct sockaddr_un){0}.sun_path) - 1 };

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

static bool redis_url_parse_login(struct str login, struct redis_url *out, struct fault *why)
{
    size_t colon = str_find_byte(login, ':');
    if (colon == SIZE_MAX)
        return fault_set(why, FAULT_INVALID,
                         "has a user without a password; user:password@ or :password@ is right");
    out->password = redis_url_decode(str_from(login, colon + 1), LOGIN_MAX);
    if (colon > 0)
        out->user = redis_url_decode(str_first(login, colon), LOGIN_MAX);
    if (!out->password || out->password[0] == '\0' || (colon > 0 && !out->user))
        return fault_set(why, FAULT_INVALID,
                         "has an ill-formed user or password; 1 to %d bytes each, with / @ : ? %% "
                         "written as %%2F %%40 %%3A %%3F %%25",
                         LOGIN_MAX);
    return true;
}

/* Cuts off "//" and, when there is one, "user:password@": up to the last @ before the path. */
static bool redis_url_parse_head(struct str *rest, struct redis_url *out, struct fault *why)
{
    if (!str_starts(*rest, STR("//")))
        return fault_set(why, FAULT_INVALID, "has no // after its first colon");
    *rest = str_from(*rest, 2);
    struct str head = str_first(*rest, str_find_byte(*rest, '/'));
    const char *at = head.len ? memrchr(head.ptr, '@', head.len) : NULL;
    if (!at)
        return true;
    *rest = str_from(*rest, (size_t)(at - head.ptr) + 1);
    return redis_url_parse_login(str_first(head, (size_t)(at - head.ptr)), out, why);
}

static bool redis_url_parse_database(struct str text, struct redis_url *out, struct fault *why)
{
    uint64_t number = 0;
    if (text.len > 0 && (!str_to_u64(text, &number) || number > DATABASE_MAX))
        return fault_set(why, FAULT_INVALID,
                         "has an ill-formed database; a number from 0 is right");
    out->database = (unsigned)number;
    return true;
}

/* text: "", or a colon and the port. */
static bool redis_url_parse_port(struct str text, struct redis_url *out, struct fault *why)
{
    uint64_t port = STANDARD_PORT;
    if (text.len > 0 && (text.ptr[0] != ':' || !str_to_u64(str_from(text, 1), &port) || port == 0 ||
                         port > UINT16_MAX))
        return fault_set(why, FAULT_INVALID, "has an ill-formed port; 1 to 65535 is right");
    out->port = (uint16_t)port;
    return true;
}

static bool redis_url_is_host(struct str host)
{
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.ptr[i];
        if (c <= ' ' || c >= 0x7f || strchr("@/?#%\\\"'[]", c))
            return false;
    }
    return host.len > 0 && host.len <= HOST_MAX;
}

/* "host", "host:port", "[v6]" or "[v6]:port" */
static bool redis_url_parse_host(struct str text, struct redis_url *out, struct fault *why)
{
    bool is_bracketed = str_starts(text, STR("["));
    size_t end = str_find_byte(text, is_bracketed ? ']' : ':');
    bool is_closed = end != SIZE_MAX;
    struct str host = is_bracketed ? str_from(str_first(text, end), 1) : str_first(text, end);
    if (!redis_url_is_host(host) || (is_bracketed && !is_closed))
        return fault_set(why, FAULT_INVALID, "has no host; redis://host:6379/0 is right");
    out->host = str_copy(host);
    return redis_url_parse_port(is_closed ? str_from(text, end + is_bracketed) : STR(""), out, why);
}

static bool redis_url_parse_network(struct str rest, struct redis_url *out, struct fault *why)
{
    if (!redis_url_parse_head(&rest, out, why))
        return false;
    size_t slash = str_find_byte(rest, '/');
    if (!redis_url_parse_host(str_first(rest, slash), out, why) ||
        (slash != SIZE_MAX && !redis_url_parse_database(str_from(rest, slash + 1), out, why)))
        return false;
    bool is_v6 = strchr(out->host, ':') != NULL;
    snprintf(out->address, sizeof out->address, "%s%.70s%s:%u/%u", is_v6 ? "[" : "", out->host,
             is_v6 ? "]" : "", (unsigned)out->port, out->database);
    return true;
}

static bool redis_url_parse_socket(struct str rest, struct redis_url *out, struct fault *why)
{
    if (!redis_url_parse_head(&rest, out, why))
        return false;
    size_t query = str_find_byte(rest, '?');
    if (query != SIZE_MAX) {
        struct str text = str_from(rest, query);
        if (!str_starts(text, STR("?db=")))
            return fault_set(why, FAULT_INVALID, "has an ill-formed end; only ?db=N is known");
        if (!redis_url_parse_database(str_from(text, 4), out, why))
            return false;
    }
    out->path = redis_url_decode(str_first(rest, query), SOCKET_PATH_MAX);
    if (!out->path || out->path[0] != '/' || out->path[1] == '\0')
        return fault_set(why, FAULT_INVALID,
                         "has no path of 2 to %d bytes; redis+unix:///run/redis.sock?db=0 is right",
                         (int)SOCKET_PATH_MAX);
    snprintf(out->address, sizeof out->address, "%.80s?db=%u", out->path, out->database);
    return true;
}

bool redis_url_parse(struct str url, struct redis_url *out, struct fault *why)
{
    struct str scheme = STR("");
    *out = (struct redis_url){0};
    (void)!str_next(&url, ':', &scheme);
    if (str_is(scheme, "redis+unix") ? redis_url_parse_socket(url, out, why)
                                     : redis_url_parse_network(url, out, why))
        return true;
    redis_url_fini(out);
    return false;
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
