/* Who asks, behind trusted proxies: X-Forwarded-For is believed only from a trusted peer, walked
 * from the right over trusted addresses; what no proxy of ours wrote is never believed. Pure. */
#ifndef HTTP_FORWARDED_H
#define HTTP_FORWARDED_H
#include "http/network.h"

struct in6_addr forwarded_client(const struct in6_addr *peer, struct str forwarded_for,
                                 const struct network *trusted, size_t trusted_count);

#endif
