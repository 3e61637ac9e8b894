/* Double entry: what a client pays for an order. A posting names the account an amount leaves and
 * the one it comes to, so it sums to 0 by its shape: the client's goes down by what "sales" goes
 * up. */
#include "base/buf.h"
#include "ledger/sqlite.h"

enum { ACCOUNT_BYTES = 4096 };

int sqlite_book(struct backend_connection *connection, const struct sqlite_booking *booking)
{
    struct money difference;
    if (!money_subtract(booking->after, booking->before, &difference))
        return SQLITE_CONSTRAINT;
    if (difference.units == 0)
        return SQLITE_OK;
    struct buf client;
    buf_init(&client, ACCOUNT_BYTES);
    buf_add_text(&client, "client:");
    buf_add_str(&client, booking->client);
    bool is_payment = difference.units > 0;
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_POSTING_INSERT);
    sqlite_bind_number(s, 1, booking->order);
    sqlite_bind_number(s, 2, booking->number);
    sqlite_bind_str(s, 3, is_payment ? buf_str(&client) : STR("sales"));
    sqlite_bind_str(s, 4, is_payment ? STR("sales") : buf_str(&client));
    sqlite_bind_number(s, 5, is_payment ? difference.units : -difference.units);
    sqlite_bind_str(s, 6, booking->currency);
    sqlite_bind_number(s, 7, booking->at_ms);
    int code = sqlite_do(connection, s);
    buf_fini(&client);
    return code;
}
