/* See account.h. */
#include "accounts/account.h"

static const char *const names[ACCOUNT_KIND_COUNT] = {
    [ACCOUNT_DEPOSIT] = "deposit", [ACCOUNT_HOLD] = "hold",     [ACCOUNT_CAPTURE] = "capture",
    [ACCOUNT_RELEASE] = "release", [ACCOUNT_REFUND] = "refund", [ACCOUNT_CORRECTION] = "correction",
};

const char *account_kind_name(enum account_kind kind)
{
    ASSERT(kind < ACCOUNT_KIND_COUNT);
    return names[kind];
}

bool account_kind_find(struct str word, enum account_kind *out)
{
    for (unsigned i = 0; i < ACCOUNT_KIND_COUNT; i++) {
        if (str_is(word, names[i])) {
            *out = (enum account_kind)i;
            return true;
        }
    }
    return false;
}

bool account_movement_is_none(const struct account_movement *movement)
{
    return movement->amount.units == 0 && movement->held.units == 0;
}

static struct money account_captured(const struct account_order *order)
{
    return order->phase == ACCOUNT_OPEN ? MONEY_ZERO : order->due;
}

static enum account_kind account_kind_of(const struct account_movement *movement)
{
    if (movement->amount.units != 0)
        return movement->amount.units < 0 ? ACCOUNT_CAPTURE : ACCOUNT_REFUND;
    return movement->held.units > 0 ? ACCOUNT_HOLD : ACCOUNT_RELEASE;
}

bool account_effects(const struct account_order *before, const struct account_order *after,
                     struct account_movement *out)
{
    struct money captured, hold = after->phase == ACCOUNT_OPEN ? before->held : MONEY_ZERO;
    *out = (struct account_movement){.kind = ACCOUNT_RELEASE};
    if (!money_subtract(account_captured(after), account_captured(before), &captured) ||
        !money_subtract(MONEY_ZERO, captured, &out->amount) ||
        !money_subtract(hold, before->held, &out->held))
        return false;
    out->kind = account_kind_of(out);
    return true;
}

static int64_t account_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

bool account_charge(const struct account_charge *charge, struct account_movement *out,
                    struct money *paid_out)
{
    struct money more, hold = charge->held;
    int64_t room = charge->room.units > 0 ? charge->room.units : 0;
    *out = (struct account_movement){.kind = ACCOUNT_RELEASE};
    if (!money_subtract(charge->due, charge->paid, &more))
        return false;
    if (more.units > 0) {
        int64_t from_hold = account_least(more.units, hold.units);
        int64_t beyond = more.units - from_hold;
        if (charge->is_bounded)
            beyond = account_least(beyond, room);
        room -= beyond;
        hold.units -= from_hold;
        more.units = from_hold + beyond;
    } else if (charge->is_bounded && !money_subtract(hold, more, &hold)) {
        return false;
    }
    hold.units = account_least(hold.units, charge->keep.units);
    if (charge->is_bounded && hold.units < charge->hold_again.units)
        hold.units += account_least(charge->hold_again.units - hold.units, room);
    if (!money_subtract(MONEY_ZERO, more, &out->amount) ||
        !money_subtract(hold, charge->held, &out->held))
        return false;
    out->kind = account_kind_of(out);
    paid_out->units = charge->paid.units + more.units;
    return true;
}

static bool account_available(const struct account *account, struct money *out)
{
    return money_subtract(account->balance, account->held, out);
}

const char *account_refuse(const struct account *account, const struct account_limits *limits,
                           struct money hold, struct money counted, int64_t day)
{
    struct money available, after, charged = account->day == day ? account->charged : MONEY_ZERO;
    if (limits->is_prepaid &&
        (!account_available(account, &available) || !money_subtract(available, hold, &after) ||
         !money_add(after, limits->credit_limit, &after) || after.units < 0))
        return "the available funds do not cover it";
    if (limits->daily_limit.units > 0 &&
        (!money_add(charged, counted, &charged) || charged.units > limits->daily_limit.units))
        return "the daily limit does not cover it";
    return NULL;
}

bool account_has(const struct account *account, struct money amount)
{
    struct money available;
    return account_available(account, &available) && available.units >= amount.units;
}

bool account_charge_day(struct account *account, struct money charge, int64_t day)
{
    struct money charged = account->day == day ? account->charged : MONEY_ZERO;
    if (!money_add(charged, charge, &charged))
        return false;
    account->charged = charged.units > 0 ? charged : MONEY_ZERO;
    account->day = day;
    return true;
}

bool account_move(struct account *account, const struct account_movement *movement)
{
    struct money balance, held;
    if (!money_add(account->balance, movement->amount, &balance) ||
        !money_add(account->held, movement->held, &held))
        return false;
    account->balance = balance;
    account->held = held;
    return true;
}

/* What one account adds to each sum; false where that is beyond the range, and nothing is added. */
static bool account_share(const struct account *account, struct account_sums *out)
{
    struct money available = MONEY_ZERO, owed = MONEY_ZERO;
    bool is_good = account_available(account, &available) &&
                   money_subtract(MONEY_ZERO, account->balance, &owed);
    *out = (struct account_sums){.held = account->held, .available = available, .owed = owed};
    if (out->held.units < 0)
        out->held = MONEY_ZERO;
    if (available.units < 0)
        out->available = MONEY_ZERO;
    if (owed.units < 0)
        out->owed = MONEY_ZERO;
    return is_good;
}

static bool account_add_share(struct money *sum, struct money share)
{
    struct money more;
    bool is_good = money_add(*sum, share, &more);
    if (is_good)
        *sum = more;
    return is_good;
}

bool account_sums_add(struct account_sums *sums, const struct account *account)
{
    struct account_sums share;
    bool is_good = account_share(account, &share);
    is_good = account_add_share(&sums->held, share.held) && is_good;
    is_good = account_add_share(&sums->available, share.available) && is_good;
    return account_add_share(&sums->owed, share.owed) && is_good;
}

bool account_sums_move(struct account_sums *sums, const struct account *before,
                       const struct account *after)
{
    struct account_sums less, more;
    return account_share(before, &less) && account_share(after, &more) &&
           money_subtract(sums->held, less.held, &sums->held) &&
           money_subtract(sums->available, less.available, &sums->available) &&
           money_subtract(sums->owed, less.owed, &sums->owed) &&
           account_add_share(&sums->held, more.held) &&
           account_add_share(&sums->available, more.available) &&
           account_add_share(&sums->owed, more.owed);
}
