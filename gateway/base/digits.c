/* See digits.h. */
#include "base/digits.h"

#include <stddef.h>
#include <string.h>

char *digits_put_pair(char *at, uint32_t pair)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    memcpy(at, pairs + 2 * (size_t)pair, 2);
    return at + 2;
}

static size_t digits_count(uint64_t value)
{
    size_t count = 1;
    for (; value >= 10000; value /= 10000)
        count += 4;
    return count + (value >= 10) + (value >= 100) + (value >= 1000);
}

char *digits_put(char *at, uint64_t value)
{
    char *end = at + digits_count(value), *first = end;
    for (; value >= 100; value /= 100)
        digits_put_pair(first -= 2, (uint32_t)(value % 100));
    if (value >= 10)
        digits_put_pair(at, (uint32_t)value);
    else
        *at = (char)('0' + value);
    return end;
}
