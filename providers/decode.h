/* The standard dialect's decoder, and one response being decoded: what each of its readers works
 * on. For the files of this room. Pure; all results live in the arena. */
#ifndef PROVIDERS_DECODE_H
#define PROVIDERS_DECODE_H
#include "providers/classify.h"
#include "providers/scalar.h"

/* The last text classified: a batch says the same of many ids. */
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

#endif
