/* One order's status, member by member, whichever reader brings them, and the words for its state.
 * For the files of this room. Pure. */
#ifndef PROVIDERS_DECODE_STATUS_H
#define PROVIDERS_DECODE_STATUS_H
#include "providers/decode.h"
#include "providers/upstream.h"

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
                          struct scalar value);
/* After the last member: false when nothing usable was read. */
bool decode_status_finish(struct status_reading *reading);
/* An entry that is an error. */
void decode_status_error(const struct decoding *d, struct upstream_status *status, struct str text);

#endif
