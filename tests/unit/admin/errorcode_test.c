/* The codes of errors in JSON: from a status, from a fault, from a word. */
#include "admin/errorcode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    int status;
    const char *word;
} statuses[] = {
    {400, "invalid"},  {401, "denied"}, {403, "denied"},      {404, "not_found"}, {405, "method"},
    {409, "conflict"}, {413, "limit"},  {429, "limit"},       {418, "invalid"},   {500, "broken"},
    {502, "broken"},   {0, "broken"},   {503, "unavailable"},
};

static const struct {
    enum fault_code fault;
    const char *word;
} faults[] = {
    {FAULT_NONE, "broken"},
    {FAULT_INVALID, "invalid"},
    {FAULT_NOT_FOUND, "not_found"},
    {FAULT_CONFLICT, "conflict"},
    {FAULT_UNAVAILABLE, "unavailable"},
    {FAULT_DENIED, "denied"},
    {FAULT_LIMIT, "limit"},
    {FAULT_BROKEN, "broken"},
};

static void check_codes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        assert_string_equal(errorcode_word(errorcode_of_status(statuses[i].status)),
                            statuses[i].word);
    for (size_t i = 0; i < COUNT_OF(faults); i++)
        assert_string_equal(errorcode_word(errorcode_of_fault(faults[i].fault)), faults[i].word);
    for (enum error_code code = ERROR_USAGE; code <= ERROR_BROKEN; code++)
        assert_int_equal(errorcode_of_word(errorcode_word(code), ERROR_USAGE), code);
    assert_int_equal(errorcode_of_word("", ERROR_METHOD), ERROR_METHOD);
    assert_int_equal(errorcode_of_word("nothing", ERROR_LIMIT), ERROR_LIMIT);
}

static void check_object(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 400);
    errorcode_print(ERROR_NOT_FOUND, "there is no \"x\"", &out);
    assert_string_equal(buf_str(&out).ptr,
                        "{\"error\":\"there is no \\\"x\\\"\",\"code\":\"not_found\"}");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(check_codes),
                                       cmocka_unit_test(check_object)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
