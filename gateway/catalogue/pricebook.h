/* What we hold true of each price of one provider, and the judge of prices: which may be sold, and
 * which wait for an operator. */
#ifndef CATALOGUE_PRICEBOOK_H
#define CATALOGUE_PRICEBOOK_H
#include "base/str.h"
#include "money/money.h"

/* A price is quarantined when it is 0, absurd, unreadable, or differs from the last accepted one by
 * more than `price_jump` of it either way. A jump ends when three lists in a row over at least an
 * hour agree on the price, or it comes back near the accepted one; 0 and absurd ones end only by an
 * operator's accept, for "switched off" marks stand in every list; unreadable ones end when an
 * amount can be read again. Pure, any thread. */
enum { QUARANTINE_LISTS = 3, QUARANTINE_MS = 60 * 60 * 1000 };

struct price_state { /* of one provider's service; zero it before the first price */
    bool has_accepted, is_quarantined;
    bool is_unreadable;    /* while quarantined: there is no pending price to accept */
    struct money accepted; /* last accepted, the panel's currency */
    struct money pending;  /* while quarantined */
    unsigned agreeing;     /* lists in a row that had the pending price */
    int64_t since_ms;      /* wall, of the first of them */
    int64_t held_since_ms; /* wall, of the first list that had any price to be quarantined */
    int64_t held_ran_ms;   /* how long that is, in time that the gateway ran (pricebook_count) */
};
enum price_verdict {
    PRICE_SAME,        /* the accepted one */
    PRICE_ACCEPTED,    /* first sight, a small move, or back from quarantine */
    PRICE_QUARANTINED, /* from now on, or another pending price than before */
    PRICE_WAITING,     /* the same pending price again */
    PRICE_AGREED       /* three lists over an hour: accepted */
};
struct price_rules {
    struct percent jump;
    struct factor exchange; /* the panel's currency in ours, for what is absurd */
};

/* Judges one price of a list that was fetched at now_ms and moves the state on. */
enum price_verdict pricebook_judge(struct price_state *state, struct money rate,
                                   const struct price_rules *rules, int64_t now_ms);
/* The same for a row whose amount cannot be read. */
enum price_verdict pricebook_judge_unreadable(struct price_state *state, int64_t now_ms);
/* Why a price is held; PRICE_HELD_NOT: it is not. A price below 0 is told as one of 0. */
enum price_held {
    PRICE_HELD_NOT,
    PRICE_HELD_JUMP,
    PRICE_HELD_ZERO,
    PRICE_HELD_ABSURD,
    PRICE_HELD_UNREADABLE
};
enum price_held pricebook_why(const struct price_state *state, struct factor exchange);
const char *pricebook_why_name(enum price_held why);
/* Whether an operator's accept is good: shown is the price that he saw, NULL when he saw none; 0 is
 * taken only when he says so. */
enum price_accept {
    PRICE_ACCEPT_GOOD,
    PRICE_ACCEPT_NOT_HELD,
    PRICE_ACCEPT_UNREADABLE,
    PRICE_ACCEPT_MOVED, /* the pending price is another one by now */
    PRICE_ACCEPT_ZERO   /* it is 0, and he does not say so */
};
enum price_accept pricebook_may_accept(const struct price_state *state, const struct money *shown,
                                       bool takes_zero);
/* An operator takes the pending price; false when there is none. */
bool pricebook_accept(struct price_state *state);
/* Above 1,000,000 per 1000 both as written and in our currency, or a mark such as 99999999. */
bool pricebook_is_absurd(struct money rate, struct factor exchange);

enum { PRICEBOOK_MAX = 200000 };

/* struct pricebook: one provider's prices, also of services that left its list. The refresh
 * thread's. */
struct price; /* uthash row */
struct pricebook {
    struct price *prices; /* owned */
};
/* Both borrowed; the pointer stays valid as long as the book. */
struct price_state *pricebook_find(const struct pricebook *book, struct str service);
/* Made at first sight; NULL when the book is full. */
struct price_state *pricebook_need(struct pricebook *book, struct str service);
/* Visits each; order is that of first sight. */
void pricebook_each(const struct pricebook *book,
                    void (*visit)(struct str service, struct price_state *state, void *arg),
                    void *arg);
/* The gateway ran for so long since the last time: counted for what is quarantined. */
void pricebook_count(struct pricebook *book, int64_t ran_ms);
void pricebook_fini(struct pricebook *book);

#endif
