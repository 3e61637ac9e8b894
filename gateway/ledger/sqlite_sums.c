/* What all accounts of a currency sum up to, for /metrics: read once, then kept by the connection
 * and led on by the postings that came since, so that a look costs what happened in between and
 * not what there is. Where more happened than there are accounts, those are read again. Within the
 * caller's read transaction. */
#include <stdlib.h>

#include "ledger/sqlite.h"

enum { CURRENCIES_MAX = 32, CURRENCY_BYTES = 16 };

struct sqlite_sums {
    bool is_known;
    int64_t last_posting; /* up to which they are led on */
    int64_t accounts;     /* how many there were */
    size_t count;
    struct sqlite_sums_of {
        char currency[CURRENCY_BYTES];
        struct account_sums sums;
    } list[CURRENCIES_MAX];
};

void sqlite_sums_clear(struct backend_connection *connection)
{
    free(connection->sums);
    connection->sums = NULL;
}

/* NULL: one too many, or too long a name; then nothing is kept. */
static struct account_sums *sqlite_sums_find(struct sqlite_sums *kept, struct str currency)
{
    for (size_t i = 0; i < kept->count; i++)
        if (str_is(currency, kept->list[i].currency))
            return &kept->list[i].sums;
    if (kept->count == CURRENCIES_MAX || currency.len >= CURRENCY_BYTES)
        return NULL;
    struct sqlite_sums_of *added = &kept->list[kept->count++];
    memcpy(added->currency, currency.ptr, currency.len);
    return &added->sums;
}

static int sqlite_sums_end(sqlite3_stmt *s, int code)
{
    sqlite3_reset(s);
    return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

/* From the accounts. A sum beyond the range is left at what fits, and not led on. */
static int sqlite_sums_read_all(struct backend_connection *connection, struct sqlite_sums *kept)
{
    int code = SQLITE_ERROR;
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_QUERY_SUMS);
    *kept = (struct sqlite_sums){.is_known = true};
    while (s && (code = sqlite3_step(s)) == SQLITE_ROW) {
        struct account_sums *sums = sqlite_sums_find(kept, sqlite_text(s, 0, NULL));
        const struct account account = {.balance = {sqlite3_column_int64(s, 1)},
                                        .held = {sqlite3_column_int64(s, 2)}};
        int64_t last = sqlite3_column_int64(s, 3);
        kept->accounts++;
        if (last > kept->last_posting)
            kept->last_posting = last;
        if (sums == NULL || !account_sums_add(sums, &account))
            kept->is_known = false;
    }
    return sqlite_sums_end(s, code);
}

/* An account as it was before a posting, by what the posting says of it afterwards. */
static bool sqlite_sums_take_posting(struct sqlite_sums *kept, sqlite3_stmt *s)
{
    const struct account after = {.balance = {sqlite3_column_int64(s, 2)},
                                  .held = {sqlite3_column_int64(s, 3)}};
    struct account before = {0};
    struct account_sums *sums = sqlite_sums_find(kept, sqlite_text(s, 1, NULL));
    kept->last_posting = sqlite3_column_int64(s, 0);
    return sums &&
           money_subtract(after.balance, (struct money){sqlite3_column_int64(s, 4)},
                          &before.balance) &&
           money_subtract(after.held, (struct money){sqlite3_column_int64(s, 5)}, &before.held) &&
           account_sums_move(sums, &before, &after);
}

/* By the postings that came since; is_known ends where there are too many. */
static int sqlite_sums_lead_on(struct backend_connection *connection, struct sqlite_sums *kept)
{
    int code = SQLITE_ERROR;
    int64_t left = kept->accounts;
    sqlite3_stmt *s = sqlite_statement(connection, STATEMENT_QUERY_POSTED);
    sqlite_bind_number(s, 1, kept->last_posting);
    while (s && kept->is_known && (code = sqlite3_step(s)) == SQLITE_ROW)
        kept->is_known = left-- > 0 && sqlite_sums_take_posting(kept, s);
    return sqlite_sums_end(s, code);
}

int sqlite_sums_read(struct backend_connection *connection, struct arena *arena,
                     struct ledger_sums **list_out, size_t *count_out)
{
    int code = SQLITE_OK;
    if (connection->sums == NULL)
        connection->sums = memory_new(sizeof *connection->sums);
    struct sqlite_sums *kept = connection->sums;
    if (kept->is_known)
        code = sqlite_sums_lead_on(connection, kept);
    if (code == SQLITE_OK && !kept->is_known)
        code = sqlite_sums_read_all(connection, kept);
    if (code != SQLITE_OK) {
        kept->is_known = false;
        return code;
    }
    *list_out = arena_new(arena, (kept->count + 1) * sizeof **list_out);
    *count_out = kept->count;
    for (size_t i = 0; i < kept->count; i++)
        (*list_out)[i] = (struct ledger_sums){
            str_of(arena_text(arena, str_of(kept->list[i].currency))), kept->list[i].sums};
    return SQLITE_OK;
}
