/* struct money: an amount in units of 10^-8 of some currency; which one is known from its place.
 * Arithmetic is checked: false means out of range and *out is untouched. Any thread. */
#ifndef MONEY_MONEY_H
#define MONEY_MONEY_H
#include "base/str.h"

struct setting_kind;

struct jsonwriter;
struct money {
    int64_t units; /* 10^-8 */
};
#define MONEY_ONE INT64_C(100000000)
#define MONEY_ZERO ((struct money){0})

enum money_rounding {
    MONEY_EXACT, /* more than 8 significant decimals is a fault */
    MONEY_UP, /* towards plus infinity: a cost finer than 10^-8 is rounded up to it; where the text
                 has more than 12 decimals, to the nearest 10^-10 first */
};

/* Plain decimal text, optional sign, optional exponent ("1.0E-5"); no blanks, no separators. */
bool money_parse(struct str text, enum money_rounding rounding, struct money *out) MUST_USE;
/* The forms panels use: blanks, currency signs and codes ("$12.50", "12.50 USD", "Rp 15.000,-"),
 * thousands separators ("1,234.50", "1.234,56", "1 234,5"), then as money_parse with MONEY_UP.
 * beside is the code of a currency said next to the amount, or STR_NONE. Beside the sign or code of
 * a currency without small coins a lone '.' before exactly three digits separates thousands, as a
 * lone ',' does in every currency. currency_out, when not NULL, gets a code found in the text
 * ("USD" for "$", but beside another currency that writes that sign, this) or STR_NONE; borrowed.
 */
bool money_parse_loose(struct str text, struct str beside, struct money *out,
                       struct str *currency_out) MUST_USE;
/* The text holds a sign that several currencies write ("$", "¥", "£", "Rs"), this one too. */
bool money_is_signed_as(struct str text, struct str currency);
/* Nothing but digits, marks, blanks and a plus or minus: no sign or code of a currency. */
bool money_is_bare(struct str text);
/* IDR, VND, JPY and the like: prices there have no decimals. Case is ignored. */
bool money_is_coinless(struct str currency);
/* A JSON real as read by jansson: printed with 15 significant digits, then parsed (MONEY_UP). */
bool money_from_double(double value, struct money *out) MUST_USE;
/* At least min_decimals, at most 8, decimals; trailing zeros beyond min_decimals cut; no exponent.
 */
enum { MONEY_TEXT = 32 };
size_t money_print(struct money amount, unsigned min_decimals, char out[MONEY_TEXT]);
/* As text with two decimals or more: a JSON number would be read as a float. */
void money_write_json(struct jsonwriter *w, const char *key, struct money amount);

bool money_add(struct money a, struct money b, struct money *out) MUST_USE;
bool money_subtract(struct money a, struct money b, struct money *out) MUST_USE;
static inline int money_compare(struct money a, struct money b)
{
    return a.units < b.units ? -1 : a.units > b.units;
}
/* Rounds up (towards plus infinity) to a multiple of 10^-decimals, 0 <= decimals <= 8. */
bool money_round_up(struct money amount, unsigned decimals, struct money *out) MUST_USE;
/* amount x part / whole, rounded up to decimals; whole > 0, part >= 0. */
bool money_share_up(struct money amount, int64_t part, int64_t whole, unsigned decimals,
                    struct money *out) MUST_USE;

/* An exchange rate in units of 10^-12. */
struct factor {
    int64_t units; /* 10^-12 */
};
#define FACTOR_ONE INT64_C(1000000000000)
bool money_parse_factor(struct str text, struct factor *out) MUST_USE; /* "1.08" */

/* A percentage with 12 decimals, so in units of 10^-14 of the whole: "25%" is 0.25. */
struct percent {
    int64_t units; /* 10^-14 */
};
#define PERCENT_WHOLE INT64_C(100000000000000)
bool money_parse_percent(struct str text, struct percent *out) MUST_USE; /* "25%"; sign may be */

/* The kinds of settings that hold amounts, factors and markups. */
extern const struct setting_kind money_kinds_amount;   /* struct money, 0 or more, exact */
extern const struct setting_kind money_kinds_exchange; /* struct factor above 0: "1.08" */
extern const struct setting_kind money_kinds_percent;  /* struct percent, bounds in 10^-14: "50%" */
extern const struct setting_kind money_kinds_markup;   /* struct markup: "25% + 0.05" */

#endif
