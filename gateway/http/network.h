/* Address ranges (struct network, see listener_settings.h) and addresses as text. IPv4 is kept as
 * v4-mapped IPv6 throughout, so that one comparison serves both. Pure; any thread. */
#ifndef HTTP_NETWORK_H
#define HTTP_NETWORK_H
#include "base/fault.h"
#include "base/str.h"
#include "http/listener_settings.h"

enum { NETWORK_TEXT_BYTES = 46 }; /* of an address, final NUL included */

/* "10.0.0.0/8", "2001:db8::/32", or one address. Bits beyond the mask are a fault. */
bool network_parse(struct str text, struct network *out, struct fault *why) MUST_USE;
bool network_parse_address(struct str text, struct in6_addr *out) MUST_USE;
bool network_holds(const struct network *network, const struct in6_addr *address);
bool network_any_holds(const struct network *list, size_t count, const struct in6_addr *address);
/* The address of a socket; all zero for families other than IPv4 and IPv6. */
struct in6_addr network_address_of(const struct sockaddr *address);
/* "192.0.2.1" for a v4-mapped address. Returns the length. */
size_t network_print_address(const struct in6_addr *address, char out[NETWORK_TEXT_BYTES]);
/* Who calls, behind trusted proxies: X-Forwarded-For is believed only from a trusted peer, and read
 * from the right over trusted addresses; what no proxy of ours wrote is never believed. */
struct in6_addr network_client_behind(const struct in6_addr *peer, struct str forwarded_for,
                                      const struct network *trusted, size_t trusted_count);

#endif
