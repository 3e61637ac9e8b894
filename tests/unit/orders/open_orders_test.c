/* The table of unfinished orders: one flight an order however many ask, from several loops, and
 * nobody waits for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "orders/open_orders.h"

static struct open_order order_of(uint32_t id)
{
    return (struct open_order){.id = id,
                               .service = 7,
                               .client_id = 3,
                               .provider_id = 5,
                               .course.state = ORDERSTATE_PENDING,
                               .quantity = 100,
                               .course.remains = 100,
                               .upstream_id = "up"};
}

static bool always(const struct open_order *order, void *arg)
{
    (void)order;
    (void)arg;
    return true;
}

static enum open_orders_join join(struct open_orders *table, uint32_t id,
                                  struct open_orders_waiter *waiter)
{
    struct open_order seen;
    return open_orders_get_or_join(table, id, NULL, always, NULL, waiter, &seen);
}

/* ---- one thread ---- */

static void an_order_is_put_read_changed_and_removed(void **state)
{
    (void)state;
    struct open_orders *table = open_orders_new();
    struct open_order order = order_of(1), out;
    struct arena arena;
    arena_init(&arena);
    char extra[] = "\"posts\":\"1\"";
    order.extra = extra;
    assert_false(open_orders_get(table, 1, &arena, &out));
    open_orders_put(table, &order);
    extra[1] = '?'; /* the table has its own */
    assert_int_equal(open_orders_count(table), 1);
    assert_true(open_orders_get(table, 1, &arena, &out));
    assert_string_equal(out.extra, "\"posts\":\"1\"");
    assert_string_equal(out.upstream_id, "up");
    assert_true(open_orders_get(table, 1, NULL, &out));
    assert_null(out.extra);
    order.extra = NULL;
    order.course.remains = 4;
    open_orders_put(table, &order);
    assert_true(open_orders_get(table, 1, &arena, &out));
    assert_null(out.extra);
    assert_int_equal(out.course.remains, 4);
    assert_int_equal(open_orders_count(table), 1);
    open_orders_remove(table, 1);
    open_orders_remove(table, 1);
    assert_false(open_orders_get(table, 1, &arena, &out));
    assert_int_equal(open_orders_count(table), 0);
    arena_fini(&arena);
    open_orders_free(table);
}

static void halve(struct open_order *order, void *arg)
{
    order->course.remains /= 2;
    open_orders_set_extra(order, arg);
}

static void a_change_reaches_the_table_only(void **state)
{
    (void)state;
    struct open_orders *table = open_orders_new();
    struct open_order order = order_of(65), out;
    char runs[] = "\"runs\":\"2\"", nothing[] = "";
    struct arena arena;
    arena_init(&arena);
    open_orders_put(table, &order);
    assert_false(open_orders_change(table, 1, halve, NULL)); /* the same shard, another order */
    assert_true(open_orders_change(table, 65, halve, runs));
    assert_true(open_orders_get(table, 65, &arena, &out));
    assert_int_equal(out.course.remains, 50);
    assert_string_equal(out.extra, "\"runs\":\"2\"");
    assert_true(open_orders_change(table, 65, halve, nothing));
    assert_true(open_orders_get(table, 65, &arena, &out));
    assert_null(out.extra);
    arena_fini(&arena);
    open_orders_free(table);
}

static void a_provider_with_orders_is_known(void **state)
{
    (void)state;
    struct open_orders *table = open_orders_new();
    for (uint32_t id = 1; id <= 200; id++) {
        struct open_order order = order_of(id);
        order.provider_id = id == 130 ? 9 : 5;
        open_orders_put(table, &order);
    }
    assert_int_equal(open_orders_count(table), 200);
    assert_true(open_orders_has_provider(table, 9));
    assert_false(open_orders_has_provider(table, 8));
    open_orders_remove(table, 130);
    assert_false(open_orders_has_provider(table, 9));
    assert_true(open_orders_has_provider(table, 5));
    open_orders_free(table);
}

static void the_books_fill_the_table(void **state)
{
    (void)state;
    struct provider_settings settings[1] = {0};
    const struct factor one = {FACTOR_ONE};
    settings[0].name = memory_text("alpha");
    struct provider_set *providers = provider_set_new(settings, &one, 1, NULL);
    struct ledger_order kept = {.id = 9,
                                .client = STR("shop"),
                                .service = 4,
                                .course.state = ORDERSTATE_DOUBT,
                                .quantity = 10,
                                .course.remains = 6,
                                .course.has_start_count = true,
                                .course.start_count = 2,
                                .provider = STR("alpha"),
                                .upstream_id = STR("TX9"),
                                .extra = STR_NONE,
                                .parent = 3};
    struct open_order live;
    open_order_from_ledger(&kept, &live);
    assert_int_equal(live.id, 9);
    assert_int_equal(live.course.state, ORDERSTATE_DOUBT);
    assert_int_equal(live.provider_id, providers->list[0].id);
    assert_string_equal(live.upstream_id, "TX9");
    assert_int_equal(live.parent, 3);
    assert_int_equal(live.course.start_count, 2);
    kept.provider = STR("gone");
    kept.upstream_id = STR_NONE;
    open_order_from_ledger(&kept, &live);
    assert_int_equal(live.provider_id, provider_id_of(STR("gone"))); /* when it comes back */
    assert_int_not_equal(live.provider_id, providers->list[0].id);
    assert_string_equal(live.upstream_id, "");
    kept.provider = STR_NONE;
    open_order_from_ledger(&kept, &live);
    assert_int_equal(live.provider_id, OPEN_ORDER_NO_PROVIDER);
    provider_set_unpin(&providers);
}

/* ---- flights, on one loop ---- */

struct asker {
    struct open_orders_waiter waiter; /* first */
    int set;
};

static void on_told(struct loop_message *message)
{
    struct asker *asker = (struct asker *)message;
    asker->set++;
}

static void asker_init(struct asker *asker, struct loop *loop)
{
    *asker = (struct asker){.waiter = {.message = {.run = on_told}, .loop = loop}};
}

/* Runs what is in the mailbox. */
static void drain(struct loop *loop)
{
    loop_stop(loop);
    loop_run(loop);
}

static void one_asks_the_others_wait(void **state)
{
    (void)state;
    struct open_orders *table = open_orders_new();
    struct loop *loop = loop_new("test");
    struct open_order order = order_of(1);
    struct asker first, second, late;
    asker_init(&first, loop);
    asker_init(&second, loop);
    asker_init(&late, loop);
    assert_int_equal(join(table, 1, &first.waiter), OPEN_ORDERS_GONE);
    open_orders_put(table, &order);
    assert_int_equal(join(table, 1, &first.waiter), OPEN_ORDERS_LEAD);
    assert_int_equal(join(table, 1, &second.waiter), OPEN_ORDERS_WAIT);
    assert_false(open_orders_lead(table, 1));
    open_orders_put(table, &order); /* a new state does not end the flight */
    drain(loop);
    assert_int_equal(first.set + second.set, 0);
    open_orders_land(table, 1);
    assert_int_equal(first.set + second.set, 0); /* later, on the loop */
    drain(loop);
    assert_int_equal(first.set, 1);
    assert_int_equal(second.set, 1);
    open_orders_land(table, 1);
    drain(loop);
    assert_int_equal(first.set + second.set, 2);
    assert_true(open_orders_lead(table, 1)); /* the tracker leads without waiting */
    assert_int_equal(join(table, 1, &late.waiter), OPEN_ORDERS_WAIT);
    open_orders_land(table, 1);
    drain(loop);
    assert_int_equal(late.set, 1);
    loop_free(loop);
    open_orders_free(table);
}

static void removing_an_order_wakes_who_waits(void **state)
{
    (void)state;
    struct open_orders *table = open_orders_new();
    struct loop *loop = loop_new("test");
    struct open_order order = order_of(1), other = order_of(65), out;
    struct asker asker, waiter, elsewhere;
    asker_init(&asker, loop);
    asker_init(&waiter, loop);
    asker_init(&elsewhere, loop);
    open_orders_put(table, &order);
    open_orders_put(table, &other);
    assert_int_equal(join(table, 1, &asker.waiter), OPEN_ORDERS_LEAD);
    assert_int_equal(join(table, 1, &waiter.waiter), OPEN_ORDERS_WAIT);
    assert_int_equal(join(table, 65, &elsewhere.waiter), OPEN_ORDERS_LEAD);
    open_orders_remove(table, 1);
    drain(loop);
    assert_int_equal(asker.set, 1);
    assert_int_equal(waiter.set, 1);
    assert_int_equal(elsewhere.set, 0);
    assert_false(open_orders_get(table, 1, NULL, &out));
    open_orders_land(table, 1); /* the leader comes home to nothing */
    assert_false(open_orders_lead(table, 1));
    drain(loop);
    assert_int_equal(asker.set + waiter.set, 2);
    open_orders_land(table, 65);
    drain(loop);
    assert_int_equal(elsewhere.set, 1);
    loop_free(loop);
    open_orders_free(table);
}

static void show_more(struct open_order *order, void *arg)
{
    (void)arg;
    open_orders_set_extra(order, "\"posts\":\"10\"");
}

static bool is_unfinished(const struct open_order *order, void *arg)
{
    (void)arg;
    return !orderstate_is_final(order->course.state);
}

static bool complete_first(struct open_order *order, void *arg)
{
    order->course.state = ORDERSTATE_COMPLETED;
    order->course.remains = 0;
    return order->id == *(const uint32_t *)arg;
}

static void one_look_is_enough_to_wait_and_one_change_to_land(void **state)
{
    (void)state;
    struct open_orders *table = open_orders_new();
    struct loop *loop = loop_new("test");
    struct open_order first = order_of(1), second = order_of(65), out;
    struct open_orders_landed landed = {0};
    struct asker a, b, c;
    uint32_t lands = 1;
    asker_init(&a, loop);
    asker_init(&b, loop);
    asker_init(&c, loop);
    assert_int_equal(open_orders_get_or_join(table, 1, NULL, is_unfinished, NULL, &a.waiter, &out),
                     OPEN_ORDERS_GONE);
    open_orders_put(table, &first);
    open_orders_put(table, &second);
    open_orders_change(table, 65, show_more, NULL);
    assert_int_equal(open_orders_get_or_join(table, 1, NULL, is_unfinished, NULL, &a.waiter, &out),
                     OPEN_ORDERS_LEAD);
    assert_int_equal(out.id, 1);
    assert_int_equal(open_orders_get_or_join(table, 1, NULL, is_unfinished, NULL, &b.waiter, &out),
                     OPEN_ORDERS_WAIT);
    assert_int_equal(open_orders_get_or_join(table, 65, NULL, is_unfinished, NULL, &c.waiter, &out),
                     OPEN_ORDERS_LEAD);
    assert_false(open_orders_change_and_land(table, 2, complete_first, &lands, &landed));
    assert_true(open_orders_change_and_land(table, 1, complete_first, &lands, &landed));
    assert_true(open_orders_change_and_land(table, 65, complete_first, &lands, &landed));
    drain(loop);
    assert_int_equal(a.set + b.set + c.set, 0); /* not before they are to be told */
    open_orders_tell(&landed);
    drain(loop);
    assert_int_equal(a.set, 1);
    assert_int_equal(b.set, 1);
    assert_int_equal(c.set, 0); /* its flight goes on */
    assert_true(b.waiter.has_news);
    assert_int_equal(b.waiter.news.course.state, ORDERSTATE_COMPLETED);
    assert_int_equal(b.waiter.news.quantity, first.quantity);
    assert_int_equal(b.waiter.news.course.remains, 0);
    assert_int_equal(open_orders_get_or_join(table, 1, NULL, is_unfinished, NULL, &a.waiter, &out),
                     OPEN_ORDERS_SEEN);
    assert_int_equal(out.course.state, ORDERSTATE_COMPLETED);
    lands = 65;
    assert_true(open_orders_change_and_land(table, 65, complete_first, &lands, &landed));
    open_orders_tell(&landed);
    drain(loop);
    assert_int_equal(c.set, 1);
    assert_false(c.waiter.has_news); /* it shows more than numbers */
    loop_free(loop);
    open_orders_free(table);
}

static void who_waits_for_several_is_told_at_once(void **state)
{
    (void)state;
    enum { COUNT = 6 };
    struct open_orders *table = open_orders_new();
    struct loop *loop = loop_new("test");
    struct asker askers[COUNT];
    struct open_orders_landed landed = {0};
    static _Alignas(2048) char place[128]; /* at different places of the hash */
    const char *one = place, *other = place + 64;
    /* 0, 1 and 4 are one's, 2 and 3 the other's, 5 is nobody's */
    const void *owners[COUNT] = {one, one, other, other, one, NULL};
    for (uint32_t i = 0; i < COUNT; i++) {
        struct open_order order = order_of(i + 1);
        asker_init(&askers[i], loop);
        askers[i].waiter.owner = owners[i];
        open_orders_put(table, &order);
        assert_int_equal(join(table, i + 1, &askers[i].waiter), OPEN_ORDERS_LEAD);
    }
    for (uint32_t i = 0; i < COUNT; i++)
        assert_true(
            open_orders_change_and_land(table, i + 1, complete_first, &(uint32_t){i + 1}, &landed));
    open_orders_tell(&landed);
    open_orders_tell(&landed); /* nobody is left */
    drain(loop);
    for (size_t i = 0; i < COUNT; i++) {
        size_t chained = 0;
        for (struct open_orders_waiter *w = &askers[i].waiter; w && askers[i].set; w = w->same) {
            assert_ptr_equal(w->owner, owners[i]);
            chained++;
        }
        assert_int_equal(askers[i].set, i == 0 || i == 2 || i == 5);
        assert_int_equal(chained, i == 0 ? 3 : i == 2 ? 2 : i == 5 ? 1 : 0);
    }
    loop_free(loop);
    open_orders_free(table);
}

/* ---- flights, on several threads ---- */

enum { THREADS = 3, ORDERS = 5, ROUNDS = 400 };

struct crowd {
    struct open_orders *table;
    pthread_barrier_t start;
    _Atomic unsigned leaders[ORDERS], set;
};

struct member {
    struct crowd *crowd;
    struct loop *loop;
    pthread_t thread;
    unsigned at;      /* rounds begun */
    uint64_t waiting; /* told when it reaches 0 */
    uint64_t seed;
    struct member_waiter {
        struct open_orders_waiter waiter;
        struct member *member;
    } waiters[ORDERS];
};

static void member_round(struct member *member);

static void on_member_told(struct loop_message *message)
{
    struct member *member = ((struct member_waiter *)message)->member;
    assert_true(member->waiting > 0);
    atomic_fetch_add(&member->crowd->set, 1);
    if (--member->waiting == 0)
        member_round(member);
}

/* Joins every order's flight; whom it leads it lands, now and then by removing and putting back. */
static void member_round(struct member *member)
{
    struct open_orders *table = member->crowd->table;
    uint32_t lead[ORDERS];
    size_t leads = 0;
    if (member->at++ == ROUNDS) {
        loop_stop(member->loop);
        return;
    }
    member->waiting = 1; /* until all are joined */
    for (uint32_t i = 0; i < ORDERS; i++) {
        struct member_waiter *waiter = &member->waiters[i];
        waiter->member = member;
        waiter->waiter.loop = member->loop;
        waiter->waiter.message.run = on_member_told;
        enum open_orders_join joined = join(table, i + 1, &waiter->waiter);
        member->waiting += joined != OPEN_ORDERS_GONE;
        if (joined == OPEN_ORDERS_LEAD) {
            /* Nobody else leads this one until it has landed. */
            assert_int_equal(atomic_fetch_add(&member->crowd->leaders[i], 1), 0);
            lead[leads++] = i;
        }
    }
    for (size_t i = 0; i < leads; i++) {
        member->seed = member->seed * 6364136223846793005u + 1442695040888963407u;
        atomic_fetch_sub(&member->crowd->leaders[lead[i]], 1);
        if (member->seed >> 61 == 0) {
            struct open_order again = order_of(lead[i] + 1);
            open_orders_remove(table, lead[i] + 1);
            open_orders_put(table, &again);
        } else {
            open_orders_land(table, lead[i] + 1);
        }
    }
    if (--member->waiting == 0)
        member_round(member);
}

static void *member_main(void *arg)
{
    struct member *member = arg;
    pthread_barrier_wait(&member->crowd->start);
    member_round(member);
    loop_run(member->loop);
    return NULL;
}

static void flights_of_many_threads_all_land(void **state)
{
    (void)state;
    static struct crowd crowd;
    struct member members[THREADS] = {0};
    crowd.table = open_orders_new();
    pthread_barrier_init(&crowd.start, NULL, THREADS);
    for (uint32_t i = 0; i < ORDERS; i++) {
        struct open_order order = order_of(i + 1);
        open_orders_put(crowd.table, &order);
    }
    for (size_t i = 0; i < THREADS; i++) {
        members[i].crowd = &crowd;
        members[i].seed = i;
        members[i].loop = loop_new("member");
        pthread_create(&members[i].thread, NULL, member_main, &members[i]);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(members[i].thread, NULL);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(members[i].waiting, 0);
        assert_int_equal(members[i].at, ROUNDS + 1);
        loop_free(members[i].loop);
    }
    assert_true(atomic_load(&crowd.set) > ROUNDS);
    for (uint32_t i = 1; i <= ORDERS; i++)
        assert_true(open_orders_lead(crowd.table, i)); /* no flight was left in the air */
    assert_int_equal(open_orders_count(crowd.table), ORDERS);
    pthread_barrier_destroy(&crowd.start);
    open_orders_free(crowd.table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_put_read_changed_and_removed),
        cmocka_unit_test(a_change_reaches_the_table_only),
        cmocka_unit_test(a_provider_with_orders_is_known),
        cmocka_unit_test(the_books_fill_the_table),
        cmocka_unit_test(one_asks_the_others_wait),
        cmocka_unit_test(removing_an_order_wakes_who_waits),
        cmocka_unit_test(one_look_is_enough_to_wait_and_one_change_to_land),
        cmocka_unit_test(who_waits_for_several_is_told_at_once),
        cmocka_unit_test(flights_of_many_threads_all_land),
    };
    return cmocka_run_group_tests_name("liveorders", tests, NULL, NULL);
}
