/* struct scalar: one plain value of a response, whichever reader found it (jansson or the scanner
 * of statusscan.c), and what it means. Panels send numbers as text and text as numbers. Pure. */
#ifndef PROVIDERS_SCALAR_H
#define PROVIDERS_SCALAR_H
#include <jansson.h>

#include "base/arena.h"
#include "money/money.h"
#include "protocol/count.h"

enum scalar_kind {
    SCALAR_NONE, /* absent, null, or not a plain value */
    SCALAR_FALSE,
    SCALAR_TRUE,
    SCALAR_INTEGER,
    SCALAR_REAL,
    SCALAR_TEXT,
};

struct scalar {
    enum scalar_kind kind;
    struct str text; /* of a text; borrowed from the reader */
    int64_t integer;
    double real;
};

enum { SCALAR_ID_MAX = 64 };

struct scalar scalar_of(const json_t *json);
/* A whole number: 5, "5", 5.0. */
bool scalar_integer(struct scalar value, int64_t *out) MUST_USE;
/* A number of pieces, as text in any of the forms of count_parse. */
bool scalar_count(struct scalar value, struct count *out) MUST_USE;
/* An amount in any of the forms of money_parse_loose, beside a currency's code or STR_NONE.
 * currency_out may be NULL; borrowed. */
bool scalar_money(struct scalar value, struct str beside, struct money *out,
                  struct str *currency_out) MUST_USE;
/* What scalar_money takes as beside: the currency stated, or, where none is, our account's own: of
 * an amount whose sign may be its ("$", "¥"), and of a bare one in a currency without small coins
 * ("15.000" of an account in IDR). */
struct str scalar_beside(struct scalar amount, struct str stated, const char *own);
/* The amount of an account in the currency `own`: scalar_money beside scalar_beside. */
bool scalar_charge(struct scalar value, struct str stated, const char *own,
                   struct money *out) MUST_USE;
/* An order's or refill's id: a whole number above 0, or text of [A-Za-z0-9._:-] with a digit, not
 * negative, not fractional. The id is in the arena. */
bool scalar_id(struct scalar value, struct arena *arena, struct str *out) MUST_USE;
/* true, 1, "1", "true", "yes", "on"; everything else is false. */
bool scalar_is_true(struct scalar value);
/* false, 0, "", "0", "false", "no", null, or absent. */
bool scalar_is_falsy(struct scalar value);
/* What it says, as text: "" for none; numbers in decimal. In the arena unless a text. */
struct str scalar_print(struct scalar value, struct arena *arena);
/* The one element of a list of one, which some scripts put around everything; else value itself. */
const json_t *scalar_unlist(const json_t *value);
/* A member whatever the case of its name; NULL when absent. Exact case wins. */
json_t *scalar_member(const json_t *object, const char *name);
/* What the object's member `currency` says; STR_NONE when there is none. Borrowed. */
struct str scalar_currency(const json_t *object);

#endif
