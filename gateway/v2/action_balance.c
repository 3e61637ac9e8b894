/* action=balance: the client's constant, or the sum of our balances at the providers. */
#include "catalogue/balances.h"
#include "v2/call.h"

enum { BALANCE_DECIMALS = 5, BALANCE_STEP = 1000 /* 10^-5 in units of 10^-8 */ };

void action_balance_run(struct call *call)
{
    char text[MONEY_TEXT];
    struct buf out;
    struct money balance = MONEY_ZERO;
    if (call->client->settings.has_balance)
        balance = call->client->settings.balance;
    else if (call->catalogue)
        balance = balances_sum(call->catalogue->providers);
    balance.units -= balance.units % BALANCE_STEP;
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
