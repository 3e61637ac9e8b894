/* Bodies of requests while memory runs out: what is read is all that was sent, or an error, never a
 * part. */
#include "unit/allocations.h"

#include <jansson.h>

#include "http/params.h"

struct input {
    const char *content_type, *body, *query;
    size_t count;             /* of parameters */
    const char *name, *value; /* one of them */
};

static bool run(const void *given)
{
    const struct input *input = given;
    static struct params params;
    struct arena arena;
    struct fault why = {0};
    arena_init(&arena);
    bool is_read = params_decode(&params, str_of(input->content_type), str_of(input->body),
                                 str_of(input->query), &arena, &why);
    bool is_right = is_read ? params.count == input->count &&
                                  str_is(params_get(&params, input->name), input->value)
                            : why.message[0] != '\0';
    arena_fini(&arena);
    return is_right;
}

#define LONG "0123456789012345678901234567890123456789012345678901234567890123456789"

static void test_requests(void **state)
{
    static const struct input inputs[] = {
        {"application/x-www-form-urlencoded",
         "key=abc&action=add&link=https%3A%2F%2Fexample.com%2F&quantity=100", "", 4, "quantity",
         "100"},
        {"", "orders[]=1&orders[]=" LONG "&orders[]=3&key=a", "action=status", 3, "orders",
         "1," LONG ",3"},
        {"application/json",
         "{\"key\":\"abc\",\"orders\":[1,\"2\",3.0],\"comments\":[\"a\",\"b\\u00e9\"],\"runs\":"
         "true}",
         "", 4, "runs", "1"},
        {"application/json", "{\"action\":\"add\",\"link\":\"" LONG LONG LONG LONG LONG "\"}",
         "key=a%20b", 3, "key", "a b"},
        {"multipart/form-data; boundary=x",
         "--x\r\nContent-Disposition: form-data; name=\"orders[]\"\r\n\r\n1\r\n"
         "--x\r\nContent-Disposition: form-data; name=\"orders[]\"\r\n\r\n2\r\n"
         "--x\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nabc\r\n--x--\r\n",
         "", 2, "orders", "1,2"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(inputs); i++)
        allocations_sweep(inputs[i].body, run, &inputs[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
    };
    json_set_alloc_funcs(memory_take, free);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
