/* See forwarded.h. */
#include "http/forwarded.h"

/* "192.0.2.1", "192.0.2.1:4711", "[2001:db8::1]:4711", "2001:db8::1" */
static bool forwarded_element_address(struct str element, struct in6_addr *out)
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
static struct str forwarded_cut_last(struct str *list)
{
    size_t at = list->len;
    while (at > 0 && list->ptr[at - 1] != ',')
        at--;
    struct str last = str_trim(str_from(*list, at));
    list->len = at ? at - 1 : 0;
    return last;
}

struct in6_addr forwarded_client(const struct in6_addr *peer, struct str forwarded_for,
                                 const struct network *trusted, size_t trusted_count)
{
    struct in6_addr client = *peer, before;
    while (forwarded_for.len && network_any_holds(trusted, trusted_count, &client)) {
        if (!forwarded_element_address(forwarded_cut_last(&forwarded_for), &before))
            break;
        client = before;
    }
    return client;
}
