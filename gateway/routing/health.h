/* struct health: what we know of each provider and offer right now, for the whole gateway: breakers
 * (orders and readings apart), parked keys, empty accounts, cool-downs of offers. Process-wide, one
 * mutex for each provider, any thread; nothing here waits. Times are of the monotonic clock. */
#ifndef ROUTING_HEALTH_H
#define ROUTING_HEALTH_H
#include "providers/upstream.h"
#include "routing/availability.h"

struct health;
struct health *health_new(void);
void health_free(struct health *health);

enum health_kind { HEALTH_ORDERS, HEALTH_READINGS };

/* Why the provider (and, for orders, the offer; upstream_service STR_NONE: none) may not be asked
 * now, SKIP_NONE if it may. Looks only. */
enum skip health_look(struct health *health, unsigned provider_id, enum health_kind kind,
                      struct str upstream_service, int64_t now_ms);
/* The same, and takes the probe of a half-open breaker: call just before asking; then health_note
 * or health_unused must follow. */
enum skip health_take(struct health *health, unsigned provider_id, enum health_kind kind,
                      struct str upstream_service, int64_t now_ms);
void health_unused(struct health *health, unsigned provider_id, enum health_kind kind,
                   struct str upstream_service);
/* What came of it. A call that was not sent for lack of our own connections or queue (its error and
 * evidence are empty) says nothing of the provider. cost: what an order would have cost there (for
 * "out of funds"), in the provider's currency as far as known, MONEY_ZERO else. */
void health_note(struct health *health, unsigned provider_id, enum health_kind kind,
                 struct str upstream_service, const struct upstream_response *answer,
                 struct money cost, int64_t now_ms);

/* A balance that was read, in the provider's currency: ends a parked key; ends "out of funds" when
 * the first one read after it covers what was asked (then the offer that was refused cools
 * down instead) or when it has risen since. */
void health_balance(struct health *health, unsigned provider_id, struct money balance,
                    int64_t now_ms);
/* What the panel's balance said of its currency: a wrong one closes the provider to new orders
 * until it agrees, or the configuration does. Nothing else ends it, an operator's resume neither.
 */
void health_currency(struct health *health, unsigned provider_id, bool is_wrong, int64_t now_ms);
/* True once per need: the provider's balance should be read now (it said "out of funds"; or its
 * key is parked and 15 minutes have passed since the last call). */
bool health_wants_balance(struct health *health, unsigned provider_id, int64_t now_ms);
/* The panel knows no multi-status, or not in our form: its orders are queried singly for a day. */
void health_set_singly(struct health *health, unsigned provider_id, int64_t now_ms);
bool health_asks_singly(struct health *health, unsigned provider_id, int64_t now_ms);
/* An operator's resume, or a new configuration of that provider: forget all of the above. */
void health_reset(struct health *health, unsigned provider_id);

/* The trouble behind what health_look says of the same, or that the next call would be a probe. */
void health_explain(struct health *health, unsigned provider_id, enum health_kind kind,
                    struct str upstream_service, int64_t now_ms, struct trouble *out);
/* The offers that are cooling down by themselves, `room` at most; returns how many are filled. */
size_t health_explain_offers(struct health *health, unsigned provider_id, int64_t now_ms,
                             struct trouble *out, size_t room);

struct health_report { /* for provider list, explain, /metrics */
    bool is_key_parked, is_out_of_funds, is_currency_wrong;
    bool is_proven; /* since the start: an order was accepted, or health_reset called */
    enum breaker_state orders, readings;
    int64_t cool_down_ms; /* until the latest cool-down of the provider ends; 0 none */
    unsigned offers_cooling_down;
};
void health_report(struct health *health, unsigned provider_id, int64_t now_ms,
                   struct health_report *out);

#endif
