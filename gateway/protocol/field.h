/* The fields of an order, by their canonical names. One table in field.c. Any thread. */
#ifndef PROTOCOL_FIELD_H
#define PROTOCOL_FIELD_H
#include "base/str.h"

enum field {
    FIELD_LINK,
    FIELD_QUANTITY,
    FIELD_COMMENTS,  /* list, LF-joined once normalised */
    FIELD_KEYWORDS,  /* list */
    FIELD_USERNAMES, /* list */
    FIELD_USERNAME,
    FIELD_HASHTAGS, /* list */
    FIELD_HASHTAG,
    FIELD_MEDIA,
    FIELD_ANSWER_NUMBER,
    FIELD_GROUPS, /* list */
    FIELD_RUNS,
    FIELD_INTERVAL,
    FIELD_MIN,
    FIELD_MAX,
    FIELD_POSTS,
    FIELD_OLD_POSTS,
    FIELD_DELAY,
    FIELD_EXPIRY,
    FIELD_COUNTRY,
    FIELD_DEVICE,
    FIELD_TYPE_OF_TRAFFIC,
    FIELD_GOOGLE_KEYWORD,
    FIELD_REFERRING_URL,
    FIELD_COUNT
};

/* An order's fields, normalised; STR_NONE where absent. Whoever makes it says who owns the bytes.
 */
struct fields {
    struct str value[FIELD_COUNT];
};

const char *field_name(enum field field); /* "answer_number" */
bool field_is_list(enum field field);
/* Canonical name or one of the variant spellings of protocol.md 1.3 ("url", "keyword", "answer",
 * "media_url", "intervals", "referrer"…); false when it is none. */
bool field_find(struct str name, enum field *out);
/* {"link":"…","comments":"…"}: only what is there. Used to keep an order's fields in the ledger. */
struct buf;
void field_print_all(const struct fields *fields, struct buf *out);
/* Back again; values live in the arena. False when it is not such an object. */
struct arena;
bool field_parse_all(struct str json, struct arena *arena, struct fields *out) MUST_USE;

#endif
