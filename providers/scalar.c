/* See scalar.h. */
#include "providers/scalar.h"

#include <math.h>

struct scalar scalar_of(const json_t *json)
{
    if (json == NULL)
        return (struct scalar){0};
    switch (json_typeof(json)) {
    case JSON_STRING:
        return (struct scalar){.kind = SCALAR_TEXT,
                               .text = str_make(json_string_value(json), json_string_length(json))};
    case JSON_INTEGER:
        return (struct scalar){.kind = SCALAR_INTEGER, .integer = json_integer_value(json)};
    case JSON_REAL:
        return (struct scalar){.kind = SCALAR_REAL, .real = json_real_value(json)};
    case JSON_TRUE:
        return (struct scalar){.kind = SCALAR_TRUE};
    case JSON_FALSE:
        return (struct scalar){.kind = SCALAR_FALSE};
    case JSON_OBJECT:
    case JSON_ARRAY:
    case JSON_NULL:
        return (struct scalar){0};
    }
    return (struct scalar){0};
}

static bool scalar_whole_of_real(double real, int64_t *out)
{
    if (!(fabs(real) < 9007199254740992.0) || floor(real) != real)
        return false;
    *out = (int64_t)real;
    return true;
}

bool scalar_count(struct scalar value, struct count *out)
{
    int64_t whole;
    if (value.kind == SCALAR_TEXT)
        return count_parse(value.text, out);
    if (value.kind == SCALAR_INTEGER)
        whole = value.integer;
    else if (value.kind != SCALAR_REAL || !scalar_whole_of_real(value.real, &whole))
        return false;
    *out = count_exactly(whole);
    return true;
}

bool scalar_integer(struct scalar value, int64_t *out)
{
    struct count count;
    if (value.kind == SCALAR_TEXT && str_to_i64(value.text, out))
        return true;
    if (!scalar_count(value, &count))
        return false;
    *out = count.value;
    return true;
}

/* Digits and points alone bear no sign. */
static bool scalar_is_plain(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((text.ptr[i] < '0' || text.ptr[i] > '9') && text.ptr[i] != '.')
            return false;
    return true;
}

static bool scalar_has_three_decimals(struct str text)
{
    return text.len > 4 && text.ptr[text.len - 4] == '.';
}

struct str scalar_beside(struct scalar amount, struct str stated, const char *own)
{
    bool is_open = stated.ptr == NULL && own != NULL && amount.kind == SCALAR_TEXT;
    bool is_own =
        is_open && (scalar_is_plain(amount.text)
                        ? scalar_has_three_decimals(amount.text) && money_is_coinless(str_of(own))
                        : money_is_signed_as(amount.text, str_of(own)) ||
                              (money_is_bare(amount.text) && money_is_coinless(str_of(own))));
    return is_own ? str_of(own) : stated;
}

bool scalar_money(struct scalar value, struct str beside, struct money *out,
                  struct str *currency_out)
{
    if (currency_out != NULL)
        *currency_out = STR_NONE;
    switch (value.kind) {
    case SCALAR_INTEGER:
        return !__builtin_mul_overflow(value.integer, MONEY_ONE, &out->units);
    case SCALAR_REAL:
        return money_from_double(value.real, out);
    case SCALAR_TEXT:
        return money_parse_loose(value.text, beside, out, currency_out);
    case SCALAR_NONE:
    case SCALAR_FALSE:
    case SCALAR_TRUE:
        return false;
    }
    UNREACHABLE();
}

bool scalar_charge(struct scalar value, struct str stated, const char *own, struct money *out)
{
    /* Nearly always it is plain, and no currency makes it another amount. */
    if (value.kind == SCALAR_TEXT && !scalar_has_three_decimals(value.text) &&
        money_parse(value.text, MONEY_UP, out))
        return true;
    return scalar_money(value, scalar_beside(value, stated, own), out, NULL);
}

static bool scalar_is_id_text(struct str text)
{
    static const char others[] = "._:-";
    size_t digits = 0, points = 0;
    uint64_t number;
    if (text.len == 0 || text.len > SCALAR_ID_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool is_digit = c >= '0' && c <= '9';
        if (!is_letter && !is_digit && (c == '\0' || strchr(others, c) == NULL))
            return false;
        digits += is_digit;
        points += c == '.';
    }
    if (digits == 0 || (text.ptr[0] == '-' && digits + points + 1 == text.len))
        return false; /* a word, or a negative number */
    if (str_to_u64(text, &number))
        return number != 0;
    return !(points <= 1 && digits + points == text.len && points == 1);
}

bool scalar_id(struct scalar value, struct arena *arena, struct str *out)
{
    int64_t number;
    switch (value.kind) {
    case SCALAR_INTEGER:
    case SCALAR_REAL:
        if (!scalar_integer(value, &number) || number <= 0)
            return false;
        *out = arena_i64(arena, number);
        return true;
    case SCALAR_TEXT:
        if (!scalar_is_id_text(str_trim(value.text)))
            return false;
        *out = arena_str(arena, str_trim(value.text));
        return true;
    case SCALAR_NONE:
    case SCALAR_FALSE:
    case SCALAR_TRUE:
        return false;
    }
    UNREACHABLE();
}

bool scalar_is_true(struct scalar value)
{
    static const char *const message[] = {"1", "true", "yes", "on"};
    struct str text = str_trim(value.text);
    if (value.kind == SCALAR_TRUE)
        return true;
    if (value.kind == SCALAR_INTEGER || value.kind == SCALAR_REAL)
        return value.integer != 0 || value.real != 0;
    for (size_t i = 0; value.kind == SCALAR_TEXT && i < COUNT_OF(message); i++)
        if (str_equal_folded(text, str_of(message[i])))
            return true;
    return false;
}

bool scalar_is_falsy(struct scalar value)
{
    static const char *const message[] = {"", "0", "false", "no", "null"};
    struct str text = str_trim(value.text);
    if (value.kind == SCALAR_NONE || value.kind == SCALAR_FALSE)
        return true;
    if (value.kind == SCALAR_INTEGER || value.kind == SCALAR_REAL)
        return value.integer == 0 && value.real == 0;
    for (size_t i = 0; value.kind == SCALAR_TEXT && i < COUNT_OF(message); i++)
        if (str_equal_folded(text, str_of(message[i])))
            return true;
    return false;
}

struct str scalar_print(struct scalar value, struct arena *arena)
{
    switch (value.kind) {
    case SCALAR_TEXT:
        return str_trim(value.text);
    case SCALAR_INTEGER:
        return arena_i64(arena, value.integer);
    case SCALAR_REAL:
        return str_of(arena_printf(arena, "%.15g", value.real));
    case SCALAR_TRUE:
        return STR("true");
    case SCALAR_FALSE:
        return STR("false");
    case SCALAR_NONE:
        return STR("");
    }
    UNREACHABLE();
}

const json_t *scalar_unlist(const json_t *value)
{
    return json_array_size(value) == 1 ? json_array_get(value, 0) : value;
}

json_t *scalar_member(const json_t *object, const char *name)
{
    const char *key;
    json_t *value, *found = json_object_get(object, name);
    if (found != NULL || !json_is_object(object))
        return found;
    json_object_foreach((json_t *)(uintptr_t)object, key,
                        value) if (str_equal_folded(str_of(key), str_of(name))) return value;
    return NULL;
}

struct str scalar_currency(const json_t *object)
{
    return str_trim(scalar_of(scalar_member(object, "currency")).text);
}
