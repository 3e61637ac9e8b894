/* struct place as its files see it: the machine is in place.c; what it does in each state in
 * place_plan.c (PLANNING, NOTING), place_attempt.c (INTENDING, SENDING) and place_book.c (BOOKING);
 * place_resume.c begins in the middle. The desk's thread only. */
#ifndef ORDERS_PLACE_PRIVATE_H
#define ORDERS_PLACE_PRIVATE_H
#include "orders/place.h"
#include "providers/upstream_call.h"

enum { PLACE_FIRST_BYTES = 512 };

enum place_state { PLANNING, NOTING, WAITING, INTENDING, SENDING, BOOKING, CLOSED, STATE_COUNT };

enum place_end { END_ACCEPTED, END_DOUBT, END_REFUSED, END_UNAVAILABLE, END_ABANDONED };

struct place {
    struct order_context *context;
    struct arena arena;
    struct catalogue *catalogue; /* pinned: draft.service and the providers live there */
    struct draft draft;
    struct str client, request_id;
    unsigned client_id;
    enum place_state state;
    uint32_t order;  /* its number; 0 until the first intent */
    uint64_t random; /* of the weighted draw, kept so that a plan stays the same */
    uint64_t tried;  /* bits of offers that were tried or cannot be */
    uint64_t doubted[PROVIDER_MAX / 64]; /* providers where an attempt of this order was in doubt */
    size_t offer;                        /* the one being tried */
    unsigned attempt;                    /* its number, 1… */
    int64_t bucket_since_ms;     /* since when `offer` waits for its bucket; 0: it does not */
    struct ledger_attempt ended; /* the last attempt's outcome, not yet in the books */
    bool has_ended;
    struct money cost; /* of the current attempt, our currency */
    struct upstream_call *call;
    enum place_end end;
    const char *message; /* for the client, when refused */
    struct str reason;   /* for the operator */
    bool is_durable;     /* the order is in the books */
    bool is_promised;    /* its number was given, or is being made so */
    bool is_answered;
    bool is_abandoned; /* the client was told an error before the order was durable */
    bool is_starting;  /* within place_start: answers come later */
    bool saw_active_order;
    unsigned writes; /* outstanding at the ledger */
    struct loop_timer deadline, pause;
    place_done_fn *done;
    void *arg;
    _Alignas(16) char first_bytes[PLACE_FIRST_BYTES];
};

/* ---- place.c ---- */
struct place *place_new(struct order_context *context, struct str request_id);
/* The one function that changes its state; runs what it does there. */
void place_go(struct place *place, enum place_state state);
/* Frees it once it is closed, answered, and no write is outstanding. */
void place_release(struct place *place);
/* Tells the client, once. order 0: refused, words say why. */
void place_answer(struct place *place, uint32_t order, const char *message);
/* To BOOKING; at once to CLOSED when it left nothing in the books. */
void place_finish(struct place *place, enum place_end end, const char *message);
const struct offer *place_offer(const struct place *place);       /* the one being tried */
const struct provider *place_provider(const struct place *place); /* that offer's */
bool place_is_refusal(enum place_end end);

/* ---- what is done in a state; called by place_go ---- */
void place_plan_next(struct place *place);
void place_plan_note(struct place *place);
void place_attempt_intend(struct place *place);
void place_attempt_send(struct place *place);
void place_book_outcome(struct place *place);

#endif
