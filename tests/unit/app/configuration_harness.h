/* A folder of its own, keys in the environment, and a configuration loaded from text with all its
 * faults as text; for the configuration's tests. */
#ifndef UNIT_APP_CONFIGURATION_HARNESS_H
#define UNIT_APP_CONFIGURATION_HARNESS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/configuration.h"

static char folder[] = "/tmp/panelmux-configuration-XXXXXX";
static char start[1024]; /* where the test was started */

static inline void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static inline int set_up(void **state)
{
    (void)state;
    static const char *const variables[] = {
        "SHOP_KEY", "RESELLER_KEY", "RESELLER_OLD_KEY",    "ALPHA_KEY",
        "BETA_KEY", "GAMMA_KEY",    "PANELMUX_ADMIN_TOKEN"};
    char value[64];
    for (size_t i = 0; i < COUNT_OF(variables); i++) {
        snprintf(value, sizeof value, "se-cret-%zu", i);
        setenv(variables[i], value, 1);
    }
    setenv("ONE_LETTER", "x", 1);
    setenv("TWO_LINES", "one\ntwo", 1);
    unsetenv("NOT_SET");
    unsetenv("PANELMUX_CONFIG");
    if (getcwd(start, sizeof start) == NULL || mkdtemp(folder) == NULL)
        return -1;
    return chdir(folder);
}

static inline int tear_down(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return chdir(start) == 0 ? system(command) : -1;
}

/* The faults, to free(); the configuration too, when configuration_out is given. */
static inline char *load_file(const char *path, struct configuration **configuration_out)
{
    struct faultlist faults;
    struct buf out;
    buf_init(&out, 1 << 20);
    faultlist_init(&faults);
    struct configuration *configuration = configuration_load(path, &faults);
    assert_int_equal(configuration != NULL, faults.faults == 0);
    faultlist_print(&faults, &out);
    assert_null(strstr(buf_str(&out).ptr, "se-cret"));
    faultlist_fini(&faults);
    if (configuration_out)
        *configuration_out = configuration;
    else
        configuration_unpin(&configuration);
    return buf_take(&out);
}

static inline char *load_text(const char *yaml, struct configuration **configuration_out)
{
    write_file("p.yaml", yaml);
    return load_file("p.yaml", configuration_out);
}

/* What every case needs so that nothing else is told; 4 lines. */
#define BASE                                                                                       \
    "clients: [{name: shop, key: \"${env:SHOP_KEY}\", balance: 0}]\n"                              \
    "providers: [{name: alpha, url: \"https://a.example/\", key: \"${env:ALPHA_KEY}\"}]\n"         \
    "services: [{id: 1, offers: [{provider: alpha, service: 1}]}]\n"                               \
    "# here:\n"

#endif
