/* Refs under way: one places, the others wait for its answer; each client has its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "orders/refs.h"

enum { WAITERS = 3 };

struct waiting {
    struct refs_waiter waiter; /* first */
    bool is_notified;
};

struct bench {
    struct loop *loop;
    struct refs *refs;
    struct digest one, other;
    struct waiting waiting[WAITERS];
};

static void on_message(struct loop_message *message)
{
    struct waiting *waiting = (struct waiting *)message;
    assert_false(waiting->is_notified);
    waiting->is_notified = true;
}

static int set_up(void **state)
{
    struct bench *bench = memory_new(sizeof *bench);
    bench->loop = loop_new("test");
    bench->refs = refs_new();
    bench->one = digest_sha256(STR("one"));
    bench->other = digest_sha256(STR("other"));
    for (size_t i = 0; i < WAITERS; i++) {
        bench->waiting[i].waiter.message.run = on_message;
        bench->waiting[i].waiter.loop = bench->loop;
    }
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    refs_free(bench->refs);
    loop_free(bench->loop);
    free(bench);
    return 0;
}

static enum refs_join join(struct bench *bench, size_t who, unsigned client, const char *ref,
                           const struct digest *digest)
{
    return refs_join(bench->refs, client, str_of(ref), digest, &bench->waiting[who].waiter);
}

static void run(struct bench *bench)
{
    loop_stop(bench->loop);
    loop_run(bench->loop);
}

static void the_first_begins_and_the_others_get_its_number(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(join(bench, 0, 1, "a", &bench->one), REFS_BEGUN);
    assert_int_equal(join(bench, 1, 1, "a", &bench->one), REFS_JOINED);
    assert_int_equal(join(bench, 2, 1, "a", &bench->other), REFS_JOINED);
    refs_end(bench->refs, 1, STR("a"), 17, NULL);
    run(bench);
    assert_false(bench->waiting[0].is_notified);
    assert_true(bench->waiting[1].is_notified && bench->waiting[1].waiter.is_same);
    assert_true(bench->waiting[2].is_notified && !bench->waiting[2].waiter.is_same);
    assert_int_equal(bench->waiting[1].waiter.order, 17);
    assert_int_equal(bench->waiting[2].waiter.order, 17);
}

static void a_refusal_is_handed_on_and_the_ref_is_free(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(join(bench, 0, 1, "a", &bench->one), REFS_BEGUN);
    assert_int_equal(join(bench, 1, 1, "a", &bench->one), REFS_JOINED);
    refs_end(bench->refs, 1, STR("a"), 0, "no");
    run(bench);
    assert_int_equal(bench->waiting[1].waiter.order, 0);
    assert_string_equal(bench->waiting[1].waiter.refusal, "no");
    assert_int_equal(join(bench, 2, 1, "a", &bench->other), REFS_BEGUN);
}

static void a_given_number_is_there_until_the_end(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(join(bench, 0, 1, "a", &bench->one), REFS_BEGUN);
    assert_int_equal(join(bench, 1, 1, "a", &bench->one), REFS_JOINED);
    refs_give(bench->refs, 1, STR("a"), 17);
    run(bench);
    assert_true(bench->waiting[1].is_notified);
    assert_int_equal(join(bench, 2, 1, "a", &bench->one), REFS_GIVEN);
    assert_true(bench->waiting[2].waiter.is_same);
    assert_int_equal(bench->waiting[2].waiter.order, 17);
    assert_int_equal(join(bench, 2, 1, "a", &bench->other), REFS_GIVEN);
    assert_false(bench->waiting[2].waiter.is_same);
    refs_end(bench->refs, 1, STR("a"), 17, NULL);
    assert_int_equal(join(bench, 2, 1, "a", &bench->one), REFS_BEGUN);
    run(bench);
    assert_false(bench->waiting[2].is_notified);
}

static void clients_and_refs_are_apart(void **state)
{
    struct bench *bench = *state;
    char longest[REFS_TEXT_BYTES];
    memset(longest, 'x', sizeof longest);
    struct str whole = str_make(longest, sizeof longest), less = str_first(whole, whole.len - 1);
    assert_int_equal(join(bench, 0, 1, "a", &bench->one), REFS_BEGUN);
    assert_int_equal(join(bench, 0, 2, "a", &bench->one), REFS_BEGUN);
    assert_int_equal(join(bench, 0, 1, "aa", &bench->one), REFS_BEGUN);
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            refs_join(bench->refs, 1, i ? whole : less, &bench->one, &bench->waiting[0].waiter),
            REFS_BEGUN);
    refs_end(bench->refs, 3, STR("a"), 1, NULL); /* nobody's */
    refs_give(bench->refs, 3, STR("a"), 1);
    assert_int_equal(join(bench, 1, 2, "a", &bench->one), REFS_JOINED);
    refs_end(bench->refs, 2, STR("a"), 5, NULL);
    run(bench);
    assert_int_equal(bench->waiting[1].waiter.order, 5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_first_begins_and_the_others_get_its_number),
        TEST(a_refusal_is_handed_on_and_the_ref_is_free),
        TEST(a_given_number_is_there_until_the_end),
        TEST(clients_and_refs_are_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
