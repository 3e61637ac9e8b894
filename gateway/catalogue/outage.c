/* See outage.h. */
#include "catalogue/outage.h"

#include "base/buf.h"

const char *outage_why_name(enum outage_why why)
{
    static const char *const names[OUTAGE_COUNT] = {
        [OUTAGE_NONE] = "none",         [OUTAGE_OPERATOR] = "operator", [OUTAGE_KEY] = "key",
        [OUTAGE_CURRENCY] = "currency", [OUTAGE_FUNDS] = "funds",       [OUTAGE_SILENT] = "silent",
    };
    ASSERT((unsigned)why < OUTAGE_COUNT);
    return names[why];
}

static enum outage_why outage_why_of(const struct outage_facts *facts)
{
    if (facts->is_stopped)
        return OUTAGE_OPERATOR;
    if (facts->is_key_parked)
        return OUTAGE_KEY;
    if (facts->is_currency_wrong)
        return OUTAGE_CURRENCY;
    if (facts->is_out_of_funds)
        return OUTAGE_FUNDS;
    return facts->is_silent ? OUTAGE_SILENT : OUTAGE_NONE;
}

/* Whether this run has shown that what an earlier one kept is over. */
static bool outage_is_over(const struct outage *kept, const struct outage_facts *facts)
{
    if (facts->is_proven)
        return true;
    switch (kept->why) {
    case OUTAGE_KEY:
    case OUTAGE_SILENT:
        return facts->has_answered;
    case OUTAGE_CURRENCY: /* a balance says which */
        return facts->has_balance;
    case OUTAGE_FUNDS:
        return facts->has_balance &&
               (kept->has_balance ? money_compare(facts->balance, kept->balance) > 0
                                  : facts->balance.units > 0);
    case OUTAGE_NONE:
    case OUTAGE_OPERATOR: /* configuration and ledger know pauses */
    case OUTAGE_COUNT:
        return true;
    }
    UNREACHABLE();
}

void outage_count(struct outage *outage, int64_t now_ms)
{
    if (outage->why != OUTAGE_NONE && outage->counted_ms != 0 && now_ms > outage->counted_ms)
        outage->ran_ms += now_ms - outage->counted_ms;
    outage->counted_ms = now_ms;
}

bool outage_note(struct outage *outage, const struct outage_facts *facts, int64_t now_ms)
{
    enum outage_why why = outage_why_of(facts), before = outage->why;
    outage_count(outage, now_ms);
    if (why == OUTAGE_NONE && outage->is_kept && !outage_is_over(outage, facts))
        return false;
    outage->is_kept = false;
    outage->why = why;
    if (why == OUTAGE_NONE)
        outage->ran_ms = 0;
    outage->has_balance = facts->has_balance;
    outage->balance = facts->balance;
    return why != before;
}

void outage_print(const struct outage *outage, struct buf *out)
{
    char amount[MONEY_TEXT];
    if (outage->why == OUTAGE_NONE)
        return;
    buf_printf(out, "[\"%s\",%lld,", outage_why_name(outage->why), (long long)outage->ran_ms);
    if (outage->has_balance) {
        money_print(outage->balance, 0, amount);
        buf_printf(out, "\"%s\"]", amount);
    } else {
        buf_add_text(out, "null]");
    }
}

bool outage_set_kept(struct outage *out, struct str why, int64_t ran_ms,
                     const struct money *balance)
{
    *out = (struct outage){0};
    for (unsigned i = OUTAGE_NONE + 1;
         i < OUTAGE_COUNT && ran_ms >= 0 && ran_ms <= OUTAGE_RAN_MAX_MS; i++)
        if (str_is(why, outage_why_name((enum outage_why)i))) {
            out->why = (enum outage_why)i;
            out->is_kept = true;
            out->ran_ms = ran_ms;
            out->has_balance = balance != NULL;
            if (balance)
                out->balance = *balance;
            return true;
        }
    return false;
}
