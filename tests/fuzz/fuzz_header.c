/* The raw head of a request: in one piece or byte by byte, the scan says the same. */
#include <stdint.h>

#include "base/memory.h"
#include "http/headercheck.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct headercheck_scan whole = {0}, pieces = {0};
    headercheck_feed(&whole, (const char *)data, size);
    for (size_t i = 0; i < size; i++)
        headercheck_feed(&pieces, (const char *)data + i, 1);
    ASSERT(whole.is_bad == pieces.is_bad);
    ASSERT(whole.is_bad || whole.is_done == pieces.is_done);
    return 0;
}
