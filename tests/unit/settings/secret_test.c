/* ${env:…} and ${file:…}: what they become, and that faults never hold a value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "settings/rows.h"

static char folder[] = "/tmp/panelmux-secret-XXXXXX";

static void write_file(const char *name, struct str bytes)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fwrite(bytes.ptr, 1, bytes.len, file);
    fclose(file);
}

static int set_up(void **state)
{
    (void)state;
    static char large[SECRET_FILE_BYTES + 10];
    memset(large, 'x', sizeof large);
    setenv("SECRET_TEST", "va$lue", 1);
    setenv("SECRET_EMPTY", "", 1);
    setenv("SECRET_NESTED", "${env:SECRET_TEST}", 1);
    setenv("SECRET_BINARY", "\xff\xfe", 1);
    unsetenv("SECRET_NONE");
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return -1;
    write_file("one", STR("from file\n"));
    write_file("crlf", STR("from file\r\n\r\n"));
    write_file("nul", STR("a\0b"));
    write_file("empty", STR(""));
    write_file("large", str_make(large, sizeof large));
    write_file("marked", STR("\xEF\xBB\xBF"
                             "from file\n"));
    if (mkfifo("pipe", 0600) != 0 || mkdir("given", 0700) != 0 || mkdir("given/folder", 0700) != 0)
        return -1;
    write_file("given/one", STR("given by name\n"));
    write_file("given/secret_one", STR("never read\n"));
    write_file("given/secret_two", STR("given by folder\n"));
    secret_folder = ".";
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"one",
                                        "crlf",
                                        "nul",
                                        "empty",
                                        "large",
                                        "marked",
                                        "pipe",
                                        "given/one",
                                        "given/secret_one",
                                        "given/secret_two"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        unlink(names[i]);
    if (rmdir("given/folder") != 0 || rmdir("given") != 0)
        return -1;
    return rmdir(folder);
}

static const struct {
    const char *text;
    const char *expected; /* NULL: refused with this message */
    const char *message;
} cases[] = {
    {"plain", "plain", NULL},
    {"", "", NULL},
    {"$", "$", NULL},
    {"a $ b } {", "a $ b } {", NULL},
    {"${env:SECRET_TEST}", "va$lue", NULL},
    {"a${env:SECRET_TEST}b${env:SECRET_TEST}", "ava$luebva$lue", NULL},
    {"${env:SECRET_EMPTY}", "", NULL},
    {"${env:SECRET_NESTED}", "${env:SECRET_TEST}", NULL}, /* once, never what came in */
    {"$${env:SECRET_TEST}", "${env:SECRET_TEST}", NULL},
    {"x$${y}${env:SECRET_TEST}", "x${y}va$lue", NULL},
    {"${file:one}", "from file", NULL},
    {"${file:crlf}", "from file", NULL},
    {"${file:empty}", "", NULL},
    {"${file:marked}", "from file", NULL},
    {"${file:pipe}", NULL,
     "cannot read the file pipe: it is not a regular file; check its path and rights"},
    {"${file:/dev/tty}", NULL,
     "cannot read the file /dev/tty: it is not a regular file; check its path and rights"},
    {"${env:SECRET_NONE}", NULL,
     "the environment variable SECRET_NONE is not set; set it before the start"},
    {"${env:SECRET_TEST}${env:SECRET_NONE}", NULL,
     "the environment variable SECRET_NONE is not set; set it before the start"},
    {"${env:SECRET_BINARY}", NULL,
     "the environment variable SECRET_BINARY is not UTF-8; set it to plain text"},
    {"${file:missing}", NULL,
     "cannot read the file missing: No such file or directory; check its path and rights"},
    {"${file:.}", NULL, "cannot read the file .: Is a directory; check its path and rights"},
    {"${file:large}", NULL,
     "cannot read the file large: File too large; check its path and rights"},
    {"${file:/dev/zero}", NULL,
     "cannot read the file /dev/zero: it is not a regular file; check its path and rights"},
    {"${file:nul}", NULL, "the file nul is not text; a secret is one UTF-8 line"},
    {"${env:}", NULL,
     "`${env…}` is not known; write ${env:NAME}, ${file:/path} or ${credential:NAME}, and `$${` "
     "for "
     "a literal `${`"},
    {"${vault:x}", NULL,
     "`${vault…}` is not known; write ${env:NAME}, ${file:/path} or ${credential:NAME}, and `$${` "
     "for "
     "a literal `${`"},
    {"${}", NULL,
     "`${…}` is not known; write ${env:NAME}, ${file:/path} or ${credential:NAME}, and `$${` for "
     "a literal `${`"},
    {"${env:X", NULL, "`${` without its `}`; write ${env:NAME} or ${file:/path}"},
};

static void check_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out;
        struct fault why = {0};
        buf_init(&out, 1 << 17);
        bool is_ok = secret_expand(str_of(cases[i].text), &out, &why);
        if (is_ok != (cases[i].expected != NULL))
            fail_msg("%s: %s", cases[i].text, why.message);
        if (is_ok)
            assert_string_equal(buf_str(&out).ptr, cases[i].expected);
        else
            assert_string_equal(why.message, cases[i].message);
        assert_null(strstr(why.message, "va$lue"));
        buf_fini(&out);
    }
}

static const struct {
    const char *given; /* $CREDENTIALS_DIRECTORY; NULL: not set */
    const char *name;
    const char *expected, *message;
} credential_cases[] = {
    {NULL, "one", "from file", NULL},
    {"", "one", "from file", NULL},
    {"given", "one", "given by name", NULL},
    {"given", "two", "given by folder", NULL},
    {"given", "crlf", "from file", NULL}, /* not among those given */
    {"missing", "one", "from file", NULL},
    {NULL, "marked", "from file", NULL},
    {NULL, "none", NULL,
     "there is no credential none, neither from the service manager nor as ./none; write the "
     "secret into that file"},
    {"given", "none", NULL,
     "there is no credential none, neither from the service manager nor as ./none; write the "
     "secret into that file"},
    {"given", "folder", NULL,
     "cannot read the file given/folder: Is a directory; check its path and rights"},
    {NULL, "pipe", NULL,
     "cannot read the file ./pipe: it is not a regular file; check its path and rights"},
    {NULL, "large", NULL,
     "cannot read the file ./large: File too large; check its path and rights"},
    {NULL, "nul", NULL, "the file ./nul is not text; a secret is one UTF-8 line"},
    {NULL, "../one", NULL,
     "`../one` is no credential's name; right is the name of a file in .: letters, digits, `.`, "
     "`_` or `-`"},
    {NULL, "..", NULL,
     "`..` is no credential's name; right is the name of a file in .: letters, digits, `.`, `_` "
     "or `-`"},
};

static void check_credentials(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(credential_cases); i++) {
        char text[80];
        struct buf out;
        struct fault why = {0};
        buf_init(&out, 1 << 17);
        if (credential_cases[i].given)
            setenv("CREDENTIALS_DIRECTORY", credential_cases[i].given, 1);
        else
            unsetenv("CREDENTIALS_DIRECTORY");
        snprintf(text, sizeof text, "${credential:%s}", credential_cases[i].name);
        if (secret_expand(str_of(text), &out, &why) != (credential_cases[i].expected != NULL))
            fail_msg("%zu %s: %s", i, text, why.message);
        if (credential_cases[i].expected)
            assert_string_equal(buf_str(&out).ptr, credential_cases[i].expected);
        else
            assert_string_equal(why.message, credential_cases[i].message);
        buf_fini(&out);
    }
}

static void check_ceiling(void **state)
{
    (void)state;
    struct buf out;
    struct fault why = {0};
    buf_init(&out, 10);
    assert_false(secret_expand(STR("${env:SECRET_TEST}${env:SECRET_TEST}"), &out, &why));
    assert_string_equal(why.message, "too long; 64 KiB are the most");
    buf_fini(&out);
}

static void check_elsewhere(void **state)
{
    (void)state;
    assert_true(secret_is_elsewhere(STR("${env:A}")));
    assert_true(secret_is_elsewhere(STR("x${file:/a}")));
    assert_true(secret_is_elsewhere(STR("${credential:a}")));
    assert_false(secret_is_elsewhere(STR("literal")));
    assert_false(secret_is_elsewhere(STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_cases),
        cmocka_unit_test(check_credentials),
        cmocka_unit_test(check_ceiling),
        cmocka_unit_test(check_elsewhere),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
