/* See challenge.h. */
#include "providers/challenge.h"

enum { LOOKED_AT = 64 * 1024 };

static bool challenge_has_number_mark(struct str body)
{
    static const char *const leads[] = {"error code: ", "error code ", "error ", "error: "};
    static const char *const numbers[] = {"1006", "1007", "1008", "1009",
                                          "1010", "1012", "1015", "1020"};
    for (size_t i = 0; i < COUNT_OF(leads); i++) {
        struct str rest = body;
        size_t at;
        while ((at = str_find_folded(rest, str_of(leads[i]))) != SIZE_MAX) {
            rest = str_from(rest, at + strlen(leads[i]));
            for (size_t n = 0; n < COUNT_OF(numbers); n++)
                if (str_starts(rest, str_of(numbers[n])) &&
                    !(rest.len > 4 && rest.ptr[4] >= '0' && rest.ptr[4] <= '9'))
                    return true;
        }
    }
    return false;
}

bool challenge_is(const struct reply_facts *facts)
{
    static const char *const marks[] = {
        "just a moment",
        "attention required! | cloudflare",
        "cf-chl-",
        "cf_chl_",
        "/cdn-cgi/challenge-platform",
        "checking your browser",
        "cf-browser-verification",
        "cf-error-details",
        "ddos protection by",
    };
    struct str body = str_first(facts->body, LOOKED_AT);
    if (facts->http_status != 401 && facts->http_status != 403 && facts->http_status != 405 &&
        facts->http_status != 429)
        return false;
    if (facts->has_cf_mitigated)
        return true;
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        if (str_find_folded(body, str_of(marks[i])) != SIZE_MAX)
            return true;
    return challenge_has_number_mark(body);
}
