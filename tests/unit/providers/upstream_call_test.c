/* Asking over HTTP: outcomes, the connection cap, waiting, cancelling. The upstream is a server of
 * this process whose script decides when it answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "loop/transfer.h"
#include "providers/call_queue.h"
#include "providers/upstream_call.h"
#include "unit/loop/upstream.h"

static struct loop *loop;
static const struct str one_id[] = {STR("5")};

struct asked {
    struct upstream_call *call;
    int calls;
    bool is_starting;
    enum outcome outcome;
    char order[80];
    char evidence[600];
    bool is_rate_limited;
    int *left; /* stops the loop at 0 */
};

static struct provider_set *panel_at(int port, const char *name, unsigned max_connections)
{
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/api/v2", port);
    struct provider_settings settings = {
        .name = memory_text(name),
        .url = memory_text(url),
        .key = memory_text("a_secret_key"),
        .timeout_ms = 10000,
        .connect_timeout_ms = 2000,
        .max_connections = max_connections,
    };
    struct factor exchange = {FACTOR_ONE};
    struct provider_set *set = provider_set_new(&settings, &exchange, 1, NULL);
    assert_non_null(set);
    return set;
}

static void on_answer(const struct upstream_response *answer, void *arg)
{
    struct asked *asked = arg;
    assert_false(asked->is_starting);
    asked->calls++;
    asked->outcome = answer->outcome;
    asked->is_rate_limited = answer->is_rate_limited;
    snprintf(asked->order, sizeof asked->order, STR_FMT, STR_ARG(answer->order));
    snprintf(asked->evidence, sizeof asked->evidence, STR_FMT, STR_ARG(answer->evidence));
    if (--*asked->left == 0)
        loop_stop(loop);
}

static void start(struct asked *asked, struct provider_set *set, enum upstream_action action,
                  int64_t wait_ms, int64_t timeout_ms, int *left)
{
    struct fields fields = {0};
    fields.value[FIELD_LINK] = STR("a");
    fields.value[FIELD_QUANTITY] = STR("10");
    struct upstream_request request = {.action = action, .service = STR("1"), .fields = &fields};
    if (action == UPSTREAM_STATUS) {
        request.ids = one_id;
        request.id_count = 1;
    }
    struct upstream_call_options options = {
        .request_id = "req 1", .wait_ms = wait_ms, .timeout_ms = timeout_ms};
    *asked = (struct asked){.left = left, .is_starting = true};
    asked->call = upstream_call_start(loop, &set->list[0], &request, &options, on_answer, asked);
    asked->is_starting = false;
}

static struct asked ask_once(struct provider_set *set, enum upstream_action action,
                             int64_t timeout_ms)
{
    struct asked asked;
    int left = 1;
    start(&asked, set, action, 1000, timeout_ms, &left);
    loop_run(loop);
    assert_int_equal(asked.calls, 1);
    assert_int_equal(provider_connections(&set->list[0]), 0);
    return asked;
}

static void test_accepted(void **state)
{
    struct upstream *upstream = upstream_begin(upstream_answer_all, NULL);
    struct provider_set *set = panel_at(upstream->port, "ask_accepted", 4);
    unsigned id = set->list[0].id;
    (void)state;
    struct asked asked = ask_once(set, UPSTREAM_ADD, 0);
    assert_int_equal(asked.outcome, OUTCOME_ACCEPTED);
    assert_string_equal(asked.order, "7");
    assert_int_equal(upstream_call_totals()->calls[id][UPSTREAM_ADD][OUTCOME_ACCEPTED], 1);
    assert_true(upstream_call_totals()->microseconds[id][UPSTREAM_ADD] > 0);
    upstream_end(upstream);
    assert_non_null(strstr(upstream->request, "key=a_secret_key&action=add&service=1&link=a"));
    upstream_free(upstream);
    provider_set_unpin(&set);
}

static void test_refused_connection_is_not_sent(void **state)
{
    int port;
    int fd = upstream_listen(&port); /* bound, not listening */
    struct provider_set *set = panel_at(port, "ask_refused", 4);
    (void)state;
    struct asked asked = ask_once(set, UPSTREAM_ADD, 0);
    assert_int_equal(asked.outcome, OUTCOME_NOT_SENT);
    assert_true(asked.evidence[0] != '\0');
    close(fd);
    provider_set_unpin(&set);
}

static void hang_up(struct upstream *upstream, int fd)
{
    (void)upstream_read(upstream, fd);
}

static void test_hung_up_is_in_doubt(void **state)
{
    struct upstream *upstream = upstream_begin(hang_up, NULL);
    struct provider_set *set = panel_at(upstream->port, "ask_hung_up", 4);
    (void)state;
    struct asked asked = ask_once(set, UPSTREAM_ADD, 0);
    assert_int_equal(asked.outcome, OUTCOME_DOUBT);
    upstream_end(upstream);
    assert_int_equal(upstream->deliveries, 1);
    upstream_free(upstream);
    provider_set_unpin(&set);
}

static void say_nothing(struct upstream *upstream, int fd)
{
    char byte;
    if (upstream_read(upstream, fd))
        while (recv(fd, &byte, 1, 0) > 0)
            ;
}

static void test_timeout_is_in_doubt(void **state)
{
    struct upstream *upstream = upstream_begin(say_nothing, NULL);
    struct provider_set *set = panel_at(upstream->port, "ask_timeout", 4);
    (void)state;
    struct asked asked = ask_once(set, UPSTREAM_ADD, 150);
    assert_int_equal(asked.outcome, OUTCOME_DOUBT);
    upstream_end(upstream);
    upstream_free(upstream);
    provider_set_unpin(&set);
}

/* A 429 to readings leaves orders alone, one to an order leaves readings alone. */
static void test_rate_limit_rests_its_own_bucket(void **state)
{
    static const struct {
        enum upstream_action action;
        enum provider_lane limited, free;
    } cases[] = {{UPSTREAM_ADD, PROVIDER_LANE_ADD, PROVIDER_LANE_OTHER},
                 {UPSTREAM_SERVICES, PROVIDER_LANE_OTHER, PROVIDER_LANE_ADD},
                 {UPSTREAM_BALANCE, PROVIDER_LANE_OTHER, PROVIDER_LANE_ADD}};
    struct upstream *upstream =
        upstream_begin(upstream_answer_all,
                       "HTTP/1.1 429 Too Many\r\nRetry-After: 60\r\nContent-Length: 4\r\n\r\nslow");
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char name[24];
        snprintf(name, sizeof name, "ask_limited_%zu", i);
        struct provider_set *set = panel_at(upstream->port, name, 4);
        struct asked asked = ask_once(set, cases[i].action, 0);
        assert_int_not_equal(asked.outcome, OUTCOME_ACCEPTED);
        assert_true(asked.is_rate_limited);
        int64_t now_ms = loop_now_ms(loop);
        assert_in_range(provider_take_token(&set->list[0], cases[i].limited, now_ms), 50000, 60000);
        assert_int_equal(provider_take_token(&set->list[0], cases[i].free, now_ms), 0);
        provider_set_unpin(&set);
    }
    upstream_end(upstream);
    upstream_free(upstream);
}

/* Counts the requests that are inside at the same time. */
static atomic_int inside, most_inside;

static void answer_slowly(struct upstream *upstream, int fd)
{
    while (upstream_read(upstream, fd)) {
        int now = atomic_fetch_add(&inside, 1) + 1;
        int max = atomic_load(&most_inside);
        while (now > max && !atomic_compare_exchange_weak(&most_inside, &max, now))
            ;
        usleep(5000);
        atomic_fetch_sub(&inside, 1);
        upstream_ok(fd, "{\"order\":7}");
    }
}

static void test_cap_holds_and_all_get_through(void **state)
{
    enum { ASKS = 20 };
    struct upstream *upstream = upstream_begin(answer_slowly, NULL);
    struct provider_set *set = panel_at(upstream->port, "ask_cap", 2);
    static struct asked asked[ASKS];
    int left = ASKS;
    (void)state;
    for (int i = 0; i < ASKS; i++)
        start(&asked[i], set, UPSTREAM_ADD, 5000, 0, &left);
    assert_int_equal(provider_connections(&set->list[0]), 2);
    loop_run(loop);
    for (int i = 0; i < ASKS; i++) {
        assert_int_equal(asked[i].calls, 1);
        assert_int_equal(asked[i].outcome, OUTCOME_ACCEPTED);
    }
    assert_int_equal(provider_connections(&set->list[0]), 0);
    upstream_end(upstream);
    assert_int_equal(upstream->deliveries, ASKS);
    assert_in_range(most_inside, 1, 2);
    upstream_free(upstream);
    provider_set_unpin(&set);
}

static void test_waiting_in_vain_is_not_sent(void **state)
{
    struct upstream *upstream = upstream_begin(say_nothing, NULL);
    struct provider_set *set = panel_at(upstream->port, "ask_vain", 1);
    struct asked holder, waiter, hasty;
    int left = 2, never = 1;
    (void)state;
    start(&holder, set, UPSTREAM_ADD, 0, 60000, &never);
    start(&waiter, set, UPSTREAM_ADD, 60, 0, &left);
    start(&hasty, set, UPSTREAM_ADD, 0, 0, &left);
    loop_run(loop);
    assert_int_equal(waiter.outcome, OUTCOME_NOT_SENT);
    assert_int_equal(hasty.outcome, OUTCOME_NOT_SENT);
    assert_string_equal(waiter.evidence, ""); /* the panel had no part in it */
    assert_string_equal(hasty.evidence, "");
    assert_int_equal(provider_connections(&set->list[0]), 1);
    upstream_call_cancel(holder.call);
    assert_int_equal(holder.calls, 0);
    assert_int_equal(provider_connections(&set->list[0]), 0);
    upstream_end(upstream);
    upstream_free(upstream);
    provider_set_unpin(&set);
}

static void test_cancel_admits_who_waits(void **state)
{
    struct upstream *silent = upstream_begin(say_nothing, NULL);
    struct upstream *good = upstream_begin(upstream_answer_all, NULL);
    struct provider_set *to_silent = panel_at(silent->port, "ask_cancel", 1);
    struct provider_set *to_good = panel_at(good->port, "ask_cancel", 1); /* after a reload */
    struct asked holder, gone, waiter, failing;
    int left = 1;
    (void)state;
    start(&holder, to_silent, UPSTREAM_ADD, 0, 60000, &left);
    start(&gone, to_good, UPSTREAM_ADD, 60000, 0, &left);
    start(&waiter, to_good, UPSTREAM_ADD, 60000, 0, &left);
    start(&failing, to_good, UPSTREAM_ADD, 0, 0, &left);
    upstream_call_cancel(gone.call);
    upstream_call_cancel(failing.call);
    upstream_call_cancel(holder.call);
    loop_run(loop);
    assert_int_equal(waiter.outcome, OUTCOME_ACCEPTED);
    assert_int_equal(holder.calls + gone.calls + failing.calls, 0);
    upstream_end(silent);
    upstream_end(good);
    assert_int_equal(good->deliveries, 1);
    upstream_free(silent);
    upstream_free(good);
    provider_set_unpin(&to_silent);
    provider_set_unpin(&to_good);
}

static void test_queue_has_a_ceiling(void **state)
{
    struct upstream *upstream = upstream_begin(say_nothing, NULL);
    struct provider_set *set = panel_at(upstream->port, "ask_ceiling", 1);
    static struct asked asked[CALL_QUEUE_MAX + 2];
    int left = 1;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(asked); i++)
        start(&asked[i], set, UPSTREAM_ADD, 60000, 60000, &left);
    loop_run(loop);
    assert_int_equal(asked[CALL_QUEUE_MAX + 1].calls, 1);
    assert_int_equal(asked[CALL_QUEUE_MAX + 1].outcome, OUTCOME_NOT_SENT);
    /* From the last: whoever holds the connection leaves when nobody waits. */
    for (size_t i = CALL_QUEUE_MAX + 1; i-- > 0;)
        upstream_call_cancel(asked[i].call);
    assert_int_equal(provider_connections(&set->list[0]), 0);
    upstream_end(upstream);
    upstream_free(upstream);
    provider_set_unpin(&set);
}

static void test_connection_given_back_elsewhere(void **state)
{
    struct upstream *upstream = upstream_begin(upstream_answer_all, NULL);
    struct provider_set *set = panel_at(upstream->port, "ask_elsewhere", 1);
    struct loop *other = loop_new("other");
    struct asked asked;
    int left = 1;
    (void)state;
    assert_true(call_queue_enter(&set->list[0]));
    start(&asked, set, UPSTREAM_ADD, 5000, 0, &left);
    assert_int_equal(asked.calls, 0);
    call_queue_give_back(other, &set->list[0]); /* as another thread's loop would */
    loop_run(loop);
    assert_int_equal(asked.outcome, OUTCOME_ACCEPTED);
    loop_free(other);
    upstream_end(upstream);
    upstream_free(upstream);
    provider_set_unpin(&set);
}

/* ---- the queue between loops ---- */

static unsigned admitted;

static void count_admitted(struct call_queue_waiter *waiter)
{
    (void)waiter;
    admitted++;
}

/* What is ready now, and nothing that a timer would bring. */
static unsigned turn(struct loop *of)
{
    unsigned before = admitted;
    assert_true(event_base_loop(loop_base(of), EVLOOP_NONBLOCK) >= 0);
    return admitted - before;
}

static void test_given_back_connection_is_an_event(void **state)
{
    struct provider_set *set = panel_at(1, "queue_event", 2);
    const struct provider *provider = &set->list[0];
    struct loop *other = loop_new("other"), *third = loop_new("third");
    struct call_queue_waiter waiters[] = {
        {.loop = loop, .provider = provider, .admit = count_admitted},
        {.loop = loop, .provider = provider, .admit = count_admitted},
        {.loop = other, .provider = provider, .admit = count_admitted},
    };
    (void)state;
    assert_true(call_queue_enter(provider));
    assert_true(call_queue_enter(provider));
    for (size_t i = 0; i < COUNT_OF(waiters); i++) {
        assert_false(call_queue_enter(provider));
        assert_true(call_queue_wait(&waiters[i]));
    }
    assert_int_equal(turn(loop) + turn(other), 0);
    call_queue_give_back(third, provider);
    assert_false(call_queue_enter(provider)); /* whoever waits comes first, on any loop */
    assert_int_equal(turn(loop) + turn(other), 1);
    call_queue_give_back(third, provider);
    assert_int_equal(turn(loop) + turn(other), 1);
    assert_false(waiters[0].is_waiting || waiters[2].is_waiting); /* a turn for each loop */
    /* A loop that does not need what it was offered passes it on. */
    call_queue_give_back(third, provider);
    call_queue_leave(&waiters[1]);
    waiters[2] =
        (struct call_queue_waiter){.loop = other, .provider = provider, .admit = count_admitted};
    assert_true(call_queue_wait(&waiters[2]));
    assert_int_equal(turn(loop) + turn(other), 1);
    assert_false(waiters[2].is_waiting);
    call_queue_give_back(third, provider);
    call_queue_give_back(third, provider);
    assert_int_equal(provider_connections(provider), 0);
    loop_free(other);
    loop_free(third);
    provider_set_unpin(&set);
}

/* Given back between the refusal and the wait: nobody was there to be offered it. */
static void test_wait_sees_a_free_connection(void **state)
{
    struct provider_set *set = panel_at(1, "queue_race", 1);
    const struct provider *provider = &set->list[0];
    struct call_queue_waiter waiter = {.loop = loop, .provider = provider, .admit = count_admitted};
    (void)state;
    assert_true(call_queue_enter(provider));
    assert_false(call_queue_enter(provider));
    call_queue_give_back(loop, provider);
    assert_true(call_queue_wait(&waiter));
    assert_int_equal(turn(loop), 1);
    call_queue_give_back(loop, provider);
    provider_set_unpin(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_given_back_connection_is_an_event),
        cmocka_unit_test(test_wait_sees_a_free_connection),
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused_connection_is_not_sent),
        cmocka_unit_test(test_hung_up_is_in_doubt),
        cmocka_unit_test(test_timeout_is_in_doubt),
        cmocka_unit_test(test_rate_limit_rests_its_own_bucket),
        cmocka_unit_test(test_cap_holds_and_all_get_through),
        cmocka_unit_test(test_waiting_in_vain_is_not_sent),
        cmocka_unit_test(test_cancel_admits_who_waits),
        cmocka_unit_test(test_queue_has_a_ceiling),
        cmocka_unit_test(test_connection_given_back_elsewhere),
    };
    transfer_global_init();
    loop = loop_new("test");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    loop_free(loop);
    return failed;
}
