/* See panelmoney.h. */
#include "simulator/panelmoney.h"

#define UNIT 100000000
#define DECIMALS 8

bool panelmoney_parse(struct str text, int64_t *out)
{
    bool is_negative = text.len > 0 && text.ptr[0] == '-';
    int64_t whole = 0, part = 0;
    size_t at = is_negative, digits = 0;
    for (; at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9'; at++, digits++) {
        if (digits >= 10)
            return false;
        whole = whole * 10 + (text.ptr[at] - '0');
    }
    if (digits == 0)
        return false;
    if (at < text.len && text.ptr[at] == '.') {
        int64_t unit = UNIT / 10;
        for (at++; at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9'; at++) {
            part += unit * (text.ptr[at] - '0');
            unit /= 10;
        }
    }
    if (at != text.len)
        return false;
    *out = (whole * UNIT + part) * (is_negative ? -1 : 1);
    return true;
}

void panelmoney_print(struct buf *out, int64_t amount)
{
    uint64_t left = amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
    char decimals[DECIMALS];
    size_t shown = DECIMALS;
    uint64_t part = left % UNIT;
    for (size_t i = DECIMALS; i-- > 0; part /= 10)
        decimals[i] = (char)('0' + part % 10);
    while (shown > 2 && decimals[shown - 1] == '0')
        shown--;
    if (amount < 0)
        buf_add_byte(out, '-');
    buf_add_u64(out, left / UNIT);
    buf_add_byte(out, '.');
    buf_add(out, decimals, shown);
}

int64_t panelmoney_charge(int64_t rate, int64_t quantity, bool is_flat)
{
    if (is_flat)
        return rate;
    __int128 product = (__int128)rate * quantity;
    __int128 charge = product / 1000 + (product > 0 && product % 1000 != 0);
    return charge > INT64_MAX / 4 ? INT64_MAX / 4 : (int64_t)charge;
}
