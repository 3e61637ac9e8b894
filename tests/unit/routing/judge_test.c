/* What an answer to add means for the order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "routing/judge.h"

static void test_verdicts(void **state)
{
    static const struct {
        const char *name;
        struct upstream_response answer;
        enum retryverdict verdict;
    } cases[] = {
        {"accepted", {.outcome = OUTCOME_ACCEPTED, .order = {"77", 2}}, RETRYVERDICT_BOOK},
        {"accepted without an id", {.outcome = OUTCOME_ACCEPTED}, RETRYVERDICT_DOUBT},
        {"not sent", {.outcome = OUTCOME_NOT_SENT}, RETRYVERDICT_NEXT},
        {"doubt", {.outcome = OUTCOME_DOUBT, .class = VERDICT_DOUBT}, RETRYVERDICT_DOUBT},
        {"doubt whatever the class",
         {.outcome = OUTCOME_DOUBT, .class = VERDICT_PROVIDER, .is_funds = true},
         RETRYVERDICT_DOUBT},
        {"bad link",
         {.outcome = OUTCOME_REFUSED, .class = VERDICT_CLIENT, .refusal = REFUSAL_LINK},
         RETRYVERDICT_REFUSE},
        {"quantity, our checks passed",
         {.outcome = OUTCOME_REFUSED, .class = VERDICT_CLIENT, .is_mismatch = true},
         RETRYVERDICT_NEXT},
        {"active order",
         {.outcome = OUTCOME_REFUSED,
          .class = VERDICT_CLIENT,
          .refusal = REFUSAL_ACTIVE_ORDER,
          .is_active_order = true},
         RETRYVERDICT_NEXT},
        {"active order, busy",
         {.outcome = OUTCOME_REFUSED, .class = VERDICT_BUSY, .is_active_order = true},
         RETRYVERDICT_NEXT},
        {"service disabled",
         {.outcome = OUTCOME_REFUSED, .class = VERDICT_PROVIDER, .cool_down = COOL_DOWN_OFFER},
         RETRYVERDICT_NEXT},
        {"out of funds",
         {.outcome = OUTCOME_REFUSED,
          .class = VERDICT_PROVIDER,
          .cool_down = COOL_DOWN_FUNDS,
          .is_funds = true},
         RETRYVERDICT_NEXT},
        {"bad key", {.outcome = OUTCOME_REFUSED, .is_key = true}, RETRYVERDICT_NEXT},
        {"429",
         {.outcome = OUTCOME_REFUSED, .class = VERDICT_BUSY, .is_rate_limited = true},
         RETRYVERDICT_NEXT},
        {"challenge", {.outcome = OUTCOME_REFUSED, .is_challenge = true}, RETRYVERDICT_NEXT},
        {"redirect", {.outcome = OUTCOME_REFUSED, .is_redirect = true}, RETRYVERDICT_NEXT},
        {"a refusal that is none",
         {.outcome = OUTCOME_REFUSED, .class = VERDICT_DOUBT, .is_mismatch = true},
         RETRYVERDICT_DOUBT},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (judge_retry(&cases[i].answer) != cases[i].verdict)
            fail_msg("%s: %d", cases[i].name, (int)judge_retry(&cases[i].answer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_verdicts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
