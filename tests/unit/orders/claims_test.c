/* Numbers that never reached their clients: each is claimed once, by an equal add, while it is
 * young. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "orders/claims.h"

static struct digest digest_of(const char *fields)
{
    return claims_digest(STR("shop"), 7, str_of(fields));
}

static void equal_adds_have_one_digest(void **state)
{
    (void)state;
    struct digest one = claims_digest(STR("shop"), 7, STR("{\"link\":\"a\"}"));
    struct digest same = claims_digest(STR("shop"), 7, STR("{\"link\":\"a\"}"));
    assert_true(digest_equal(&one, &same));
    const struct digest others[] = {
        claims_digest(STR("shop"), 7, STR("{\"link\":\"b\"}")),
        claims_digest(STR("shop"), 8, STR("{\"link\":\"a\"}")),
        claims_digest(STR("shoq"), 7, STR("{\"link\":\"a\"}")),
        claims_digest(STR("shop{"), 7, STR("\"link\":\"a\"}")),
        claims_digest(STR("op"), 7, STR("sh{\"link\":\"a\"}")),
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(digest_equal(&one, &others[i]));
}

static void only_what_was_lost_is_claimed_and_once(void **state)
{
    (void)state;
    struct claims *claims = claims_new();
    struct digest a = digest_of("a"), b = digest_of("b");
    uint64_t first = claims_open(claims, &a, 1000, 0), second = claims_open(claims, &a, 1000, 0);
    assert_true(claims_set_order(claims, first, 11));
    assert_true(claims_set_order(claims, second, 12));
    assert_int_equal(claims_take(claims, &a, 0), 0); /* both still wait for their answers */
    claims_lose(claims, second);
    assert_int_equal(claims_take(claims, &b, 0), 0);
    assert_int_equal(claims_take(claims, &a, 0), 12);
    assert_int_equal(claims_take(claims, &a, 0), 0);
    claims_answer(claims, first);
    claims_lose(claims, first); /* too late: it was written */
    assert_int_equal(claims_take(claims, &a, 0), 0);
    claims_give_back(claims, 12);
    assert_int_equal(claims_take(claims, &a, 0), 12);
    assert_true(claims_end(claims, second)); /* refused in the end: its number was given */
    assert_int_equal(claims_count(claims), 0);
    claims_free(claims);
}

static void what_is_old_is_forgotten(void **state)
{
    (void)state;
    struct claims *claims = claims_new();
    struct digest a = digest_of("a");
    claims_load(claims, &a, 5, 1000);
    claims_load(claims, &a, 6, 2000);
    assert_int_equal(claims_take(claims, &a, 1500), 6);
    assert_int_equal(claims_count(claims), 1);
    (void)claims_open(claims, &a, 9000, 8000); /* sweeps */
    assert_int_equal(claims_count(claims), 1);
    assert_false(claims_end(claims, 77));
    claims_free(claims);
}

/* Its client left before its intent was durable, and sent again: the second goes ahead alone. */
static void what_was_lost_too_early_is_superseded(void **state)
{
    (void)state;
    struct claims *claims = claims_new();
    struct digest a = digest_of("a");
    uint64_t first = claims_open(claims, &a, 1000, 0);
    claims_lose(claims, first);
    assert_int_equal(claims_take(claims, &a, 0), 0);
    uint64_t second = claims_open(claims, &a, 1001, 0);
    assert_false(claims_set_order(claims, first, 11));
    assert_true(claims_set_order(claims, second, 12));
    claims_free(claims);
}

enum { THREADS = 4, ROUNDS = 2000 };

struct race {
    struct claims *claims;
    _Atomic unsigned taken;
};

static void *race_main(void *arg)
{
    struct race *race = arg;
    struct digest a = digest_of("a");
    for (unsigned i = 0; i < ROUNDS; i++)
        if (claims_take(race->claims, &a, 0))
            atomic_fetch_add(&race->taken, 1);
    return NULL;
}

static void of_many_at_once_one_claims(void **state)
{
    (void)state;
    struct race race = {.claims = claims_new()};
    struct digest a = digest_of("a");
    pthread_t threads[THREADS];
    for (uint32_t order = 1; order <= 100; order++)
        claims_load(race.claims, &a, order, 1);
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, race_main, &race);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&race.taken), 100);
    claims_free(race.claims);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_adds_have_one_digest),
        cmocka_unit_test(only_what_was_lost_is_claimed_and_once),
        cmocka_unit_test(what_is_old_is_forgotten),
        cmocka_unit_test(what_was_lost_too_early_is_superseded),
        cmocka_unit_test(of_many_at_once_one_claims),
    };
    return cmocka_run_group_tests_name("claims", tests, NULL, NULL);
}
