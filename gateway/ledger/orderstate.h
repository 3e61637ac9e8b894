/* The states of an order in the books and the table of allowed moves. Pure. */
#ifndef LEDGER_ORDERSTATE_H
#define LEDGER_ORDERSTATE_H
#include "base/str.h"
#include "money/money.h"
#include "protocol/orderstatus.h"

enum orderstate {
    ORDERSTATE_PLACING, /* being sent, or between two offers */
    ORDERSTATE_DOUBT,   /* an attempt may have been executed; never resent, never refunded by itself
                         */
    ORDERSTATE_PENDING, /* accepted by a provider, as are the next two */
    ORDERSTATE_PROCESSING,
    ORDERSTATE_IN_PROGRESS,
    ORDERSTATE_COMPLETED, /* final, as are the rest */
    ORDERSTATE_PARTIAL,
    ORDERSTATE_CANCELED,
    ORDERSTATE_REFUSED, /* closed; the client got an error and never a number */
    ORDERSTATE_COUNT
};
const char *orderstate_name(enum orderstate state); /* "placing", "doubt", "in_progress"… */
bool orderstate_find(struct str word, enum orderstate *out);
bool orderstate_is_final(enum orderstate state);
/* What a client sees: placing and doubt are Pending, refused is Canceled. */
enum orderstatus orderstate_status(enum orderstate state);
/* placing -> doubt pending processing in_progress completed partial canceled refused;
 * doubt -> placing (resolve --next-offer) pending processing in_progress completed partial
 * canceled; pending, processing, in_progress -> each other and the three finals; final -> nothing;
 * a state to itself is allowed while not final. */
bool orderstate_may_move(enum orderstate from, enum orderstate to);

/* What is known of an order's course, by value: in the ledger's row, in the table of open orders,
 * in a status answer, and as settlement's input and output. */
struct order_course {
    enum orderstate state;
    bool has_start_count;
    int64_t start_count; /* 0 until known */
    int64_t remains;     /* until known the quantity */
    struct money paid;   /* what the client pays as things stand */
};

bool order_course_is_same(const struct order_course *a, const struct order_course *b);

enum attemptstate {
    ATTEMPTSTATE_SENDING,
    ATTEMPTSTATE_ACCEPTED,
    ATTEMPTSTATE_NOT_SENT,
    ATTEMPTSTATE_REFUSED,
    ATTEMPTSTATE_DOUBT,
    ATTEMPTSTATE_COUNT
};
const char *attemptstate_name(enum attemptstate state);
bool attemptstate_find(struct str word, enum attemptstate *out);
/* sending -> all others; doubt -> accepted, refused (resolve); else nothing. */
/* It may have been executed: being sent, in doubt or accepted. */
bool attemptstate_is_live(enum attemptstate state);
bool attemptstate_may_move(enum attemptstate from, enum attemptstate to);

#endif
