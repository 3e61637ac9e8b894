/* See listener_settings.h. */
#include "http/listener_settings.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "http/network.h"
#include "settings/names.h"
#include "settings/rows.h"

enum { LISTEN_MAX = 16, NETWORK_MAX = 1024, MIB = 1 << 20 };

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

/* ---- in the configuration: addresses ---- */

bool listener_settings_is_loopback(const struct listener_address *address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->address;
    if (address->address.ss_family == AF_INET)
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        return v6->sin6_addr.s6_addr[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static bool listener_settings_read_address(struct str text, const struct setting_row *row,
                                           void *field, struct fault *why)
{
    (void)row;
    (void)why;
    if (str_starts(text, STR("*:")))
        text = str_from(text, 1);
    return listener_settings_parse_address(text, field, NULL);
}

static const struct setting_kind address_kind = {
    .name = "an address",
    .form = "IP:PORT, such as 0.0.0.0:8080 or [::1]:8080",
    .size = sizeof(struct listener_address),
    .parse = listener_settings_read_address,
};

/* 0.0.0.0:80 leaves nothing of port 80 to others, whichever of them stands first. */
static bool listener_settings_is_port_taken(struct setting_reader *reader,
                                            const struct yamlnode *node,
                                            const struct listener_address *address,
                                            struct source_location *first_out)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->address;
    bool is_v4 = address->address.ss_family == AF_INET;
    bool is_all =
        is_v4 ? v4->sin_addr.s_addr == htonl(INADDR_ANY) : IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
    const char *some = is_v4 ? "port 4" : "port 6",
               *all = is_v4 ? "all of port 4" : "all of port 6";
    in_port_t port = is_v4 ? v4->sin_port : v6->sin6_port;
    struct str bytes = str_make((const char *)&port, sizeof port);
    struct source_location earlier;
    bool is_taken = names_has(reader->names, is_all ? some : all, bytes, first_out);
    (void)!names_add(reader->names, some, bytes, node->place, &earlier);
    if (is_all)
        (void)!names_add(reader->names, all, bytes, node->place, &earlier);
    return is_taken;
}

/* Port 0 takes any free port, so it may stand as often as one likes. */
static void listener_settings_note_address(struct setting_reader *reader,
                                           const struct yamlnode *node,
                                           const struct listener_address *address)
{
    struct source_location first;
    if (node->place.line == 0 || str_ends(str_of(address->text), STR(":0")))
        return;
    struct str bytes = str_make((const char *)&address->address, address->address_len);
    bool is_taken = listener_settings_is_port_taken(reader, node, address, &first);
    if (!names_add(reader->names, "listen", bytes, node->place, &first))
        faultlist_add(reader->faults, node->place,
                      "%s is listened on twice, first at %s:%u:%u; give each side its own",
                      address->text, first.file, first.line, first.column);
    else if (is_taken)
        faultlist_add(reader->faults, node->place,
                      "%s and %s:%u:%u listen on the same port, one of them on all addresses; give "
                      "each side a port of its own",
                      address->text, first.file, first.line, first.column);
}

static bool listener_settings_read_listen(struct setting_reader *reader,
                                          const struct setting_row *row,
                                          const struct yamlnode *node, void *record)
{
    struct listener_settings *settings = (void *)((char *)record + row->offset);
    bool is_list = node->kind == YAMLNODE_LIST, is_ok = true;
    if (is_list && (node->count == 0 || node->count > LISTEN_MAX)) {
        faultlist_add(reader->faults, node->place, "`%s` has %zu addresses; 1 to %d is right",
                      row->key, node->count, LISTEN_MAX);
        return false;
    }
    settings->listen = memory_array(node->count + 1, sizeof *settings->listen);
    for (const struct yamlnode *at = is_list ? node->first : node; at;
         at = is_list ? at->next : NULL) {
        struct listener_address *address = &settings->listen[settings->listen_count];
        if (rows_read_scalar(reader, row, &address_kind, at, address)) {
            settings->listen_count++;
            listener_settings_note_address(reader, at, address);
        } else {
            is_ok = false;
        }
    }
    return is_ok;
}

const struct setting_kind listener_settings_listen = {
    .name = "an address, or a list of them",
    .form = "IP:PORT, such as 0.0.0.0:8080 or [::1]:8080",
    .read = listener_settings_read_listen,
};

/* ---- networks ---- */

static bool listener_settings_read_network(struct str text, const struct setting_row *row,
                                           void *field, struct fault *why)
{
    (void)row;
    (void)why;
    return network_parse(text, field, NULL);
}

const struct setting_kind listener_settings_network = {
    .name = "a network",
    .form = "such as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32, with no bits set beyond the prefix",
    .size = sizeof(struct network),
    .parse = listener_settings_read_network,
};

/* ---- rows ---- */

struct tls {
    char *certificate, *key;
};
#define TLS_OFFSET offsetof(struct listener_settings, certificate)
_Static_assert(offsetof(struct listener_settings, key) - TLS_OFFSET == offsetof(struct tls, key),
               "tls: reads into the two neighbours");

static const struct setting_row tls_list[] = {
    {.key = "certificate",
     .kind = &kind_file,
     .offset = offsetof(struct tls, certificate),
     .is_needed = true,
     .sentence = "The certificate with its chain, PEM; read again at each reload."},
    {.key = "key",
     .kind = &kind_file,
     .offset = offsetof(struct tls, key),
     .is_needed = true,
     .sentence = "Its private key, PEM."},
};
static const struct setting_table tls_rows = {
    .name = "`tls`", .rows = tls_list, .count = COUNT_OF(tls_list), .size = sizeof(struct tls)};

static const struct setting_row list[] = {
    {.key = "listen",
     .kind = &listener_settings_listen,
     .standard = "0.0.0.0:8080",
     .sentence = "Where clients call; port 0 takes a free one."},
    {.key = "tls",
     .kind = &kind_table,
     .table = &tls_rows,
     .offset = TLS_OFFSET,
     .sentence = "HTTPS on the clients' side; without it, plain HTTP."},
    {.key = "request_timeout",
     .kind = &kind_duration,
     .offset = offsetof(struct listener_settings, request_timeout_ms),
     .max = 3600000,
     .standard = "30s",
     .sentence = "The time for a client's whole request to arrive."},
    {.key = "max_body",
     .kind = &kind_size,
     .offset = offsetof(struct listener_settings, max_body_bytes),
     .min = 1024,
     .max = 64 * MIB,
     .standard = "1MiB",
     .sentence = "The largest body of a request, 1KiB to 64MiB; beyond it the answer is 413."},
    {.key = "trusted_proxies",
     .kind = &kind_list,
     .of = &listener_settings_network,
     .offset = offsetof(struct listener_settings, trusted_proxies),
     .count_offset = offsetof(struct listener_settings, trusted_proxy_count),
     .max = NETWORK_MAX,
     .sentence = "Networks whose X-Forwarded-For is believed; none unless given."},
    {.key = "max_connections",
     .kind = &kind_unsigned,
     .offset = offsetof(struct listener_settings, max_connections),
     .min = 1,
     .max = 1000000,
     .standard = "16384",
     .sentence =
         "Open connections of clients, shared out evenly among the workers; fewer where the "
         "limit for open files leaves no room. Full, the one idle longest makes room."},
};

const struct setting_table listener_rows = {.name = "the clients' side",
                                            .rows = list,
                                            .count = COUNT_OF(list),
                                            .size = sizeof(struct listener_settings)};

void listener_settings_begin_admin(struct listener_settings *settings)
{
    settings->request_timeout_ms = 30000;
    settings->max_body_bytes = MIB;
    settings->max_connections = 1024;
}
