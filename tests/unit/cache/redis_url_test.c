/* The URLs of a Redis: what is read from them, what is shown, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "cache/redis_url.h"

static void check_text(const char *what, const char *found, const char *expected)
{
    if (!str_equal(str_of(found), str_of(expected)) || (found == NULL) != (expected == NULL))
        fail_msg("%s: %s, not %s", what, found ? found : "none", expected ? expected : "none");
}

/* location: what follows the scheme's colon. */
static bool parse(const char *location, bool is_unix, struct redis_url *url, struct fault *why)
{
    char text[200];
    snprintf(text, sizeof text, "%s:%s", is_unix ? "redis+unix" : "redis", location);
    return redis_url_parse(str_of(text), url, why);
}

static void test_good(void **state)
{
    static const struct {
        const char *location;
        bool is_unix;
        const char *host, *path, *user, *password, *shown;
    } cases[] = {
        {"//h", false, "h", NULL, NULL, NULL, "h:6379/0"},
        {"//h/", false, "h", NULL, NULL, NULL, "h:6379/0"},
        {"//h:1/15", false, "h", NULL, NULL, NULL, "h:1/15"},
        {"//:p%2f%40%3a%25@h:65535/0", false, "h", NULL, NULL, "p/@:%", "h:65535/0"},
        {"//us%20er:p:q@10.0.0.1", false, "10.0.0.1", NULL, "us er", "p:q", "10.0.0.1:6379/0"},
        {"//u:p@q@h", false, "h", NULL, "u", "p@q", "h:6379/0"},
        {"//[::1]:7/2", false, "::1", NULL, NULL, NULL, "[::1]:7/2"},
        {"//[::1]", false, "::1", NULL, NULL, NULL, "[::1]:6379/0"},
        {"///run/redis.sock", true, NULL, "/run/redis.sock", NULL, NULL, "/run/redis.sock?db=0"},
        {"//u:p@/a%20b?db=3", true, NULL, "/a b", "u", "p", "/a b?db=3"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct redis_url url;
        struct fault why = {0};
        if (!parse(cases[i].location, cases[i].is_unix, &url, &why))
            fail_msg("%s: %s", cases[i].location, why.message);
        check_text("host", url.host, cases[i].host);
        check_text("path", url.path, cases[i].path);
        check_text("user", url.user, cases[i].user);
        check_text("password", url.password, cases[i].password);
        check_text("shown", url.address, cases[i].shown);
        redis_url_fini(&url);
    }
}

static void test_refused(void **state)
{
    static const char *const cases[] = {
        "",           "h",           "/h",         "//",        "///0",          "//:6379",
        "//h:0",      "//h:65536",   "//h:x",      "//h/x",     "//h/-1",        "//h/1/2",
        "//h/0?db=1", "//h/1000001", "//secret@h", "//:@h",     "//u:@h",        "//:%@h",
        "//:%2@h",    "//:%zz@h",    "//:a%00b@h", "//h h",     "//h%41",        "//[::1",
        "//[::1]7",   "//[]:1",      "//:secret@", "//:secret", "//u:secret@:1", "//:se/cret@h"};
    static const char *const unix_cases[] = {
        "",      "//",       "///",      "//run/x",     "//h:1/x?db=1", "///x?db=x",
        "///x?", "///x?d=1", "///x%00y", "//secret@/x", "///x?db=1&a=2"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases) + COUNT_OF(unix_cases); i++) {
        bool is_unix = i >= COUNT_OF(cases);
        const char *location = is_unix ? unix_cases[i - COUNT_OF(cases)] : cases[i];
        struct redis_url url;
        struct fault why = {0};
        if (parse(location, is_unix, &url, &why))
            fail_msg("%s was taken for %s", location, url.address);
        assert_int_equal(why.code, FAULT_INVALID);
        assert_null(strstr(why.message, "secret"));
        assert_null(url.host);
        assert_null(url.password);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
