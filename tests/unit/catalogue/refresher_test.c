/* What the refresher believes of the lists it gets, and what it publishes. */
#include "stage.h"

static void test_first_lists(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    s.has_cache = true;
    end_refresher(&s);
    new_refresher(&s);
    s.settings.import_count = 1;
    assert_false(refresher_is_settled(s.refresher));
    configure(&s);
    await(&s, is_settled, "settled");
    assert_true(are_all_priced(&s));
    assert_true(s.last->has_lists);
    assert_non_null(service_of(&s, 507));
    assert_int_equal(s.imports_kept, 1);
    assert_false(s.is_shown_early);
    assert_true(s.lists_kept >= 2 && s.cache_puts >= 2);
    assert_int_equal(s.prices_kept, 5);
    assert_true(report_of(&s, 0).has_list);
    assert_int_equal(report_of(&s, 0).services, 4);
    assert_string_equal(report_of(&s, 0).last_error, "");
    struct money rate;
    const struct pricelist *list = pricelist_of(s.last, &s.clients->list[0]);
    assert_true(pricelist_rate(list, service_of(&s, 2), &rate));
    assert_int_equal(rate.units, money_of("2").units);
    /* The same lists again change nothing: no snapshot, nothing written. */
    unsigned published = s.published, kept = s.lists_kept;
    await_lists(&s, 5);
    assert_int_equal(s.published, published);
    assert_int_equal(s.lists_kept, kept);
    assert_int_equal(s.prices_kept, 5);
    stage_fini(&s);
}

static void test_restart_with_dead_panels(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    configure(&s);
    await(&s, are_all_priced, "all priced");
    end_refresher(&s);
    catalogue_unpin(&s.last);
    s.published = 0;
    s.panels[0].outcome = s.panels[1].outcome = OUTCOME_NOT_SENT;
    new_refresher(&s);
    refresher_take_list(s.refresher, STR("alpha"), str_of(s.kept), 1000);
    refresher_take_price(s.refresher,
                         &(struct ledger_price){.provider = STR("beta"),
                                                .upstream_service = STR("7"),
                                                .rate = money_of("9"),
                                                .note = "seen"},
                         1000);
    configure(&s);
    await(&s, is_settled, "settled");
    assert_true(are_all_priced(&s));
    assert_true(service_of(&s, 1)->offers[1].is_gone);
    await_lists(&s, 1);
    assert_int_equal(report_of(&s, 0).fetched_at_ms, 1000);
    assert_true(report_of(&s, 0).failures >= 1);
    assert_string_equal(report_of(&s, 0).last_error, "the panel cannot be reached");
    assert_true(are_all_priced(&s));
    stage_fini(&s);
}

static void test_nothing_ever_held(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    s.panels[0].outcome = s.panels[1].outcome = OUTCOME_DOUBT;
    configure(&s);
    await(&s, is_settled, "settled");
    assert_non_null(s.last);
    assert_false(s.last->has_lists);
    assert_false(service_of(&s, 1)->is_priced);
    assert_false(service_of(&s, 1)->offers[0].is_gone);
    stage_fini(&s);
}

static bool is_without_trouble(struct stage *s)
{
    return report_of(s, 0).last_error[0] == '\0';
}

static void test_bad_lists(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    configure(&s);
    await(&s, are_all_priced, "all priced");
    const struct panel good = s.panels[0];
    /* empty */
    memset(s.panels[0].rows, 0, sizeof s.panels[0].rows);
    await(&s, is_in_trouble, "trouble");
    assert_true(are_all_priced(&s) && report_of(&s, 0).services == 4);
    memcpy(s.panels[0].rows, good.rows, sizeof good.rows);
    await(&s, is_without_trouble, "the end of it");
    /* two of four gone: more than 30% */
    s.panels[0].rows[2].id = NULL;
    await(&s, is_in_trouble, "trouble");
    await_lists(&s, 4);
    assert_true(are_all_priced(&s) && report_of(&s, 0).services == 4);
    assert_non_null(strstr(report_of(&s, 0).last_error, "2 of 4"));
    unsigned published = s.published;
    assert_int_equal(accept_now(&s, STR_NONE), 2);
    assert_int_equal(s.published, published + 1);
    assert_true(service_of(&s, 3)->offers[0].is_gone);
    assert_false(service_of(&s, 3)->is_priced);
    assert_true(service_of(&s, 2)->is_priced);
    await_lists(&s, 1);
    assert_string_equal(report_of(&s, 0).last_error, "");
    stage_fini(&s);
}

/* The prices of a refused list were shown to nobody: taking it judges them like any list's. */
static void test_prices_of_a_refused_list(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    configure(&s);
    await(&s, are_all_priced, "all priced");
    s.panels[0].rows[0].rate = "1000";
    s.panels[0].rows[2].id = NULL;
    await(&s, is_in_trouble, "trouble");
    assert_int_equal(accept_now(&s, STR_NONE), 2); /* those that are gone */
    assert_true(service_of(&s, 1)->offers[0].is_quarantined);
    assert_int_equal(s.accepted_kept, 0);
    assert_int_equal(report_of(&s, 0).quarantined, 1);
    assert_true(s.is_accept_kept);
    stage_fini(&s);
}

static bool is_third_gone(struct stage *s)
{
    return service_of(s, 3)->offers[0].is_gone;
}

static void test_gone_within_the_limit(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    configure(&s);
    await(&s, are_all_priced, "all priced");
    s.panels[0].rows[2].id = "104"; /* 103 of four is gone */
    s.panels[0].rows[3].id = NULL;
    await(&s, is_third_gone, "103 gone");
    assert_false(service_of(&s, 3)->is_priced);
    assert_true(service_of(&s, 2)->is_priced);
    stage_fini(&s);
}

static bool is_second_held(struct stage *s)
{
    return service_of(s, 2)->offers[0].is_quarantined;
}

static void test_price_jump(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    configure(&s);
    await(&s, are_all_priced, "all priced");
    s.panels[0].rows[1].rate = "20";
    s.panels[0].rows[2].rate = "4";
    await(&s, is_second_held, "102 quarantined");
    assert_false(service_of(&s, 2)->is_priced);
    assert_true(service_of(&s, 3)->is_priced);
    assert_int_equal(service_of(&s, 3)->terms.base.units, money_of("4").units);
    assert_int_equal(report_of(&s, 0).quarantined, 1);
    await_lists(&s, 5);
    assert_true(is_second_held(&s));
    assert_int_equal(s.quarantined_kept, 1);
    assert_int_equal(accept_now(&s, STR("999")), 0);
    assert_int_equal(accept_now(&s, STR("101")), 0);
    assert_true(is_second_held(&s));
    assert_int_equal(accept_now(&s, STR("102")), 1);
    assert_false(is_second_held(&s));
    assert_true(service_of(&s, 2)->is_priced);
    assert_int_equal(service_of(&s, 2)->terms.base.units, money_of("20").units);
    assert_int_equal(s.accepted_kept, 1);
    assert_int_equal(report_of(&s, 0).quarantined, 0);
    stage_fini(&s);
}

static unsigned looks;

static void on_told(const struct quarantine *quarantine, void *arg)
{
    (void)arg;
    assert_int_equal(quarantine->count, 1);
    looks--;
}

static bool are_looks_answered(struct stage *s)
{
    (void)s;
    return looks == 0;
}

static bool is_second_unlisted_while_looked_at(struct stage *s)
{
    refresher_quarantine(s->refresher, id_of(s, 0), s->loop, on_told, s);
    looks++;
    return service_of(s, 2)->is_unlisted;
}

/* However often an operator looks, the time goes on that takes it off the list. */
static void test_a_look_stops_no_clock(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    s.settings.unlist_ms = 1500;
    configure(&s);
    await(&s, are_all_priced, "all priced");
    s.panels[0].rows[1].rate = "20";
    await(&s, is_second_held, "102 quarantined");
    s.settings.refresh_ms = 3600000;
    configure(&s);
    await(&s, is_second_unlisted_while_looked_at, "102 off the list");
    await(&s, are_looks_answered, "the answers to all looks");
    stage_fini(&s);
}

static bool are_two_held(struct stage *s)
{
    return report_of(s, 0).quarantined == 2;
}

/* All that is named or nothing; a price of 0 only when it is meant; and whether it was kept. */
static void test_what_an_accept_takes(void **state)
{
    const struct str both[] = {STR("102"), STR("103")};
    struct stage s;
    (void)state;
    stage_init(&s);
    configure(&s);
    await(&s, are_all_priced, "all priced");
    s.panels[0].rows[1].rate = "20";
    s.panels[0].rows[2].rate = "0";
    await(&s, are_two_held, "102 and 103 quarantined");
    struct accept_wish wish = {.services = both, .count = 2};
    assert_int_equal(accept_wish(&s, &wish), 0);
    assert_int_equal(s.refusal.code, FAULT_CONFLICT);
    assert_non_null(strstr(s.refusal.message, "--zero"));
    const struct money shown[] = {money_of("19"), money_of("0")};
    wish.shown = shown;
    wish.takes_zero = true;
    assert_int_equal(accept_wish(&s, &wish), 0);
    assert_non_null(strstr(s.refusal.message, "it is 20.00 now"));
    assert_true(are_two_held(&s));
    assert_int_equal(accept_wish(&s, &(struct accept_wish){.is_all = true}), 1);
    assert_int_equal(s.left_zero, 1);
    assert_true(s.is_accept_kept);
    assert_int_equal(service_of(&s, 2)->terms.base.units, money_of("20").units);
    s.ledger_says = LEDGER_FULL;
    assert_int_equal(accept_now(&s, STR("103")), 1);
    assert_false(s.is_accept_kept);
    assert_int_equal(service_of(&s, 3)->terms.base.units, 0);
    unsigned kept = s.lists_kept;
    await_lists(&s, 2); /* kept again with the next list */
    assert_true(s.lists_kept > kept);
    stage_fini(&s);
}

/* A quarantine outlives a restart by the kept list. */
static void test_quarantine_is_kept(void **state)
{
    struct stage s;
    (void)state;
    stage_init(&s);
    configure(&s);
    await(&s, are_all_priced, "all priced");
    s.panels[0].rows[1].rate = "20";
    await(&s, is_second_held, "102 quarantined");
    end_refresher(&s);
    new_refresher(&s);
    refresher_take_price(s.refresher,
                         &(struct ledger_price){.provider = STR("alpha"),
                                                .upstream_service = STR("102"),
                                                .rate = money_of("20"),
                                                .note = "quarantined"},
                         1000);
    refresher_take_list(s.refresher, STR("alpha"), str_of(s.kept), 1000);
    configure(&s);
    await(&s, is_settled, "settled");
    assert_true(is_second_held(&s));
    await_lists(&s, 2);
    assert_true(is_second_held(&s));
    assert_int_equal(report_of(&s, 0).quarantined, 1);
    assert_int_equal(accept_now(&s, STR_NONE), 1);
    assert_false(is_second_held(&s));
    stage_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_lists),
        cmocka_unit_test(test_restart_with_dead_panels),
        cmocka_unit_test(test_nothing_ever_held),
        cmocka_unit_test(test_bad_lists),
        cmocka_unit_test(test_prices_of_a_refused_list),
        cmocka_unit_test(test_gone_within_the_limit),
        cmocka_unit_test(test_price_jump),
        cmocka_unit_test(test_a_look_stops_no_clock),
        cmocka_unit_test(test_what_an_accept_takes),
        cmocka_unit_test(test_quarantine_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
