/* See network.h. */
#include "http/network.h"

#include <arpa/inet.h>
#include <stdio.h>

static struct in6_addr network_map_v4(const void *four_bytes)
{
    struct in6_addr mapped = {0};
    mapped.s6_addr[10] = mapped.s6_addr[11] = 0xFF;
    memcpy(mapped.s6_addr + 12, four_bytes, 4);
    return mapped;
}

bool network_parse_address(struct str text, struct in6_addr *out)
{
    char copy[NETWORK_TEXT_BYTES];
    struct in_addr v4;
    if (text.len == 0 || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (strlen(copy) != text.len)
        return false;
    if (inet_pton(AF_INET, copy, &v4) == 1) {
        *out = network_map_v4(&v4);
        return true;
    }
    return inet_pton(AF_INET6, copy, out) == 1;
}

static struct in6_addr network_mask(const struct in6_addr *address, unsigned bits)
{
    struct in6_addr masked = {0};
    memcpy(masked.s6_addr, address->s6_addr, bits / 8);
    if (bits % 8)
        masked.s6_addr[bits / 8] =
            (uint8_t)(address->s6_addr[bits / 8] & (uint8_t)(0xFF00u >> (bits % 8)));
    return masked;
}

bool network_parse(struct str text, struct network *out, struct fault *why)
{
    size_t slash = str_find_byte(text, '/');
    struct str address = str_first(text, slash);
    bool is_v4 = str_find_byte(address, ':') == SIZE_MAX;
    uint64_t bits = is_v4 ? 32 : 128;
    if (!network_parse_address(address, &out->base))
        return fault_set(why, FAULT_INVALID,
                         "\"" STR_FMT "\" is not a network; 10.0.0.0/8 or 2001:db8::/32 would be",
                         STR_ARG(str_first(text, 60)));
    if (slash != SIZE_MAX &&
        (!str_to_u64(str_from(text, slash + 1), &bits) || bits > (is_v4 ? 32 : 128)))
        return fault_set(why, FAULT_INVALID, "\"" STR_FMT "\": after the slash 0 to %d would do",
                         STR_ARG(str_first(text, 60)), is_v4 ? 32 : 128);
    out->bits = (unsigned)bits + (is_v4 ? 96 : 0);
    struct in6_addr masked = network_mask(&out->base, out->bits);
    if (memcmp(&masked, &out->base, sizeof masked) != 0) {
        char right[NETWORK_TEXT_BYTES];
        network_print_address(&masked, right);
        return fault_set(why, FAULT_INVALID,
                         "\"" STR_FMT "\" has bits beyond its mask; %s/%u would do",
                         STR_ARG(str_first(text, 60)), right, (unsigned)bits);
    }
    return true;
}

bool network_holds(const struct network *network, const struct in6_addr *address)
{
    struct in6_addr masked = network_mask(address, network->bits);
    return memcmp(&masked, &network->base, sizeof masked) == 0;
}

bool network_any_holds(const struct network *list, size_t count, const struct in6_addr *address)
{
    for (size_t i = 0; i < count; i++)
        if (network_holds(&list[i], address))
            return true;
    return false;
}

struct in6_addr network_address_of(const struct sockaddr *address)
{
    if (address && address->sa_family == AF_INET)
        return network_map_v4(&((const struct sockaddr_in *)(const void *)address)->sin_addr);
    if (address && address->sa_family == AF_INET6)
        return ((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    return (struct in6_addr){0};
}

size_t network_print_address(const struct in6_addr *address, char out[NETWORK_TEXT_BYTES])
{
    if (IN6_IS_ADDR_V4MAPPED(address))
        inet_ntop(AF_INET, address->s6_addr + 12, out, NETWORK_TEXT_BYTES);
    else
        inet_ntop(AF_INET6, address, out, NETWORK_TEXT_BYTES);
    return strlen(out);
}

/* ---- behind proxies ---- */

/* "192.0.2.1", "192.0.2.1:4711", "[2001:db8::1]:4711", "2001:db8::1" */
static bool network_forwarded_element_address(struct str element, struct in6_addr *out)
{
    if (element.len && element.ptr[0] == '[') {
        size_t end = str_find_byte(element, ']');
        return end != SIZE_MAX &&
               network_parse_address(str_first(str_from(element, 1), end - 1), out);
    }
    if (network_parse_address(element, out))
        return true;
    return network_parse_address(str_first(element, str_find_byte(element, ':')), out);
}

/* Cuts the last element of a comma list. */
static struct str network_forwarded_cut_last(struct str *list)
{
    size_t at = list->len;
    while (at > 0 && list->ptr[at - 1] != ',')
        at--;
    struct str last = str_trim(str_from(*list, at));
    list->len = at ? at - 1 : 0;
    return last;
}

struct in6_addr network_client_behind(const struct in6_addr *peer, struct str forwarded_for,
                                      const struct network *trusted, size_t trusted_count)
{
    struct in6_addr client = *peer, before;
    while (forwarded_for.len && network_any_holds(trusted, trusted_count, &client)) {
        if (!network_forwarded_element_address(network_forwarded_cut_last(&forwarded_for), &before))
            break;
        client = before;
    }
    return client;
}
