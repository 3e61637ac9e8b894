/* struct availability: a breaker and the cool-downs that responses called for, of a provider in one
 * kind of call or of one offer. A value; the moment is an argument (monotonic clock).
 *
 * struct availability_table: those of one provider's offers by the panel's service id, only where
 * there is something to remember. Bounded: beyond AVAILABILITY_TABLE_MAX the oldest is forgotten.
 * Locked by its owner. */
#ifndef ROUTING_AVAILABILITY_H
#define ROUTING_AVAILABILITY_H
#include "base/str.h"
#include "routing/trouble.h"
#include <stdbool.h>
#include <stdint.h>

/* The circuit breaker as a value: consecutive failures open it (5), for 30 s x n, at most 300 s, n
 * being how often it opened without a success between; when the time is over one probe is let
 * through. Pure; the moment is an argument (monotonic clock). */
struct breaker {
    uint16_t failures;        /* consecutive */
    uint16_t openings;        /* since the last success */
    bool is_probing;          /* the one probe is under way */
    int64_t failing_since_ms; /* the first of them; valid while there are any */
    int64_t open_until_ms;    /* 0: closed */
};
enum { BREAKER_FAILURES = 5, BREAKER_STEP_MS = 30000, BREAKER_MAX_MS = 300000 };

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };
enum breaker_state breaker_state(const struct breaker *breaker, int64_t now_ms);
/* What breaker_take would say; looks only. */
bool breaker_allows(const struct breaker *breaker, int64_t now_ms);
/* True: go ahead; a half-open one gives its probe to the first caller. A probe that never ended
 * is given again after BREAKER_STEP_MS. */
bool breaker_take(struct breaker *breaker, int64_t now_ms);
void breaker_note(struct breaker *breaker, bool is_success, int64_t now_ms);
/* A probe that was taken but not used. */
void breaker_give_back(struct breaker *breaker);

struct availability {
    struct breaker breaker;
    int64_t cool_down_until_ms; /* a response called for it; 0: none */
    int64_t cool_down_since_ms; /* the first in a row; valid while there is one */
    enum trouble_why why;       /* of the last cool-down */
    uint16_t cool_downs;        /* in a row, without a success between */
    bool is_announced;          /* its trouble was logged */
};

enum skip availability_look(const struct availability *availability, int64_t now_ms);
/* Cools it down for BREAKER_STEP_MS x n, at least min_ms, at most BREAKER_MAX_MS; what arrives
 * during a cool-down lengthens nothing. */
void availability_cool_down(struct availability *availability, enum trouble_why why, int64_t min_ms,
                            int64_t now_ms);
/* It works again; a cool-down that is not over yet ends only by a success. */
void availability_recover(struct availability *availability, bool is_success, int64_t now_ms);
bool availability_is_clear(const struct availability *availability); /* nothing to remember */
/* Why it is not used now, or that the next call is its probe. Fills all but kind and is_offer. */
void availability_describe(const struct availability *availability, int64_t now_ms,
                           struct trouble *out);
/* The latest moment at which a cool-down or an open breaker ends; 0: none. */
int64_t availability_until_ms(const struct availability *availability);

enum { AVAILABILITY_TABLE_MAX = 20000, AVAILABILITY_SERVICE_BYTES = TROUBLE_SERVICE_BYTES };

struct availability_entry; /* uthash */
struct availability_table {
    struct availability_entry *table;
};

/* NULL when it has nothing to remember. */
struct availability *availability_table_find(struct availability_table *offers, struct str service);
/* Made if need be; NULL for no service, or an id longer than AVAILABILITY_SERVICE_BYTES. */
struct availability *availability_table_get(struct availability_table *offers, struct str service);
void availability_table_forget(struct availability_table *offers, struct str service);
void availability_table_clear(struct availability_table *offers);
/* Those that are cooling down, the first `room` of them: their ids, borrowed, and their troubles
 * with `service` in it; returns how many are filled. */
size_t availability_table_describe(const struct availability_table *offers, int64_t now_ms,
                                   struct trouble *out, size_t room);
unsigned availability_table_cooling_down(const struct availability_table *offers, int64_t now_ms);
unsigned availability_table_count(const struct availability_table *offers);

#endif
