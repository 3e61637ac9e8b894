/* What the limit for open files is shared out to, as a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/descriptors.h"

static const struct {
    uint64_t limit;
    unsigned workers, providers, of_each, wished;
    unsigned clients; /* expected */
} cases[] = {
    {1048576, 2, 3, 32, 16384, 16384}, /* what was asked for, and no more */
    {65536, 4, 3, 32, 65536, 62666},
    {4096, 2, 2, 32, 16384, 3340},
    {4096, 2, 60, 32, 16384, 1488}, /* panels never take more than half */
    {1024, 2, 2, 32, 16384, 508},
    {256, 4, 2, 32, 16384, 16}, /* too small for anything: said in the log */
    {UINT64_MAX, 2, 2, 32, 100, 100},
};

static void test_plan(void **state)
{
    static struct provider list[60];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct provider_set providers = {.list = list, .count = cases[i].providers};
        struct configuration configuration = {.workers = cases[i].workers, .providers = &providers};
        configuration.front.max_connections = cases[i].wished;
        configuration.admin.listener.max_connections = 1024;
        for (size_t p = 0; p < cases[i].providers; p++)
            list[p].settings.max_connections = cases[i].of_each;
        struct descriptors plan = descriptors_plan(cases[i].limit, &configuration);
        if (plan.clients != cases[i].clients)
            fail_msg("limit %u, %u workers: %u for clients", plan.limit, cases[i].workers,
                     plan.clients);
        uint64_t all =
            (uint64_t)plan.clients + plan.upstream + plan.admin + plan.files + plan.reserve;
        assert_true(all <= plan.limit || plan.clients == 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plan)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
