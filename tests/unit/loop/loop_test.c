/* The loop's mailbox, timers and stop. An alarm ends a test that hangs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "loop/loop.h"
#include "loop/loop_private.h"

enum { SENDERS = 4, MESSAGES = 2000 };

static void run_nothing(struct loop_message *message)
{
    (void)message;
}

static bool is_woken(const struct mailbox *mailbox)
{
    uint64_t count;
    return read(mailbox->wake_fd, &count, sizeof count) == (ssize_t)sizeof count && count == 1;
}

/* ---- mailbox ---- */

static void post(struct mailbox *mailbox, struct loop_message *messages, size_t count)
{
    struct loop_messages list = STAILQ_HEAD_INITIALIZER(list);
    for (size_t i = 0; i < count; i++)
        STAILQ_INSERT_TAIL(&list, &messages[i], link);
    loop_mailbox_post(mailbox, &list);
    assert_true(STAILQ_EMPTY(&list));
}

static void a_batch_costs_one_wake_up(void **state)
{
    struct mailbox mailbox;
    struct loop_message messages[5], *taken;
    struct loop_messages out = STAILQ_HEAD_INITIALIZER(out);
    size_t i = 0;
    (void)state;
    for (size_t n = 0; n < COUNT_OF(messages); n++)
        messages[n] = (struct loop_message){.run = run_nothing};
    loop_mailbox_init(&mailbox);
    loop_mailbox_take(&mailbox, &out);
    assert_true(STAILQ_EMPTY(&out));
    post(&mailbox, messages, 0);
    assert_false(is_woken(&mailbox));
    post(&mailbox, &messages[0], 1);
    post(&mailbox, &messages[1], 2);
    post(&mailbox, &messages[3], 1);
    assert_true(is_woken(&mailbox)); /* once for all four */

    loop_mailbox_take(&mailbox, &out);
    STAILQ_FOREACH(taken, &out, link)
    {
        assert_ptr_equal(taken, &messages[i++]);
    }
    assert_int_equal(i, 4);
    STAILQ_INIT(&out);
    loop_mailbox_take(&mailbox, &out);
    assert_true(STAILQ_EMPTY(&out));
    assert_false(is_woken(&mailbox));
    post(&mailbox, &messages[4], 1);
    assert_true(is_woken(&mailbox));
    loop_mailbox_fini(&mailbox);
}

struct numbered {
    struct loop_message message; /* first */
    struct receiver *receiver;
    int sender;
    int number;
};

struct receiver {
    struct loop *loop;
    pthread_t thread;
    int next[SENDERS];
    int received;
    bool is_in_order;
    bool is_at_home;
};

static void run_numbered(struct loop_message *message)
{
    struct numbered *numbered = (struct numbered *)message;
    struct receiver *receiver = numbered->receiver;
    receiver->is_in_order &= receiver->next[numbered->sender]++ == numbered->number;
    receiver->is_at_home &= pthread_equal(pthread_self(), receiver->thread) != 0;
    if (++receiver->received == SENDERS * MESSAGES)
        loop_stop(receiver->loop);
    free(numbered);
}

struct sender {
    pthread_t thread;
    struct receiver *receiver;
    int index;
};

static struct numbered *numbered_new(const struct sender *sender, int number)
{
    struct numbered *numbered = memory_new(sizeof *numbered);
    *numbered = (struct numbered){.message.run = run_numbered,
                                  .receiver = sender->receiver,
                                  .sender = sender->index,
                                  .number = number};
    return numbered;
}

static void *send_all(void *arg)
{
    struct sender *sender = arg;
    struct loop *loop = sender->receiver->loop;
    for (int i = 0; i < MESSAGES; i += 2) {
        struct numbered *first = numbered_new(sender, i);
        struct numbered *second = numbered_new(sender, i + 1);
        if (i % 4 == 0) {
            struct loop_messages both = STAILQ_HEAD_INITIALIZER(both);
            STAILQ_INSERT_TAIL(&both, &first->message, link);
            STAILQ_INSERT_TAIL(&both, &second->message, link);
            loop_post_list(loop, &both);
        } else {
            loop_post(loop, &first->message);
            loop_post(loop, &second->message);
        }
    }
    return NULL;
}

static void each_sender_is_heard_in_its_order(void **state)
{
    struct receiver receiver = {.thread = pthread_self(), .is_in_order = true, .is_at_home = true};
    struct sender senders[SENDERS];
    (void)state;
    receiver.loop = loop_new("receiver");
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){.receiver = &receiver, .index = i};
        assert_int_equal(pthread_create(&senders[i].thread, NULL, send_all, &senders[i]), 0);
    }
    loop_run(receiver.loop);
    for (int i = 0; i < SENDERS; i++)
        pthread_join(senders[i].thread, NULL);
    assert_int_equal(receiver.received, SENDERS * MESSAGES);
    assert_true(receiver.is_in_order);
    assert_true(receiver.is_at_home);
    loop_free(receiver.loop);
}

/* ---- stop ---- */

struct chained {
    struct loop_message message; /* first */
    struct loop *loop;
    int left;
};

static void run_chained(struct loop_message *message)
{
    struct chained *chained = (struct chained *)message;
    if (chained->left-- > 0)
        loop_post(chained->loop, message);
}

static void what_the_mailbox_holds_is_run_after_stop(void **state)
{
    struct loop *loop = loop_new("stopped");
    struct chained chained = {.message.run = run_chained, .loop = loop, .left = 3};
    (void)state;
    loop_stop(loop);
    loop_post(loop, &chained.message);
    loop_run(loop); /* stopped before it began, and what a message posts is run as well */
    assert_int_equal(chained.left, -1);
    loop_free(loop);
}

static void *stop_soon(void *arg)
{
    struct loop *loop = arg;
    poll(NULL, 0, 10);
    loop_stop(loop);
    return NULL;
}

static void another_thread_stops_a_waiting_loop_again_and_again(void **state)
{
    struct loop *loop = loop_new("idle");
    (void)state;
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, stop_soon, loop), 0);
        loop_run(loop);
        pthread_join(thread, NULL);
    }
    assert_string_equal(loop_name(loop), "idle");
    loop_free(loop);
}

/* ---- timers ---- */

struct ring {
    struct loop *loop;
    struct loop_timer timer;
    int64_t started_at_ms;
    int64_t fired_at_ms;
    int64_t loop_fired_at_ms;
    int fired;
    int wanted;
    int64_t delay_ms;
};

static void ring_fired(void *arg)
{
    struct ring *ring = arg;
    ring->fired_at_ms = clock_monotonic_ms();
    ring->loop_fired_at_ms = loop_now_ms(ring->loop);
    if (++ring->fired < ring->wanted)
        loop_timer_start(&ring->timer, ring->loop, ring->delay_ms, ring_fired, ring);
    else
        loop_stop(ring->loop);
}

static void timers_are_never_early(void **state)
{
    static const int64_t DELAYS_MS[] = {-5, 0, 1, 3, 7, 30, 1, 2, 3, 1, 2,
                                        3,  1, 2, 3, 1, 2,  3, 1, 2, 3};
    struct loop *loop = loop_new("timers");
    (void)state;
    for (size_t i = 0; i < COUNT_OF(DELAYS_MS); i++) {
        struct ring ring = {.loop = loop, .wanted = 1, .started_at_ms = clock_monotonic_ms()};
        loop_timer_start(&ring.timer, loop, DELAYS_MS[i], ring_fired, &ring);
        assert_true(ring.timer.is_armed);
        loop_run(loop);
        assert_false(ring.timer.is_armed);
        assert_int_equal(ring.fired, 1);
        assert_true(ring.loop_fired_at_ms - ring.started_at_ms >= DELAYS_MS[i]);
        loop_timer_fini(&ring.timer);
    }
    loop_free(loop);
}

struct busy {
    struct loop_message message; /* first */
    struct loop *loop;
    const struct ring *until;
};

static void run_busy(struct loop_message *message)
{
    struct busy *busy = (struct busy *)message;
    if (busy->until->fired == 0)
        loop_post(busy->loop, message);
}

static void a_busy_loop_is_not_early_either(void **state)
{
    struct loop *loop = loop_new("busy");
    (void)state;
    for (int i = 0; i < 40; i++) {
        int64_t delay_ms = 1 + i % 4;
        struct ring ring = {.loop = loop, .wanted = 1, .started_at_ms = clock_monotonic_ms()};
        struct busy busy = {.message.run = run_busy, .loop = loop, .until = &ring};
        loop_post(loop, &busy.message);
        loop_timer_start(&ring.timer, loop, delay_ms, ring_fired, &ring);
        loop_run(loop);
        assert_true(ring.fired_at_ms - ring.started_at_ms >= delay_ms);
        loop_timer_fini(&ring.timer);
    }
    loop_free(loop);
}

static void a_timer_restarts_from_its_own_function(void **state)
{
    struct loop *loop = loop_new("timers");
    struct ring ring = {
        .loop = loop, .wanted = 5, .delay_ms = 2, .started_at_ms = clock_monotonic_ms()};
    (void)state;
    loop_timer_start(&ring.timer, loop, 2, ring_fired, &ring);
    loop_run(loop);
    assert_int_equal(ring.fired, 5);
    assert_true(ring.fired_at_ms - ring.started_at_ms >= 10);
    loop_timer_fini(&ring.timer);
    loop_timer_fini(&ring.timer); /* harmless */
    loop_free(loop);
}

struct killer {
    struct loop_timer timer;
    struct loop_timer *victims[2];
};

static void kill_victims(void *arg)
{
    struct killer *killer = arg;
    loop_timer_cancel(killer->victims[0]);
    loop_timer_fini(killer->victims[1]);
}

static void a_cancelled_timer_is_silent_even_when_due_in_the_same_turn(void **state)
{
    struct loop *loop = loop_new("timers");
    struct ring first = {.loop = loop, .wanted = 9};
    struct ring second = {.loop = loop, .wanted = 9};
    struct ring last = {.loop = loop, .wanted = 1};
    struct killer killer = {.victims = {&first.timer, &second.timer}};
    (void)state;
    loop_timer_start(&killer.timer, loop, 1, kill_victims, &killer);
    loop_timer_start(&first.timer, loop, 1, ring_fired, &first);
    loop_timer_start(&second.timer, loop, 1, ring_fired, &second);
    loop_timer_start(&last.timer, loop, 15, ring_fired, &last);
    poll(NULL, 0, 5); /* so that all three are due in one turn */
    loop_run(loop);
    assert_int_equal(first.fired + second.fired, 0);
    assert_int_equal(last.fired, 1);
    loop_timer_fini(&killer.timer);
    loop_timer_fini(&first.timer);
    loop_timer_fini(&last.timer);
    loop_free(loop);
}

static void restarting_replaces_the_former_time(void **state)
{
    struct loop *loop = loop_new("timers");
    struct ring ring = {.loop = loop, .wanted = 1, .started_at_ms = clock_monotonic_ms()};
    (void)state;
    loop_timer_start(&ring.timer, loop, 60000, ring_fired, &ring);
    loop_timer_start(&ring.timer, loop, 1, ring_fired, &ring);
    loop_run(loop);
    assert_true(ring.fired_at_ms - ring.started_at_ms < 30000);
    loop_timer_start(&ring.timer, loop, 60000, ring_fired, &ring);
    assert_int_equal(ring.fired, 1);
    loop_timer_fini(&ring.timer);
    loop_free(loop);
}

/* ---- turns ---- */

static void hold_the_loop(void *arg)
{
    struct loop *loop = arg;
    int64_t before_ms = loop_now_ms(loop);
    int64_t until_us = clock_monotonic_us() + 20000;
    while (clock_monotonic_us() < until_us) {
    }
    assert_int_equal(loop_now_ms(loop), before_ms); /* once a turn */
    loop_stop(loop);
}

static void the_longest_turn_is_measured_and_taken_once(void **state)
{
    struct loop *loop = loop_new("slow");
    struct loop_timer timer = {0};
    (void)state;
    loop_timer_start(&timer, loop, 30, hold_the_loop, loop);
    int64_t began_us = clock_monotonic_us();
    loop_run(loop);
    int64_t ran_us = clock_monotonic_us() - began_us;
    int64_t longest_us = loop_take_longest_turn_us(loop);
    assert_true(longest_us >= 20000);
    assert_true(longest_us <= ran_us - 25000); /* the wait before is not in it */
    assert_int_equal(loop_take_longest_turn_us(loop), 0);
    loop_timer_fini(&timer);
    loop_free(loop);
}

static void outside_of_its_run_the_loop_reads_the_clock(void **state)
{
    struct loop *loop = loop_new("clock");
    (void)state;
    int64_t before_ms = clock_monotonic_ms();
    int64_t now_ms = loop_now_ms(loop);
    assert_true(now_ms >= before_ms && now_ms <= clock_monotonic_ms());
    poll(NULL, 0, 3);
    assert_true(loop_now_ms(loop) > now_ms);
    loop_free(loop);
}

/* ---- deferred tasks ---- */

struct deferred_scene { /* timers that keep a loop busy, and what was left meanwhile */
    struct loop *loop;
    struct loop_timer timer;
    struct loop_deferred deferred;
    unsigned turns, turns_at_deferred, runs;
    unsigned turns_most;
};

static void on_deferred(struct loop_deferred *deferred)
{
    struct deferred_scene *scene =
        (struct deferred_scene *)((char *)deferred - offsetof(struct deferred_scene, deferred));
    scene->runs++;
    scene->turns_at_deferred = scene->turns;
}

static void on_deferred_turn(void *arg)
{
    struct deferred_scene *scene = arg;
    assert_true(loop_defer(scene->loop, &scene->deferred, on_deferred));
    if (++scene->turns < scene->turns_most)
        loop_timer_start(&scene->timer, scene->loop, 0, on_deferred_turn, scene);
    else
        loop_stop(scene->loop);
}

static void on_end_of_rest(void *arg)
{
    loop_stop(arg);
}

static void run_deferred(struct deferred_scene *scene, int64_t cool_down_ms)
{
    struct loop_timer end = {0};
    scene->loop = loop_new("busy");
    assert_false(loop_defer(scene->loop, &scene->deferred, on_deferred)); /* it does not run */
    loop_timer_start(&scene->timer, scene->loop, 0, on_deferred_turn, scene);
    if (cool_down_ms)
        loop_timer_start(&end, scene->loop, cool_down_ms, on_end_of_rest, scene->loop);
    loop_run(scene->loop);
    loop_timer_fini(&end);
    loop_timer_fini(&scene->timer);
    loop_free(scene->loop);
}

static void what_is_left_is_done_once_before_the_loop_waits(void **state)
{
    struct deferred_scene scene = {.turns_most = 2};
    (void)state;
    run_deferred(&scene, 0);
    assert_int_equal(scene.runs, 1);
    assert_int_equal(scene.turns_at_deferred, 2);
}

static void a_busy_loop_runs_its_deferred_tasks_all_the_same(void **state)
{
    struct deferred_scene scene = {.turns_most = UINT32_MAX};
    (void)state;
    run_deferred(&scene, 20);
    assert_true(scene.turns > scene.runs);
    assert_true(scene.runs >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_costs_one_wake_up),
        cmocka_unit_test(each_sender_is_heard_in_its_order),
        cmocka_unit_test(what_the_mailbox_holds_is_run_after_stop),
        cmocka_unit_test(another_thread_stops_a_waiting_loop_again_and_again),
        cmocka_unit_test(timers_are_never_early),
        cmocka_unit_test(a_busy_loop_is_not_early_either),
        cmocka_unit_test(a_timer_restarts_from_its_own_function),
        cmocka_unit_test(a_cancelled_timer_is_silent_even_when_due_in_the_same_turn),
        cmocka_unit_test(restarting_replaces_the_former_time),
        cmocka_unit_test(the_longest_turn_is_measured_and_taken_once),
        cmocka_unit_test(outside_of_its_run_the_loop_reads_the_clock),
        cmocka_unit_test(what_is_left_is_done_once_before_the_loop_waits),
        cmocka_unit_test(a_busy_loop_runs_its_deferred_tasks_all_the_same),
    };
    alarm(60);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
