/* Panels' answers while memory runs out: an order is accepted under its own number, or in doubt;
 * what was refused is refused the same way, or in doubt; a list or a status is whole, or not there.
 */
#include "unit/allocations.h"

#include <jansson.h>

#include "providers/decode.h"
#include "unit/providers/without_scanner.h"

struct input {
    enum upstream_action action;
    const char *body;
    enum outcome outcome;
    enum verdict_class class; /* of a refusal */
    const char *order;        /* of what was accepted */
    size_t services, statuses;
};

static bool is_same(const struct input *input, const struct upstream_response *answer)
{
    if (answer->outcome != input->outcome)
        return false;
    if (answer->outcome == OUTCOME_REFUSED)
        return answer->class == input->class;
    if (input->order && !str_is(answer->order, input->order))
        return false;
    for (size_t i = 0; i < answer->status_count; i++)
        if (answer->statuses[i].is_absent || answer->statuses[i].status != ORDERSTATUS_COMPLETED)
            return false;
    return answer->service_count == input->services && answer->status_count == input->statuses;
}

static bool run(const void *given)
{
    const struct input *input = given;
    static char key[] = "made_up_key_0123456789abcdef";
    const struct provider_settings settings = {.key = key};
    struct str ids[] = {STR("1"), STR("2")};
    const struct upstream_request request = {.action = input->action,
                                             .ids = ids,
                                             .id_count =
                                                 input->action == UPSTREAM_STATUS_MANY ? 2 : 1};
    const struct reply_facts facts = {.was_sent = true,
                                      .is_complete = true,
                                      .http_status = 200,
                                      .content_type = STR("application/json"),
                                      .body = str_of(input->body),
                                      .server = STR(""),
                                      .retry_after_s = -1,
                                      .transport_error = ""};
    bool is_right = true;
    for (int way = 0; way < 2 && is_right; way++) {
        struct arena arena;
        struct upstream_response answer;
        arena_init(&arena);
        if (way == 0)
            dialect_default()->decode(&settings, &request, &facts, &arena, &answer);
        else
            decode_without_scanner(&settings, &request, &facts, &arena, &answer);
        is_right = answer.outcome == OUTCOME_DOUBT || is_same(input, &answer);
        arena_fini(&arena);
    }
    return is_right;
}

static void test_answers(void **state)
{
    static const struct input inputs[] = {
        {UPSTREAM_ADD, "{\"order\":4711}", OUTCOME_ACCEPTED, 0, "4711", 0, 0},
        {UPSTREAM_ADD,
         "<!-- notice "
         "-->\n{\"status\":\"success\",\"data\":{\"order\":\"A-17\",\"charge\":\"0.5\"}}",
         OUTCOME_ACCEPTED, 0, "A-17", 0, 0},
        {UPSTREAM_ADD, "{\"order\":4711,\"error\":\"Not enough funds\"}", OUTCOME_DOUBT, 0, NULL, 0,
         0},
        {UPSTREAM_ADD, "{\"error\":{\"message\":\"Not enough funds on balance\"}}", OUTCOME_REFUSED,
         VERDICT_PROVIDER, NULL, 0, 0},
        {UPSTREAM_ADD, "{\"error\":\"Incorrect link\"}", OUTCOME_REFUSED, VERDICT_CLIENT, NULL, 0,
         0},
        {UPSTREAM_ADD, "{\"error\":\"Words that no table has\"}", OUTCOME_DOUBT, 0, NULL, 0, 0},
        {UPSTREAM_SERVICES,
         "[{\"service\":1,\"name\":\"A "
         "\\u00e9\",\"category\":\"c\",\"rate\":\"0.90\",\"min\":\"1\",\"max\":9},"
         "{\"service\":\"2\",\"name\":\"B\",\"category\":\"c\",\"rate\":1.5,\"min\":1,\"max\":9}]",
         OUTCOME_ACCEPTED, 0, NULL, 2, 0},
        {UPSTREAM_STATUS,
         "{\"charge\":\"0.5\",\"start_count\":\"10\",\"status\":\"Completed\",\"remains\":\"0\"}",
         OUTCOME_ACCEPTED, 0, NULL, 0, 1},
        {UPSTREAM_STATUS_MANY,
         "{\"1\":{\"status\":\"Completed\",\"remains\":0},\"2\":{\"status\":\"Completed\"}}",
         OUTCOME_ACCEPTED, 0, NULL, 0, 2},
        {UPSTREAM_STATUS_MANY,
         "[{\"order\":1,\"status\":\"Completed\"},{\"order\":\"2\",\"status\":\"Completed\"}]",
         OUTCOME_ACCEPTED, 0, NULL, 0, 2},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(inputs); i++)
        allocations_sweep(inputs[i].body, run, &inputs[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
    };
    json_set_alloc_funcs(memory_take, free);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
