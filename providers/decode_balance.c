/* What a panel holds for us. */
#include "providers/decode.h"

static const char *const amount_names[] = {"balance", "funds", "amount", "credit", "user_balance"};
static const char *const inner_names[] = {"data", "user", "result"};

/* "USD" out of " usd "; STR_NONE when it is no code. */
static struct str decode_balance_currency_of(struct str text, struct arena *arena)
{
    text = str_trim(text);
    if (text.len < 3 || text.len > 5)
        return STR_NONE;
    char *code = arena_text(arena, text);
    for (size_t i = 0; i < text.len; i++) {
        if (code[i] >= 'a' && code[i] <= 'z')
            code[i] = (char)(code[i] - ('a' - 'A'));
        if (code[i] < 'A' || code[i] > 'Z')
            return STR_NONE;
    }
    return str_make(code, text.len);
}

static bool decode_balance_take_amount(struct decoding *d, struct scalar value, struct str beside)
{
    struct str currency;
    if (!scalar_money(value, scalar_beside(value, beside, d->settings->currency),
                      &d->answer->balance, &currency))
        return false;
    d->answer->has_balance = true;
    if (currency.ptr != NULL)
        d->answer->balance_currency = decode_balance_currency_of(currency, d->arena);
    return true;
}

static bool decode_balance_read_object(struct decoding *d, const json_t *object, int depth)
{
    bool is_found = false;
    for (size_t i = 0; i < COUNT_OF(amount_names) && !is_found; i++) {
        const json_t *value = scalar_member(object, amount_names[i]);
        is_found = json_is_object(value) && depth < 3
                       ? decode_balance_read_object(d, value, depth + 1)
                       : decode_balance_take_amount(d, scalar_of(value), scalar_currency(object));
    }
    for (size_t i = 0; i < COUNT_OF(inner_names) && !is_found && depth < 3; i++) {
        const json_t *inner = scalar_member(object, inner_names[i]);
        is_found = json_is_object(inner) ? decode_balance_read_object(d, inner, depth + 1)
                   : i == 0
                       ? decode_balance_take_amount(d, scalar_of(inner), scalar_currency(object))
                       : false;
    }
    struct scalar currency = scalar_of(scalar_member(object, "currency"));
    if (is_found && currency.kind == SCALAR_TEXT) {
        struct str code = decode_balance_currency_of(currency.text, d->arena);
        if (code.ptr != NULL)
            d->answer->balance_currency = code;
    }
    return is_found;
}

void decode_balance(struct decoding *d)
{
    const json_t *root = d->root;
    if (json_is_array(root) && json_array_size(root) == 1)
        root = json_array_get(root, 0);
    if (!decode_is_error(d) &&
        (json_is_object(root) ? decode_balance_read_object(d, root, 0)
                              : decode_balance_take_amount(d, scalar_of(root), STR_NONE)))
        d->answer->outcome = OUTCOME_ACCEPTED;
    else
        decode_fail(d);
}
