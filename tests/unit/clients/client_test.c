/* Sets of clients: keys, names, services, addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>

#include <arpa/inet.h>
#include <stdlib.h>

#include "clients/client.h"

static struct client_settings make(const char *name, const char *const *keys, size_t key_count)
{
    struct client_settings settings = {.name = memory_text(name), .key_count = key_count};
    settings.keys = memory_array(key_count, sizeof *settings.keys);
    for (size_t i = 0; i < key_count; i++)
        settings.keys[i] = digest_sha256(str_of(keys[i]));
    return settings;
}

static struct client_set *make_two(void)
{
    struct client_settings settings[] = {make("shop", (const char *[]){"key-a", "key-b"}, 2),
                                         make("bazaar", (const char *[]){"key-c"}, 1)};
    struct client_set *set = client_set_new(settings, 2, NULL);
    assert_non_null(set);
    assert_null(settings[0].name);
    assert_null(settings[1].keys);
    return set;
}

static void test_find(void **state)
{
    static const struct {
        const char *key, *name; /* NULL: no such client */
    } cases[] = {
        {"key-a", "shop"},   {"key-b", "shop"}, {"key-c", "bazaar"}, {" key-c\r\n", "bazaar"},
        {"\tkey-a", "shop"}, {"KEY-A", NULL},   {"key-", NULL},      {"key-ab", NULL},
        {"", NULL},          {"  ", NULL},
    };
    struct client_set *set = make_two();
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct client *found = client_set_find_key(set, str_of(cases[i].key));
        if ((found == NULL) != (cases[i].name == NULL))
            fail_msg("\"%s\"", cases[i].key);
        if (found)
            assert_string_equal(found->settings.name, cases[i].name);
    }
    assert_null(client_set_find_key(set, STR_NONE));
    assert_ptr_equal(client_set_find(set, STR("shop")), &set->list[0]);
    assert_ptr_equal(client_set_find(set, STR("bazaar")), &set->list[1]);
    assert_null(client_set_find(set, STR("sho")));
    assert_null(client_set_find(set, STR_NONE));
    client_set_unpin(&set);
    assert_null(set);
}

static void test_an_empty_set(void **state)
{
    struct client_set *set = client_set_new(NULL, 0, NULL);
    (void)state;
    assert_non_null(set);
    assert_null(client_set_find_key(set, STR("key-a")));
    assert_null(client_set_find(set, STR("shop")));
    client_set_unpin(&set);
}

static void test_pins(void **state)
{
    struct client_set *set = make_two(), *second = client_set_pin(set);
    (void)state;
    client_set_unpin(&set);
    assert_non_null(client_set_find_key(second, STR("key-a"))); /* under ASan: still there */
    client_set_unpin(&second);
}

static void test_faults(void **state)
{
    static const struct {
        const char *names[2];
        const char *keys[2][2];
        const char *message[2]; /* all stand in the fault */
    } cases[] = {
        {{"shop", "bazaar"},
         {{"secret-1", "two"}, {"three", "secret-1"}},
         {"\"shop\"", "\"bazaar\""}},
        {{"shop", "bazaar"}, {{"one", "two"}, {"secret-1", "secret-1"}}, {"\"bazaar\"", "twice"}},
        {{"shop", "shop"}, {{"one", "two"}, {"three", "four"}}, {"\"shop\"", "twice"}},
        {{"shop", ""}, {{"one", "two"}, {"three", "four"}}, {"no name", "client"}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fault why = {0};
        struct client_settings settings[] = {make(cases[i].names[0], cases[i].keys[0], 2),
                                             make(cases[i].names[1], cases[i].keys[1], 2)};
        char hex[65];
        struct digest secret = digest_sha256(STR("secret-1"));
        digest_print(&secret, hex);
        assert_null(client_set_new(settings, 2, &why));
        assert_null(settings[0].name);
        assert_null(settings[1].name);
        assert_int_equal(why.code, FAULT_INVALID);
        assert_non_null(strstr(why.message, cases[i].message[0]));
        assert_non_null(strstr(why.message, cases[i].message[1]));
        assert_null(strstr(why.message, "secret-1"));
        assert_null(strstr(why.message, hex));
    }
}

static void test_ids(void **state)
{
    struct client_set *first = make_two(), *second = make_two();
    unsigned ledger_only = client_id(STR("gone long ago"));
    (void)state;
    assert_int_equal(first->list[0].id, second->list[0].id);
    assert_ptr_equal(first->list[0].state, second->list[0].state);
    assert_int_not_equal(first->list[0].id, first->list[1].id);
    assert_int_equal(client_id(STR("shop")), first->list[0].id);
    assert_int_equal(client_id(STR("gone long ago")), ledger_only);
    assert_true(str_is(client_name(ledger_only), "gone long ago"));
    assert_true(str_is(client_name(first->list[1].id), "bazaar"));
    assert_true(str_is(client_name(CLIENT_MAX), ""));
    assert_true(str_is(client_name(UINT_MAX), ""));
    client_set_unpin(&first);
    client_set_unpin(&second);
}

static void test_services(void **state)
{
    static const struct client_range ranges[] = {
        {100, 200}, {5, 5}, {1, 3}, {150, 250}, {7, 7}, {160, 170}, {4294967295U, 4294967295U}};
    static const struct {
        uint32_t service;
        bool is_allowed;
    } cases[] = {{0, false},         {1, true},   {3, true},   {4, false},   {5, true},
                 {6, false},         {7, true},   {8, false},  {99, false},  {100, true},
                 {171, true},        {201, true}, {250, true}, {251, false}, {4294967294U, false},
                 {4294967295U, true}};
    struct client_settings settings = make("picky", NULL, 0);
    struct client_set *set;
    (void)state;
    settings.service_count = COUNT_OF(ranges);
    settings.services = memory_array(COUNT_OF(ranges), sizeof *ranges);
    memcpy(settings.services, ranges, sizeof ranges);
    set = client_set_new(&settings, 1, NULL);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (client_may_order(&set->list[0], cases[i].service) != cases[i].is_allowed)
            fail_msg("service %u", cases[i].service);
    client_set_unpin(&set);
    set = make_two();
    assert_true(client_may_order(&set->list[0], 0));
    assert_true(client_may_order(&set->list[0], UINT32_MAX));
    client_set_unpin(&set);
}

static void test_addresses(void **state)
{
    static const struct {
        const char *address;
        bool is_allowed;
    } cases[] = {{"::ffff:10.1.2.3", true},  {"::ffff:11.0.0.0", false},
                 {"::ffff:192.0.2.7", true}, {"::ffff:192.0.2.8", false},
                 {"2001:db8:0:7::1", true},  {"2001:db8:0:8::1", false},
                 {"::10.1.2.3", false}};
    static const struct {
        const char *base;
        unsigned bits;
    } networks[] = {{"::ffff:10.0.0.0", 104}, {"::ffff:192.0.2.7", 128}, {"2001:db8::", 61}};
    struct client_settings settings = make("near", NULL, 0);
    struct client_set *set;
    (void)state;
    settings.address_count = COUNT_OF(networks);
    settings.addresses = memory_array(COUNT_OF(networks), sizeof *settings.addresses);
    for (size_t i = 0; i < COUNT_OF(networks); i++) {
        assert_int_equal(inet_pton(AF_INET6, networks[i].base, &settings.addresses[i].base), 1);
        settings.addresses[i].bits = networks[i].bits;
    }
    set = client_set_new(&settings, 1, NULL);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct in6_addr address;
        assert_int_equal(inet_pton(AF_INET6, cases[i].address, &address), 1);
        if (client_may_call_from(&set->list[0], &address) != cases[i].is_allowed)
            fail_msg("%s", cases[i].address);
    }
    client_set_unpin(&set);
    set = make_two();
    assert_true(client_may_call_from(&set->list[0], &in6addr_loopback));
    client_set_unpin(&set);
}

static void test_prices(void **state)
{
    static const struct client_price list[] = {{9, {300}}, {1, {100}}, {2147483647, {400}}};
    struct client_settings settings = make("shop", (const char *[]){"key-a"}, 1);
    (void)state;
    settings.file = memory_text("panelmux.yaml");
    settings.price_count = COUNT_OF(list);
    settings.prices = memory_array(COUNT_OF(list), sizeof *list);
    memcpy(settings.prices, list, sizeof list);
    struct client_set *set = client_set_new(&settings, 1, NULL);
    struct client_settings copy = client_settings_copy(&set->list[0].settings);
    client_set_unpin(&set);
    assert_string_equal(copy.name, "shop");
    assert_string_equal(copy.file, "panelmux.yaml");
    assert_int_equal(copy.key_count, 1);
    for (size_t i = 0; i < COUNT_OF(list); i++)
        assert_int_equal(client_price(&copy, list[i].service)->units, list[i].rate.units);
    assert_null(client_price(&copy, 2));
    copy.prices[0].service = 9; /* twice now */
    struct fault why;
    assert_null(client_set_new(&copy, 1, &why));
    assert_string_equal(why.message,
                        "client \"shop\" has two prices for service 9; keep one of them");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prices),       cmocka_unit_test(test_find),
        cmocka_unit_test(test_an_empty_set), cmocka_unit_test(test_pins),
        cmocka_unit_test(test_faults),       cmocka_unit_test(test_ids),
        cmocka_unit_test(test_services),     cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
