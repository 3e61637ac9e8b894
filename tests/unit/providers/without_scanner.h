/* The standard decoder without the scanner's short cuts, for comparing the two. The program that
 * includes it is linked with --wrap for the scanner's three functions (tests/CMakeLists.txt). */
#ifndef TESTS_UNIT_PROVIDERS_WITHOUT_SCANNER_H
#define TESTS_UNIT_PROVIDERS_WITHOUT_SCANNER_H
#include "providers/decode.h"

static bool has_no_scanner;

#define WRAP(name)                                                                                 \
    bool __real_##name(struct decoding *d);                                                        \
    bool __wrap_##name(struct decoding *d);                                                        \
    bool __wrap_##name(struct decoding *d)                                                         \
    {                                                                                              \
        return !has_no_scanner && __real_##name(d);                                                \
    }
WRAP(statusscan_add)
WRAP(statusscan_status)
WRAP(statusscan_status_many)
#undef WRAP

static void decode_without_scanner(const struct provider_settings *settings,
                                   const struct upstream_request *request,
                                   const struct reply_facts *facts, struct arena *arena,
                                   struct upstream_response *out)
{
    has_no_scanner = true;
    decode_standard(settings, request, facts, arena, out);
    has_no_scanner = false;
}

#endif
