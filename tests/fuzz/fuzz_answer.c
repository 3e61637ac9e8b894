/* Upstream answers of every action. The first byte chooses the action, the second the HTTP status;
 * the rest is the body. Whatever comes, our key is not in what is kept of it, an accepted add has a
 * usable order id, and lists have an entry for each id asked. */
#include <stdint.h>

#include "providers/dialect.h"

static char fuzz_key[] = "made_up_key_0123456789abcdef";

static const long statuses[] = {200, 200, 200, 201, 301, 400, 401, 402,
                                403, 404, 422, 429, 500, 502, 520, 0};

static void check_common(const struct upstream_response *answer)
{
    struct str key = str_of(fuzz_key);
    ASSERT(answer->error.len <= 500 && answer->evidence.len <= 500);
    ASSERT(answer->error.len == 0 || str_find(answer->error, key) == SIZE_MAX);
    ASSERT(answer->evidence.len == 0 || str_find(answer->evidence, key) == SIZE_MAX);
}

static void check_add(const struct upstream_response *answer)
{
    if (answer->outcome != OUTCOME_ACCEPTED)
        return;
    ASSERT(answer->order.len > 0 && answer->order.len <= 64);
    for (size_t i = 0; i < answer->order.len; i++) {
        char c = answer->order.ptr[i];
        ASSERT((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '.' || c == '_' || c == ':' || c == '-');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct provider_settings settings = {.key = fuzz_key};
    struct str ids[] = {STR("1"), STR("10"), STR("100")};
    struct arena arena;
    struct upstream_response answer;
    if (size < 2)
        return 0;
    enum upstream_action action = (enum upstream_action)(data[0] % UPSTREAM_ACTION_COUNT);
    bool is_many = action == UPSTREAM_STATUS_MANY || action == UPSTREAM_REFILL_MANY ||
                   action == UPSTREAM_REFILL_STATUS_MANY || action == UPSTREAM_CANCEL;
    struct upstream_request request = {
        .action = action, .ids = ids, .id_count = is_many ? COUNT_OF(ids) : 1};
    struct reply_facts facts = {.was_sent = true,
                                .is_complete = statuses[data[1] % COUNT_OF(statuses)] != 0,
                                .http_status = statuses[data[1] % COUNT_OF(statuses)],
                                .content_type = STR("application/json"),
                                .body = str_make((const char *)data + 2, size - 2),
                                .server = STR(""),
                                .location = str_first(str_make((const char *)data, size), 512),
                                .retry_after_s = -1,
                                .transport_error = ""};
    arena_init(&arena);
    dialect_default()->decode(&settings, &request, &facts, &arena, &answer);
    check_common(&answer);
    if (action == UPSTREAM_ADD)
        check_add(&answer);
    if (answer.outcome == OUTCOME_ACCEPTED && action == UPSTREAM_STATUS_MANY)
        ASSERT(answer.status_count == COUNT_OF(ids));
    ASSERT(answer.outcome != OUTCOME_NOT_SENT);
    arena_fini(&arena);
    return 0;
}
