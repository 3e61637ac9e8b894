/* The 17 order types of protocol.md 2.1 as one table, and the folding of their spellings (2.2).
 * Any thread. */
#ifndef PROTOCOL_ORDERTYPE_H
#define PROTOCOL_ORDERTYPE_H
#include "protocol/field.h"

enum ordertype {
    ORDERTYPE_DEFAULT,
    ORDERTYPE_PACKAGE,
    ORDERTYPE_SEO,
    ORDERTYPE_CUSTOM_COMMENTS,
    ORDERTYPE_CUSTOM_COMMENTS_PACKAGE,
    ORDERTYPE_COMMENT_LIKES,
    ORDERTYPE_COMMENT_REPLIES,
    ORDERTYPE_MENTIONS,
    ORDERTYPE_MENTIONS_WITH_HASHTAGS,
    ORDERTYPE_MENTIONS_CUSTOM_LIST,
    ORDERTYPE_MENTIONS_HASHTAG,
    ORDERTYPE_MENTIONS_USER_FOLLOWERS,
    ORDERTYPE_MENTIONS_MEDIA_LIKERS,
    ORDERTYPE_POLL,
    ORDERTYPE_INVITES_FROM_GROUPS,
    ORDERTYPE_SUBSCRIPTIONS,
    ORDERTYPE_WEB_TRAFFIC,
    ORDERTYPE_COUNT,
    ORDERTYPE_UNKNOWN = ORDERTYPE_COUNT /* a local invention: not sold until an operator maps it */
};

enum ordertype_quantity {
    ORDERTYPE_QUANTITY_GIVEN,     /* the parameter quantity */
    ORDERTYPE_QUANTITY_COMMENTS,  /* lines of comments */
    ORDERTYPE_QUANTITY_USERNAMES, /* lines of usernames */
    ORDERTYPE_QUANTITY_ONE,       /* packages: charged flat */
    ORDERTYPE_QUANTITY_PER_POST,  /* subscriptions: min..max for each post */
};

struct ordertype_row {
    const char *name;  /* canonical spelling, as published */
    uint32_t required; /* bits 1 << FIELD_X */
    uint32_t optional;
    enum ordertype_quantity quantity;
    bool is_flat;  /* charge = rate, whatever the quantity */
    bool may_drip; /* runs and interval */
    /* What is left of one is the same with a smaller quantity: nothing but a number says what was
     * delivered. Not so with lists of texts or people, of which nobody knows who had their turn. */
    bool has_remainder;
};
const struct ordertype_row *ordertype_row(enum ordertype type); /* not UNKNOWN */
const char *ordertype_name(enum ordertype type);                /* "Unknown" for UNKNOWN */
enum ordertype ordertype_fold(struct str spelling);             /* never fails: UNKNOWN */

#endif
