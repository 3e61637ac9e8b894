/* See redisurl.h. */
#include "cache/redisurl.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>

enum { WORD_MAX = 512, HOST_MAX = 253, DATABASE_MAX = 1000000, STANDARD_PORT = 6379 };
enum { PATH_MAX_BYTES = sizeof((struct sockaddr_un){0}.sun_path) - 1 };

static int redisurl_hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* NULL when it is ill-formed, too long or would hold a NUL. */
static char *redisurl_decode(struct str text, size_t max)
{
    char *out = memory_new(text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        int byte = (unsigned char)text.ptr[i];
        if (byte == '%') {
            int high = i + 2 < text.len ? redisurl_hex_of(text.ptr[i + 1]) : -1;
            int low = i + 2 < text.len ? redisurl_hex_of(text.ptr[i + 2]) : -1;
            byte = high < 0 || low < 0 ? 0 : high * 16 + low;
            i += 2;
        }
        if (byte == 0 || len == max) {
            explicit_bzero(out, len);
            free(out);
            return NULL;
        }
        out[len++] = (char)byte;
    }
    return out;
}

static bool redisurl_parse_login(struct str login, struct redisurl *out, struct fault *why)
{
    size_t colon = str_find_byte(login, ':');
    if (colon == SIZE_MAX)
        return fault_set(why, FAULT_INVALID,
                         "has a user without a password; user:password@ or :password@ is right");
    out->password = redisurl_decode(str_from(login, colon + 1), WORD_MAX);
    if (colon > 0)
        out->user = redisurl_decode(str_first(login, colon), WORD_MAX);
    if (!out->password || out->password[0] == '\0' || (colon > 0 && !out->user))
        return fault_set(why, FAULT_INVALID,
                         "has an ill-formed user or password; 1 to %d bytes each, with / @ : ? %% "
                         "written as %%2F %%40 %%3A %%3F %%25",
                         WORD_MAX);
    return true;
}

/* Cuts off "//" and, when there is one before end, "user:password@". */
static bool redisurl_parse_head(struct str *rest, char end, struct redisurl *out, struct fault *why)
{
    if (!str_starts(*rest, STR("//")))
        return fault_set(why, FAULT_INVALID, "has no // after its first colon");
    *rest = str_from(*rest, 2);
    struct str head = str_first(*rest, str_find_byte(*rest, end));
    size_t at = SIZE_MAX;
    for (size_t i = 0; i < head.len; i++)
        if (head.ptr[i] == '@')
            at = i;
    if (at == SIZE_MAX)
        return true;
    *rest = str_from(*rest, at + 1);
    return redisurl_parse_login(str_first(head, at), out, why);
}

static bool redisurl_parse_database(struct str text, struct redisurl *out, struct fault *why)
{
    uint64_t number = 0;
    if (text.len > 0 && (!str_to_u64(text, &number) || number > DATABASE_MAX))
        return fault_set(why, FAULT_INVALID,
                         "has an ill-formed database; a number from 0 is right");
    out->database = (unsigned)number;
    return true;
}

static bool redisurl_parse_port(struct str text, struct redisurl *out, struct fault *why)
{
    uint64_t port;
    if (!str_to_u64(text, &port) || port == 0 || port > UINT16_MAX)
        return fault_set(why, FAULT_INVALID, "has an ill-formed port; 1 to 65535 is right");
    out->port = (uint16_t)port;
    return true;
}

static bool redisurl_is_host(struct str host)
{
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.ptr[i];
        if (c <= ' ' || c >= 0x7f || strchr("@/?#%\\\"'[]", c))
            return false;
    }
    return host.len > 0 && host.len <= HOST_MAX;
}

static bool redisurl_parse_place(struct str place, struct redisurl *out, struct fault *why)
{
    struct str host, port;
    size_t cut;
    if (place.len > 0 && place.ptr[0] == '[') {
        cut = str_find_byte(place, ']');
        host = str_first(str_from(place, 1), cut == SIZE_MAX ? 0 : cut - 1);
        port = cut == SIZE_MAX ? STR_NONE : str_from(place, cut + 1);
    } else {
        cut = str_find_byte(place, ':');
        host = str_first(place, cut);
        port = cut == SIZE_MAX ? STR_NONE : str_from(place, cut);
    }
    if (!redisurl_is_host(host))
        return fault_set(why, FAULT_INVALID, "has no host; redis://host:6379/0 is right");
    out->host = str_copy(host);
    out->port = STANDARD_PORT;
    if (port.len == 0)
        return true;
    if (port.ptr[0] != ':')
        return fault_set(why, FAULT_INVALID, "has an ill-formed port; 1 to 65535 is right");
    return redisurl_parse_port(str_from(port, 1), out, why);
}

static bool redisurl_parse_text(struct str rest, struct redisurl *out, struct fault *why)
{
    if (!redisurl_parse_head(&rest, '/', out, why))
        return false;
    size_t slash = str_find_byte(rest, '/');
    if (!redisurl_parse_place(str_first(rest, slash), out, why) ||
        (slash != SIZE_MAX && !redisurl_parse_database(str_from(rest, slash + 1), out, why)))
        return false;
    bool is_v6 = strchr(out->host, ':') != NULL;
    snprintf(out->shown, sizeof out->shown, "%s%.70s%s:%u/%u", is_v6 ? "[" : "", out->host,
             is_v6 ? "]" : "", (unsigned)out->port, out->database);
    return true;
}

static bool redisurl_parse_socket(struct str rest, struct redisurl *out, struct fault *why)
{
    if (!redisurl_parse_head(&rest, '/', out, why))
        return false;
    size_t query = str_find_byte(rest, '?');
    if (query != SIZE_MAX) {
        struct str text = str_from(rest, query);
        if (!str_starts(text, STR("?db=")))
            return fault_set(why, FAULT_INVALID, "has an ill-formed end; only ?db=N is known");
        if (!redisurl_parse_database(str_from(text, 4), out, why))
            return false;
    }
    out->path = redisurl_decode(str_first(rest, query), PATH_MAX_BYTES);
    if (!out->path || out->path[0] != '/' || out->path[1] == '\0')
        return fault_set(why, FAULT_INVALID,
                         "has no path of 2 to %d bytes; redis+unix:///run/redis.sock?db=0 is right",
                         (int)PATH_MAX_BYTES);
    snprintf(out->shown, sizeof out->shown, "%.80s?db=%u", out->path, out->database);
    return true;
}

bool redisurl_parse(struct str location, struct redisurl *out, struct fault *why)
{
    *out = (struct redisurl){0};
    if (redisurl_parse_text(location, out, why))
        return true;
    redisurl_fini(out);
    return false;
}

bool redisurl_parse_unix(struct str location, struct redisurl *out, struct fault *why)
{
    *out = (struct redisurl){0};
    if (redisurl_parse_socket(location, out, why))
        return true;
    redisurl_fini(out);
    return false;
}

void redisurl_fini(struct redisurl *url)
{
    if (url->password)
        explicit_bzero(url->password, strlen(url->password));
    free(url->host);
    free(url->path);
    free(url->user);
    free(url->password);
    *url = (struct redisurl){0};
}
