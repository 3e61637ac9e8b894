/* What stands in the way of orders, as it is told: one fact at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "admin/obstacle.h"

#define UNIT(n) ((struct money){(n)*MONEY_ONE})
/* The monotonic clock stands at 100 s when it is 2026-01-01T00:00:00Z. */
enum { NOW_S = 100 };
#define WALL_MS INT64_C(1767225600000)
#define AT(s) ((s)*INT64_C(1000))

static const struct price_state jump = {.has_accepted = true,
                                        .is_quarantined = true,
                                        .accepted = {MONEY_ONE},
                                        .pending = {9 * MONEY_ONE},
                                        .held_since_ms = WALL_MS - 60000};
static const struct price_state zero = {
    .has_accepted = true, .is_quarantined = true, .accepted = {MONEY_ONE}};

static const struct {
    struct obstacle_facts facts;
    const char *reason, *ends, *message;
} cases[] = {
    {{.skip = SKIP_NONE}, "", "", ""},
    {{.skip = SKIP_BREAKER,
      .trouble = {SKIP_BREAKER, WHY_FAILING, .failures = 5, .since_ms = AT(90),
                  .until_ms = AT(130)}},
     "failing",
     "probe",
     "5 orders in a row failed, since 2025-12-31T23:59:50.000Z, until 2026-01-01T00:00:30.000Z; "
     "then one order tries it as a probe; `provider resume alpha` ends it at once"},
    {{.skip = SKIP_NONE,
      .trouble = {SKIP_NONE, WHY_FAILING, .failures = 7, .since_ms = AT(20), .until_ms = AT(99)}},
     "failing",
     "probe",
     "7 orders in a row failed, since 2025-12-31T23:58:40.000Z; the next order is its probe: a "
     "success ends it"},
    {{.skip = SKIP_BREAKER,
      .trouble = {SKIP_BREAKER, WHY_FAILING, .is_reading = true, .is_probing = true, .failures = 5,
                  .since_ms = AT(90), .until_ms = AT(130)}},
     "failing",
     "probe",
     "5 readings (lists, balances, statuses) in a row failed, since 2025-12-31T23:59:50.000Z, "
     "until "
     "2026-01-01T00:00:30.000Z; one reading is under way as its probe; a success ends it"},
    {{.skip = SKIP_COOL_DOWN,
      .trouble = {SKIP_COOL_DOWN, WHY_OFF, .since_ms = AT(99), .until_ms = AT(101)}},
     "switched_off",
     "time",
     "the panel says that it takes no orders now, since 2025-12-31T23:59:59.000Z, until "
     "2026-01-01T00:00:01.000Z; then the next order tries it; `provider resume alpha` ends it at "
     "once"},
    {{.skip = SKIP_COOL_DOWN,
      .trouble = {SKIP_COOL_DOWN, WHY_REDIRECT, .is_reading = true, .since_ms = AT(100)}},
     "redirect",
     "time",
     "the panel's address redirects elsewhere, since 2026-01-01T00:00:00.000Z; correct `url` and "
     "reload; as it is, the next reading tries it then"},
    {{.skip = SKIP_FUNDS,
      .trouble = {SKIP_FUNDS, WHY_FUNDS, .since_ms = AT(100), .cost = UNIT(5), .has_seen = true,
                  .seen = UNIT(2)}},
     "out_of_funds",
     "balance",
     "the panel says that our account is out of funds; its balance is 2.00 EUR, since "
     "2026-01-01T00:00:00.000Z; ends when its balance rises or covers the order (5.00 EUR), which "
     "is read every `catalogue.balance`; `provider resume alpha` ends it at once"},
    {{.skip = SKIP_KEY, .trouble = {SKIP_KEY, WHY_KEY, .since_ms = AT(100), .until_ms = AT(160)}},
     "bad_key",
     "new_key",
     "the panel refuses our key: nothing is asked there, since 2026-01-01T00:00:00.000Z; ends by a "
     "new `key` and a reload, or by `provider resume alpha`; a balance question at "
     "2026-01-01T00:01:00.000Z tries the present one again"},
    {{.skip = SKIP_CURRENCY,
      .panel_currency = "TRY",
      .trouble = {SKIP_CURRENCY, WHY_CURRENCY, .since_ms = AT(100)}},
     "wrong_currency",
     "currency",
     "the panel reports TRY, and `currency` says EUR: closed to new orders, since "
     "2026-01-01T00:00:00.000Z; ends when they agree: correct `currency` and reload, or the "
     "account "
     "at the panel; `provider resume` does not end it"},
    {{.skip = SKIP_UNKNOWN, .list_error = "the panel cannot be reached"},
     "no_list",
     "list",
     "no list of the panel was ever read: the panel cannot be reached; ends with its first list; "
     "`provider doctor alpha` tells what is wrong"},
    {{.skip = SKIP_UNKNOWN,
      .has_list = true,
      .list_at_ms = WALL_MS,
      .list_services = 12,
      .service = {"999", 3}},
     "not_listed",
     "list",
     "the panel lists no service 999 (list of 2026-01-01T00:00:00.000Z, 12 services); correct "
     "`service:`; `panelmux import alpha` prints what it lists"},
    {{.skip = SKIP_GONE,
      .has_list = true,
      .list_at_ms = WALL_MS,
      .list_services = 12,
      .service = {"101", 3}},
     "no_longer_listed",
     "list",
     "the panel no longer lists service 101 (list of 2026-01-01T00:00:00.000Z, 12 services); ends "
     "when it lists it again; else give the service another offer"},
    {{.skip = SKIP_VOID},
     "no_limits",
     "list",
     "its limits in the panel's list leave nothing; ends with a list whose min and max can be met"},
    {{.skip = SKIP_QUARANTINED, .held = PRICE_HELD_JUMP, .price = &jump, .service = {"101", 3}},
     "quarantined",
     "accept",
     "its price went from 1.00 to 9.00 EUR, since 2025-12-31T23:59:00.000Z; ends by `provider "
     "accept "
     "alpha 101`, by a price near the old one, or by itself once three lists over an hour or more "
     "agree"},
    {{.skip = SKIP_QUARANTINED, .held = PRICE_HELD_ZERO, .price = &zero, .service = {"101", 3}},
     "quarantined",
     "accept",
     "its price went from 1.00 to 0.00 EUR; ends by `provider accept alpha 101 --zero`, by a price "
     "near the old one"},
    {{.skip = SKIP_QUARANTINED, .held = PRICE_HELD_UNREADABLE},
     "quarantined",
     "list",
     "the price in the panel's list cannot be read; ends with a list whose price can be read"},
    {{.skip = SKIP_TYPE, .type = ORDERTYPE_PACKAGE, .wanted_type = ORDERTYPE_DEFAULT},
     "type",
     "order",
     "the panel's type of it is Package, the service's Default; give the service offers of one "
     "type, "
     "or correct its `type:`"},
    {{.skip = SKIP_LIMITS, .quantity = 5, .min = 10, .max = 20},
     "limits",
     "order",
     "a quantity of 5 is outside its 10 to 20; takes orders within them"},
    {{.skip = SKIP_COST, .cost = UNIT(3), .charge = UNIT(2), .currency = {"USD", 3}},
     "cost",
     "order",
     "its cost of 3.00 USD is above the charge of 2.00; ends by a higher price, a lower cost, or "
     "`margin: allow_loss`"},
    {{.skip = SKIP_TRIED}, "tried", "order", "already tried for this order"},
};

static struct provider_set *providers(bool is_closed)
{
    struct provider_settings settings[1] = {0};
    const struct factor one = {FACTOR_ONE};
    settings[0].name = memory_text("alpha");
    settings[0].url = memory_text("http://127.0.0.1:1/");
    settings[0].key = memory_text("key");
    settings[0].currency = memory_text("EUR");
    settings[0].is_closed = is_closed;
    struct provider_set *set = provider_set_new(settings, &one, 1, NULL);
    assert_non_null(set);
    return set;
}

static void check(struct obstacle_facts facts, const struct provider *provider, const char *reason,
                  const char *ends, const char *message)
{
    struct obstacle obstacle;
    struct buf text;
    buf_init(&text, 4096);
    facts.provider = provider;
    facts.monotonic_now_ms = AT(NOW_S);
    facts.wall_now_ms = WALL_MS;
    obstacle_make(&facts, &obstacle);
    obstacle_print(&obstacle, &text);
    assert_string_equal(text.ptr ? text.ptr : "", message);
    assert_string_equal(obstacle.reason, reason);
    assert_string_equal(obstacle.ends, ends);
    buf_fini(&text);
}

static void test_cases(void **state)
{
    struct provider_set *set = providers(false);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check(cases[i].facts, &set->list[0], cases[i].reason, cases[i].ends, cases[i].message);
    provider_set_unpin(&set);
}

static void test_what_an_operator_did(void **state)
{
    const struct obstacle_facts closed = {.skip = SKIP_CLOSED}, paused = {.skip = SKIP_PAUSED};
    struct provider_set *set = providers(true);
    struct provider_pause pause = {.at_ms = WALL_MS, .who = "admin"};
    (void)state;
    check(closed, &set->list[0], "closed", "configuration",
          "the provider is closed: `state: closed`; ends by `state: open` and a reload");
    check(closed, NULL, "closed", "configuration",
          "the provider is being taken out of the configuration; ends by a configuration that has "
          "it, and a reload");
    provider_pause(&set->list[0], &pause);
    check(paused, &set->list[0], "paused", "resume",
          "paused by admin, since 2026-01-01T00:00:00.000Z; ends by `provider resume alpha`");
    pause.until_ms = INT64_C(4000000000000);
    snprintf(pause.reason, sizeof pause.reason, "too slow");
    provider_pause(&set->list[0], &pause);
    check(paused, &set->list[0], "paused", "time",
          "paused by admin: too slow, since 2026-01-01T00:00:00.000Z, until "
          "2096-10-02T07:06:40.000Z; ends by itself, or by `provider resume alpha`");
    provider_resume(&set->list[0]);
    provider_set_unpin(&set);
}

static void test_json(void **state)
{
    struct obstacle obstacle;
    struct buf out;
    (void)state;
    buf_init(&out, 4096);
    obstacle_make(&(struct obstacle_facts){0}, &obstacle);
    struct jsonwriter w = jsonwriter_to(&out);
    jsonwriter_object(&w, NULL);
    obstacle_write(&obstacle, &w);
    jsonwriter_object_end(&w);
    assert_string_equal(out.ptr, "{\"reason\":null,\"message\":\"\",\"since\":null,\"until\":null,"
                                 "\"next_try\":null,\"ends\":null,\"how\":null}");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_what_an_operator_did),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
