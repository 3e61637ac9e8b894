/* A configuration read while memory runs out: the whole of it, or none and a fault that says why.
 */
#include "unit/allocations.h"

#include <sys/mman.h>

#include "app/configuration.h"

static char path[64];

static bool run(const void *input)
{
    struct faultlist faults;
    (void)input;
    faultlist_init(&faults);
    struct configuration *configuration = configuration_load(path, &faults);
    bool is_right = configuration == NULL
                        ? faults.faults > 0
                        : faults.faults == 0 && configuration->catalogue.service_count == 2 &&
                              configuration->catalogue.import_count == 1 &&
                              configuration->workers == 3 &&
                              configuration->front.max_body_bytes == 2048;
    configuration_unpin(&configuration);
    faultlist_fini(&faults);
    return is_right;
}

static void test_configuration(void **state)
{
    static const char text[] =
        "workers: 3\nmax_body: 2KiB\nrates: {EUR: 1.08}\n"
        "clients: [{name: shop, balance: 0, key: \"${env:SHOP_KEY}\", services: [1, 2-9], "
        "addresses: "
        "[192.0.2.0/24]}]\n"
        "providers:\n"
        "  - {name: alpha, url: \"https://a.example/\", key: \"${env:SHOP_KEY}\", currency: EUR,\n"
        "     answers: {\"paused*\": {class: provider, cool_down: offer}}}\n"
        "services:\n"
        "  - {id: 1, name: One, markup: 25% + 0.05, offers: [{provider: alpha, service: 1}]}\n"
        "  - {id: 2, offers: [{provider: alpha, service: 2}]}\n"
        "imports: [{provider: alpha, first_id: 1000, categories: [\"Views*\"]}]\n";
    int file = memfd_create("configuration", 0);
    (void)state;
    setenv("SHOP_KEY", "made-up-key", 1);
    assert_int_equal(write(file, text, sizeof text - 1), sizeof text - 1);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    allocations_sweep("a configuration", run, NULL);
    close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
