/* See response_headers.h. */
#include "loop/response_headers.h"

#include <curl/curl.h>

enum { LONGEST_WAIT_S = 366 * 86400 }; /* whoever says more means "never" */
static const int64_t UNIX_TIMES_BEGIN = 1000000000;
static const int64_t UNIX_MILLISECONDS_BEGIN = 1000000000000;

void response_headers_clear(struct response_headers *headers)
{
    size_t bytes = headers->bytes;
    *headers =
        (struct response_headers){.bytes = bytes, .retry_after_s = -1, .rate_limit_reset_s = -1};
}

static int64_t response_headers_clamp_wait(int64_t seconds)
{
    if (seconds < 0)
        return 0;
    return seconds > LONGEST_WAIT_S ? LONGEST_WAIT_S : seconds;
}

int64_t response_headers_parse_retry_after(struct str value, int64_t wall_ms)
{
    uint64_t seconds;
    if (str_to_u64(value, &seconds))
        return seconds > LONGEST_WAIT_S ? LONGEST_WAIT_S : (int64_t)seconds;
    char text[64];
    if (value.len < 8 || value.len >= sizeof text)
        return -1;
    memcpy(text, value.ptr, value.len);
    text[value.len] = '\0';
    time_t moment = curl_getdate(text, NULL);
    /* Rounded up: a second too late is better than one too early. */
    return moment == (time_t)-1 ? -1
                                : response_headers_clamp_wait((int64_t)moment - wall_ms / 1000);
}

int64_t response_headers_parse_reset(struct str value, int64_t wall_ms)
{
    uint64_t number;
    /* Some write fractions of a second. */
    if (!str_to_u64(str_first(value, str_find_byte(value, '.')), &number))
        return -1;
    if (number > INT64_MAX)
        return LONGEST_WAIT_S;
    int64_t moment = (int64_t)number;
    if (moment >= UNIX_MILLISECONDS_BEGIN)
        moment /= 1000;
    return response_headers_clamp_wait(moment >= UNIX_TIMES_BEGIN ? moment - wall_ms / 1000
                                                                  : moment);
}

static size_t response_headers_keep(char *out, size_t room, struct str value)
{
    struct str kept = str_first(value, room);
    if (kept.len)
        memcpy(out, kept.ptr, kept.len);
    return kept.len;
}

void response_headers_add(struct response_headers *headers, struct str line, int64_t wall_ms)
{
    headers->bytes += line.len;
    if (str_starts(line, STR("HTTP/"))) {
        response_headers_clear(headers);
        return;
    }
    size_t colon = str_find_byte(line, ':');
    if (colon == SIZE_MAX)
        return;
    struct str name = str_first(line, colon);
    struct str value = str_trim(str_from(line, colon + 1));
    if (str_equal_folded(name, STR("content-type")))
        headers->content_type_len =
            response_headers_keep(headers->content_type, sizeof headers->content_type, value);
    else if (str_equal_folded(name, STR("server")))
        headers->server_len = response_headers_keep(headers->server, sizeof headers->server, value);
    else if (str_equal_folded(name, STR("location")))
        headers->location_len =
            response_headers_keep(headers->location, sizeof headers->location, value);
    else if (str_equal_folded(name, STR("cf-mitigated")))
        headers->has_cf_mitigated = true;
    else if (str_equal_folded(name, STR("retry-after")))
        headers->retry_after_s = response_headers_parse_retry_after(value, wall_ms);
    else if (str_equal_folded(name, STR("x-ratelimit-reset")))
        headers->rate_limit_reset_s = response_headers_parse_reset(value, wall_ms);
}

int64_t response_headers_retry_after_s(const struct response_headers *headers)
{
    return headers->retry_after_s >= 0 ? headers->retry_after_s : headers->rate_limit_reset_s;
}
