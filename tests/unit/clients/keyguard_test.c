/* How long bad keys are held back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>

#include "base/memory.h"
#include "clients/client.h"

static int64_t note(const char *text, int64_t now_ms)
{
    struct in6_addr address;
    assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
    return keyguard_note_bad(&address, now_ms);
}

static void test_delays(void **state)
{
    static const struct {
        const char *address;
        int64_t at_ms, delay_ms;
    } cases[] = {
        {"::ffff:192.0.2.1", 1000, 0},
        {"::ffff:192.0.2.1", 1000, 0},
        {"::ffff:192.0.2.1", 1001, 0},
        {"::ffff:192.0.2.1", 1002, 100},
        {"::ffff:192.0.2.2", 1002, 0}, /* another address */
        {"::ffff:192.0.2.1", 1003, 200},
        {"::ffff:192.0.2.1", 1004, 400},
        {"::ffff:192.0.2.1", 1005, 800},
        {"::ffff:192.0.2.1", 1006, 1600},
        {"::ffff:192.0.2.1", 1007, 3000},
        {"::ffff:192.0.2.1", 1008, 3000},
        {"::ffff:192.0.2.1", 1009, 3000},
        {"::ffff:192.0.2.1", 1010, 3000},
        {"::ffff:192.0.2.1", 1011, 3000},
        /* One in twenty seconds is forgiven: of the twelve remembered nine are left, and this. */
        {"::ffff:192.0.2.1", 61500, 3000},
        {"::ffff:192.0.2.1", 141500, 800}, /* 10 - 4 + 1 */
        {"::ffff:192.0.2.1", 1000000, 0},
        {"2001:db8:1:1::1", 5000, 0},
        {"2001:db8:1:1::2", 5000, 0},
        {"2001:db8:1:1:ffff::3", 5000, 0},
        {"2001:db8:1:1:ffff:1::4", 5000, 100}, /* the same /64 */
        {"2001:db8:1:2::1", 5000, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t delay_ms = note(cases[i].address, cases[i].at_ms);
        if (delay_ms != cases[i].delay_ms)
            fail_msg("case %zu: %lld ms", i, (long long)delay_ms);
    }
}

static void test_three_a_minute_for_ever(void **state)
{
    (void)state;
    for (int64_t now_ms = 0; now_ms < 3600000; now_ms += 20000)
        assert_int_equal(note("::ffff:198.51.100.1", now_ms), 0);
}

/* Far more addresses than the table has room for: memory stays, and it still works after. */
static void test_flood(void **state)
{
    struct in6_addr address = {0};
    (void)state;
    for (uint32_t i = 0; i < 200000; i++) {
        address.s6_addr[0] = 0x20;
        memcpy(&address.s6_addr[2], &i, sizeof i);
        assert_int_equal(keyguard_note_bad(&address, 2000000 + i / 1000), 0);
    }
    for (int i = 0; i < 3; i++)
        assert_int_equal(note("::ffff:203.0.113.9", 2000300), 0);
    assert_int_equal(note("::ffff:203.0.113.9", 2000300), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delays),
        cmocka_unit_test(test_three_a_minute_for_ever),
        cmocka_unit_test(test_flood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
