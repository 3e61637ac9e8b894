/* Double entry: what a client pays for an order, as pairs of postings that sum to 0. The client's
 * account goes down by what "sales" goes up. */
#include "base/buf.h"
#include "ledger/sqlite.h"

static int post(struct backend_connection *connection, uint32_t order, int step, struct str account,
                int64_t amount, struct str currency, int64_t at_ms)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_POSTING_INSERT);
    sqlite_bind_number(s, 1, order);
    sqlite_bind_number(s, 2, step);
    sqlite_bind_str(s, 3, account);
    sqlite_bind_number(s, 4, amount);
    sqlite_bind_str(s, 5, currency);
    sqlite_bind_number(s, 6, at_ms);
    return sqlite_do(connection, s);
}

static int open_account(struct backend_connection *connection, struct str name, int64_t at_ms)
{
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_ACCOUNT_INSERT);
    sqlite_bind_str(s, 1, name);
    sqlite_bind_number(s, 2, at_ms);
    return sqlite_do(connection, s);
}

int sqlite_book(struct backend_connection *connection, uint32_t order, struct str client,
                struct str currency, struct money before, struct money after, int64_t at_ms)
{
    struct money difference;
    if (!money_subtract(after, before, &difference))
        return SQLITE_CONSTRAINT;
    if (difference.units == 0)
        return SQLITE_OK;
    struct buf name;
    buf_init(&name, 4096);
    buf_add_text(&name, "client:");
    buf_add_str(&name, client);
    struct str account = buf_str(&name);
    int code = post(connection, order, 1, account, -difference.units, currency, at_ms);
    if (code == SQLITE_CONSTRAINT_FOREIGNKEY) {
        /* Accounts are opened by their first posting. */
        code = open_account(connection, account, at_ms);
        if (code == SQLITE_OK)
            code = open_account(connection, STR("sales"), at_ms);
        if (code == SQLITE_OK)
            code = post(connection, order, 1, account, -difference.units, currency, at_ms);
    }
    if (code == SQLITE_OK)
        code = post(connection, order, 0, STR("sales"), difference.units, currency, at_ms);
    buf_fini(&name);
    return code;
}
