/* Health as scripts: what may be asked after which answers, when it ends, and what is logged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "providers/provider.h"
#include "routing/health.h"

#define REFUSED(...)                                                                               \
    {                                                                                              \
        .outcome = OUTCOME_REFUSED, .retry_after_s = -1, __VA_ARGS__                               \
    }
#define UNIT(n) ((struct money){(n)*MONEY_ONE})

static const struct upstream_response good = {.outcome = OUTCOME_ACCEPTED, .retry_after_s = -1};
static const struct upstream_response own_cap = {.outcome = OUTCOME_NOT_SENT, .retry_after_s = -1};
static const struct upstream_response no_connection = {
    .outcome = OUTCOME_NOT_SENT, .retry_after_s = -1, .evidence = {"Couldn't connect", 16}};
static const struct upstream_response doubt = {
    .outcome = OUTCOME_DOUBT, .class = VERDICT_DOUBT, .retry_after_s = -1};
static const struct upstream_response challenge =
    REFUSED(.class = VERDICT_PROVIDER, .is_challenge = true);
static const struct upstream_response challenge_cooling_down =
    REFUSED(.class = VERDICT_PROVIDER, .cool_down = COOL_DOWN_PROVIDER, .is_challenge = true);
static const struct upstream_response bad_link =
    REFUSED(.class = VERDICT_CLIENT, .refusal = REFUSAL_LINK);
static const struct upstream_response mismatch =
    REFUSED(.class = VERDICT_CLIENT, .is_mismatch = true);
static const struct upstream_response busy =
    REFUSED(.class = VERDICT_BUSY, .is_active_order = true);
static const struct upstream_response offer_off =
    REFUSED(.class = VERDICT_PROVIDER, .cool_down = COOL_DOWN_OFFER);
static const struct upstream_response maintenance =
    REFUSED(.class = VERDICT_PROVIDER, .cool_down = COOL_DOWN_PROVIDER);
static const struct upstream_response limited =
    REFUSED(.class = VERDICT_BUSY, .is_rate_limited = true);
static const struct upstream_response limited_20s = {.outcome = OUTCOME_REFUSED,
                                                     .class = VERDICT_BUSY,
                                                     .is_rate_limited = true,
                                                     .retry_after_s = 20};
static const struct upstream_response limited_a_day = {.outcome = OUTCOME_REFUSED,
                                                       .class = VERDICT_BUSY,
                                                       .is_rate_limited = true,
                                                       .retry_after_s = 86400};
static const struct upstream_response redirect =
    REFUSED(.class = VERDICT_PROVIDER, .is_redirect = true);
static const struct upstream_response bad_key =
    REFUSED(.class = VERDICT_PROVIDER, .cool_down = COOL_DOWN_KEY, .is_key = true);
static const struct upstream_response no_funds =
    REFUSED(.class = VERDICT_PROVIDER, .cool_down = COOL_DOWN_FUNDS, .is_funds = true);
static const struct upstream_response unknown_order =
    REFUSED(.class = VERDICT_PROVIDER, .refusal = REFUSAL_ORDER_ID);
static const struct upstream_response no_such_action =
    REFUSED(.class = VERDICT_PROVIDER, .cool_down = COOL_DOWN_PROVIDER,
            .refusal = REFUSAL_UNSUPPORTED);

enum deed { ORDERS, READINGS, LOOK, LOOK_READINGS, TAKE, UNUSED, BALANCE, WANTS, RESET };
struct step {
    int64_t at_s;
    enum deed deed;                         /* ORDERS, READINGS: health_note */
    const struct upstream_response *answer; /* of these */
    int value;                              /* notes: how often; BALANCE: units; WANTS: 0 or 1 */
    enum skip skip;                         /* LOOK, LOOK_READINGS, TAKE */
    const char *service;                    /* NULL: "101" */
};
struct script {
    const char *name;
    struct step steps[16];
};

/* Whatever keeps it from being asked has a reason, a beginning and, where it ends by itself, an end
 * that is still to come. */
static void check_explained(struct health *health, const struct script *script, size_t at,
                            enum health_kind kind, struct str service)
{
    int64_t now_ms = script->steps[at].at_s * 1000;
    struct trouble trouble;
    health_explain(health, 3, kind, service, now_ms, &trouble);
    bool is_good = trouble.skip == health_look(health, 3, kind, service, now_ms) &&
                   trouble.is_reading == (kind == HEALTH_READINGS);
    if (trouble.skip != SKIP_NONE)
        is_good = is_good && trouble.why != WHY_NONE && trouble.since_ms > 0 &&
                  trouble.since_ms <= now_ms &&
                  (trouble.until_ms > now_ms || trouble.skip == SKIP_KEY ||
                   (trouble.until_ms == 0 && trouble.skip == SKIP_FUNDS));
    if (!is_good)
        fail_msg("%s, step %zu: %s since %lld until %lld", script->name, at,
                 trouble_why_name(trouble.why), (long long)trouble.since_ms,
                 (long long)trouble.until_ms);
}

static void play_step(struct health *health, const struct script *script, size_t at)
{
    const struct step *step = &script->steps[at];
    struct str service = str_of(step->service ? step->service : "101");
    int64_t now_ms = step->at_s * 1000;
    enum skip skip = step->skip;
    bool wants = false;
    switch (step->deed) {
    case ORDERS:
    case READINGS:
        for (int i = 0; i < step->value; i++)
            health_note(health, 3, step->deed == ORDERS ? HEALTH_ORDERS : HEALTH_READINGS,
                        step->deed == ORDERS ? service : STR_NONE, step->answer, UNIT(5), now_ms);
        return;
    case LOOK:
        check_explained(health, script, at, HEALTH_ORDERS, service);
        skip = health_look(health, 3, HEALTH_ORDERS, service, now_ms);
        break;
    case LOOK_READINGS:
        check_explained(health, script, at, HEALTH_READINGS, STR_NONE);
        skip = health_look(health, 3, HEALTH_READINGS, STR_NONE, now_ms);
        break;
    case TAKE:
        skip = health_take(health, 3, HEALTH_ORDERS, service, now_ms);
        break;
    case UNUSED:
        health_unused(health, 3, HEALTH_ORDERS, service);
        return;
    case BALANCE:
        health_balance(health, 3, UNIT(step->value), now_ms);
        return;
    case WANTS:
        wants = health_wants_balance(health, 3, now_ms);
        if (wants != (step->value == 1))
            fail_msg("%s, step %zu: wants balance: %d", script->name, at, wants);
        return;
    case RESET:
        health_reset(health, 3);
        return;
    }
    if (skip != step->skip)
        fail_msg("%s, step %zu: %s", script->name, at, ranking_skip_name(skip));
    assert_int_equal(health_look(health, 4, HEALTH_ORDERS, service, now_ms), SKIP_NONE);
}

static void play(const struct script *scripts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct health *health = health_new();
        for (size_t k = 0; k < COUNT_OF(scripts[i].steps) && scripts[i].steps[k].at_s; k++)
            play_step(health, &scripts[i], k);
        health_free(health);
    }
}

static void test_breakers(void **state)
{
    static const struct script scripts[] = {
        {"five doubts open, one probe, success closes",
         {{1, ORDERS, &doubt, 4, 0, NULL},
          {1, LOOK, NULL, 0, SKIP_NONE, NULL},
          {1, ORDERS, &doubt, 1, 0, NULL},
          {1, LOOK, NULL, 0, SKIP_BREAKER, NULL},
          {1, LOOK, NULL, 0, SKIP_BREAKER, "102"},
          {1, LOOK_READINGS, NULL, 0, SKIP_NONE, NULL},
          {30, LOOK, NULL, 0, SKIP_BREAKER, NULL},
          {31, TAKE, NULL, 0, SKIP_NONE, NULL},
          {31, TAKE, NULL, 0, SKIP_BREAKER, NULL},
          {31, UNUSED, NULL, 0, 0, NULL},
          {31, TAKE, NULL, 0, SKIP_NONE, NULL},
          {32, ORDERS, &good, 1, 0, NULL},
          {32, TAKE, NULL, 0, SKIP_NONE, NULL},
          {32, TAKE, NULL, 0, SKIP_NONE, NULL}}},
        {"readings do not stop orders",
         {{1, READINGS, &doubt, 9, 0, NULL},
          {1, LOOK_READINGS, NULL, 0, SKIP_BREAKER, NULL},
          {1, LOOK, NULL, 0, SKIP_NONE, NULL},
          {2, READINGS, &good, 1, 0, NULL},
          {2, LOOK_READINGS, NULL, 0, SKIP_NONE, NULL}}},
        {"no connection: the provider's, not the offer's",
         {{1, ORDERS, &no_connection, 5, 0, NULL},
          {1, LOOK, NULL, 0, SKIP_BREAKER, "102"},
          {2, ORDERS, &good, 1, 0, "102"},
          {2, LOOK, NULL, 0, SKIP_NONE, NULL}}},
        {"one offer fails, the others work",
         {{1, ORDERS, &doubt, 3, 0, NULL},
          {1, ORDERS, &good, 1, 0, "102"},
          {1, ORDERS, &doubt, 2, 0, NULL},
          {1, LOOK, NULL, 0, SKIP_BREAKER, NULL},
          {1, LOOK, NULL, 0, SKIP_NONE, "102"},
          {31, TAKE, NULL, 0, SKIP_NONE, NULL},
          {31, LOOK, NULL, 0, SKIP_BREAKER, NULL},
          {31, ORDERS, &own_cap, 1, 0, NULL},
          {31, TAKE, NULL, 0, SKIP_NONE, NULL},
          {31, ORDERS, &bad_link, 1, 0, NULL},
          {31, LOOK, NULL, 0, SKIP_NONE, NULL}}},
        {"challenges are failures",
         {{1, ORDERS, &challenge, 5, 0, NULL}, {1, LOOK, NULL, 0, SKIP_BREAKER, NULL}}},
        {"our own cap: none",
         {{1, ORDERS, &own_cap, 9, 0, NULL}, {1, LOOK, NULL, 0, SKIP_NONE, NULL}}},
        {"our own cap, reading: none",
         {{1, READINGS, &own_cap, 9, 0, NULL}, {1, LOOK_READINGS, NULL, 0, SKIP_NONE, NULL}}},
        {"bad link: none",
         {{1, ORDERS, &bad_link, 9, 0, NULL}, {1, LOOK, NULL, 0, SKIP_NONE, NULL}}},
        {"mismatch: none",
         {{1, ORDERS, &mismatch, 9, 0, NULL}, {1, LOOK, NULL, 0, SKIP_NONE, NULL}}},
        {"busy: none", {{1, ORDERS, &busy, 9, 0, NULL}, {1, LOOK, NULL, 0, SKIP_NONE, NULL}}},
        {"unknown order: none",
         {{1, READINGS, &unknown_order, 9, 0, NULL}, {1, LOOK_READINGS, NULL, 0, SKIP_NONE, NULL}}},
        {"no such action: none for readings",
         {{1, READINGS, &no_such_action, 9, 0, NULL},
          {1, LOOK_READINGS, NULL, 0, SKIP_NONE, NULL}}},
        {"funds: none for readings",
         {{1, READINGS, &no_funds, 9, 0, NULL}, {1, LOOK_READINGS, NULL, 0, SKIP_NONE, NULL}}},
        {"no such action as add: the provider rests",
         {{1, ORDERS, &no_such_action, 1, 0, NULL}, {1, LOOK, NULL, 0, SKIP_COOL_DOWN, "102"}}},
        {"a lost probe comes back",
         {{1, ORDERS, &doubt, 5, 0, NULL},
          {40, TAKE, NULL, 0, SKIP_NONE, NULL},
          {69, TAKE, NULL, 0, SKIP_BREAKER, NULL},
          {70, TAKE, NULL, 0, SKIP_NONE, NULL}}},
    };
    (void)state;
    play(scripts, COUNT_OF(scripts));
}

static void test_rests(void **state)
{
    static const struct script scripts[] = {
        {"an offer, longer each time",
         {{1, ORDERS, &offer_off, 8, 0, NULL}, /* eight were under way: still the first rest */
          {30, LOOK, NULL, 0, SKIP_COOL_DOWN, NULL},
          {30, LOOK, NULL, 0, SKIP_NONE, "102"},
          {31, LOOK, NULL, 0, SKIP_NONE, NULL},
          {31, ORDERS, &offer_off, 1, 0, NULL},
          {90, LOOK, NULL, 0, SKIP_COOL_DOWN, NULL},
          {91, LOOK, NULL, 0, SKIP_NONE, NULL},
          {91, ORDERS, &good, 1, 0, NULL},
          {92, ORDERS, &offer_off, 1, 0, NULL},
          {121, LOOK, NULL, 0, SKIP_COOL_DOWN, NULL},
          {122, LOOK, NULL, 0, SKIP_NONE, NULL}}},
        {"a provider",
         {{1, ORDERS, &maintenance, 1, 0, NULL},
          {30, LOOK, NULL, 0, SKIP_COOL_DOWN, "102"},
          {30, LOOK_READINGS, NULL, 0, SKIP_NONE, NULL},
          {30, ORDERS, &bad_link, 1, 0, NULL}, /* was under way: ends no rest */
          {30, LOOK, NULL, 0, SKIP_COOL_DOWN, NULL},
          {31, LOOK, NULL, 0, SKIP_NONE, NULL},
          {31, ORDERS, &maintenance, 1, 0, NULL},
          {90, LOOK, NULL, 0, SKIP_COOL_DOWN, NULL},
          {90, ORDERS, &good, 1, 0, NULL},
          {90, LOOK, NULL, 0, SKIP_NONE, NULL}}},
        {"a challenge, when its answer rests the provider",
         {{1, ORDERS, &challenge_cooling_down, 1, 0, NULL},
          {30, LOOK, NULL, 0, SKIP_COOL_DOWN, "102"},
          {31, LOOK, NULL, 0, SKIP_NONE, NULL}}},
        {"a redirect",
         {{1, READINGS, &redirect, 1, 0, NULL},
          {30, LOOK_READINGS, NULL, 0, SKIP_COOL_DOWN, NULL},
          {30, LOOK, NULL, 0, SKIP_NONE, NULL},
          {31, LOOK_READINGS, NULL, 0, SKIP_NONE, NULL}}},
        {"too many requests, growing",
         {{10, ORDERS, &limited, 30, 0, NULL},
          {10, LOOK, NULL, 0, SKIP_COOL_DOWN, NULL},
          {10, LOOK_READINGS, NULL, 0, SKIP_NONE, NULL},
          {11, LOOK, NULL, 0, SKIP_NONE, NULL},
          {11, ORDERS, &limited, 1, 0, NULL},
          {12, LOOK, NULL, 0, SKIP_COOL_DOWN, NULL},
          {13, LOOK, NULL, 0, SKIP_NONE, NULL},
          {13, ORDERS, &good, 1, 0, NULL},
          {13, ORDERS, &limited, 1, 0, NULL},
          {14, LOOK, NULL, 0, SKIP_NONE, NULL}}},
        {"too many requests, with a Retry-After",
         {{1, READINGS, &limited_20s, 1, 0, NULL},
          {2, READINGS, &good, 1, 0, NULL}, /* was under way */
          {20, LOOK_READINGS, NULL, 0, SKIP_COOL_DOWN, NULL},
          {21, LOOK_READINGS, NULL, 0, SKIP_NONE, NULL},
          {30, READINGS, &limited_a_day, 1, 0, NULL},
          {329, LOOK_READINGS, NULL, 0, SKIP_COOL_DOWN, NULL},
          {330, LOOK_READINGS, NULL, 0, SKIP_NONE, NULL}}},
        {"ended by an operator",
         {{1, ORDERS, &maintenance, 1, 0, NULL},
          {1, ORDERS, &offer_off, 1, 0, NULL},
          {1, READINGS, &limited_20s, 1, 0, NULL},
          {1, ORDERS, &no_funds, 1, 0, NULL},
          {1, ORDERS, &bad_key, 1, 0, NULL},
          {2, LOOK, NULL, 0, SKIP_KEY, NULL},
          {2, RESET, NULL, 0, 0, NULL},
          {2, LOOK, NULL, 0, SKIP_NONE, NULL},
          {2, LOOK_READINGS, NULL, 0, SKIP_NONE, NULL},
          {2, WANTS, NULL, 0, 0, NULL}}},
    };
    (void)state;
    play(scripts, COUNT_OF(scripts));
}

static void test_keys(void **state)
{
    static const struct script scripts[] = {
        {"stops all, one question in 15 minutes",
         {{10, READINGS, &bad_key, 1, 0, NULL},
          {10, LOOK, NULL, 0, SKIP_KEY, NULL},
          {10, LOOK_READINGS, NULL, 0, SKIP_KEY, NULL},
          {10, TAKE, NULL, 0, SKIP_KEY, NULL},
          {10, WANTS, NULL, 0, 0, NULL},
          {909, WANTS, NULL, 0, 0, NULL},
          {910, WANTS, NULL, 1, 0, NULL},
          {910, WANTS, NULL, 0, 0, NULL},
          {911, READINGS, &bad_key, 1, 0, NULL},
          {1809, WANTS, NULL, 0, 0, NULL},
          {1810, WANTS, NULL, 1, 0, NULL},
          {1811, READINGS, &doubt, 1, 0, NULL},
          {1811, LOOK, NULL, 0, SKIP_KEY, NULL},
          {1812, READINGS, &good, 1, 0, NULL},
          {1812, LOOK, NULL, 0, SKIP_NONE, NULL}}},
        {"ended by a balance",
         {{10, ORDERS, &bad_key, 2, 0, NULL},
          {910, WANTS, NULL, 1, 0, NULL},
          {911, BALANCE, NULL, 0, 0, NULL},
          {911, LOOK, NULL, 0, SKIP_NONE, NULL},
          {911, LOOK_READINGS, NULL, 0, SKIP_NONE, NULL}}},
    };
    (void)state;
    play(scripts, COUNT_OF(scripts));
}

/* Each refused order would have cost 5. */
static void test_funds(void **state)
{
    static const struct script scripts[] = {
        {"the balance covers it: their supplier, the offer rests",
         {{1, ORDERS, &no_funds, 1, 0, NULL},
          {1, LOOK, NULL, 0, SKIP_FUNDS, NULL},
          {1, LOOK, NULL, 0, SKIP_FUNDS, "102"},
          {1, LOOK_READINGS, NULL, 0, SKIP_NONE, NULL},
          {1, WANTS, NULL, 1, 0, NULL},
          {1, WANTS, NULL, 0, 0, NULL},
          {2, BALANCE, NULL, 5, 0, NULL},
          {2, LOOK, NULL, 0, SKIP_NONE, "102"},
          {301, LOOK, NULL, 0, SKIP_COOL_DOWN, NULL},
          {302, LOOK, NULL, 0, SKIP_NONE, NULL}}},
        {"it does not: until it does",
         {{1, ORDERS, &no_funds, 3, 0, NULL},
          {1, WANTS, NULL, 1, 0, NULL},
          {2, BALANCE, NULL, 3, 0, NULL},
          {62, BALANCE, NULL, 3, 0, NULL},
          {4000, LOOK, NULL, 0, SKIP_FUNDS, NULL},
          {4002, BALANCE, NULL, 2, 0, NULL},
          {4002, LOOK, NULL, 0, SKIP_FUNDS, NULL},
          {4062, BALANCE, NULL, 50, 0, NULL},
          {4062, LOOK, NULL, 0, SKIP_NONE, NULL}}}, /* topped up: the offer is not to blame */
        {"a rise ends it",
         {{1, ORDERS, &no_funds, 1, 0, NULL},
          {2, BALANCE, NULL, -3, 0, NULL},
          {2, LOOK, NULL, 0, SKIP_FUNDS, NULL},
          {62, BALANCE, NULL, -2, 0, NULL},
          {62, LOOK, NULL, 0, SKIP_NONE, NULL}}},
        {"an accepted order ends it",
         {{1, ORDERS, &no_funds, 1, 0, NULL},
          {1, READINGS, &good, 1, 0, NULL},
          {1, LOOK, NULL, 0, SKIP_FUNDS, NULL},
          {2, ORDERS, &good, 1, 0, "102"},
          {2, LOOK, NULL, 0, SKIP_NONE, NULL}}},
        {"no balance ever: one more try in five minutes",
         {{1, ORDERS, &no_funds, 1, 0, NULL},
          {1, WANTS, NULL, 1, 0, NULL},
          {300, LOOK, NULL, 0, SKIP_FUNDS, NULL},
          {301, LOOK, NULL, 0, SKIP_NONE, NULL},
          {301, ORDERS, &no_funds, 1, 0, NULL},
          {301, LOOK, NULL, 0, SKIP_FUNDS, NULL},
          {301, WANTS, NULL, 1, 0, NULL}}},
    };
    (void)state;
    play(scripts, COUNT_OF(scripts));
}

static void test_report(void **state)
{
    struct health *health = health_new();
    struct health_report report;
    (void)state;
    health_report(health, 9, 1000, &report);
    assert_false(report.is_key_parked || report.is_out_of_funds);
    assert_int_equal(report.cool_down_ms, 0);
    health_note(health, 9, HEALTH_ORDERS, STR("1"), &offer_off, MONEY_ZERO, 1000);
    health_note(health, 9, HEALTH_ORDERS, STR("2"), &offer_off, MONEY_ZERO, 1000);
    health_note(health, 9, HEALTH_ORDERS, STR("2"), &no_funds, MONEY_ZERO, 1000);
    for (int i = 0; i < BREAKER_FAILURES; i++)
        health_note(health, 9, HEALTH_READINGS, STR_NONE, &doubt, MONEY_ZERO, 1000);
    health_report(health, 9, 2000, &report);
    assert_int_equal(report.offers_cooling_down, 2);
    assert_true(report.is_out_of_funds);
    assert_int_equal(report.orders, BREAKER_CLOSED);
    assert_int_equal(report.readings, BREAKER_OPEN);
    assert_int_equal(report.cool_down_ms, 29000);
    health_report(health, 9, 400000, &report);
    assert_int_equal(report.offers_cooling_down, 0);
    assert_int_equal(report.readings, BREAKER_HALF_OPEN);
    assert_int_equal(report.cool_down_ms, 0);
    health_note(health, 9, HEALTH_READINGS, STR_NONE, &bad_key, MONEY_ZERO, 400000);
    health_report(health, 9, 400000, &report);
    assert_true(report.is_key_parked);
    health_free(health);
    health_free(NULL);
}

/* Why, since when, until when, and how it ends. */
static void test_explained(void **state)
{
    static const struct {
        const char *name;
        struct step steps[8];
        enum health_kind kind;
        int64_t at_s;
        enum trouble_why why;
        enum trouble_end end;
        bool is_offer;
        int64_t since_s, until_s;
    } cases[] = {
        {"nothing",
         {{1, ORDERS, &good, 1, 0, NULL}},
         HEALTH_ORDERS,
         1,
         WHY_NONE,
         ENDS_NONE,
         0,
         0,
         0},
        {"five failures, the first at 2",
         {{2, ORDERS, &doubt, 1, 0, NULL}, {9, ORDERS, &doubt, 4, 0, NULL}},
         HEALTH_ORDERS,
         10,
         WHY_FAILING,
         ENDS_BY_PROBE,
         false,
         2,
         39},
        {"its time is over: the next call is the probe",
         {{2, ORDERS, &doubt, 5, 0, NULL}},
         HEALTH_ORDERS,
         50,
         WHY_FAILING,
         ENDS_BY_PROBE,
         false,
         2,
         32},
        {"a probe that fails: longer, and still since the first failure",
         {{2, ORDERS, &doubt, 5, 0, NULL},
          {40, TAKE, NULL, 0, SKIP_NONE, NULL},
          {41, ORDERS, &doubt, 1, 0, NULL}},
         HEALTH_ORDERS,
         42,
         WHY_FAILING,
         ENDS_BY_PROBE,
         false,
         2,
         101},
        {"a success between begins anew",
         {{2, ORDERS, &doubt, 4, 0, NULL},
          {3, ORDERS, &good, 1, 0, NULL},
          {5, ORDERS, &doubt, 5, 0, NULL}},
         HEALTH_ORDERS,
         5,
         WHY_FAILING,
         ENDS_BY_PROBE,
         false,
         5,
         35},
        {"the offer alone",
         {{1, ORDERS, &doubt, 3, 0, NULL},
          {1, ORDERS, &good, 1, 0, "102"},
          {3, ORDERS, &doubt, 2, 0, NULL}},
         HEALTH_ORDERS,
         4,
         WHY_FAILING,
         ENDS_BY_PROBE,
         true,
         1,
         33},
        {"the panel refuses the service, again and again",
         {{1, ORDERS, &offer_off, 1, 0, NULL}, {40, ORDERS, &offer_off, 1, 0, NULL}},
         HEALTH_ORDERS,
         41,
         WHY_REFUSED,
         ENDS_BY_TIME,
         true,
         1,
         100},
        {"maintenance",
         {{1, ORDERS, &maintenance, 1, 0, NULL}},
         HEALTH_ORDERS,
         2,
         WHY_OFF,
         ENDS_BY_TIME,
         false,
         1,
         31},
        {"readings have their own",
         {{1, ORDERS, &maintenance, 1, 0, NULL}, {5, READINGS, &redirect, 1, 0, NULL}},
         HEALTH_READINGS,
         6,
         WHY_REDIRECT,
         ENDS_BY_TIME,
         false,
         5,
         35},
        {"too many requests",
         {{1, ORDERS, &limited_20s, 1, 0, NULL}},
         HEALTH_ORDERS,
         2,
         WHY_LIMITED,
         ENDS_BY_TIME,
         false,
         1,
         21},
        {"a bad key: the next question in 15 minutes",
         {{7, READINGS, &bad_key, 1, 0, NULL}},
         HEALTH_ORDERS,
         8,
         WHY_KEY,
         ENDS_BY_KEY,
         false,
         7,
         907},
        {"no funds, no balance yet",
         {{7, ORDERS, &no_funds, 1, 0, NULL}},
         HEALTH_ORDERS,
         8,
         WHY_FUNDS,
         ENDS_BY_BALANCE,
         false,
         7,
         307},
        {"no funds, too little seen",
         {{7, ORDERS, &no_funds, 1, 0, NULL}, {9, BALANCE, NULL, 2, 0, NULL}},
         HEALTH_ORDERS,
         10,
         WHY_FUNDS,
         ENDS_BY_BALANCE,
         false,
         7,
         0},
        {"no funds, though there are: its supplier's",
         {{7, ORDERS, &no_funds, 1, 0, NULL}, {9, BALANCE, NULL, 20, 0, NULL}},
         HEALTH_ORDERS,
         10,
         WHY_SUPPLIER,
         ENDS_BY_TIME,
         true,
         9,
         309},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct health *health = health_new();
        struct script script = {.name = cases[i].name};
        struct trouble trouble;
        memcpy(script.steps, cases[i].steps, sizeof cases[i].steps);
        for (size_t k = 0; k < COUNT_OF(cases[i].steps) && script.steps[k].at_s; k++)
            play_step(health, &script, k);
        health_explain(health, 3, cases[i].kind, STR("101"), cases[i].at_s * 1000, &trouble);
        if (trouble.why != cases[i].why || trouble_end(&trouble) != cases[i].end ||
            trouble.is_offer != cases[i].is_offer || trouble.since_ms != cases[i].since_s * 1000 ||
            trouble.until_ms != cases[i].until_s * 1000)
            fail_msg("%s: %s, ends by %s, offer %d, since %lld until %lld", cases[i].name,
                     trouble_why_name(trouble.why), trouble_end_name(trouble_end(&trouble)),
                     trouble.is_offer, (long long)trouble.since_ms, (long long)trouble.until_ms);
        health_free(health);
    }
}

static void test_explained_currency_and_offers(void **state)
{
    struct health *health = health_new();
    struct trouble troubles[2];
    (void)state;
    health_currency(health, 3, true, 4000);
    health_currency(health, 3, true, 9000);
    health_explain(health, 3, HEALTH_ORDERS, STR("101"), 9500, &troubles[0]);
    assert_int_equal(troubles[0].why, WHY_CURRENCY);
    assert_int_equal(troubles[0].since_ms, 4000);
    assert_int_equal(trouble_end(&troubles[0]), ENDS_BY_CURRENCY);
    assert_int_equal(health_explain_offers(health, 3, 9500, troubles, 2), 0);
    for (const char *service = "1\0002\0003\000"; *service; service += 2)
        health_note(health, 3, HEALTH_ORDERS, str_of(service), &offer_off, MONEY_ZERO, 10000);
    assert_int_equal(health_explain_offers(health, 3, 11000, troubles, 2), 2);
    assert_true(troubles[1].is_offer && troubles[1].why == WHY_REFUSED);
    assert_true(str_is(str_make(troubles[1].service, troubles[1].service_len), "2"));
    assert_int_equal(troubles[1].since_ms, 10000);
    assert_int_equal(health_explain_offers(health, 3, 40000, troubles, 2), 0);
    health_free(health);
}

/* What the steps wrote to the log. */
static char *logged(void (*run)(struct health *health))
{
    struct health *health = health_new();
    FILE *file = tmpfile();
    int stderr_fd = dup(STDERR_FILENO);
    char *text = memory_new(65536);
    assert_non_null(file);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    run(health);
    dup2(stderr_fd, STDERR_FILENO);
    close(stderr_fd);
    rewind(file);
    (void)!fread(text, 1, 65535, file);
    fclose(file);
    health_free(health);
    return text;
}

static unsigned count_of(const char *text, const char *needle)
{
    unsigned count = 0;
    for (; (text = strstr(text, needle)) != NULL; text += strlen(needle))
        count++;
    return count;
}

static void much_trouble(struct health *health)
{
    for (int64_t now_ms = 1000; now_ms < 100000; now_ms += 1000)
        health_note(health, 7, HEALTH_ORDERS, STR("5 5"), &doubt, MONEY_ZERO, now_ms);
    health_note(health, 7, HEALTH_ORDERS, STR("5 5"), &good, MONEY_ZERO, 100000);
    health_note(health, 7, HEALTH_ORDERS, STR("5 5"), &good, MONEY_ZERO, 100000);
    for (int i = 0; i < 9; i++)
        health_note(health, 8, HEALTH_READINGS, STR_NONE, &bad_key, MONEY_ZERO, 1000);
    health_balance(health, 8, UNIT(1), 2000);
    for (int i = 0; i < 9; i++)
        health_note(health, 8, HEALTH_READINGS, STR_NONE, &redirect, MONEY_ZERO, 3000);
    health_reset(health, 8);
    health_reset(health, 8);
}

static void test_each_change_is_logged_once(void **state)
{
    static const struct {
        const char *line;
        unsigned times;
    } cases[] = {
        {"event=provider_cool_down provider=n7 reason=orders_fail\n", 1},
        {"event=offer_cool_down provider=n7 service=\"5 5\" reason=orders_fail\n", 1},
        {"event=provider_recovered provider=n7 ", 1},
        {"event=offer_recovered provider=n7 ", 1},
        {"level=error event=provider_cool_down provider=n8 reason=bad_key\n", 1},
        {"level=error event=provider_cool_down provider=n8 reason=redirect", 1},
        {"event=provider_recovered provider=n8 reason=key_works\n", 1},
        {"event=provider_recovered provider=n8 reason=by_operator\n", 1},
        {"\n", 8},
    };
    const char *const names[] = {"n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_non_null(provider_state_of(str_of(names[i])));
    char *text = logged(much_trouble);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (count_of(text, cases[i].line) != cases[i].times)
            fail_msg("%s: not %u times in\n%s", cases[i].line, cases[i].times, text);
    free(text);
}

enum { THREADS = 4, ROUNDS = 3000 };
struct hammer {
    struct health *health;
    unsigned seed, probes;
};

static void *hammer_run(void *arg)
{
    static const struct upstream_response *const answers[] = {
        &good, &doubt, &offer_off, &no_funds, &bad_key, &limited, &own_cap, &bad_link};
    struct hammer *hammer = arg;
    uint64_t random = hammer->seed;
    for (int i = 0; i < ROUNDS; i++) {
        struct health_report report;
        unsigned id;
        char text[8];
        struct str service;
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407U;
        id = random >> 33 & 1;
        service = str_make(
            text, (size_t)snprintf(text, sizeof text, "%u", (unsigned)(random >> 40 & 15)));
        if (health_take(hammer->health, id, HEALTH_ORDERS, service, i) == SKIP_NONE)
            health_note(hammer->health, id, HEALTH_ORDERS, service, answers[random >> 50 & 7],
                        UNIT(1), i);
        if (health_wants_balance(hammer->health, id, i) || i % 64 == 0)
            health_balance(hammer->health, id, UNIT(1), i);
        health_report(hammer->health, id, i, &report);
    }
    /* One probe for all: provider 5 was opened before, its time is over. */
    hammer->probes = health_take(hammer->health, 5, HEALTH_READINGS, STR_NONE, 40000) == SKIP_NONE;
    return NULL;
}

static void hammer_health(struct health *health)
{
    struct hammer hammers[THREADS];
    pthread_t threads[THREADS];
    unsigned probes = 0;
    for (int i = 0; i < BREAKER_FAILURES; i++)
        health_note(health, 5, HEALTH_READINGS, STR_NONE, &doubt, MONEY_ZERO, 1);
    for (unsigned i = 0; i < THREADS; i++) {
        hammers[i] = (struct hammer){.health = health, .seed = i + 1};
        assert_int_equal(pthread_create(&threads[i], NULL, hammer_run, &hammers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        probes += hammers[i].probes;
    }
    assert_int_equal(probes, 1);
}

static void test_threads(void **state)
{
    (void)state;
    free(logged(hammer_health)); /* its lines are of no use */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_breakers),
        cmocka_unit_test(test_rests),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_funds),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_explained),
        cmocka_unit_test(test_explained_currency_and_offers),
        cmocka_unit_test(test_each_change_is_logged_once),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
