/* The built-in table of error texts: what each means and whom it cools down. For the files of this
 * room; the door is classify_text (dialect.h). Any thread. */
#ifndef PROVIDERS_CLASSIFY_H
#define PROVIDERS_CLASSIFY_H
#include "base/arena.h"
#include "providers/dialect.h"
#include <jansson.h>

/* What a response complains about, in any of the shapes panels use: error as text, object, list or
 * map of fields; errors; status, success, type or result with a message, under any of its names,
 * beside it or inside data, result and the like; dotted or numbered codes; a bare text. Pure. */
enum { ERRORTEXT_MAX = 8 };

struct errortext {
    /* An error is said: an error key that is not falsy, or a status or success that says so. */
    bool is_error;
    /* Only a text without any mark of error or success: an error where the HTTP status or the
     * table says so. */
    bool is_hint;
    size_t count;
    struct str texts[ERRORTEXT_MAX]; /* best first; borrowed from root or in the arena */
};

struct errortext errortext_of(const json_t *root, struct arena *arena);
/* The same of one entry of a list or of a field that holds an error. */
bool errortext_add(struct errortext *found, const json_t *value, struct arena *arena);
/* "success", "ok", true, 1, 100, 200: what a status or success member says when all is well. */
bool errortext_is_success(const json_t *value);

/* ---- the table ---- */

/* What a text means, whatever its language. */
enum meaning {
    MEANING_FUNDS,
    MEANING_KEY,
    MEANING_ACCOUNT,
    MEANING_MAINTENANCE,
    MEANING_RATE,
    MEANING_SERVICE,
    MEANING_SETUP,    /* the provider needs another set-up of ours */
    MEANING_ACTION,   /* wrong request, address or dialect; or no such action */
    MEANING_QUANTITY, /* A*: mismatches with our own checks */
    MEANING_FIELD,    /* A* */
    MEANING_LINK,
    MEANING_ACTIVE_ORDER,
    MEANING_DOUBT,  /* known to be ambiguous: it may have been executed */
    MEANING_BROKEN, /* ambiguous too: something broke on the way; yields to what is clearer */
    MEANING_TAIL,   /* polite words beside others, which win */
    MEANING_WORDLESS,
    MEANING_ORDER_ID,
    MEANING_REFILL,
    MEANING_REFILL_ID,
    MEANING_CANCEL,
    MEANING_REFILL_TOPIC, /* no more than the word */
    MEANING_CANCEL_TOPIC,
    MEANING_TOO_MANY, /* ids in one request */
    MEANING_COUNT
};

struct classify_row {
    enum meaning meaning;
    const char *patterns; /* folded as paneltext_fold does, separated by '|'; '*' matches */
};
extern const struct classify_row classify_table_rows[];
extern const size_t classify_table_row_count;
/* Against the text as words: each sign a blank, one at each end; so a pattern can ask for whole
 * words. */
extern const struct classify_row classify_table_word_rows[];
extern const size_t classify_table_word_row_count;
/* What says itself that an order may be there, and wins over all but a whole text. */
extern const char classify_table_placed[];

/* What no row knows by its wording: any of the subjects, any of the complaints, none of unless,
 * each as words between blanks, separated by '|'. The first that fits decides. */
struct classify_rule {
    enum meaning meaning;
    const char *subjects, *complaints, *unless;
};
extern const struct classify_rule classify_rules[];
extern const size_t classify_rule_count;
/* Beside the name of a field of an order, a complaint about it. */
extern const char classify_field_complaints[];

/* The first of the texts that a table knows decides, a wordless one only where no other is known;
 * best_out is that text, or the first one. */
struct verdict classify_texts(const struct provider_settings *settings, enum upstream_action action,
                              const struct errortext *found, struct str *best_out);

/* Only the provider's own table, for text that is not JSON. */
bool classify_own(const struct provider_settings *settings, enum upstream_action action,
                  struct str text, struct verdict *out) MUST_USE;

/* A page of a protecting front (401, 403, 405 or 429 with its clear marks): the panel never saw the
 * request. */
bool classify_is_challenge(const struct reply_facts *facts);

#endif
