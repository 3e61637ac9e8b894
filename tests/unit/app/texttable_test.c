/* Tables for people, on a terminal that outsiders must not steer. */
#include "app/texttable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static char *print(const struct texttable *table)
{
    char *text = NULL;
    size_t len;
    FILE *file = open_memstream(&text, &len);
    texttable_print(table, "nothing", file);
    fclose(file);
    return text;
}

static void check(struct texttable *table, const char *expected)
{
    char *text = print(table);
    assert_string_equal(text, expected);
    free(text);
    texttable_fini(table);
}

static void test_columns_are_aligned(void **state)
{
    (void)state;
    static const char *const heads[] = {"NAME", ">AMOUNT", "LAST"};
    struct texttable table;
    texttable_init(&table, heads, COUNT_OF(heads));
    texttable_add(&table, (const char *const[]){"a", "1", "x"});
    texttable_add(&table, (const char *const[]){"mañana", "12345678", NULL});
    check(&table, "NAME      AMOUNT  LAST\n"
                  "a              1  x\n"
                  "mañana  12345678  -\n");
}

static void test_no_rows(void **state)
{
    (void)state;
    static const char *const heads[] = {"NAME"};
    struct texttable table;
    texttable_init(&table, heads, COUNT_OF(heads));
    check(&table, "nothing\n");
}

static void test_control_characters_are_masked(void **state)
{
    (void)state;
    static const char *const heads[] = {"A"};
    struct texttable table;
    texttable_init(&table, heads, COUNT_OF(heads));
    texttable_add(&table, (const char *const[]){"\x1b[31m\n\t\x7f\xc2\x9b é"});
    check(&table, "A\n?[31m???? é\n");
    texttable_init(&table, heads, COUNT_OF(heads));
    texttable_add(&table, (const char *const[]){"a\u202eb\u2028c\u200bd\ufeffe\u2066f\U000e0041g"});
    texttable_add(&table, (const char *const[]){"می\u200cروم é 👍\xff"});
    check(&table, "A\na?b?c?d?e?f?g\nمی\u200cروم é 👍?\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_columns_are_aligned),
                                       cmocka_unit_test(test_no_rows),
                                       cmocka_unit_test(test_control_characters_are_masked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
