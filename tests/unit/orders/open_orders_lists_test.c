/* Lists of orders are queried from several loops at once: each waiter comes home once, and then its
 * memory is the list's again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>

#include "orders/open_orders.h"

enum { THREADS = 3, LISTED = 12, LISTS = 1000, LISTS_AT_ONCE = 3, FEW_ORDERS = 8 };

struct lister {
    struct loop_message answer; /* first: what it has begun completes when this comes home */
    struct open_orders *table;
    struct loop *loop;
    pthread_t thread;
    uint64_t seed;
    size_t begun, live;
    bool is_asking;
    uint32_t begun_ids[LISTED];
    size_t begun_count;
};

struct list { /* as a client's list is queried: one piece of memory, freed when all came home */
    struct lister *lister;
    size_t outstanding;
    struct list_waiter {
        struct open_orders_waiter waiter;
        struct list *list;
    } waiters[LISTED];
    bool is_told[LISTED];
};

static struct open_order order_of(uint32_t id)
{
    return (struct open_order){.id = id,
                               .client_id = 3,
                               .provider_id = 5,
                               .course.state = ORDERSTATE_PENDING,
                               .quantity = 200,
                               .course.start_count = 100 + (int64_t)id,
                               .course.remains = id,
                               .upstream_id = "up"};
}

static unsigned pick(struct lister *lister, unsigned count)
{
    lister->seed = lister->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(lister->seed >> 33) % count;
}

static void list_begin(struct lister *lister);

static void on_list_told(struct loop_message *message)
{
    struct list_waiter *waiter = (struct list_waiter *)message;
    struct list *list = waiter->list;
    size_t index = (size_t)(waiter - list->waiters);
    assert_true(index < LISTED && !list->is_told[index]);
    assert_true(!waiter->waiter.has_news ||
                waiter->waiter.news.course.start_count == 100 + (int64_t)waiter->waiter.id);
    list->is_told[index] = true;
    assert_true(list->outstanding-- > 0);
    if (list->outstanding > 0)
        return;
    struct lister *lister = list->lister;
    memset(list, 0xdb, sizeof *list);
    free(list);
    lister->live--;
    if (!lister->is_asking)
        list_begin(lister);
}

static struct open_orders_waiter *unless_fifth(const struct open_order *order, void *arg)
{
    return order->course.remains % 5 != 0 ? arg : NULL;
}

static void count_up(struct open_order *order, void *arg)
{
    (void)arg;
    order->course.remains++;
}

static bool count_down(struct open_order *order, void *arg)
{
    struct lister *lister = arg;
    order->course.remains = order->course.remains > 0 ? order->course.remains - 1 : 100;
    open_orders_set_extra(order, pick(lister, 8) ? NULL : "\"runs\":\"1\"");
    return pick(lister, 4) != 0;
}

/* All it has begun, notified at once; some leave the table. */
static void on_answer(struct loop_message *message)
{
    struct lister *lister = (struct lister *)message;
    struct open_orders_completed completed = {0};
    for (size_t i = 0; i < lister->begun_count; i++) {
        uint32_t id = lister->begun_ids[i];
        struct open_order again = order_of(id);
        if (pick(lister, 8) == 0) {
            open_orders_remove(lister->table, id);
            open_orders_put(lister->table, &again);
            continue;
        }
        open_orders_change_and_complete(lister->table, id, count_down, lister, &completed);
        open_orders_complete(lister->table, id, &completed); /* where it has not */
    }
    open_orders_notify(&completed, lister->loop);
    lister->is_asking = false;
    list_begin(lister);
}

static void list_begin(struct lister *lister)
{
    struct open_order out;
    if (lister->begun == LISTS && lister->live == 0)
        loop_stop(lister->loop);
    if (lister->begun == LISTS || lister->live >= LISTS_AT_ONCE)
        return;
    struct list *list = calloc(1, sizeof *list);
    list->lister = lister;
    list->outstanding = 1; /* until all are joined */
    lister->begun++;
    lister->live++;
    lister->begun_count = 0;
    lister->is_asking = true;
    for (size_t i = 0; i < LISTED; i++) {
        uint32_t id = 1 + pick(lister, FEW_ORDERS); /* some of them twice */
        list->waiters[i].list = list;
        list->waiters[i].waiter =
            (struct open_orders_waiter){.message = {.run = on_list_told}, .loop = lister->loop};
        enum open_orders_join join = open_orders_get_or_join(lister->table, id, NULL, unless_fifth,
                                                             &list->waiters[i].waiter, &out);
        list->outstanding += join == OPEN_ORDERS_BEGUN || join == OPEN_ORDERS_JOINED;
        if (join == OPEN_ORDERS_BEGUN)
            lister->begun_ids[lister->begun_count++] = id;
        else if (join == OPEN_ORDERS_SEEN)
            open_orders_change(lister->table, id, count_up, NULL);
    }
    if (--list->outstanding == 0) {
        free(list);
        lister->live--;
    }
    lister->answer.run = on_answer;
    loop_post(lister->loop, &lister->answer);
}

static void *lister_main(void *arg)
{
    struct lister *lister = arg;
    list_begin(lister);
    loop_run(lister->loop);
    return NULL;
}

static void lists_of_many_threads_come_home(void **state)
{
    (void)state;
    struct lister listers[THREADS] = {0};
    struct open_orders *table = open_orders_new();
    for (uint32_t id = 1; id <= FEW_ORDERS; id++) {
        struct open_order order = order_of(id);
        open_orders_put(table, &order);
    }
    for (size_t i = 0; i < THREADS; i++) {
        listers[i].table = table;
        listers[i].seed = i;
        listers[i].loop = loop_new("lister");
        pthread_create(&listers[i].thread, NULL, lister_main, &listers[i]);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(listers[i].thread, NULL);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(listers[i].begun, LISTS);
        assert_int_equal(listers[i].live, 0);
        loop_free(listers[i].loop);
    }
    for (uint32_t id = 1; id <= FEW_ORDERS; id++)
        assert_true(open_orders_begin(table, id)); /* no query was left under way */
    open_orders_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_of_many_threads_come_home),
    };
    return cmocka_run_group_tests_name("open_orders_lists", tests, NULL, NULL);
}
