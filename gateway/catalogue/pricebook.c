/* See pricebook.h. */
#include "catalogue/pricebook.h"

#include <stdlib.h>

#include "base/table.h"

__extension__ typedef __int128 wide;

bool pricebook_is_absurd(struct money rate, struct factor exchange)
{
    /* Genuine rates go up to about 10^5; in currencies of small units to some 10^6, which are
     * small in ours. From the marks that panels write to switch a service off upwards nothing is
     * believed. */
    const wide high = (wide)1000000 * MONEY_ONE, mark = (wide)99999999 * MONEY_ONE;
    wide ours = (wide)rate.units * exchange.units / FACTOR_ONE;
    return rate.units >= mark || (rate.units > high && ours > high);
}

static bool pricebook_is_jump(struct money accepted, struct money rate, struct percent jump)
{
    wide moved = (wide)rate.units - accepted.units;
    if (moved < 0)
        moved = -moved;
    return moved * PERCENT_WHOLE > (wide)accepted.units * jump.units;
}

static enum price_verdict pricebook_believe(struct price_state *state, struct money rate,
                                            enum price_verdict verdict)
{
    *state = (struct price_state){.has_accepted = true, .accepted = rate};
    return verdict;
}

static void pricebook_begin(struct price_state *state, int64_t now_ms)
{
    if (!state->is_quarantined || now_ms < state->held_since_ms)
        state->held_since_ms = now_ms;
    if (!state->is_quarantined)
        state->held_ran_ms = 0;
    state->is_quarantined = true;
}

static enum price_verdict pricebook_hold(struct price_state *state, struct money rate,
                                         bool may_agree, int64_t now_ms)
{
    bool is_again =
        state->is_quarantined && !state->is_unreadable && money_compare(state->pending, rate) == 0;
    if (!is_again || now_ms < state->since_ms) {
        pricebook_begin(state, now_ms);
        state->pending = rate;
        state->is_unreadable = false;
        state->agreeing = 1;
        state->since_ms = now_ms;
        return is_again ? PRICE_WAITING : PRICE_QUARANTINED;
    }
    if (state->agreeing < QUARANTINE_LISTS)
        state->agreeing++;
    bool is_agreed = may_agree && state->agreeing >= QUARANTINE_LISTS &&
                     now_ms - state->since_ms >= QUARANTINE_MS;
    return is_agreed ? pricebook_believe(state, rate, PRICE_AGREED) : PRICE_WAITING;
}

enum price_verdict pricebook_judge(struct price_state *state, struct money rate,
                                   const struct price_rules *rules, int64_t now_ms)
{
    if (state->has_accepted && money_compare(state->accepted, rate) == 0)
        return state->is_quarantined ? pricebook_believe(state, rate, PRICE_ACCEPTED) : PRICE_SAME;
    if (rate.units <= 0 || pricebook_is_absurd(rate, rules->exchange))
        return pricebook_hold(state, rate, false, now_ms);
    if (state->has_accepted && pricebook_is_jump(state->accepted, rate, rules->jump))
        return pricebook_hold(state, rate, true, now_ms);
    return pricebook_believe(state, rate, PRICE_ACCEPTED);
}

enum price_verdict pricebook_judge_unreadable(struct price_state *state, int64_t now_ms)
{
    bool is_again = state->is_quarantined && state->is_unreadable;
    pricebook_begin(state, now_ms);
    state->is_unreadable = true;
    state->pending = MONEY_ZERO;
    state->agreeing = 0;
    state->since_ms = now_ms;
    return is_again ? PRICE_WAITING : PRICE_QUARANTINED;
}

enum price_held pricebook_why(const struct price_state *state, struct factor exchange)
{
    if (!state->is_quarantined)
        return PRICE_HELD_NOT;
    if (state->is_unreadable)
        return PRICE_HELD_UNREADABLE;
    if (state->pending.units <= 0)
        return PRICE_HELD_ZERO;
    return pricebook_is_absurd(state->pending, exchange) ? PRICE_HELD_ABSURD : PRICE_HELD_JUMP;
}

const char *pricebook_why_name(enum price_held why)
{
    static const char *const names[] = {[PRICE_HELD_NOT] = "not held",
                                        [PRICE_HELD_JUMP] = "jump",
                                        [PRICE_HELD_ZERO] = "zero",
                                        [PRICE_HELD_ABSURD] = "absurd",
                                        [PRICE_HELD_UNREADABLE] = "unreadable"};
    return names[why];
}

enum price_accept pricebook_may_accept(const struct price_state *state, const struct money *shown,
                                       bool takes_zero)
{
    if (!state->is_quarantined)
        return PRICE_ACCEPT_NOT_HELD;
    if (state->is_unreadable)
        return PRICE_ACCEPT_UNREADABLE;
    if (shown && money_compare(*shown, state->pending) != 0)
        return PRICE_ACCEPT_MOVED;
    return state->pending.units <= 0 && !takes_zero ? PRICE_ACCEPT_ZERO : PRICE_ACCEPT_GOOD;
}

bool pricebook_accept(struct price_state *state)
{
    if (!state->is_quarantined || state->is_unreadable)
        return false;
    pricebook_believe(state, state->pending, PRICE_ACCEPTED);
    return true;
}

struct price {
    UT_hash_handle hh;
    struct price_state state;
    unsigned len;
    char service[];
};

static struct price *pricebook_search(const struct pricebook *book, struct str service)
{
    struct price *price = NULL;
    if (service.len > 0)
        HASH_FIND(hh, book->prices, service.ptr, (unsigned)service.len, price);
    return price;
}

struct price_state *pricebook_find(const struct pricebook *book, struct str service)
{
    struct price *price = pricebook_search(book, service);
    return price ? &price->state : NULL;
}

struct price_state *pricebook_need(struct pricebook *book, struct str service)
{
    struct price *price = pricebook_search(book, service);
    if (price)
        return &price->state;
    if (service.len == 0 || HASH_COUNT(book->prices) >= PRICEBOOK_MAX)
        return NULL;
    price = memory_new(sizeof *price + service.len + 1);
    memcpy(price->service, service.ptr, service.len);
    price->len = (unsigned)service.len;
    HASH_ADD_KEYPTR(hh, book->prices, price->service, price->len, price);
    return &price->state;
}

void pricebook_each(const struct pricebook *book,
                    void (*visit)(struct str service, struct price_state *state, void *arg),
                    void *arg)
{
    for (struct price *price = book->prices; price; price = price->hh.next)
        visit(str_make(price->service, price->len), &price->state, arg);
}

void pricebook_count(struct pricebook *book, int64_t ran_ms)
{
    for (struct price *price = book->prices; price && ran_ms > 0; price = price->hh.next)
        if (price->state.is_quarantined)
            price->state.held_ran_ms += ran_ms;
}

void pricebook_fini(struct pricebook *book)
{
    struct price *price, *next;
    HASH_ITER(hh, book->prices, price, next)
    {
        HASH_DEL(book->prices, price);
        free(price);
    }
    book->prices = NULL;
}
