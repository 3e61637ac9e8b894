/* The table of unfinished orders: one query per order however many want it, from several
 * loops, and everybody who waits is notified. */
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

static struct open_orders_waiter *always(const struct open_order *order, void *arg)
{
    (void)order;
    return arg;
}

static enum open_orders_join join(struct open_orders *table, uint32_t id,
                                  struct open_orders_waiter *waiter)
{
    struct open_order seen;
    return open_orders_get_or_join(table, id, NULL, always, waiter, &seen);
}

static void complete(struct open_orders *table, uint32_t id)
{
    struct open_orders_completed completed = {0};
    open_orders_complete(table, id, &completed);
    open_orders_notify(&completed, NULL);
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

static void a_parent_s_children_are_looked_for_whatever_its_row_names(void **state)
{
    (void)state;
    static const struct {
        enum ordertype type;
        const char *fields;
        uint32_t parent;
        bool has_children;
    } cases[] = {
        {ORDERTYPE_DEFAULT, "{\"link\":\"l\",\"quantity\":\"5\"}", 0, false},
        {ORDERTYPE_DEFAULT, "{\"link\":\"\\\"runs\\\":\",\"quantity\":\"5\"}", 0, false},
        {ORDERTYPE_DEFAULT, "{\"link\":\"l\",\"quantity\":\"5\",\"runs\":\"3\"}", 0, true},
        {ORDERTYPE_DEFAULT, "{}", 7, false},
        {ORDERTYPE_SUBSCRIPTIONS, "{\"username\":\"u\"}", 0, true},
        {ORDERTYPE_SUBSCRIPTIONS, "{}", 7, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct ledger_order kept = {.id = 9,
                                          .type = cases[i].type,
                                          .fields = str_of(cases[i].fields),
                                          .parent = cases[i].parent};
        struct open_order live;
        open_order_from_ledger(&kept, &live);
        assert_int_equal(live.has_children, cases[i].has_children);
    }
}

/* ---- queries, on one loop ---- */

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
    assert_int_equal(join(table, 1, &first.waiter), OPEN_ORDERS_ABSENT);
    open_orders_put(table, &order);
    assert_int_equal(join(table, 1, &first.waiter), OPEN_ORDERS_BEGUN);
    assert_int_equal(join(table, 1, &second.waiter), OPEN_ORDERS_JOINED);
    assert_false(open_orders_begin(table, 1));
    open_orders_put(table, &order); /* a new state does not complete it */
    drain(loop);
    assert_int_equal(first.set + second.set, 0);
    complete(table, 1);
    assert_int_equal(first.set + second.set, 0); /* later, on the loop */
    drain(loop);
    assert_int_equal(first.set, 1);
    assert_int_equal(second.set, 1);
    complete(table, 1);
    drain(loop);
    assert_int_equal(first.set + second.set, 2);
    assert_true(open_orders_begin(table, 1)); /* nobody waits for this one */
    assert_int_equal(join(table, 1, &late.waiter), OPEN_ORDERS_JOINED);
    complete(table, 1);
    drain(loop);
    assert_int_equal(late.set, 1);
    loop_free(loop);
    open_orders_free(table);
}

static void removing_an_order_notifies_who_waits(void **state)
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
    assert_int_equal(join(table, 1, &asker.waiter), OPEN_ORDERS_BEGUN);
    assert_int_equal(join(table, 1, &waiter.waiter), OPEN_ORDERS_JOINED);
    assert_int_equal(join(table, 65, &elsewhere.waiter), OPEN_ORDERS_BEGUN);
    open_orders_remove(table, 1);
    drain(loop);
    assert_int_equal(asker.set, 1);
    assert_int_equal(waiter.set, 1);
    assert_int_equal(elsewhere.set, 0);
    assert_false(open_orders_get(table, 1, NULL, &out));
    complete(table, 1); /* whoever began it comes home to nothing */
    assert_false(open_orders_begin(table, 1));
    drain(loop);
    assert_int_equal(asker.set + waiter.set, 2);
    complete(table, 65);
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

static struct open_orders_waiter *unless_final(const struct open_order *order, void *arg)
{
    return orderstate_is_final(order->course.state) ? NULL : arg;
}

static bool complete_first(struct open_order *order, void *arg)
{
    order->course.state = ORDERSTATE_COMPLETED;
    order->course.remains = 0;
    return order->id == *(const uint32_t *)arg;
}

static void one_look_is_enough_to_wait_and_one_change_to_complete(void **state)
{
    (void)state;
    struct open_orders *table = open_orders_new();
    struct loop *loop = loop_new("test");
    struct open_order first = order_of(1), second = order_of(65), out;
    struct open_orders_completed completed = {0};
    struct asker a, b, c;
    uint32_t completes = 1;
    asker_init(&a, loop);
    asker_init(&b, loop);
    asker_init(&c, loop);
    assert_int_equal(open_orders_get_or_join(table, 1, NULL, unless_final, &a.waiter, &out),
                     OPEN_ORDERS_ABSENT);
    open_orders_put(table, &first);
    open_orders_put(table, &second);
    open_orders_change(table, 65, show_more, NULL);
    assert_int_equal(open_orders_get_or_join(table, 1, NULL, unless_final, &a.waiter, &out),
                     OPEN_ORDERS_BEGUN);
    assert_int_equal(out.id, 1);
    assert_int_equal(open_orders_get_or_join(table, 1, NULL, unless_final, &b.waiter, &out),
                     OPEN_ORDERS_JOINED);
    assert_int_equal(open_orders_get_or_join(table, 65, NULL, unless_final, &c.waiter, &out),
                     OPEN_ORDERS_BEGUN);
    assert_false(open_orders_change_and_complete(table, 2, complete_first, &completes, &completed));
    assert_true(open_orders_change_and_complete(table, 1, complete_first, &completes, &completed));
    assert_true(open_orders_change_and_complete(table, 65, complete_first, &completes, &completed));
    drain(loop);
    assert_int_equal(a.set + b.set + c.set, 0); /* not before they are notified */
    open_orders_notify(&completed, NULL);
    drain(loop);
    assert_int_equal(a.set, 1);
    assert_int_equal(b.set, 1);
    assert_int_equal(c.set, 0); /* its query goes on */
    assert_true(b.waiter.has_news);
    assert_string_equal(b.waiter.news.word, "Completed");
    assert_int_equal(b.waiter.news.course.state, ORDERSTATE_COMPLETED);
    assert_int_equal(b.waiter.news.course.remains, 0);
    assert_int_equal(open_orders_get_or_join(table, 1, NULL, unless_final, &a.waiter, &out),
                     OPEN_ORDERS_SEEN);
    assert_int_equal(out.course.state, ORDERSTATE_COMPLETED);
    completes = 65;
    assert_true(open_orders_change_and_complete(table, 65, complete_first, &completes, &completed));
    open_orders_notify(&completed, NULL);
    drain(loop);
    assert_int_equal(c.set, 1);
    assert_false(c.waiter.has_news); /* it shows more than numbers */
    loop_free(loop);
    open_orders_free(table);
}

static void who_waits_on_the_own_loop_is_notified_directly(void **state)
{
    (void)state;
    enum { COUNT = 70 };
    struct open_orders *table = open_orders_new();
    struct loop *own = loop_new("own"), *other = loop_new("other");
    static struct asker askers[COUNT];
    struct open_orders_completed completed = {0};
    size_t told = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        struct open_order order = order_of(i + 1);
        asker_init(&askers[i], i % 2 ? own : other);
        open_orders_put(table, &order);
        assert_int_equal(join(table, i + 1, &askers[i].waiter), OPEN_ORDERS_BEGUN);
        open_orders_complete(table, i + 1, &completed);
    }
    open_orders_notify(&completed, own);
    open_orders_notify(&completed, own); /* nobody is left */
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(askers[i].set, i % 2);
    drain(other);
    for (uint32_t i = 0; i < COUNT; i++)
        told += (size_t)askers[i].set;
    assert_int_equal(told, COUNT);
    loop_free(own);
    loop_free(other);
    open_orders_free(table);
}

static void a_crowd_on_the_own_loop_goes_by_message(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    struct open_orders *table = open_orders_new();
    struct loop *loop = loop_new("own");
    static struct asker askers[COUNT];
    struct open_order order = order_of(1);
    struct open_orders_completed completed = {0};
    size_t told = 0;
    open_orders_put(table, &order);
    for (size_t i = 0; i < COUNT; i++) {
        asker_init(&askers[i], loop);
        join(table, 1, &askers[i].waiter);
    }
    open_orders_complete(table, 1, &completed);
    open_orders_notify(&completed, loop);
    for (size_t i = 0; i < COUNT; i++)
        told += (size_t)askers[i].set;
    assert_true(told > 0 && told < COUNT); /* one turn is not theirs alone */
    drain(loop);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(askers[i].set, 1);
    loop_free(loop);
    open_orders_free(table);
}

static void a_row_is_loaded_unless_more_is_known(void **state)
{
    (void)state;
    struct open_orders *table = open_orders_new();
    struct open_order row = order_of(7), out;
    open_orders_load(table, &row);
    assert_true(open_orders_get(table, 7, NULL, &out));
    row.course.remains = 1;
    open_orders_load(table, &row);
    assert_true(open_orders_get(table, 7, NULL, &out));
    assert_int_equal(out.course.remains, 100);
    open_orders_free(table);
}

/* ---- what is due ---- */

static void set_due(struct open_order *order, void *arg)
{
    order->due_at_ms = *(const int64_t *)arg;
}

static void due_at(struct open_orders *table, uint32_t id, int64_t at_ms)
{
    assert_true(open_orders_change(table, id, set_due, &at_ms));
}

static void orders_come_due_in_the_order_of_their_times(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    struct open_orders *table = open_orders_new();
    struct open_order_due due[COUNT];
    uint64_t seed = 5;
    for (uint32_t i = 0; i < COUNT; i++) { /* one shard, so that one heap has them all */
        struct open_order order = order_of((i + 1) * 64);
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        order.due_at_ms = 1 + (int64_t)(seed >> 40) % 1000;
        open_orders_put(table, &order);
        if (i % 3 == 0)
            due_at(table, order.id, 1 + (int64_t)(seed >> 50) % 1000);
    }
    int64_t last = 0;
    size_t taken = 0;
    for (int64_t now = 0; now <= 1000; now += 50) {
        size_t count;
        while ((count = open_orders_take_due(table, 5, now, 100000, due, 7)) > 0) {
            for (size_t i = 0; i < count; i++) {
                assert_false(open_orders_begin(table, due[i].id)); /* its query has begun */
                assert_string_equal(due[i].upstream_id, "up");
            }
            taken += count;
        }
        int64_t next = open_orders_next_due(table, 5);
        assert_true(next > now && next >= last);
        last = next;
    }
    assert_int_equal(taken, COUNT);
    assert_int_equal(open_orders_take_due(table, 5, 1000000, 1, due, COUNT), 0); /* all under way */
    open_orders_free(table);
}

static void set_state(struct open_order *order, void *arg)
{
    order->course.state = *(const enum orderstate *)arg;
}

static void set_stuck(struct open_order *order, void *arg)
{
    order->stuck = order->id % 10 == 0 ? *(const enum schedule_verdict *)arg : SCHEDULE_ON_COURSE;
}

static void totals_follow_each_change(void **state)
{
    enum { COUNT = 200 };
    (void)state;
    struct open_orders *table = open_orders_new();
    struct open_orders_totals totals;
    struct open_order_due due[COUNT];
    for (uint32_t id = 1; id <= COUNT; id++) {
        struct open_order order = order_of(id);
        order.provider_id = id % 2 ? 5 : 6;
        order.due_at_ms = id;
        open_orders_put(table, &order);
    }
    open_orders_totals(table, 0, &totals);
    assert_int_equal(totals.states[ORDERSTATE_PENDING], COUNT);
    assert_int_equal(totals.stuck[SCHEDULE_ON_COURSE], COUNT);
    assert_int_equal(totals.due, 0);
    assert_int_equal(totals.overdue_ms, 0);
    open_orders_totals(table, 150, &totals);
    assert_int_equal(totals.due, 150);
    assert_int_equal(totals.overdue_ms, 149);

    /* one by a change, one by its end, one by a row that takes its place, one goes */
    enum orderstate progress = ORDERSTATE_IN_PROGRESS, end = ORDERSTATE_COMPLETED;
    assert_true(open_orders_change(table, 1, set_state, &progress));
    assert_true(open_orders_change(table, 2, set_state, &end));
    struct open_order doubt = order_of(3);
    doubt.course.state = ORDERSTATE_DOUBT;
    open_orders_put(table, &doubt);
    open_orders_load(table, &doubt); /* is there: changes nothing */
    open_orders_remove(table, 4);
    enum schedule_verdict slow = SCHEDULE_SLOW;
    open_orders_each(table, set_stuck, &slow);
    open_orders_totals(table, 150, &totals);
    assert_int_equal(totals.states[ORDERSTATE_IN_PROGRESS], 1);
    assert_int_equal(totals.states[ORDERSTATE_COMPLETED], 1);
    assert_int_equal(totals.states[ORDERSTATE_DOUBT], 1);
    assert_int_equal(totals.states[ORDERSTATE_PENDING], COUNT - 4);
    assert_int_equal(totals.stuck[SCHEDULE_SLOW], COUNT / 10);
    assert_int_equal(totals.stuck[SCHEDULE_ON_COURSE], COUNT - COUNT / 10 - 1);
    assert_int_equal(totals.due, 147); /* 1 is still queried; 2, 3 and 4 are not */
    assert_int_equal(totals.overdue_ms, 149);

    uint32_t ids[COUNT];
    assert_int_equal(open_orders_find_stuck(table, ids, COUNT), COUNT / 10);
    assert_int_equal(ids[0], 10);
    assert_int_equal(ids[COUNT / 10 - 1], COUNT);
    assert_int_equal(open_orders_take_due(table, 5, 150, 1000, due, 3), 3);
    open_orders_totals(table, 150, &totals);
    assert_int_equal(totals.due, 144);
    open_orders_free(table);
}

static void what_cannot_be_queried_is_not_due(void **state)
{
    (void)state;
    struct open_orders *table = open_orders_new();
    struct open_order_due due[8];
    struct open_order order = order_of(1);
    order.due_at_ms = 10;
    order.upstream_id[0] = '\0'; /* not accepted yet */
    open_orders_put(table, &order);
    order = order_of(2);
    order.due_at_ms = 10;
    order.course.state = ORDERSTATE_COMPLETED;
    open_orders_put(table, &order);
    order = order_of(3);
    open_orders_put(table, &order); /* no due time */
    assert_true(open_orders_next_due(table, 5) == OPEN_ORDER_NEVER);
    order = order_of(4);
    order.due_at_ms = 10;
    order.provider_id = 6;
    open_orders_put(table, &order);
    assert_int_equal(open_orders_take_due(table, 5, 100, 50, due, 8), 0);
    assert_int_equal(open_orders_take_due(table, 6, 9, 50, due, 8), 0);
    assert_int_equal(open_orders_take_due(table, 6, 10, 50, due, 8), 1);
    assert_int_equal(due[0].id, 4);
    assert_true(open_orders_next_due(table, 6) == 60); /* the lease */
    complete(table, 4);
    order.provider_id = 5; /* sent elsewhere */
    order.due_at_ms = 70;
    open_orders_put(table, &order);
    assert_true(open_orders_next_due(table, 6) == OPEN_ORDER_NEVER);
    assert_int_equal(open_orders_take_due(table, 5, 70, 50, due, 8), 1);
    open_orders_remove(table, 4);
    assert_true(open_orders_next_due(table, 5) == OPEN_ORDER_NEVER);
    open_orders_free(table);
}

/* ---- queries, on several threads ---- */

enum { THREADS = 3, ORDERS = 5, ROUNDS = 400 };

struct crowd {
    struct open_orders *table;
    pthread_barrier_t start;
    _Atomic unsigned askers[ORDERS], set;
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

/* Joins every order's query; those it began it completes, now and then by removing and putting
 * back. */
static void member_round(struct member *member)
{
    struct open_orders *table = member->crowd->table;
    uint32_t begun[ORDERS];
    size_t begun_count = 0;
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
        member->waiting += joined != OPEN_ORDERS_ABSENT;
        if (joined == OPEN_ORDERS_BEGUN) {
            /* Nobody else begins this one until it is complete. */
            assert_int_equal(atomic_fetch_add(&member->crowd->askers[i], 1), 0);
            begun[begun_count++] = i;
        }
    }
    for (size_t i = 0; i < begun_count; i++) {
        member->seed = member->seed * 6364136223846793005u + 1442695040888963407u;
        atomic_fetch_sub(&member->crowd->askers[begun[i]], 1);
        if (member->seed >> 61 == 0) {
            struct open_order again = order_of(begun[i] + 1);
            open_orders_remove(table, begun[i] + 1);
            open_orders_put(table, &again);
        } else {
            complete(table, begun[i] + 1);
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

static void queries_of_many_threads_all_complete(void **state)
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
        assert_true(open_orders_begin(crowd.table, i)); /* no query was left under way */
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
        cmocka_unit_test(a_parent_s_children_are_looked_for_whatever_its_row_names),
        cmocka_unit_test(one_asks_the_others_wait),
        cmocka_unit_test(removing_an_order_notifies_who_waits),
        cmocka_unit_test(one_look_is_enough_to_wait_and_one_change_to_complete),
        cmocka_unit_test(who_waits_on_the_own_loop_is_notified_directly),
        cmocka_unit_test(a_crowd_on_the_own_loop_goes_by_message),
        cmocka_unit_test(a_row_is_loaded_unless_more_is_known),
        cmocka_unit_test(orders_come_due_in_the_order_of_their_times),
        cmocka_unit_test(what_cannot_be_queried_is_not_due),
        cmocka_unit_test(totals_follow_each_change),
        cmocka_unit_test(queries_of_many_threads_all_complete),
    };
    return cmocka_run_group_tests_name("open_orders", tests, NULL, NULL);
}
