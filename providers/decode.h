/* The standard dialect's decoder, and one response being decoded: what each of its readers works
 * on. For the files of this room. Pure; all results live in the arena. */
#ifndef PROVIDERS_DECODE_H
#define PROVIDERS_DECODE_H
#include "base/arena.h"
#include "providers/classify.h"
#include "providers/scalar.h"
#include "providers/upstream.h"
#include <jansson.h>

/* The last text classified: a batch says the same of many ids, and classify_text, which stands
 * behind it, takes 50 to 75 us for each (gcc -O2). */
struct decode_memo {
    struct str text; /* borrowed from the arena or the response */
    struct verdict verdict;
};

struct decoding {
    const struct provider_settings *settings;
    const struct upstream_request *request;
    const struct reply_facts *facts;
    struct arena *arena;
    struct upstream_response *answer;
    const json_t *root;   /* borrowed; NULL when the response holds no JSON to be trusted */
    bool has_double_keys; /* there is none because a key stands twice */
    struct errortext error;
    struct verdict verdict; /* of error */
    struct decode_memo *memo;
};

/* add, refill, cancel: what they did cannot be undone by another call. */
bool decode_is_writing(enum upstream_action action);
/* The response as a whole says that something went wrong. */
bool decode_is_error(const struct decoding *d);
/* Ends with what the error means: refused where that is certain, else in doubt. */
void decode_fail(struct decoding *d);
void decode_refuse(struct decoding *d, const struct verdict *verdict);
/* In doubt, or for reads: nothing learnt. */
void decode_doubt(struct decoding *d);
void decode_refuse_unsupported(struct decoding *d);
/* A panel's text as it may be kept. */
struct str decode_text(const struct decoding *d, struct str text);
/* {"status":"success","data":{…}} -> what is in data, when it is an object or a list. */
const json_t *decode_unwrap(const json_t *root);

/* The readers, one a family of actions; each leaves an outcome. */
void decode_add(struct decoding *d);
void decode_status(struct decoding *d);
void decode_status_many(struct decoding *d);
void decode_refill(struct decoding *d);
void decode_refill_status(struct decoding *d);
void decode_cancel(struct decoding *d);
void decode_services(struct decoding *d);
void decode_balance(struct decoding *d);

/* The dialect's row. */
void decode_standard(const struct provider_settings *settings,
                     const struct upstream_request *request, const struct reply_facts *facts,
                     struct arena *arena, struct upstream_response *out);

/* statusscan.c: a strict reader of the responses that come by the thousand: {"order":N}, one
 * status, and statuses keyed by id. Whatever is the least unusual is left to the readers above.
 * Same results as theirs, without building a tree. False when the body has no such shape; the
 * response is then as it was. */
bool statusscan_add(struct decoding *d);
bool statusscan_status(struct decoding *d);
bool statusscan_status_many(struct decoding *d);

/* One order's status, member by member, whichever reader brings them, and the words for its state.
 * For the files of this room. Pure. */
/* What a panel's word for an order's state means: the provider's own `statuses:` first, then the
 * protocol's spellings, then other languages. Pure, any thread. */
/* ORDERSTATUS_UNKNOWN for a word that nobody knows: the state is kept. */
enum orderstatus decode_status_word(const struct provider_settings *settings, struct str word);
/* The same of a refill's word; REFILLSTATUS_UNKNOWN. */
enum refillstatus decode_status_refill_word(const struct provider_settings *settings,
                                            struct str word);

struct status_reading {
    const struct decoding *d;
    struct upstream_status *status;
    struct str asked_id;
    struct str currency; /* said beside it, or STR_NONE */
    bool has_status;     /* a status word or number was there */
    bool has_facts;      /* and something beside it */
    bool is_other;       /* it says that it is of another order */
};

/* What a status may say, by its exact name. */
enum status_member {
    STATUS_MEMBER_STATUS,
    STATUS_MEMBER_CHARGE,
    STATUS_MEMBER_START_COUNT,
    STATUS_MEMBER_START_COUNTER, /* the same */
    STATUS_MEMBER_REMAINS,
    STATUS_MEMBER_POSTS,
    STATUS_MEMBER_RUNS,
    STATUS_MEMBER_EXPIRY,
    STATUS_MEMBER_ORDER,
    STATUS_MEMBER_COUNT,
};

/* Takes one plain member. */
void decode_status_member(struct status_reading *reading, enum status_member member,
                          const struct scalar *said);
/* After the last member: false when nothing usable was read. */
bool decode_status_finish(struct status_reading *reading);
/* An entry that is an error. */
void decode_status_error(const struct decoding *d, struct upstream_status *status, struct str text);

/* The JSON in a panel's response: found among byte order marks, PHP notices, dumps and comments;
 * repaired where text inside strings is broken, where a number is none (NaN) or does not fit 64
 * bits, both of which become texts; refused where it is too deep, cut short, or where two whole
 * values say different things. Pure. */
enum { REPLYJSON_DEPTH = 32 };

struct replyjson {
    json_t *root;         /* owned; NULL when there is none to be trusted */
    bool has_double_keys; /* some object names a key twice */
};

/* is_strict (add, refill, cancel): doubled keys, NULs and reals beyond a double leave no root. Else
 * a key that stands twice with different values is null. */
struct replyjson replyjson_load(struct str body, bool is_strict, struct arena *arena);
/* Does JSON, whole or not, begin before a page or behind it? */
bool replyjson_is_beside_page(struct str body);

/* replyrepair_text: what panels get wrong inside a JSON text that is there as a whole, put right
 * where it can mean one thing only. What is cut short or in pieces stays as it is. Pure. */
/* Ill-formed escapes and bytes in strings; single quotes; names without any; NaN; True and None;
 * +12, 007, .5, 5. and, in an object, 0,05; a comma behind the last member. is_strict: of an answer
 * to an order, where no bare word and no number's letters may become an id. In the arena. */
struct str replyrepair_text(struct str text, bool is_strict, struct arena *arena);

#endif
