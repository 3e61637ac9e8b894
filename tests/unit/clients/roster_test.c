/* The clients in the ledger as one thread knows them: settings put over settings, keys, the merged
 * set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "clients/roster.h"

#define BARE "{\"balance\": \"0\"}"

static void test_changed_settings(void **state)
{
    static const struct {
        const char *before, *changes, *after; /* NULL: a fault */
    } cases[] = {
        {"{}", "{}", NULL}, /* unlimited, and what it sees as its balance is not said */
        {"{}", "{\"balance\": \"0\"}", "{\"balance\": \"0\"}"},
        {"{}", "{\"balance\": \"provider_sum\"}", "{\"balance\": \"provider_sum\"}"},
        {"{\"balance\": \"0\"}", "{\"balance\": null}", NULL},
        {"{}", "{\"funds\": \"prepaid\"}", "{\"funds\": \"prepaid\"}"},
        {"{\"balance\": \"0\"}", "{\"funds\": \"Prepaid\"}", "{\"funds\": \"Prepaid\"}"},
        {"{\"balance\": \"5\"}", "{\"markup\": \"5%\"}",
         "{\"balance\": \"5\", \"markup\": \"5%\"}"},
        {"{\"balance\": \"5\", \"markup\": \"5%\"}", "{\"markup\": null}", "{\"balance\": \"5\"}"},
        {"{\"credit_limit\": 5, \"funds\": \"prepaid\"}",
         "{\"funds\": \"unlimited\", \"balance\": 7}",
         "{\"balance\": 7, \"funds\": \"unlimited\"}"},
        {"{\"funds\": \"prepaid\"}", "{\"funds\": \"unlimited\"}", NULL},
        {BARE, "{\"daily_limit\": 0.1}", "{\"balance\": \"0\", \"daily_limit\": 0.1}"},
        {BARE, "{\"services\": [1, \"3-9\"], \"get_orders\": true}",
         "{\"balance\": \"0\", \"get_orders\": true, \"services\": [1, \"3-9\"]}"},
        {BARE, "{\"prices\": {\"1\": \"0.80\"}}",
         "{\"balance\": \"0\", \"prices\": {\"1\": \"0.80\"}}"},
        {BARE, "{\"credit_limit\": 5}", NULL},
        {BARE, "{\"funds\": \"prepaid\", \"balance\": 1}", NULL},
        {BARE, "{\"funds\": 7}", NULL},
        {BARE, "{\"name\": \"x\"}", NULL},
        {BARE, "{\"key\": \"x\"}", NULL},
        {BARE, "{\"frozen\": true}", NULL},
        {BARE, "{\"markup\": \"much\"}", NULL},
        {BARE, "{\"markup\": \"${env:HOME}\"}", NULL},
        {BARE, "{\"services\": []}", NULL},
        {BARE, "{\"services\": [[1]]}", NULL},
        {BARE, "{\"prices\": {\"x\": 1}}", NULL},
        {BARE, "[]", NULL},
        {BARE, "", NULL},
        {BARE, "{\"markup\": 1, \"markup\": 2}", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fault why = {0};
        char *after;
        bool is_good =
            roster_change_settings(str_of(cases[i].before), str_of(cases[i].changes), &after, &why);
        if (is_good != (cases[i].after != NULL))
            fail_msg("%s with %s: %s", cases[i].before, cases[i].changes, why.message);
        if (is_good)
            assert_string_equal(after, cases[i].after);
        else
            assert_true(why.message[0] && after == NULL);
        free(after);
    }
}

static struct client_set *file_of(const char *name, const char *key)
{
    struct client_settings settings = {.name = memory_text(name), .key_count = 1};
    settings.keys = memory_array(1, sizeof *settings.keys);
    settings.keys[0] = digest_sha256(str_of(key));
    struct client_set *set = client_set_new(&settings, 1, NULL);
    assert_non_null(set);
    return set;
}

static void put(struct roster *roster, const char *name, const char *json, bool is_frozen)
{
    assert_true(roster_put(roster, str_of(name), str_of(json), is_frozen, 1000, NULL));
}

static void give_key(struct roster *roster, const char *name, const char *label, const char *key)
{
    struct digest digest = digest_sha256(str_of(key));
    roster_add_key(roster, str_of(name), str_of(label), &digest, 2000);
}

static void test_a_merged_set(void **state)
{
    struct roster *roster = roster_new();
    struct client_set *of_file = file_of("shop", "shop-key");
    struct fault why;
    (void)state;
    put(roster, "zoe", "{\"balance\": 1}", true);
    put(roster, "bob", "{\"funds\": \"prepaid\"}", false);
    give_key(roster, "bob", "old", "bob-1");
    give_key(roster, "bob", "new", "bob-2");
    give_key(roster, "nobody", "x", "nobody-1");
    struct client_set *set = roster_merge(roster, of_file, &why);
    assert_int_equal(set->count, 3);
    const struct client *bob = client_set_find(set, STR("bob"));
    assert_true(bob->settings.is_prepaid && bob->settings.file == NULL);
    assert_ptr_equal(client_set_find_key(set, STR("bob-1")), bob);
    assert_ptr_equal(client_set_find_key(set, STR("bob-2")), bob);
    assert_non_null(client_set_find_key(set, STR("shop-key")));
    assert_null(client_set_find_key(set, STR("nobody-1")));
    assert_true(client_set_find(set, STR("zoe"))->settings.is_frozen);
    client_set_unpin(&set);
    roster_drop_key(roster, STR("bob"), STR("old"));
    roster_drop_key(roster, STR("bob"), STR("none"));
    put(roster, "bob", "{\"balance\": 7}", false);
    set = roster_merge(roster, of_file, &why);
    assert_null(client_set_find_key(set, STR("bob-1")));
    bob = client_set_find_key(set, STR("bob-2"));
    assert_int_equal(bob->settings.balance.amount.units, 7 * MONEY_ONE);
    client_set_unpin(&set);
    give_key(roster, "zoe", "stolen", "shop-key");
    assert_null(roster_merge(roster, of_file, &why));
    assert_false(roster_put(roster, STR("bob"), STR("{\"markup\": \"x\"}"), false, 0, &why));
    assert_non_null(strstr(why.message, "bob"));
    assert_int_equal(roster_count(roster), 2);
    assert_string_equal(roster_at(roster, 0)->name, "bob");
    client_set_unpin(&of_file);
    roster_free(roster);
}

static void test_uses_of_keys(void **state)
{
    struct client_set *set = file_of("shop", "used-key");
    struct digest digest = digest_sha256(STR("used-key"));
    (void)state;
    assert_int_equal(client_key_last_use(&digest), 0);
    assert_int_equal(client_key_take_use(&digest), 0);
    client_key_set_use(&digest, 500);
    assert_int_equal(client_key_last_use(&digest), 500);
    assert_int_equal(client_key_take_use(&digest), 0); /* the ledger has it */
    assert_null(client_set_call_key(set, STR("other-key"), 900));
    assert_ptr_equal(client_set_call_key(set, STR(" used-key "), 900), &set->list[0]);
    assert_int_equal(client_key_last_use(&digest), 900);
    assert_int_equal(client_key_take_use(&digest), 900);
    assert_int_equal(client_key_take_use(&digest), 0);
    client_set_unpin(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changed_settings),
        cmocka_unit_test(test_a_merged_set),
        cmocka_unit_test(test_uses_of_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
