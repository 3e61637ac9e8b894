/* action=balance: a prepaid client's available funds, read from the ledger; for an unlimited one
 * its constant, or the sum of what the providers hold for us. */
#include "catalogue/catalogue.h"
#include "v2/call.h"

enum { BALANCE_DECIMALS = 5, BALANCE_STEP = 1000 /* 10^-5 in units of 10^-8 */ };

static void action_balance_reply(struct call *call, struct money balance)
{
    char text[MONEY_TEXT];
    struct buf out;
    int64_t part = balance.units % BALANCE_STEP;
    balance.units -= part < 0 ? part + BALANCE_STEP : part; /* never more than there is */
    size_t len = money_print(balance, BALANCE_DECIMALS, text);
    buf_init(&out, 256);
    buf_add_text(&out, "{\"balance\":\"");
    buf_add(&out, text, len);
    buf_add_text(&out, "\",\"currency\":");
    buf_add_json(&out, str_of(call->context->settings.currency));
    buf_add_byte(&out, '}');
    call_reply(call, buf_str(&out));
    buf_fini(&out);
}

static void action_balance_on_account(const struct ledger_rows *rows, void *arg)
{
    struct call *call = arg;
    struct money available = MONEY_ZERO;
    bool is_read = rows->result == LEDGER_DONE;
    for (size_t i = 0; is_read && i < rows->account_count; i++) {
        const struct ledger_account *kept = &rows->accounts[i];
        if (str_is(kept->currency, call->context->settings.currency))
            is_read = money_subtract(kept->account.balance, kept->account.held, &available);
    }
    if (is_read)
        action_balance_reply(call, available);
    else
        call_error(call, MESSAGES_UNAVAILABLE);
}

void action_balance_run(struct call *call)
{
    const struct client_settings *client = &call->client->settings;
    struct money balance = MONEY_ZERO;
    if (client->is_prepaid) {
        struct ledger_query query = {.request = LEDGER_QUERY_ACCOUNTS,
                                     .client = str_of(client->name)};
        ledger_query(call->context->ledger, call->context->loop, &query, action_balance_on_account,
                     call);
        return;
    }
    if (!client->balance.is_provider_sum)
        balance = client->balance.amount;
    else if (call->catalogue)
        balance = catalogue_sum_balances(call->catalogue->providers);
    action_balance_reply(call, balance);
}
