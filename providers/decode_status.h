/* One order's status, member by member, whichever reader brings them. For the files of this room.
 * Pure. */
#ifndef PROVIDERS_DECODE_STATUS_H
#define PROVIDERS_DECODE_STATUS_H
#include "providers/decode.h"

struct status_reading {
    const struct decoding *d;
    struct answer_status *status;
    struct str asked_id;
    bool has_status; /* a status word or number was there */
    bool has_facts;  /* and something beside it */
    bool is_other;   /* it says that it is of another order */
};

/* Takes one plain member; false when the name means nothing here. */
bool decode_status_member(struct status_reading *reading, struct str name, struct scalar value);
/* After the last member: false when nothing usable was read. */
bool decode_status_finish(struct status_reading *reading);
/* An entry that is an error. */
void decode_status_error(const struct decoding *d, struct answer_status *status, struct str text);

#endif
