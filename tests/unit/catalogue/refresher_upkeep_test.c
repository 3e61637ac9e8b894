/* When the refresher asks and when it does not: cache, reloads, balances, pauses, bad keys, the
 * end. */
#include "stage.h"

static void test_fresh_cache_spares_a_download(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    configure(&s);
    await(&s, are_all_priced, "all priced");
    end_refresher(&s);
    catalogue_unpin(&s.last);
    s.has_cache = true;
    s.panels[0].lists = 0;
    s.settings.refresh_ms = 3600000;
    s.cached = memory_text(s.kept);
    new_refresher(&s);
    configure(&s);
    await(&s, is_settled, "settled");
    assert_true(are_all_priced(&s));
    assert_int_equal(s.panels[0].lists, 0);
    /* An operator's wish goes to the panel itself. */
    s.wanted = 1;
    refresher_fetch_list(s.refresher, id_of(&s, 0));
    await(&s, has_refreshed, "the list asked");
    stage_fini(&s);
}

static void test_ill_formed_cache(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    end_refresher(&s);
    s.has_cache = true;
    s.cached = memory_text("{\"version\":1,\"fetched\":5,\"rows\":[[]],\"held\":[]}");
    new_refresher(&s);
    configure(&s);
    await(&s, are_all_priced, "all priced");
    assert_true(s.panels[0].lists >= 1);
    stage_fini(&s);
}

static bool has_looked_again(struct stage *s)
{
    return s->locks >= s->wanted;
}

/* While another gateway asks, this one looks into the cache until the list is there. */
static void test_another_gateway_asks(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    configure(&s);
    await(&s, are_all_priced, "all priced");
    end_refresher(&s);
    catalogue_unpin(&s.last);
    s.has_cache = s.is_locked_elsewhere = true;
    s.panels[0].lists = s.panels[1].lists = 0;
    s.settings.refresh_ms = 3600000;
    new_refresher(&s);
    configure(&s);
    s.wanted = 6;
    await(&s, has_looked_again, "looked again");
    assert_int_equal(s.panels[0].lists, 0);
    assert_int_equal(s.unlocks, 0); /* not ours */
    s.cached = memory_text(s.kept); /* alpha's is there; beta's holder has died */
    s.is_locked_elsewhere = false;
    await(&s, are_all_priced, "all priced");
    await(&s, is_settled, "settled");
    assert_int_equal(s.panels[0].lists, 0);
    assert_int_equal(s.panels[1].lists, 1);
    assert_int_equal(s.unlocks, 1);
    stage_fini(&s);
}

static bool is_released(struct stage *s)
{
    return s->released >= s->wanted;
}

static void test_reload(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    configure(&s);
    await(&s, are_all_priced, "all priced");
    unsigned published = s.published;
    s.wanted = 1;
    configure(&s);
    await(&s, is_released, "the former view released");
    assert_true(s.published > published);
    /* beta leaves */
    struct provider_set *both = s.providers;
    s.providers = world_providers((struct world_provider[]){{"alpha", "2"}, {0}});
    unsigned beta = both->list[1].id;
    s.wanted = 2;
    configure(&s);
    await(&s, is_released, "the second view released");
    assert_int_equal(service_of(&s, 1)->offer_count, 1);
    assert_int_equal(service_of(&s, 2)->offers[0].cost.units, money_of("4").units);
    struct refresher_report report;
    refresher_report(s.refresher, beta, &report);
    assert_false(report.has_list);
    unsigned asked = s.panels[1].lists;
    await_lists(&s, 3);
    assert_int_equal(s.panels[1].lists, asked);
    provider_set_unpin(&both);
    stage_fini(&s);
    assert_int_equal(s.released, 3);
}

static bool is_second_at(struct stage *s)
{
    return service_of(s, 2)->terms.base.units == s->wanted;
}

/* Another key: asked again at once, what is under way is forgotten. */
static void test_changed_provider(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    s.settings.refresh_ms = s.settings.balance_ms = 3600000;
    configure(&s);
    await(&s, are_all_priced, "all priced");
    s.panels[0].is_silent = true;
    s.wanted = 2;
    refresher_fetch_list(s.refresher, id_of(&s, 0));
    await(&s, has_refreshed, "the list asked again");
    struct provider_set *former = s.providers;
    s.providers = world_providers((struct world_provider[]){{"alpha", "1"}, {"beta", "1"}, {0}});
    free(s.providers->list[0].settings.key);
    s.providers->list[0].settings.key = memory_text("another");
    s.panels[0].is_silent = false;
    s.panels[0].rows[1].rate = "2.5";
    s.wanted = 3;
    configure(&s);
    await(&s, has_refreshed, "the list asked with the new key");
    assert_int_equal(s.panels[0].cancelled, 1);
    assert_int_equal(s.panels[1].lists, 1);
    s.wanted = 250000000;
    await(&s, is_second_at, "the new price");
    provider_set_unpin(&former);
    stage_fini(&s);
}

static bool has_balance(struct stage *s)
{
    return catalogue_balance(id_of(s, 0)).amount.units == money_of(s->panels[0].balance).units;
}

static void test_balances(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    s.panels[0].currency = "EUR";
    configure(&s);
    await(&s, has_balance, "the balance");
    s.panels[0].balance = "-2.5";
    await(&s, has_balance, "the next balance");
    s.settings.balance_ms = 3600000;
    s.wanted = 1;
    configure(&s);
    await(&s, is_released, "the former view released");
    s.panels[0].balance = "77";
    refresher_fetch_balance(s.refresher, id_of(&s, 0));
    await(&s, has_balance, "the balance asked for");
    /* What an order said of funds is followed up without anybody asking. */
    s.panels[0].balance = "78";
    struct upstream_response broke = {.outcome = OUTCOME_REFUSED,
                                      .class = VERDICT_PROVIDER,
                                      .cool_down = COOL_DOWN_FUNDS,
                                      .is_funds = true,
                                      .retry_after_s = -1};
    health_take(s.health, id_of(&s, 0), HEALTH_ORDERS, STR("101"), clock_monotonic_ms());
    health_note(s.health, id_of(&s, 0), HEALTH_ORDERS, STR("101"), &broke, money_of("1"),
                clock_monotonic_ms());
    await(&s, has_balance, "the balance that health wants");
    stage_fini(&s);
}

static bool is_held_back(struct stage *s)
{
    return strstr(report_of(s, 0).last_error, "paused") != NULL;
}

static void test_paused(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    provider_pause(&s.providers->list[0], &(const struct provider_pause){0});
    configure(&s);
    await(&s, is_settled, "settled");
    await(&s, is_held_back, "held back");
    assert_int_equal(s.panels[0].lists + s.panels[0].balances, 0);
    provider_resume(&s.providers->list[0]);
    await(&s, are_all_priced, "all priced after the pause");
    stage_fini(&s);
}

static bool has_other_refreshed(struct stage *s)
{
    return s->panels[1].lists >= s->wanted;
}

static void test_bad_key(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    s.panels[0].outcome = OUTCOME_REFUSED;
    s.panels[0].is_key = true;
    configure(&s);
    await(&s, is_settled, "settled");
    await(&s, is_in_trouble, "trouble");
    unsigned asked = s.panels[0].lists + s.panels[0].balances;
    assert_true(asked <= 2);
    refresher_fetch_list(s.refresher, id_of(&s, 0)); /* not even then */
    s.panels[0].outcome = OUTCOME_ACCEPTED;
    s.panels[0].is_key = false;
    s.wanted = s.panels[1].lists + 3;
    await(&s, has_other_refreshed, "more of beta's lists");
    assert_int_equal(s.panels[0].lists + s.panels[0].balances, asked);
    /* A balance that was asked for tells that the key works again. */
    refresher_fetch_balance(s.refresher, id_of(&s, 0));
    await(&s, are_all_priced, "all priced");
    stage_fini(&s);
}

static void test_books_that_cannot_be_written(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    s.ledger_says = LEDGER_FULL;
    s.settings.import_count = 1;
    configure(&s);
    await(&s, is_settled, "settled");
    assert_non_null(service_of(&s, 507));
    stage_fini(&s);
}

static bool is_asked(struct stage *s)
{
    return s->panels[0].lists > 0 && s->panels[0].balances > 0;
}

static void test_stop_with_calls_under_way(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    s.panels[0].is_silent = true;
    configure(&s);
    await(&s, is_asked, "asked");
    assert_false(refresher_is_settled(s.refresher));
    refresher_fetch_list(s.refresher, id_of(&s, 0));
    configure(&s);
    refresher_accept(s.refresher, 200, &(struct accept_wish){.is_all = true}, s.loop, on_accepted,
                     &s);
    refresher_stop(s.refresher);
    assert_int_equal(s.panels[0].cancelled, 2);
    await(&s, has_accepted, "an answer after the stop");
    assert_int_equal(s.accepted, 0);
    assert_int_equal(s.released, 2);
    stage_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fresh_cache_spares_a_download),
        cmocka_unit_test(test_another_gateway_asks),
        cmocka_unit_test(test_ill_formed_cache),
        cmocka_unit_test(test_reload),
        cmocka_unit_test(test_changed_provider),
        cmocka_unit_test(test_balances),
        cmocka_unit_test(test_paused),
        cmocka_unit_test(test_bad_key),
        cmocka_unit_test(test_books_that_cannot_be_written),
        cmocka_unit_test(test_stop_with_calls_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
