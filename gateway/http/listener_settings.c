/* See listener_settings.h: copies, addresses as text. */
#include "http/listener_settings.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "http/network.h"

static void *listener_settings_copy_array(const void *from, size_t count, size_t size)
{
    if (count == 0)
        return NULL;
    void *copy = memory_array(count, size);
    memcpy(copy, from, count * size);
    return copy;
}

struct listener_settings listener_settings_copy(const struct listener_settings *from)
{
    struct listener_settings copy = *from;
    copy.listen =
        listener_settings_copy_array(from->listen, from->listen_count, sizeof *from->listen);
    copy.trusted_proxies = listener_settings_copy_array(
        from->trusted_proxies, from->trusted_proxy_count, sizeof *from->trusted_proxies);
    copy.certificate = from->certificate ? memory_text(from->certificate) : NULL;
    copy.key = from->key ? memory_text(from->key) : NULL;
    return copy;
}

void listener_settings_fini(struct listener_settings *settings)
{
    free(settings->listen);
    free(settings->trusted_proxies);
    free(settings->certificate);
    free(settings->key);
    *settings = (struct listener_settings){0};
}

static bool listener_settings_refuse_address(struct str text, struct fault *why)
{
    return fault_set(why, FAULT_INVALID,
                     "\"" STR_FMT "\" is not an address to listen on; 0.0.0.0:8080 or [::1]:8080 "
                     "would be",
                     STR_ARG(str_first(text, 60)));
}

/* "[::1]:8080" and "127.0.0.1:8080" to host and port. */
static bool listener_settings_split(struct str text, struct str *host, struct str *port)
{
    size_t colon = text.len;
    while (colon > 0 && text.ptr[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return false;
    *host = str_first(text, colon - 1);
    *port = str_from(text, colon);
    bool is_bracketed = host->len >= 2 && host->ptr[0] == '[' && host->ptr[host->len - 1] == ']';
    if (is_bracketed)
        *host = str_make(host->ptr + 1, host->len - 2);
    return is_bracketed == (str_find_byte(*host, ':') != SIZE_MAX);
}

bool listener_settings_parse_address(struct str text, struct listener_address *out,
                                     struct fault *why)
{
    struct str host, port_text;
    struct in6_addr ip;
    uint64_t port;
    text = str_trim(text);
    *out = (struct listener_address){0};
    if (text.len >= sizeof out->text || !listener_settings_split(text, &host, &port_text) ||
        !str_to_u64(port_text, &port) || port > 65535)
        return listener_settings_refuse_address(text, why);
    if (str_equal_folded(host, STR("localhost")))
        host = STR("127.0.0.1");
    if (!network_parse_address(host.len ? host : STR("0.0.0.0"), &ip))
        return listener_settings_refuse_address(text, why);
    memcpy(out->text, text.ptr, text.len);
    if (IN6_IS_ADDR_V4MAPPED(&ip)) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&out->address;
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        memcpy(&v4->sin_addr, ip.s6_addr + 12, 4);
        out->address_len = sizeof *v4;
    } else {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->address;
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        v6->sin6_addr = ip;
        out->address_len = sizeof *v6;
    }
    return true;
}
