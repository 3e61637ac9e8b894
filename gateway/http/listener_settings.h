/* What the operator says about a listening side, and how it is written in the configuration. */
#ifndef HTTP_LISTENER_SETTINGS_H
#define HTTP_LISTENER_SETTINGS_H
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/fault.h"
#include "base/str.h"
#include "settings/rows.h"

struct listener_address {
    struct sockaddr_storage address;
    socklen_t address_len;
    char text[80]; /* "127.0.0.1:8080", as shown */
};

struct network { /* an address range, IPv4 kept as v4-mapped IPv6 */
    struct in6_addr base;
    unsigned bits; /* of 128 */
};

struct listener_settings {
    struct listener_address *listen; /* owned */
    size_t listen_count;
    char *certificate;          /* PEM path; NULL: no TLS */
    char *key;                  /* PEM path */
    int64_t request_timeout_ms; /* the whole request's arrival, and each step of a slow reading */
    int64_t answer_timeout_ms;  /* the handler's; never below request_timeout_ms */
    size_t max_body_bytes;
    struct network *trusted_proxies; /* owned */
    size_t trusted_proxy_count;
    unsigned max_connections; /* of the listener; default 16384 */
};

/* All that is owned is copied; listener_settings_fini frees it and zeroes the struct. */
struct listener_settings listener_settings_copy(const struct listener_settings *from);
void listener_settings_fini(struct listener_settings *settings);
/* "0.0.0.0:8080", ":8080", "localhost:8080", "[::1]:8080"; port 0 lets the system choose. */
bool listener_settings_parse_address(struct str text, struct listener_address *out,
                                     struct fault *why) MUST_USE;

/* How they are written in the configuration: the table of a listening side, the list of addresses
 * (fills listen and listen_count), a network. */
extern const struct setting_table listener_rows; /* struct listener_settings */
extern const struct setting_kind listener_settings_listen;
extern const struct setting_kind listener_settings_network; /* struct network */
/* The settings of a side that has only an address of its own: bodies, times and connections. */
void listener_settings_begin_admin(struct listener_settings *settings);
bool listener_settings_is_loopback(const struct listener_address *address);

#endif
