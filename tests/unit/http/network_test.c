/* Address ranges, addresses, X-Forwarded-For and listening addresses, as tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#include "http/network.h"

static struct in6_addr address(const char *text)
{
    struct in6_addr parsed;
    assert_true(network_parse_address(str_of(text), &parsed));
    return parsed;
}

static void test_parse(void **state)
{
    static const struct {
        const char *text;
        int bits; /* of 128; -1: a fault */
    } cases[] = {
        {"10.0.0.0/8", 104},
        {"0.0.0.0/0", 96},
        {"192.0.2.1", 128},
        {"192.0.2.1/32", 128},
        {"::/0", 0},
        {"2001:db8::/32", 32},
        {"::1", 128},
        {"::1/128", 128},
        {"10.0.0.1/8", -1},
        {"10.0.0.0/33", -1},
        {"2001:db8::/129", -1},
        {"2001:db8::1/32", -1},
        {"10.0.0.0/", -1},
        {"10.0.0.0/-1", -1},
        {"10.0.0.0/8x", -1},
        {"10.0.0/8", -1},
        {"localhost", -1},
        {"", -1},
        {"10.0.0.0/18446744073709551624", -1},
        {"/8", -1},
        {"192.0.2.128/25", 121},
        {"192.0.2.128/24", -1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct network network;
        struct fault why = {0};
        bool ok = network_parse(str_of(cases[i].text), &network, &why);
        if (ok != (cases[i].bits >= 0))
            print_error("%s: %s\n", cases[i].text, why.message);
        assert_int_equal(ok, cases[i].bits >= 0);
        if (ok)
            assert_int_equal(network.bits, cases[i].bits);
        else
            assert_true(why.message[0] != '\0');
    }
}

static void test_holds(void **state)
{
    static const struct {
        const char *network, *address;
        bool holds;
    } cases[] = {
        {"10.0.0.0/8", "10.255.1.2", true},         {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.0/8", "::ffff:10.1.1.1", true},    {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.255", true},    {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},          {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "2001:db8::1", false},        {"::/0", "8.8.8.8", true},
        {"2001:db8::/33", "2001:db8:7fff::", true}, {"2001:db8::/33", "2001:db8:8000::", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct network network;
        struct in6_addr one = address(cases[i].address);
        assert_true(network_parse(str_of(cases[i].network), &network, NULL));
        if (network_holds(&network, &one) != cases[i].holds)
            print_error("%s in %s\n", cases[i].address, cases[i].network);
        assert_int_equal(network_holds(&network, &one), cases[i].holds);
    }
}

static void test_forwarded(void **state)
{
    static const struct {
        const char *peer, *header, *client;
    } cases[] = {
        {"10.0.0.1", "192.0.2.7", "192.0.2.7"},
        {"198.51.100.1", "192.0.2.7", "198.51.100.1"}, /* not trusted: not believed */
        {"10.0.0.1", NULL, "10.0.0.1"},
        {"10.0.0.1", "", "10.0.0.1"},
        {"10.0.0.1", "1.1.1.1, 192.0.2.7", "192.0.2.7"},
        {"10.0.0.1", "1.1.1.1, 192.0.2.7, 10.2.2.2", "192.0.2.7"},
        {"10.0.0.1", "10.3.3.3,10.2.2.2", "10.3.3.3"},
        {"10.0.0.1", "evil, 192.0.2.7", "192.0.2.7"},
        {"10.0.0.1", "192.0.2.7, unknown", "10.0.0.1"},
        {"10.0.0.1", "192.0.2.7,", "10.0.0.1"},
        {"10.0.0.1", "192.0.2.7:4711", "192.0.2.7"},
        {"10.0.0.1", "[2001:db8::1]:443", "2001:db8::1"},
        {"10.0.0.1", "[2001:db8::1]", "2001:db8::1"},
        {"10.0.0.1", "[2001:db8::1", "10.0.0.1"},
        {"10.0.0.1", "2001:db8::1", "2001:db8::1"},
        {"2001:db8:1::1", " 192.0.2.7 ", "192.0.2.7"},
    };
    struct network trusted[2];
    (void)state;
    assert_true(network_parse(STR("10.0.0.0/8"), &trusted[0], NULL));
    assert_true(network_parse(STR("2001:db8:1::/48"), &trusted[1], NULL));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[NETWORK_TEXT_BYTES];
        struct in6_addr peer = address(cases[i].peer);
        struct in6_addr client = network_client_behind(&peer, str_of(cases[i].header), trusted, 2);
        network_print_address(&client, text);
        assert_string_equal(text, cases[i].client);
    }
}

static void test_listen_address(void **state)
{
    static const struct {
        const char *text;
        int family; /* 0: a fault */
        unsigned port;
    } cases[] = {
        {"127.0.0.1:8080", AF_INET, 8080},
        {"0.0.0.0:0", AF_INET, 0},
        {":80", AF_INET, 80},
        {"localhost:81", AF_INET, 81},
        {"[::1]:8443", AF_INET6, 8443},
        {"[::]:65535", AF_INET6, 65535},
        {"::1:8443", 0, 0},
        {"127.0.0.1", 0, 0},
        {"127.0.0.1:", 0, 0},
        {"127.0.0.1:65536", 0, 0},
        {"[127.0.0.1]:80", 0, 0},
        {"example.com:80", 0, 0},
        {"", 0, 0},
        {"8080", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct listener_address parsed;
        struct fault why = {0};
        bool ok = listener_settings_parse_address(str_of(cases[i].text), &parsed, &why);
        if (ok != (cases[i].family != 0))
            print_error("%s\n", cases[i].text);
        assert_int_equal(ok, cases[i].family != 0);
        if (!ok)
            continue;
        assert_int_equal(parsed.address.ss_family, cases[i].family);
        assert_string_equal(parsed.text, cases[i].text);
        unsigned port = parsed.address.ss_family == AF_INET
                            ? ntohs(((struct sockaddr_in *)&parsed.address)->sin_port)
                            : ntohs(((struct sockaddr_in6 *)&parsed.address)->sin6_port);
        assert_int_equal(port, cases[i].port);
    }
}

static void test_settings_copy(void **state)
{
    struct listener_address listen = {.text = "x"};
    struct network proxy = {.bits = 7};
    char certificate[] = "c", key[] = "k";
    struct listener_settings from = {.listen = &listen,
                                     .listen_count = 1,
                                     .certificate = certificate,
                                     .key = key,
                                     .trusted_proxies = &proxy,
                                     .trusted_proxy_count = 1};
    (void)state;
    struct listener_settings copy = listener_settings_copy(&from);
    assert_ptr_not_equal(copy.listen, from.listen);
    assert_string_equal(copy.listen[0].text, "x");
    assert_int_equal(copy.trusted_proxies[0].bits, 7);
    assert_string_equal(copy.certificate, "c");
    assert_string_equal(copy.key, "k");
    listener_settings_fini(&copy);
    assert_null(copy.listen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),         cmocka_unit_test(test_holds),
        cmocka_unit_test(test_forwarded),     cmocka_unit_test(test_listen_address),
        cmocka_unit_test(test_settings_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
