/* Turns that would be long: they end early, in order, and lose nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "base/clock.h"
#include "loop/loop.h"

enum { SLOW_MESSAGES = 12 };

struct slow_list {
    struct loop *loop;
    struct loop_timer timer;
    int run, run_at_timer; /* of the list's messages */
    bool is_in_order;
};

struct slow_message {
    struct loop_message message; /* first */
    struct slow_list *list;
    int number;
};

static void note_timer(void *arg)
{
    struct slow_list *list = arg;
    list->run_at_timer = list->run;
}

static void run_slowly(struct loop_message *message)
{
    struct slow_message *slow = (struct slow_message *)message;
    struct slow_list *list = slow->list;
    int64_t until_us = clock_monotonic_us() + 2 * LOOP_TURN_US;
    if (list->run == 0)
        loop_timer_start(&list->timer, list->loop, 0, note_timer, list);
    list->is_in_order &= list->run++ == slow->number;
    while (clock_monotonic_us() < until_us)
        continue;
    if (list->run == SLOW_MESSAGES)
        loop_stop(list->loop);
}

static void a_long_list_of_messages_lets_others_in_between(void **state)
{
    struct slow_list list = {.loop = loop_new("test"), .run_at_timer = -1, .is_in_order = true};
    struct slow_message messages[SLOW_MESSAGES];
    struct loop_messages posted = STAILQ_HEAD_INITIALIZER(posted);
    (void)state;
    for (int i = 0; i < SLOW_MESSAGES; i++) {
        messages[i] = (struct slow_message){.message.run = run_slowly, .list = &list, .number = i};
        STAILQ_INSERT_TAIL(&posted, &messages[i].message, link);
    }
    loop_post_list(list.loop, &posted);
    loop_run(list.loop);
    assert_int_equal(list.run, SLOW_MESSAGES);
    assert_true(list.is_in_order);
    assert_in_range(list.run_at_timer, 1, SLOW_MESSAGES / 2);
    loop_timer_fini(&list.timer);
    loop_free(list.loop);
}

static void what_is_left_of_a_list_is_run_at_the_end(void **state)
{
    struct slow_list list = {.loop = loop_new("test"), .is_in_order = true};
    struct slow_message messages[3];
    struct loop_messages posted = STAILQ_HEAD_INITIALIZER(posted);
    (void)state;
    for (int i = 0; i < 3; i++) {
        messages[i] = (struct slow_message){.message.run = run_slowly, .list = &list, .number = i};
        STAILQ_INSERT_TAIL(&posted, &messages[i].message, link);
    }
    loop_post_list(list.loop, &posted);
    loop_stop(list.loop);
    loop_run(list.loop);
    assert_int_equal(list.run, 3);
    assert_true(list.is_in_order);
    loop_timer_fini(&list.timer);
    loop_free(list.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_list_of_messages_lets_others_in_between),
        cmocka_unit_test(what_is_left_of_a_list_is_run_at_the_end),
    };
    alarm(60);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
