/* Which offers of a service may take a draft, and why the others may not: one offer, one thing
 * wrong at a time, then several at once to show which is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "orders/explain.h"

#define UNITS(n) ((struct money){(n)*MONEY_ONE})

struct scene {
    struct order_context context;
    struct catalogue catalogue;
    struct offer offer;
    struct service service;
    struct draft draft;
};

static struct provider_set *providers_of(bool is_closed)
{
    struct provider_settings settings[1] = {0};
    const struct factor one = {FACTOR_ONE};
    settings[0].name = memory_text("alpha");
    settings[0].url = memory_text("http://127.0.0.1:1/");
    settings[0].key = memory_text("key");
    settings[0].currency = memory_text("USD");
    settings[0].is_closed = is_closed;
    struct provider_set *set = provider_set_new(settings, &one, 1, NULL);
    assert_non_null(set);
    return set;
}

/* A good offer at 2.00 per 1000 for an order of 100 at 3.00 per 1000. */
static void scene_init(struct scene *s, bool is_closed)
{
    *s = (struct scene){.catalogue = {.providers = providers_of(is_closed)}};
    s->context.loop = loop_new("test");
    s->context.health = health_new();
    s->context.catalogue = &s->catalogue;
    s->offer = (struct offer){.provider_id = s->catalogue.providers->list[0].id,
                              .service = STR("101"),
                              .weight = 3,
                              .is_known = true,
                              .cost = UNITS(2),
                              .rate = UNITS(2),
                              .type = ORDERTYPE_DEFAULT,
                              .has_limits = true,
                              .min = 10,
                              .max = 1000};
    s->service = (struct service){.id = 1, .offers = &s->offer, .offer_count = 1};
    s->draft = (struct draft){.service = &s->service,
                              .type = ORDERTYPE_DEFAULT,
                              .quantity = 100,
                              .run_quantity = 100,
                              .rate = UNITS(3),
                              .charge = {30000000}};
}

static void scene_fini(struct scene *s)
{
    provider_resume(&s->catalogue.providers->list[0]);
    health_free(s->context.health);
    loop_free(s->context.loop);
    provider_set_unpin(&s->catalogue.providers);
}

static struct candidate judge(struct scene *s)
{
    struct candidate candidates[RANKING_MAX];
    assert_int_equal(explain_candidates(&s->context, &s->draft, candidates), 1);
    return candidates[0];
}

static void good(struct scene *s)
{
    (void)s;
}
static void paused(struct scene *s)
{
    provider_pause(&s->catalogue.providers->list[0], &(const struct provider_pause){0});
}
static void removed(struct scene *s)
{
    s->offer.provider_id = PROVIDER_MAX - 1;
}
static void unknown(struct scene *s)
{
    s->offer.is_known = false;
}
static void gone(struct scene *s)
{
    s->offer.is_known = false;
    s->offer.is_gone = true;
}
static void quarantined(struct scene *s)
{
    s->offer.is_quarantined = true;
}
static void another_type(struct scene *s)
{
    s->offer.type = ORDERTYPE_POLL;
}
/* A local invention of the panel's: the operator says by configuring it what it is. */
static void unknown_type(struct scene *s)
{
    s->offer.type = ORDERTYPE_UNKNOWN;
}
static void too_few(struct scene *s)
{
    s->offer.min = 101;
}
static void too_many(struct scene *s)
{
    s->offer.max = 99;
}
static void just_within(struct scene *s)
{
    s->offer.min = s->offer.max = 100;
}
static void no_limits(struct scene *s)
{
    s->offer = (struct offer){.provider_id = s->offer.provider_id,
                              .service = s->offer.service,
                              .is_known = true,
                              .cost = s->offer.cost,
                              .rate = s->offer.rate};
}
/* Limits are about a run, the cost about all of them. */
static void dripped(struct scene *s)
{
    s->draft.quantity = 5000;
    s->draft.charge = UNITS(15);
}
static void dripped_dear(struct scene *s)
{
    dripped(s);
    s->draft.charge = (struct money){999999999};
}
static void dear(struct scene *s)
{
    s->draft.charge = (struct money){19999999};
}
static void at_cost(struct scene *s)
{
    s->draft.charge = (struct money){20000000};
}
static void dear_allowed(struct scene *s)
{
    dear(s);
    s->service.allow_loss = true;
}
static void beyond_range(struct scene *s)
{
    s->offer.cost = s->offer.rate = (struct money){INT64_MAX};
    s->draft.quantity = INT32_MAX;
}
static void package(struct scene *s)
{
    s->draft.type = s->offer.type = ORDERTYPE_PACKAGE;
    s->offer.min = s->offer.max = 5000; /* whatever the limits say */
    s->draft.charge = UNITS(3);
}
static void package_dear(struct scene *s)
{
    package(s);
    s->draft.charge = (struct money){199999999};
}
static void subscribe(struct scene *s, const char *min, const char *max)
{
    s->draft.type = s->offer.type = ORDERTYPE_SUBSCRIPTIONS;
    s->draft.quantity = s->draft.run_quantity = 0;
    s->draft.charge = MONEY_ZERO;
    s->draft.fields.value[FIELD_MIN] = str_of(min);
    s->draft.fields.value[FIELD_MAX] = str_of(max);
}
static void subscription(struct scene *s)
{
    subscribe(s, "10", "1000");
}
static void subscription_few(struct scene *s)
{
    subscribe(s, "9", "1000");
}
static void subscription_many(struct scene *s)
{
    subscribe(s, "10", "1001");
}
static void subscription_dear(struct scene *s)
{
    subscription(s);
    s->draft.rate = (struct money){199999999};
}
static void key_parked(struct scene *s)
{
    const struct upstream_response bad_key = {.outcome = OUTCOME_REFUSED,
                                              .class = VERDICT_PROVIDER,
                                              .cool_down = COOL_DOWN_KEY,
                                              .is_key = true,
                                              .retry_after_s = -1};
    health_note(s->context.health, s->offer.provider_id, HEALTH_ORDERS, s->offer.service, &bad_key,
                MONEY_ZERO, loop_now_ms(s->context.loop));
}
static void paused_dear_and_quarantined(struct scene *s)
{
    paused(s);
    dear(s);
    quarantined(s);
}
static void dear_and_parked(struct scene *s)
{
    dear(s);
    key_parked(s);
}

static const struct {
    const char *name;
    void (*change)(struct scene *s);
    enum skip skip;
    int64_t cost; /* units */
} cases[] = {
    {"good", good, SKIP_NONE, 20000000},
    {"paused", paused, SKIP_PAUSED, 20000000},
    {"removed", removed, SKIP_CLOSED, 20000000},
    {"unknown", unknown, SKIP_UNKNOWN, 0},
    {"gone", gone, SKIP_GONE, 0},
    {"quarantined", quarantined, SKIP_QUARANTINED, 20000000},
    {"another type", another_type, SKIP_TYPE, 20000000},
    {"unknown type", unknown_type, SKIP_NONE, 20000000},
    {"too few", too_few, SKIP_LIMITS, 20000000},
    {"too many", too_many, SKIP_LIMITS, 20000000},
    {"just within", just_within, SKIP_NONE, 20000000},
    {"no limits", no_limits, SKIP_NONE, 20000000},
    {"dripped", dripped, SKIP_NONE, 1000000000},
    {"dripped dear", dripped_dear, SKIP_COST, 1000000000},
    {"dear", dear, SKIP_COST, 20000000},
    {"at cost", at_cost, SKIP_NONE, 20000000},
    {"dear allowed", dear_allowed, SKIP_NONE, 20000000},
    {"beyond range", beyond_range, SKIP_COST, 0},
    {"package", package, SKIP_NONE, 200000000},
    {"package dear", package_dear, SKIP_COST, 200000000},
    {"subscription", subscription, SKIP_NONE, 200000000},
    {"subscription few", subscription_few, SKIP_LIMITS, 200000000},
    {"subscription many", subscription_many, SKIP_LIMITS, 200000000},
    {"subscription dear", subscription_dear, SKIP_COST, 200000000},
    {"key parked", key_parked, SKIP_KEY, 20000000},
    {"paused, dear and quarantined", paused_dear_and_quarantined, SKIP_PAUSED, 20000000},
    {"dear and parked", dear_and_parked, SKIP_COST, 20000000},
};

static void an_offer_is_taken_or_left_for_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        scene_init(&s, false);
        cases[i].change(&s);
        struct candidate candidate = judge(&s);
        if (candidate.skip != cases[i].skip || candidate.cost.units != cases[i].cost)
            fail_msg("%s: \"%s\", costs %lld", cases[i].name, ranking_skip_name(candidate.skip),
                     (long long)candidate.cost.units);
        scene_fini(&s);
    }
}

static void a_closed_provider_takes_nothing(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, true);
    assert_int_equal(judge(&s).skip, SKIP_CLOSED);
    scene_fini(&s);
}

static void a_weight_is_handed_on(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, false);
    assert_int_equal(judge(&s).weight, 3);
    scene_fini(&s);
}

static void more_offers_than_can_be_ranked_are_left_out(void **state)
{
    (void)state;
    struct scene s;
    struct offer offers[RANKING_MAX + 6];
    struct candidate candidates[RANKING_MAX];
    scene_init(&s, false);
    for (size_t i = 0; i < COUNT_OF(offers); i++)
        offers[i] = s.offer;
    s.service.offers = offers;
    s.service.offer_count = COUNT_OF(offers);
    assert_int_equal(explain_candidates(&s.context, &s.draft, candidates), RANKING_MAX);
    scene_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_offer_is_taken_or_left_for_a_reason),
        cmocka_unit_test(a_closed_provider_takes_nothing),
        cmocka_unit_test(a_weight_is_handed_on),
        cmocka_unit_test(more_offers_than_can_be_ranked_are_left_out),
    };
    return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
