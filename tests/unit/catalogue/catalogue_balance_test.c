/* Balances as last read, and their sum in our currency. */
#include <pthread.h>
#include <stdatomic.h>

#include "catalogue/catalogue.h"
#include "world.h"

static void test_sum(void **state)
{
    (void)state;
    struct provider_set *set = world_providers(
        (struct world_provider[]){{"one", "1"}, {"two", "0.333333333333"}, {"three", "2"}, {0}});
    assert_false(catalogue_balance(set->list[0].id).is_known);
    assert_int_equal(catalogue_sum_balances(set).units, 0);
    catalogue_set_balance(set->list[0].id, money_of("10.5"), 7);
    struct balance_cell cell = catalogue_balance(set->list[0].id);
    assert_true(cell.is_known);
    assert_int_equal(cell.at_ms, 7);
    assert_int_equal(cell.amount.units, money_of("10.5").units);
    /* each rounded down, a debt too */
    catalogue_set_balance(set->list[1].id, money_of("1"), 8);
    assert_int_equal(catalogue_sum_balances(set).units, money_of("10.5").units + 33333333);
    catalogue_set_balance(set->list[1].id, money_of("-1"), 9);
    assert_int_equal(catalogue_sum_balances(set).units, money_of("10.5").units - 33333334);
    catalogue_set_balance(set->list[2].id, (struct money){INT64_MAX}, 9);
    assert_true(catalogue_sum_balances(set).units == INT64_MAX);
    provider_set_unpin(&set);
}

static atomic_bool is_over;

static void *write_pairs(void *arg)
{
    unsigned id = *(unsigned *)arg;
    for (int64_t i = 1; i <= 20000; i++)
        catalogue_set_balance(id, (struct money){i}, i);
    atomic_store(&is_over, true);
    return NULL;
}

static void test_never_torn(void **state)
{
    pthread_t writer;
    (void)state;
    struct provider_set *set = world_providers((struct world_provider[]){{"torn", "1"}, {0}});
    unsigned id = set->list[0].id;
    assert_int_equal(pthread_create(&writer, NULL, write_pairs, &id), 0);
    while (!atomic_load(&is_over)) {
        struct balance_cell cell = catalogue_balance(id);
        if (cell.is_known && cell.amount.units != cell.at_ms)
            fail_msg("%lld of %lld", (long long)cell.amount.units, (long long)cell.at_ms);
    }
    pthread_join(writer, NULL);
    provider_set_unpin(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sum),
                                       cmocka_unit_test(test_never_torn)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
