/* See plan.h. A change is judged first, in full, and made afterwards, so that a refusal leaves no
 * trace. */
#include "ledger/plan.h"

#include "base/log.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

/* ---- the set ---- */

void plan_init(struct plan *plan)
{
    *plan = (struct plan){0};
    arena_init(&plan->arena);
    STAILQ_INIT(&plan->orders);
    STAILQ_INIT(&plan->accounts);
    STAILQ_INIT(&plan->keys);
    STAILQ_INIT(&plan->requests);
    STAILQ_INIT(&plan->events);
    STAILQ_INIT(&plan->postings);
}

void plan_fini(struct plan *plan)
{
    HASH_CLEAR(hh, plan->by_id);
    HASH_CLEAR(hh, plan->by_number);
    arena_fini(&plan->arena);
}

/* An order is looked for at each step of its change; a batch's are neighbours as a rule. */
static unsigned plan_hash_of(uint32_t id)
{
    return id;
}

struct plan_order *plan_find_order(struct plan *plan, uint32_t id)
{
    struct plan_order *order;
    HASH_FIND_BYHASHVALUE(hh, plan->by_id, &id, sizeof id, plan_hash_of(id), order);
    if (order)
        return order;
    order = arena_new(&plan->arena, sizeof *order);
    order->row.id = id;
    SLIST_INIT(&order->attempts);
    STAILQ_INSERT_TAIL(&plan->orders, order, next);
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, plan->by_id, &order->row.id, sizeof order->row.id,
                                plan_hash_of(id), order);
    return order;
}

struct plan_attempt *plan_add_attempt(struct plan *plan, struct plan_order *order,
                                      const struct ledger_attempt *row)
{
    struct plan_attempt *attempt = arena_new(&plan->arena, sizeof *attempt);
    attempt->row = *row;
    SLIST_INSERT_HEAD(&order->attempts, attempt, next);
    return attempt;
}

static struct plan_attempt *plan_find_attempt(struct plan_order *order, uint32_t number)
{
    struct plan_attempt *attempt;
    SLIST_FOREACH(attempt, &order->attempts, next)
    if (attempt->row.number == number)
        return attempt;
    return NULL;
}

/* A batch concerns few clients. */
static struct plan_account *plan_find_account(struct plan *plan, struct str client,
                                              struct str currency)
{
    struct plan_account *account;
    STAILQ_FOREACH(account, &plan->accounts, next)
    if (str_equal(account->client, client) && str_equal(account->currency, currency))
        return account;
    account = arena_new(&plan->arena, sizeof *account);
    account->client = arena_str(&plan->arena, client);
    account->currency = arena_str(&plan->arena, currency);
    STAILQ_INSERT_TAIL(&plan->accounts, account, next);
    return account;
}

static struct plan_key *plan_find_key(struct plan *plan, enum plan_key_kind kind, struct str client,
                                      uint32_t parent, struct str text)
{
    struct plan_key *key;
    STAILQ_FOREACH(key, &plan->keys, next)
    if (key->kind == kind && key->parent == parent && str_equal(key->client, client) &&
        str_equal(key->text, text))
        return key;
    key = arena_new(&plan->arena, sizeof *key);
    *key = (struct plan_key){.kind = kind,
                             .client = arena_str(&plan->arena, client),
                             .parent = parent,
                             .text = arena_str(&plan->arena, text)};
    STAILQ_INSERT_TAIL(&plan->keys, key, next);
    return key;
}

/* The change sends the order on: its panel has ended the accepted attempt. */
static bool plan_sends_on(const struct ledger_change *change)
{
    return change->attempt_ended && attemptstate_is_ended_by_panel(change->attempt_ended->state);
}

static struct plan_key *plan_ref_key(struct plan *plan, const struct ledger_change *change)
{
    return change->ref
               ? plan_find_key(plan, PLAN_KEY_REF, change->insert->client, 0, change->ref->ref)
               : NULL;
}

/* Of one parent; that no other order has its number is plan_judge_number's. */
static struct plan_key *plan_child_key(struct plan *plan, const struct ledger_order *child)
{
    bool is_child = child->parent && child->upstream_id.len;
    return is_child
               ? plan_find_key(plan, PLAN_KEY_CHILD, STR(""), child->parent, child->upstream_id)
               : NULL;
}

static struct plan_key *plan_request_key(struct plan *plan, uint32_t order,
                                         const struct ledger_request *row)
{
    bool is_refill = row->kind == ORDER_REQUEST_REFILL;
    return plan_find_key(plan, is_refill ? PLAN_KEY_REFILL : PLAN_KEY_CANCEL, STR(""), order,
                         is_refill ? STR("") : row->provider);
}

/* Concerned are who asks for a cancel and what moves the order on. */
static struct plan_key *plan_cancels_key(struct plan *plan, const struct ledger_change *change)
{
    bool is_cancel = change->order_request && change->order_request->kind == ORDER_REQUEST_CANCEL;
    return is_cancel || plan_sends_on(change)
               ? plan_find_key(plan, PLAN_KEY_CANCELS, STR(""), change->order, STR(""))
               : NULL;
}

static struct plan_number *plan_find_number(struct plan *plan, struct str provider, struct str text)
{
    /* Both as one key; a provider's name has no byte 0. */
    size_t len = provider.len + 1 + text.len;
    char *name = arena_new(&plan->arena, len);
    struct plan_number *number;
    memcpy(name, provider.ptr, provider.len);
    memcpy(name + provider.len + 1, text.ptr, text.len);
    HASH_FIND(hh, plan->by_number, name, len, number);
    if (number)
        return number;
    number = arena_new(&plan->arena, sizeof *number);
    number->provider = str_make(name, provider.len);
    number->text = str_make(name + provider.len + 1, text.len);
    HASH_ADD_KEYPTR(hh, plan->by_number, name, len, number);
    return number;
}

static struct str plan_number_text(const struct ledger_change *change)
{
    const struct ledger_update *update = change->update;
    const struct ledger_attempt *ended = change->attempt_ended;
    if (change->insert)
        return change->insert->upstream_id;
    if (update && update->has_upstream && update->upstream_id.len)
        return update->upstream_id;
    return ended && ended->state == ATTEMPTSTATE_ACCEPTED ? ended->upstream_id : STR("");
}

struct plan_number *plan_number_given(struct plan *plan, const struct ledger_change *change)
{
    struct str text = plan_number_text(change);
    if (text.len == 0)
        return NULL;
    const struct ledger_update *update = change->update;
    const struct ledger_order *row = &plan_find_order(plan, change->order)->row;
    struct str provider = change->insert ? change->insert->provider
                          : update && update->has_upstream && update->provider.len
                              ? update->provider
                              : row->provider;
    bool is_kept =
        !change->insert && str_equal(text, row->upstream_id) && str_equal(provider, row->provider);
    return provider.len && !is_kept ? plan_find_number(plan, provider, text) : NULL;
}

static struct plan_request *plan_find_request(struct plan *plan, uint32_t number)
{
    struct plan_request *request;
    STAILQ_FOREACH(request, &plan->requests, next)
    if (request->row.number == number)
        return request;
    request = arena_new(&plan->arena, sizeof *request);
    request->row.number = number;
    STAILQ_INSERT_TAIL(&plan->requests, request, next);
    return request;
}

/* ---- what is concerned ---- */

void plan_want_change(struct plan *plan, const struct ledger_change *change)
{
    struct plan_order *order = plan_find_order(plan, change->order);
    if (change->insert) {
        plan_ref_key(plan, change);
        plan_child_key(plan, change->insert);
        if (change->funds)
            plan_find_account(plan, change->insert->client, change->insert->currency);
        if (change->insert->parent)
            plan_find_order(plan, change->insert->parent);
    }
    if (change->attempt_ended)
        order->wants_attempt = true;
    plan_cancels_key(plan, change);
    if (change->order_request) {
        plan_request_key(plan, change->order, change->order_request);
        plan_find_request(plan, change->order_request->number);
    }
}

void plan_want(struct plan *plan, const struct ledger_entry *entry)
{
    if (entry->kind == ENTRY_CHANGE) {
        plan_want_change(plan, entry->of.change);
    } else if (entry->kind == ENTRY_CREDIT) {
        const struct ledger_credit *credit = entry->of.credit;
        plan_find_account(plan, credit->client, credit->currency);
        if (credit->id.len)
            plan_find_key(plan, PLAN_KEY_CREDIT, credit->client, 0, credit->id);
        if (credit->order)
            plan_find_order(plan, credit->order);
    }
}

bool plan_want_more(struct plan *plan)
{
    struct plan_order *order;
    struct plan_account *account;
    STAILQ_FOREACH(order, &plan->orders, next)
    if (order->is_there && order->row.parent)
        plan_find_order(plan, order->row.parent);
    STAILQ_FOREACH(order, &plan->orders, next)
    if (order->is_there)
        plan_find_account(plan, order->row.client, order->row.currency);
    STAILQ_FOREACH(order, &plan->orders, next)
    if (!order->is_loaded)
        return true;
    STAILQ_FOREACH(account, &plan->accounts, next)
    if (!account->is_loaded)
        return true;
    return false;
}

/* ---- refusals ---- */

static struct ledger_outcome plan_refused(const char *why)
{
    return (struct ledger_outcome){.result = LEDGER_REFUSED, .reason = why};
}

static const struct ledger_outcome plan_done = {.result = LEDGER_DONE};

static bool plan_has_attempt_sent(const struct plan_order *order)
{
    return order->row.course.state == ORDERSTATE_PLACING && order->live_attempt != 0;
}

/* Which attempt may have been executed once the one at hand has ended. */
static uint32_t plan_live_after_end(const struct ledger_change *change, uint32_t live)
{
    const struct ledger_attempt *ended = change->attempt_ended;
    bool is_over = ended && ended->number == live && !attemptstate_is_live(ended->state);
    return is_over ? 0 : live;
}

static enum orderstate plan_state_after(const struct ledger_change *change,
                                        const struct plan_order *order)
{
    return change->update && change->update->has_course ? change->update->course.state
                                                        : order->row.course.state;
}

static const char *plan_refuse_move(const struct ledger_update *update, enum orderstate from)
{
    bool changes_more = update->has_course || update->has_upstream || update->has_extra;
    if (update->only_if_queued && from != ORDERSTATE_QUEUED)
        return "the order waits for its link no longer";
    if (orderstate_is_final(from) && (changes_more || update->only_if_unsettled))
        return "the order is settled";
    if (update->has_course && !orderstate_may_move(from, update->course.state))
        return "a move that is not allowed";
    return NULL;
}

static const char *plan_refuse_number(const struct ledger_update *update,
                                      const struct ledger_order *row)
{
    if (!update->has_upstream)
        return NULL;
    if (row->parent != 0 && update->upstream_id.len > 0 &&
        !str_equal(update->upstream_id, row->upstream_id))
        return "a child keeps its number at the panel";
    if (update->upstream_id.len == 0 && update->provider.len > 0 && row->upstream_id.len > 0 &&
        !str_equal(update->provider, row->provider))
        return "a number goes to no other panel";
    return NULL;
}

static struct ledger_outcome plan_judge_update(const struct ledger_update *update,
                                               const struct plan_order *order)
{
    enum orderstate from = order->row.course.state;
    const char *why = plan_refuse_move(update, from);
    if (why)
        return (struct ledger_outcome){.result = LEDGER_NOT_ALLOWED,
                                       .from = from,
                                       .to = update->has_course ? update->course.state : from,
                                       .reason = why};
    if (update->has_course && update->course.paid.units < 0)
        return plan_refused("a negative price");
    why = plan_refuse_number(update, &order->row);
    return why ? plan_refused(why) : plan_done;
}

/* While an order is being placed, its live attempt is one that is being sent; of any other order it
 * is not. The row says no more than that, so neither may be without the other. */
static const char *plan_refuse_parting(const struct ledger_change *change,
                                       const struct plan_order *order)
{
    enum orderstate state = plan_state_after(change, order);
    uint32_t live = plan_live_after_end(change, order->live_attempt);
    bool has_ended = change->attempt_ended && change->attempt_ended->number == order->live_attempt;
    bool is_sent = change->attempt_started || (plan_has_attempt_sent(order) && !has_ended);
    enum orderstate from = order->row.course.state;
    if (orderstate_is_under_way(from) && state == ORDERSTATE_PLACING && !plan_sends_on(change))
        return "only an order whose attempt its panel has ended goes on";
    if (from == ORDERSTATE_QUEUED && state == ORDERSTATE_PLACING && !change->attempt_started)
        return "a queued order is placed with its first attempt";
    if (is_sent && state != ORDERSTATE_PLACING)
        return "its attempt is still being sent";
    if (is_sent && change->update && change->update->has_upstream)
        return "its attempt is still being sent, and where to is in the order's row";
    if (!is_sent && state == ORDERSTATE_PLACING && live != 0)
        return "its attempt may have been executed";
    return NULL;
}

static const char *plan_refuse_start(const struct ledger_change *change,
                                     const struct plan_order *order)
{
    uint32_t number = change->attempt_started->number;
    if (plan_state_after(change, order) != ORDERSTATE_PLACING)
        return "an attempt for an order that is not being placed";
    if (number == 0)
        return "no attempt number";
    if (plan_live_after_end(change, order->live_attempt) != 0)
        return "another attempt may have been executed";
    return number <= order->last_attempt ? "the attempt's number is taken" : NULL;
}

/* An accepted attempt ends only as its order goes on, with less to do or with all of it. */
static const char *plan_refuse_sending_on(struct plan *plan, const struct ledger_change *change,
                                          struct plan_order *order)
{
    const struct ledger_attempt *ended = change->attempt_ended;
    const struct plan_attempt *attempt = plan_find_attempt(order, ended->number);
    int64_t left = order->row.quantity - order->row.delivered;
    struct money sum;
    if (ended->number == 0 || ended->number != order->live_attempt ||
        !orderstate_is_under_way(order->row.course.state) ||
        (attempt && !attemptstate_may_move(attempt->row.state, ended->state)))
        return "only the accepted attempt of an order under way is ended by its panel";
    if (order->row.parent)
        return "a child goes nowhere else";
    if (plan_cancels_key(plan, change)->is_there)
        return "its client has asked for its cancel";
    if (plan_state_after(change, order) != ORDERSTATE_PLACING || change->update->has_upstream)
        return "an order whose attempt its panel has ended goes on, nobody knows where to yet";
    if (ended->state == ATTEMPTSTATE_CANCELED ? ended->delivered != 0
                                              : ended->delivered <= 0 || ended->delivered >= left)
        return "what was delivered is not a part of what was left";
    return ended->kept.units < 0 || !money_add(order->row.spent, ended->kept, &sum)
               ? "a sum beyond the range"
               : NULL;
}

static const char *plan_refuse_end(struct plan *plan, const struct ledger_change *change,
                                   struct plan_order *order)
{
    const struct ledger_attempt *ended = change->attempt_ended;
    if (plan_sends_on(change))
        return plan_refuse_sending_on(plan, change, order);
    if (plan_has_attempt_sent(order) && ended->number == order->live_attempt)
        return attemptstate_may_move(ATTEMPTSTATE_SENDING, ended->state)
                   ? NULL
                   : "an attempt cannot end so";
    struct plan_attempt *attempt = plan_find_attempt(order, ended->number);
    if (attempt == NULL)
        return "no such attempt";
    return attemptstate_may_move(attempt->row.state, ended->state) ? NULL
                                                                   : "an attempt cannot end so";
}

static bool plan_has_open_refill(struct plan *plan, const struct ledger_change *change,
                                 int64_t at_ms)
{
    const struct ledger_request *row = change->order_request;
    const struct plan_key *key = plan_request_key(plan, change->order, row);
    return row->kind == ORDER_REQUEST_REFILL && key->is_there &&
           attemptstate_is_live(change->order_request->state) &&
           at_ms - key->at_ms < LEDGER_REFILL_WINDOW_MS;
}

/* A request moves as an attempt does, and may be written again in the state it is in. A cancel goes
 * to the panel that has the order, not to one that has ended it. */
static const char *plan_refuse_request(struct plan *plan, const struct ledger_change *change,
                                       const struct plan_order *order, int64_t at_ms)
{
    const struct ledger_request *row = change->order_request;
    const struct plan_request *request = plan_find_request(plan, row->number);
    if (row->number == 0 || row->number > INT32_MAX)
        return "no number of a refill or cancel";
    if (attemptstate_is_ended_by_panel(row->state))
        return "a refill or cancel has no such state";
    bool has_left = order->row.moves > 0 && (order->row.course.state == ORDERSTATE_PLACING ||
                                             !str_equal(order->row.provider, row->provider));
    if (!request->is_there && row->kind == ORDER_REQUEST_CANCEL && has_left)
        return "the order has gone on from that provider";
    if (!request->is_there)
        return plan_has_open_refill(plan, change, at_ms) ? "the order has an open refill" : NULL;
    bool may_move =
        request->row.state == row->state || attemptstate_may_move(request->row.state, row->state);
    return may_move && request->row.order == change->order && request->row.kind == row->kind
               ? NULL
               : "a move of a refill or cancel that is not allowed";
}

/* One that may have been taken is not sent again while the order is in the same state. */
static struct ledger_outcome plan_judge_cancel(struct plan *plan,
                                               const struct ledger_change *change,
                                               const struct plan_order *order)
{
    const struct ledger_request *row = change->order_request;
    if (row == NULL || row->kind != ORDER_REQUEST_CANCEL || !attemptstate_is_live(row->state) ||
        plan_find_request(plan, row->number)->is_there)
        return plan_done;
    const struct plan_key *key = plan_request_key(plan, change->order, row);
    if (!key->is_there || key->at_ms < order->moved_at_ms)
        return plan_done;
    return (struct ledger_outcome){.result = LEDGER_DUPLICATE,
                                   .order = order->row.id,
                                   .is_repeat = true,
                                   .reason = "the order has a cancel that may have been taken"};
}

/* A panel that gives one number to two orders has told of one of them at most. */
static struct ledger_outcome plan_judge_number(struct plan *plan,
                                               const struct ledger_change *change)
{
    const struct plan_number *number = plan_number_given(plan, change);
    if (number == NULL || number->order == 0)
        return plan_done;
    return (struct ledger_outcome){.result = LEDGER_DUPLICATE,
                                   .order = number->order,
                                   .reason = "another order has that number at the panel"};
}

static struct ledger_outcome plan_judge_old(struct plan *plan, const struct ledger_change *change,
                                            struct plan_order *order, int64_t at_ms)
{
    if (!order->is_there)
        return plan_refused("no such order");
    if (change->update) {
        struct ledger_outcome outcome = plan_judge_update(change->update, order);
        if (outcome.result != LEDGER_DONE)
            return outcome;
    }
    const char *why = change->attempt_started ? plan_refuse_start(change, order) : NULL;
    if (why == NULL)
        why = plan_refuse_parting(change, order);
    if (why == NULL && change->attempt_ended)
        why = plan_refuse_end(plan, change, order);
    if (why == NULL && change->order_request)
        why = plan_refuse_request(plan, change, order, at_ms);
    if (why)
        return plan_refused(why);
    struct ledger_outcome outcome = plan_judge_cancel(plan, change, order);
    return outcome.result == LEDGER_DONE ? plan_judge_number(plan, change) : outcome;
}

static const char *plan_refuse_new(const struct ledger_change *change,
                                   const struct plan_order *standing)
{
    const struct ledger_order *order = change->insert;
    bool is_placing = order->course.state == ORDERSTATE_PLACING;
    if (order->id == 0 || order->id > INT32_MAX || change->order != order->id)
        return "no order number";
    if (standing->is_there)
        return "the order number is taken";
    if (order->course.paid.units < 0 || order->charge.units < 0)
        return "a negative price";
    if (change->update)
        return "a new order is written as it is to be";
    bool is_queued = order->course.state == ORDERSTATE_QUEUED;
    if ((change->attempt_started && !is_placing) || (change->funds && !is_placing && !is_queued))
        return "an attempt for an order that is not being placed";
    if (change->funds && order->parent)
        return "a child is paid from what is held for its parent";
    if (change->attempt_started && change->attempt_started->number == 0)
        return "no attempt number";
    return change->attempt_ended ? "a new order has no attempt that ends" : NULL;
}

/* What a new order may cost at most: a subscription's maximum is held, and it is charged later. */
static struct money plan_charge(const struct ledger_change *change)
{
    return change->funds->limits.is_prepaid ? change->funds->hold : change->insert->charge;
}

/* For the daily limit: a subscription's children are charged on any day, so all they may come to
 * counts for the day it was placed. */
static struct money plan_counted(const struct ledger_change *change)
{
    return change->funds->most.units > 0 ? change->funds->most : plan_charge(change);
}

static struct ledger_outcome plan_judge_new(struct plan *plan, const struct ledger_change *change,
                                            const struct plan_order *standing, int64_t at_ms)
{
    const char *why = plan_refuse_new(change, standing);
    if (why)
        return plan_refused(why);
    const struct plan_key *ref = plan_ref_key(plan, change);
    if (ref && ref->is_there && memcmp(ref->digest, change->ref->digest, sizeof ref->digest) != 0)
        return plan_refused("that ref has an order of other content");
    const struct plan_key *child = plan_child_key(plan, change->insert);
    const struct plan_key *same = ref && ref->is_there       ? ref
                                  : child && child->is_there ? child
                                                             : NULL;
    if (same)
        return (struct ledger_outcome){.result = LEDGER_DUPLICATE,
                                       .order = same->order,
                                       .is_repeat = true,
                                       .reason = "it is there already"};
    struct ledger_outcome outcome = plan_judge_number(plan, change);
    if (outcome.result != LEDGER_DONE)
        return outcome;
    if (change->funds) {
        const struct plan_account *account =
            plan_find_account(plan, change->insert->client, change->insert->currency);
        why = account_refuse(&account->account, &change->funds->limits, plan_charge(change),
                             plan_counted(change), at_ms / DAY_MS);
    }
    return why ? (struct ledger_outcome){.result = LEDGER_NO_FUNDS, .reason = why} : plan_done;
}

/* ---- money ---- */

/* An order that a panel accepted once stays taken while it goes on to the next offer. */
static enum account_phase plan_phase(enum orderstate state, bool has_moved)
{
    if (orderstate_is_final(state))
        return ACCOUNT_ENDED;
    bool is_open =
        state == ORDERSTATE_PLACING || state == ORDERSTATE_DOUBT || state == ORDERSTATE_QUEUED;
    return is_open && !has_moved ? ACCOUNT_OPEN : ACCOUNT_TAKEN;
}

static bool plan_is_subscription(const struct plan_order *order)
{
    return order->row.type == ORDERTYPE_SUBSCRIPTIONS && order->row.parent == 0;
}

/* The subscription that the order is or is a child of: what is held for its children is held for
 * it. NULL: neither. */
static struct plan_order *plan_subscription_of(struct plan *plan, struct plan_order *order)
{
    if (order->row.parent == 0)
        return plan_is_subscription(order) ? order : NULL;
    struct plan_order *parent = plan_find_order(plan, order->row.parent);
    bool is_of_it = parent->is_there && plan_is_subscription(parent) &&
                    str_equal(parent->row.client, order->row.client) &&
                    str_equal(parent->row.currency, order->row.currency);
    return is_of_it ? parent : NULL;
}

static struct plan_order *plan_holder(struct plan *plan, struct plan_order *order)
{
    struct plan_order *parent = plan_subscription_of(plan, order);
    return parent ? parent : order;
}

/* What a child may still cost. Before its birth (a child is never being placed) that is nothing. */
static int64_t plan_still_due(const struct ledger_order *child, const struct order_course *course)
{
    bool is_over = orderstate_is_final(course->state) || course->state == ORDERSTATE_PLACING ||
                   course->paid.units >= child->charge.units;
    return is_over ? 0 : child->charge.units - course->paid.units;
}

/* What available may still fall by. */
static struct money plan_room(const struct plan_account *account)
{
    struct money available;
    if (!money_subtract(account->account.balance, account->account.held, &available) ||
        !money_subtract(available, account->floor, &available))
        return MONEY_ZERO;
    return available;
}

/* Until its end all of the hold stays; after it, what its unfinished children may still cost. One
 * without an end holds for one post ahead: what a child used is held again. */
static void plan_set_hold(const struct plan_order *parent, const struct plan_order *order,
                          const struct order_course *before, const struct order_course *after,
                          struct account_charge *charge)
{
    bool is_child = order != parent, is_rise = charge->due.units > charge->paid.units;
    const struct order_course *course = is_child ? &parent->row.course : after;
    int64_t due = parent->children_due.units;
    if (is_child)
        due += plan_still_due(&order->row, after) - plan_still_due(&order->row, before);
    charge->keep.units = INT64_MAX;
    if (orderstate_is_final(course->state))
        charge->keep.units = due;
    else if (parent->is_endless && is_child && order->row.charge.units > 0)
        charge->keep.units = due + order->row.charge.units;
    if (orderstate_is_final(course->state) || !parent->is_endless)
        return;
    if (is_child && before->state == ORDERSTATE_PLACING)
        charge->hold_again = order->row.charge;
    else if (is_rise)
        charge->hold_again = charge->held;
}

static bool plan_charge_subscription(struct plan *plan, struct plan_order *parent,
                                     const struct plan_order *order,
                                     const struct order_course *before,
                                     const struct order_course *after, bool has_moved,
                                     struct account_movement *out, struct money *paid_out)
{
    const struct plan_account *account =
        plan_find_account(plan, order->row.client, order->row.currency);
    bool is_open = plan_phase(after->state, has_moved) == ACCOUNT_OPEN;
    bool was_open = plan_phase(before->state, has_moved) == ACCOUNT_OPEN;
    struct account_charge charge = {
        .paid = was_open ? MONEY_ZERO : before->paid,
        .due = is_open ? MONEY_ZERO : after->paid,
        .held = parent->row.held,
        .is_bounded = account->has_floor,
        .room = account->has_floor ? plan_room(account) : MONEY_ZERO,
    };
    plan_set_hold(parent, order, before, after, &charge);
    bool is_good = account_charge(&charge, out, paid_out);
    if (is_open)
        *paid_out = after->paid;
    return is_good;
}

/* What the course's change does to the account, and what is then paid of it; false beyond the
 * range. */
static bool plan_effects(struct plan *plan, struct plan_order *order,
                         const struct order_course *before, const struct order_course *after,
                         bool has_moved, struct account_movement *out, struct money *paid_out)
{
    struct plan_order *parent = plan_subscription_of(plan, order);
    struct account_order from = {plan_phase(before->state, has_moved), before->paid,
                                 order->row.held};
    struct account_order to = {plan_phase(after->state, has_moved), after->paid, order->row.held};
    struct money sum;
    *paid_out = after->paid;
    bool is_good = parent ? plan_charge_subscription(plan, parent, order, before, after, has_moved,
                                                     out, paid_out)
                          : account_effects(&from, &to, out);
    const struct plan_account *account =
        plan_find_account(plan, order->row.client, order->row.currency);
    return is_good && money_add(account->account.balance, out->amount, &sum) &&
           money_add(account->account.held, out->held, &sum);
}

/* An order for which nothing was held is an unlimited client's: nothing bounds its account. */
static void plan_note_unlimited(struct plan *plan, const struct plan_order *order,
                                enum account_phase from, enum account_phase to)
{
    struct plan_account *account = plan_find_account(plan, order->row.client, order->row.currency);
    bool is_priced = order->row.charge.units > 0 || plan_is_subscription(order);
    if (from == ACCOUNT_OPEN && to != ACCOUNT_OPEN && order->row.held.units == 0 && is_priced &&
        order->row.parent == 0 && account->has_floor) {
        account->has_floor = false;
        account->is_changed = true;
    }
}

static void plan_post(struct plan *plan, struct plan_account *account, uint32_t order,
                      const struct account_movement *movement, const struct plan_event *event)
{
    if (account_movement_is_none(movement) || !account_move(&account->account, movement))
        return;
    struct plan_posting *posting = arena_new(&plan->arena, sizeof *posting);
    *posting = (struct plan_posting){.row = {.number = event->row.number,
                                             .at_ms = event->row.at_ms,
                                             .order = order,
                                             .movement = *movement,
                                             .balance = account->account.balance,
                                             .held = account->account.held},
                                     .client = account->client,
                                     .currency = account->currency,
                                     .previous = account->last_posting};
    account->last_posting = event->row.number;
    account->is_changed = true;
    STAILQ_INSERT_TAIL(&plan->postings, posting, next);
    plan->posting_count++;
}

static void plan_book(struct plan *plan, struct plan_order *order,
                      const struct account_movement *movement, const struct plan_event *event)
{
    if (account_movement_is_none(movement))
        return;
    struct plan_order *holder = plan_holder(plan, order);
    struct plan_account *account = plan_find_account(plan, order->row.client, order->row.currency);
    plan_post(plan, account, order->row.id, movement, event);
    holder->row.held.units += movement->held.units;
    holder->is_changed = true;
}

/* An order that ends before anything was taken is no charge of its day. */
static void plan_forget_charge(struct plan *plan, const struct plan_order *order, struct money held,
                               int64_t at_ms)
{
    struct plan_account *account = plan_find_account(plan, order->row.client, order->row.currency);
    int64_t day = order->row.created_at_ms / DAY_MS;
    struct money back = {held.units ? -held.units : -order->row.charge.units};
    if (account->account.day == day && at_ms / DAY_MS == day &&
        account->account.charged.units > 0 && account_charge_day(&account->account, back, day))
        account->is_changed = true;
}

/* ---- making ---- */

static struct str plan_first_of(struct str a, struct str b)
{
    return a.len ? a : b;
}

static struct plan_event *plan_add_event(struct plan *plan, struct plan_order *order,
                                         const struct ledger_event *row)
{
    struct plan_event *event = arena_new(&plan->arena, sizeof *event);
    event->row = *row;
    event->row.number = plan->next_event++;
    if (order) {
        event->row.order = order->row.id;
        event->previous = order->last_event;
        order->last_event = event->row.number;
        order->is_changed = true;
    }
    STAILQ_INSERT_TAIL(&plan->events, event, next);
    return event;
}

static struct plan_event *plan_tell(struct plan *plan, struct plan_order *order,
                                    const struct ledger_change *change, const char *from,
                                    int64_t at_ms)
{
    return plan_add_event(
        plan, order,
        &(struct ledger_event){.at_ms = at_ms,
                               .word = str_of(change->event ? change->event : "state"),
                               .reason = change->reason,
                               .request_id = change->request_id,
                               .from = str_of(from),
                               .to = str_of(orderstate_name(order->row.course.state))});
}

/* What is due beyond the funds is not charged: an item for the operator. */
static struct ledger_outcome plan_note_uncovered(struct plan *plan, struct plan_order *order,
                                                 struct money due, struct money paid, int64_t at_ms)
{
    struct str state = str_of(orderstate_name(order->row.course.state));
    char due_text[MONEY_TEXT], paid_text[MONEY_TEXT];
    money_print(due, 2, due_text);
    money_print(paid, 2, paid_text);
    const char *reason = arena_printf(
        &plan->arena, "%s was due, %s was taken: the funds do not cover more", due_text, paid_text);
    plan_add_event(plan, order,
                   &(struct ledger_event){.at_ms = at_ms,
                                          .word = STR("uncovered"),
                                          .reason = str_of(reason),
                                          .request_id = STR(""),
                                          .from = state,
                                          .to = state});
    return (struct ledger_outcome){.result = LEDGER_DONE, .is_uncovered = true, .paid = paid};
}

/* For those that follow in the same batch. */
static void plan_count_child(struct plan *plan, struct plan_order *order,
                             const struct order_course *before)
{
    struct plan_order *parent = plan_subscription_of(plan, order);
    if (parent == NULL || parent == order)
        return;
    parent->children_due.units +=
        plan_still_due(&order->row, &order->row.course) - plan_still_due(&order->row, before);
}

/* While an attempt is being sent it is in its order's row. */
static void plan_start_attempt(struct plan_order *order, const struct ledger_change *change,
                               int64_t at_ms)
{
    const struct ledger_attempt *attempt = change->attempt_started;
    order->live_attempt = order->last_attempt = attempt->number;
    order->row.cost = attempt->cost;
    order->attempt_started_at_ms = attempt->started_at_ms ? attempt->started_at_ms : at_ms;
    order->attempt_request_id = plan_first_of(attempt->request_id, change->request_id);
    order->row.provider = plan_first_of(attempt->provider, order->row.provider);
    order->row.upstream_service =
        plan_first_of(attempt->upstream_service, order->row.upstream_service);
    order->row.updated_at_ms = at_ms;
    order->has_moved = true;
}

/* The usual end: nothing is said of the attempt that its order's row does not say. */
static bool plan_is_plain_end(const struct ledger_attempt *ended)
{
    return ended->state == ATTEMPTSTATE_ACCEPTED && ended->text.len == 0 &&
           ended->evidence.len == 0;
}

/* A row for an attempt that was only part of its order's. */
static struct plan_attempt *plan_detach_attempt(struct plan *plan, struct plan_order *order,
                                                uint32_t number, struct str upstream_id)
{
    struct plan_attempt *attempt =
        plan_add_attempt(plan, order,
                         &(struct ledger_attempt){.number = number,
                                                  .provider = order->row.provider,
                                                  .upstream_service = order->row.upstream_service,
                                                  .cost = order->row.cost,
                                                  .upstream_id = upstream_id,
                                                  .request_id = order->attempt_request_id,
                                                  .started_at_ms = order->attempt_started_at_ms});
    attempt->is_new = true;
    return attempt;
}

/* What its panel left undone goes on; nothing of that attempt is under way any more. */
static void plan_count_ended(struct plan_order *order, const struct ledger_attempt *ended)
{
    struct ledger_order *row = &order->row;
    row->moves++;
    row->delivered += ended->delivered;
    row->spent.units += ended->kept.units;
    row->cost = MONEY_ZERO;
    row->upstream_id = STR("");
    order->has_moved = true;
}

static void plan_end_attempt(struct plan *plan, struct plan_order *order,
                             const struct ledger_attempt *ended, int64_t at_ms)
{
    struct plan_attempt *attempt = plan_find_attempt(order, ended->number);
    bool is_sent = plan_has_attempt_sent(order) && ended->number == order->live_attempt;
    int64_t ended_at_ms = ended->ended_at_ms ? ended->ended_at_ms : at_ms;
    if (ended->state == ATTEMPTSTATE_ACCEPTED)
        order->row.accepted_at_ms = ended_at_ms;
    if (is_sent && plan_is_plain_end(ended)) {
        order->row.upstream_id = ended->upstream_id;
        order->has_moved = true;
        return;
    }
    if (is_sent || attempt == NULL)
        attempt = plan_detach_attempt(plan, order, ended->number,
                                      is_sent ? STR("") : order->row.upstream_id);
    struct ledger_attempt *row = &attempt->row;
    attempt->is_changed = true;
    row->delivered = ended->delivered;
    row->kept = ended->kept;
    row->state = ended->state;
    row->ended_at_ms = ended_at_ms;
    row->upstream_id = plan_first_of(ended->upstream_id, row->upstream_id);
    row->text = plan_first_of(ended->text, row->text);
    row->evidence = plan_first_of(ended->evidence, row->evidence);
    if (attemptstate_is_ended_by_panel(ended->state))
        plan_count_ended(order, ended);
}

static void plan_update_course(struct plan *plan, struct plan_order *order,
                               const struct ledger_change *change, struct money paid, int64_t at_ms)
{
    const struct order_course *course = &change->update->course;
    struct order_course *row = &order->row.course;
    bool was_placing = row->state == ORDERSTATE_PLACING;
    row->state = course->state;
    row->paid = paid;
    row->remains = course->remains;
    if (course->has_start_count)
        row->start_count = course->start_count;
    row->has_start_count = row->has_start_count || course->has_start_count;
    order->row.reason = change->reason;
    if (!orderstate_is_final(course->state))
        return;
    order->row.settled_at_ms = at_ms;
    order->is_settling = true;
    /* Nobody has its number and no panel took it, so the ref may be used again. */
    if (was_placing && order->row.ref.len && !order->row.is_number_given) {
        struct plan_key *ref =
            plan_find_key(plan, PLAN_KEY_REF, order->row.client, 0, order->row.ref);
        ref->order = order->row.id;
        ref->is_there = false;
        ref->is_gone = !ref->is_new;
        ref->is_new = false;
    }
}

static void plan_update(struct plan *plan, struct plan_order *order,
                        const struct ledger_change *change, struct money paid, int64_t at_ms)
{
    const struct ledger_update *update = change->update;
    struct ledger_order *row = &order->row;
    row->is_number_given = row->is_number_given || update->gives_number;
    if (update->has_course)
        plan_update_course(plan, order, change, paid, at_ms);
    if (update->has_extra)
        row->extra = update->extra;
    if (update->has_upstream) {
        row->provider = plan_first_of(update->provider, row->provider);
        row->upstream_service = plan_first_of(update->upstream_service, row->upstream_service);
        row->upstream_id = plan_first_of(update->upstream_id, row->upstream_id);
        order->has_moved = true;
    }
    if (update->has_cost)
        row->cost = update->cost;
    if (update->has_package_unit)
        row->sale.package_unit = update->package_unit;
    if (update->is_report)
        row->reported_at_ms = at_ms;
    row->updated_at_ms = at_ms;
}

/* For those that follow in the same batch, as the next does. */
static void plan_note_number(struct plan *plan, const struct ledger_change *change)
{
    struct plan_number *number = plan_number_given(plan, change), *former;
    if (number == NULL)
        return;
    const struct ledger_order *row = &plan_find_order(plan, change->order)->row;
    if (!change->insert && row->upstream_id.len) {
        former = plan_find_number(plan, row->provider, row->upstream_id);
        former->is_loaded = true;
        former->order = 0;
    }
    number->order = change->order;
}

static void plan_note_request(struct plan *plan, const struct ledger_change *change,
                              const struct ledger_request *row, bool is_new)
{
    struct plan_key *key = plan_request_key(plan, change->order, row);
    bool is_known = is_new || (key->is_there && key->order == row->number);
    bool is_open = row->kind == ORDER_REQUEST_REFILL ? ledger_is_open_refill(row)
                                                     : is_known && attemptstate_is_live(row->state);
    /* A cancel of an earlier state that is told of only now is not this state's. */
    if (is_open) {
        key->is_there = true;
        key->order = row->number;
        key->at_ms = row->created_at_ms;
    } else if (key->order == row->number) {
        key->is_there = false;
    }
}

static void plan_note_cancels(struct plan *plan, const struct ledger_change *change, bool was_live)
{
    struct plan_key *key = plan_cancels_key(plan, change);
    bool is_live = attemptstate_is_live(change->order_request->state);
    if (key == NULL || is_live == was_live)
        return;
    key->order = is_live ? key->order + 1 : key->order - 1;
    key->is_there = key->order > 0;
}

static void plan_put_request(struct plan *plan, const struct ledger_change *change, int64_t at_ms)
{
    const struct ledger_request *given = change->order_request;
    struct plan_request *request = plan_find_request(plan, given->number);
    struct ledger_request before = request->row, *row = &request->row;
    bool was_live = request->is_there && attemptstate_is_live(before.state);
    if (!request->is_there) {
        *row = *given;
        row->order = change->order;
        row->request_id = plan_first_of(given->request_id, change->request_id);
        row->created_at_ms = given->created_at_ms ? given->created_at_ms : at_ms;
        request->is_there = request->is_new = true;
    } else {
        row->state = given->state;
        row->status = given->status;
        row->upstream_id = plan_first_of(given->upstream_id, before.upstream_id);
        row->text = plan_first_of(given->text, before.text);
        row->evidence = plan_first_of(given->evidence, before.evidence);
    }
    row->updated_at_ms = given->updated_at_ms ? given->updated_at_ms : at_ms;
    request->is_changed = true;
    plan_note_request(plan, change, row, request->is_new);
    if (row->kind == ORDER_REQUEST_CANCEL)
        plan_note_cancels(plan, change, was_live);
}

/* What is written of it but its event and its money. */
static void plan_apply(struct plan *plan, struct plan_order *order,
                       const struct ledger_change *change, struct money paid, int64_t at_ms)
{
    plan_note_number(plan, change);
    if (change->attempt_ended) {
        plan_end_attempt(plan, order, change->attempt_ended, at_ms);
        order->live_attempt = plan_live_after_end(change, order->live_attempt);
    }
    if (change->update)
        plan_update(plan, order, change, paid, at_ms);
    if (change->attempt_started)
        plan_start_attempt(order, change, at_ms);
    if (change->order_request)
        plan_put_request(plan, change, at_ms);
    order->is_changed =
        order->is_changed || change->update || change->attempt_started || change->attempt_ended;
}

static struct ledger_outcome plan_change_old(struct plan *plan, const struct ledger_change *change,
                                             int64_t at_ms)
{
    struct plan_order *order = plan_find_order(plan, change->order);
    struct ledger_outcome outcome = plan_judge_old(plan, change, order, at_ms);
    if (outcome.result != LEDGER_DONE)
        return outcome;
    struct order_course before = order->row.course;
    struct money held = order->row.held;
    const struct order_course *after =
        change->update && change->update->has_course ? &change->update->course : &before;
    struct account_movement movement;
    struct money paid;
    bool has_moved = order->row.moves > 0 || plan_sends_on(change);
    plan_note_unlimited(plan, order, plan_phase(before.state, has_moved),
                        plan_phase(after->state, has_moved));
    if (!plan_effects(plan, order, &before, after, has_moved, &movement, &paid))
        return plan_refused("a sum beyond the range");
    plan_apply(plan, order, change, paid, at_ms);
    if (before.state != after->state)
        order->moved_at_ms = at_ms;
    bool is_same = before.state == after->state && before.paid.units == after->paid.units;
    if (!change->event && is_same)
        return plan_done;
    const struct plan_event *event =
        plan_tell(plan, order, change, orderstate_name(before.state), at_ms);
    struct money due = after->paid;
    plan_book(plan, order, &movement, event);
    plan_count_child(plan, order, &before);
    if (paid.units < due.units)
        outcome = plan_note_uncovered(plan, order, due, paid, at_ms);
    if (plan_phase(before.state, has_moved) == ACCOUNT_OPEN && orderstate_is_final(after->state) &&
        after->paid.units == 0)
        plan_forget_charge(plan, order, held, at_ms);
    return outcome;
}

static void plan_fill_new(struct plan_order *order, const struct ledger_change *change,
                          int64_t at_ms)
{
    struct ledger_order *row = &order->row;
    *row = *change->insert;
    row->held = row->spent = MONEY_ZERO;
    row->moves = 0;
    row->delivered = 0;
    row->reason = plan_first_of(row->reason, change->reason);
    row->request_id = plan_first_of(row->request_id, change->request_id);
    row->created_at_ms = row->created_at_ms ? row->created_at_ms : at_ms;
    if (change->ref)
        row->ref = change->ref->ref;
    int64_t updated_at_ms = row->updated_at_ms ? row->updated_at_ms : at_ms;
    if (change->attempt_started)
        plan_start_attempt(order, change, at_ms);
    row->updated_at_ms = updated_at_ms;
    if (orderstate_is_final(row->course.state))
        row->settled_at_ms = at_ms;
    order->is_loaded = order->is_there = order->is_new = true;
}

static void plan_take_key(struct plan_key *key, const struct ledger_change *change, int64_t at_ms)
{
    if (key == NULL)
        return;
    key->is_there = key->is_new = true;
    key->is_gone = false;
    key->order = change->order;
    key->at_ms = at_ms;
    if (change->ref && key->kind == PLAN_KEY_REF)
        memcpy(key->digest, change->ref->digest, sizeof key->digest);
}

static struct ledger_outcome plan_change_new(struct plan *plan, const struct ledger_change *change,
                                             int64_t at_ms)
{
    static const struct order_course nothing = {.state = ORDERSTATE_PLACING};
    struct plan_order *order = plan_find_order(plan, change->order);
    struct ledger_outcome outcome = plan_judge_new(plan, change, order, at_ms);
    if (outcome.result != LEDGER_DONE)
        return outcome;
    struct plan_order empty = *order;
    plan_fill_new(order, change, at_ms);
    struct account_movement movement;
    struct money paid, due = order->row.course.paid;
    if (!plan_effects(plan, order, &nothing, &order->row.course, false, &movement, &paid)) {
        order->row = empty.row;
        order->is_there = order->is_new = false;
        return plan_refused("a sum beyond the range");
    }
    bool is_prepaid = change->funds && change->funds->limits.is_prepaid;
    if (is_prepaid)
        movement = (struct account_movement){.kind = ACCOUNT_HOLD, .held = change->funds->hold};
    const struct plan_event *event = plan_tell(plan, order, change, "", at_ms);
    plan_book(plan, order, &movement, event);
    order->row.course.paid = paid;
    plan_count_child(plan, order, &nothing);
    if (paid.units < due.units)
        outcome = plan_note_uncovered(plan, order, due, paid, at_ms);
    plan_take_key(plan_ref_key(plan, change), change, at_ms);
    plan_take_key(plan_child_key(plan, change->insert), change, at_ms);
    plan_note_number(plan, change);
    if (change->funds) {
        struct plan_account *account =
            plan_find_account(plan, order->row.client, order->row.currency);
        account->is_changed =
            account_charge_day(&account->account, plan_counted(change), at_ms / DAY_MS) ||
            account->is_changed;
        if (is_prepaid) {
            account->has_floor = true;
            account->floor.units = -change->funds->limits.credit_limit.units;
        }
    }
    return outcome;
}

static void plan_log_refusal(const struct ledger_change *change, struct ledger_outcome outcome)
{
    /* Who asks for "only if" expects to be refused now and then; funds and duplicates are the
     * client's. */
    const struct ledger_update *update = change->update;
    bool is_expected = (update && (update->only_if_unsettled || update->only_if_queued)) ||
                       outcome.result == LEDGER_NO_FUNDS || outcome.result == LEDGER_DUPLICATE;
    log_event(is_expected ? LOG_DEBUG : LOG_WARN, "ledger_refused",
              "order=%u change=%s reason=\"%s\"", change->order,
              change->event ? change->event : "none", outcome.reason);
}

struct ledger_outcome plan_change(struct plan *plan, const struct ledger_change *change,
                                  int64_t at_ms)
{
    unsigned postings = plan->posting_count;
    struct ledger_outcome outcome = change->insert ? plan_change_new(plan, change, at_ms)
                                                   : plan_change_old(plan, change, at_ms);
    outcome.postings = plan->posting_count - postings;
    if (outcome.result != LEDGER_DONE)
        plan_log_refusal(change, outcome);
    return outcome;
}

/* ---- credits ---- */

static struct ledger_outcome plan_judge_credit(const struct ledger_credit *credit,
                                               const struct plan_account *account,
                                               const struct plan_key *key,
                                               const struct plan_order *order)
{
    struct money taken, sum;
    if (key && key->is_there && key->amount.units == credit->amount.units)
        return (struct ledger_outcome){
            .result = LEDGER_DONE, .is_repeat = true, .account = account->account};
    if (key && key->is_there)
        return plan_refused("that id credited another amount");
    if (credit->amount.units == 0)
        return plan_refused("an amount of zero");
    if (order && !order->is_there)
        return plan_refused("no such order");
    if (!money_subtract(MONEY_ZERO, credit->amount, &taken) ||
        !money_add(account->account.balance, credit->amount, &sum))
        return plan_refused("a sum beyond the range");
    if (taken.units > 0 && !credit->may_overdraw && !account_has(&account->account, taken))
        return (struct ledger_outcome){.result = LEDGER_NO_FUNDS,
                                       .reason = "only what is available can be taken back",
                                       .account = account->account};
    return plan_done;
}

struct ledger_outcome plan_credit(struct plan *plan, const struct ledger_credit *credit,
                                  int64_t at_ms)
{
    struct plan_account *account = plan_find_account(plan, credit->client, credit->currency);
    struct plan_order *order = credit->order ? plan_find_order(plan, credit->order) : NULL;
    struct plan_key *key =
        credit->id.len ? plan_find_key(plan, PLAN_KEY_CREDIT, credit->client, 0, credit->id) : NULL;
    struct ledger_outcome outcome = plan_judge_credit(credit, account, key, order);
    if (outcome.result != LEDGER_DONE || outcome.is_repeat)
        return outcome;
    enum account_kind kind = credit->is_correction ? ACCOUNT_CORRECTION : ACCOUNT_DEPOSIT;
    struct str state = order ? str_of(orderstate_name(order->row.course.state)) : STR("");
    const struct plan_event *event =
        plan_add_event(plan, order,
                       &(struct ledger_event){.at_ms = at_ms,
                                              .word = str_of(account_kind_name(kind)),
                                              .reason = credit->note,
                                              .request_id = credit->who,
                                              .from = state,
                                              .to = state});
    const struct account_movement movement = {.kind = kind, .amount = credit->amount};
    plan_post(plan, account, credit->order, &movement, event);
    if (key) {
        key->is_there = key->is_new = true;
        key->amount = credit->amount;
        key->posting = event->row.number;
        key->at_ms = at_ms;
    }
    outcome.account = account->account;
    outcome.postings = 1;
    return outcome;
}
